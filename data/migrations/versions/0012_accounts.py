"""Accounts, passkeys, sessions, invitations, second factors to be forgotten, failed logins."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_account()
    _make_passkey()
    _make_login_session()
    _make_invitation()
    _make_second_factor_reset()
    _make_login_failure()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("login_failure")
    op.drop_table("second_factor_reset")
    op.drop_table("invitation")
    op.drop_table("login_session")
    op.drop_table("passkey")
    op.drop_table("account")


def _make_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("fs_webauthn_user_handle", sa.String(length=64), nullable=True),
        sa.Column("tf_primary_method", sa.String(length=32), nullable=True),
        sa.Column("tf_totp_secret", sa.Text(), nullable=True),
        sa.Column("tf_last_counter", sa.Integer(), nullable=True),
        sa.Column("mf_recovery_codes", sa.JSON(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("language IN ('fr', 'en')", name=op.f("ck_account_language")),
        sa.CheckConstraint(
            "role IN ('referrer', 'coordinator', 'shelter', 'decider', 'analyst', 'auditor', 'admin')",
            name=op.f("ck_account_role"),
        ),
        sa.CheckConstraint("active = (disabled_at IS NULL)", name=op.f("ck_account_disabled")),
        sa.CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name=op.f("ck_account_email")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_account_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_account_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_account_fs_uniquifier")),
        sa.UniqueConstraint("fs_webauthn_user_handle", name=op.f("uq_account_fs_webauthn_user_handle")),
    )
    op.create_index(op.f("ix_account_organisation_id"), "account", ["organisation_id"], unique=False)


def _make_passkey() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(length=64), nullable=False),
        sa.Column("extensions", sa.Text(), nullable=True),
        sa.Column("lastuse_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=16), nullable=False),
        sa.CheckConstraint("usage IN ('first', 'secondary')", name=op.f("ck_passkey_usage")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_passkey_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_passkey_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_passkey_account_id_name")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )


def _make_login_session() -> None:
    op.create_table(
        "login_session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(32), nullable=True),
        sa.CheckConstraint(
            "ended_because IN ('logout', 'idle', 'too_old', 'revoked')", name=op.f("ck_login_session_ended_because")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_login_session_ended")),
        sa.CheckConstraint("length(address_hash) = 64", name=op.f("ck_login_session_address")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_login_session_id")),
        sa.CheckConstraint("length(secret_hash) = 64", name=op.f("ck_login_session_secret")),
        sa.CheckConstraint("seen_at >= started_at", name=op.f("ck_login_session_seen")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_login_session_secret_hash")),
    )
    op.create_index(op.f("ix_login_session_account_id"), "login_session", ["account_id"], unique=False)


def _make_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('referrer', 'coordinator', 'shelter', 'decider', 'analyst', 'auditor', 'admin')",
            name=op.f("ck_invitation_role"),
        ),
        sa.CheckConstraint(
            "email = lower(email) AND length(email) BETWEEN 3 AND 254", name=op.f("ck_invitation_email")
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_invitation_expiry")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_invitation_id")),
        sa.CheckConstraint("length(secret_hash) = 64", name=op.f("ck_invitation_secret")),
        sa.CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name=op.f("ck_invitation_over")),
        sa.ForeignKeyConstraint(["invited_by"], ["account.id"], name=op.f("fk_invitation_invited_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_invitation_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitation_secret_hash")),
    )
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["email"],
        unique=True,
        sqlite_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
    )


def _make_second_factor_reset() -> None:
    op.create_table(
        "second_factor_reset",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_second_factor_reset_confirmed")
        ),
        sa.CheckConstraint(
            "confirmed_by <> asked_by AND asked_by <> account_id AND confirmed_by <> account_id",
            name=op.f("ck_second_factor_reset_two_people"),
        ),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_second_factor_reset_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_reset_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_second_factor_reset_asked_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_second_factor_reset_confirmed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor_reset")),
    )
    op.create_index(
        "uq_second_factor_reset_open",
        "second_factor_reset",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("confirmed_at IS NULL"),
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )


def _make_login_failure() -> None:
    op.create_table(
        "login_failure",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint("failures >= 1", name=op.f("ck_login_failure_failures")),
        sa.CheckConstraint("length(key) = 64", name=op.f("ck_login_failure_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failure")),
    )
