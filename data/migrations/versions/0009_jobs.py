# ruff: noqa: E501 - SQL stays on the line it was made on
"""Work that happens later: alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_alert()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("alert")


def _make_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('unsafe_withdrawn', 'unsafe_stay', 'state_too_old', 'left_out_of_run', 'place_unconfirmed', 'arrival_overdue', 'step_overdue', 'limit_near', 'notice_failed', 'worker_silent', 'task_failed', 'audit_broken')",
            name=op.f("ck_alert_kind"),
        ),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_alert_acknowledged")),
        sa.CheckConstraint("length(subject_kind) > 0 AND length(subject_id) > 0", name=op.f("ck_alert_subject")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_alert_id")),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["organisation.id"], name=op.f("fk_alert_acknowledged_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_alert_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_organisation_id"), "alert", ["organisation_id"], unique=False)
    op.create_index(
        "uq_alert_open",
        "alert",
        ["kind", "subject_kind", "subject_id", sa.text("coalesce(organisation_id, '')")],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
