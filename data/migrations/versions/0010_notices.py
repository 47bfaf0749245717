# ruff: noqa: E501 - SQL stays on the line it was made on
"""What organisations are told, where, and the messages that say so."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_contact_point()
    _make_message()
    _make_notice()
    _make_message_notice()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("message_notice")
    op.drop_table("notice")
    op.drop_table("message")
    op.drop_table("contact_point")


def _make_contact_point() -> None:
    op.create_table(
        "contact_point",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("muted", sa.JSON(), nullable=False),
        sa.Column("secret_version", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_because", sa.String(32), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'webhook')", name=op.f("ck_contact_point_channel")),
        sa.CheckConstraint("digest IN ('at_once', 'hourly', 'daily')", name=op.f("ck_contact_point_digest")),
        sa.CheckConstraint("disabled_because IN ('choice', 'bounced')", name=op.f("ck_contact_point_disabled_because")),
        sa.CheckConstraint("language IN ('fr', 'en')", name=op.f("ck_contact_point_language")),
        sa.CheckConstraint(
            "secret_version >= 0 AND (secret_version = 0 OR channel = 'webhook')",
            name=op.f("ck_contact_point_secret_version"),
        ),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_because IS NULL)", name=op.f("ck_contact_point_disabled")
        ),
        sa.CheckConstraint("failures >= 0 AND bounces >= 0", name=op.f("ck_contact_point_failures")),
        sa.CheckConstraint("length(address) BETWEEN 3 AND 320", name=op.f("ck_contact_point_address")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_contact_point_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contact_point_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
        sa.UniqueConstraint(
            "organisation_id", "channel", "address", name=op.f("uq_contact_point_organisation_id_channel_address")
        ),
    )


def _make_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("contact_point_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_message_sent")),
        sa.CheckConstraint(
            "attempts >= 0 AND (attempts > 0 OR state IN ('waiting', 'dropped'))", name=op.f("ck_message_attempts")
        ),
        sa.CheckConstraint("claimed_until IS NULL OR state IN ('waiting', 'failing')", name=op.f("ck_message_claimed")),
        sa.CheckConstraint(
            "state IN ('waiting', 'failing', 'sent', 'bounced', 'given_up', 'dropped')", name=op.f("ck_message_state")
        ),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_message_id")),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_point.id"], name=op.f("fk_message_contact_point_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_contact_point_id_state"), "message", ["contact_point_id", "state"], unique=False)
    op.create_index(op.f("ix_message_state_due_at"), "message", ["state", "due_at"], unique=False)


def _make_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("contact_point_id", sa.String(length=32), nullable=True),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sorted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "topic IN ('proposal', 'decision', 'answer', 'request', 'journey', 'checklist', 'stay', 'availability', 'alert', 'verification')",
            name=op.f("ck_notice_topic"),
        ),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_notice_id")),
        sa.CheckConstraint("length(subject_kind) > 0 AND length(subject_id) > 0", name=op.f("ck_notice_subject")),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_point.id"], name=op.f("fk_notice_contact_point_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_notice_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_contact_point_id"), "notice", ["contact_point_id"], unique=False)
    op.create_index(
        op.f("ix_notice_organisation_id_created_at"), "notice", ["organisation_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_notice_sorted_at_created_at"), "notice", ["sorted_at", "created_at"], unique=False)


def _make_message_notice() -> None:
    op.create_table(
        "message_notice",
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("notice_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_notice_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_message_notice_notice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "notice_id", name=op.f("pk_message_notice")),
    )
    op.create_index(op.f("ix_message_notice_notice_id"), "message_notice", ["notice_id"], unique=False)
