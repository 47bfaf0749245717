# ruff: noqa: E501 - SQL stays on the line it was made on
"""Journeys, the checklist of protection, follow-on requests."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_protection_step()
    _make_follow_on()
    _make_journey()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("journey")
    op.drop_table("follow_on")
    op.drop_table("protection_step")


def _make_protection_step() -> None:
    op.create_table(
        "protection_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=True),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("owner_function", sa.String(length=60), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(done_on IS NOT NULL) = (state = 'done')", name=op.f("ck_protection_step_done")),
        sa.CheckConstraint(
            "(service IS NOT NULL) = (kind = 'care_handed_over')", name=op.f("ck_protection_step_service")
        ),
        sa.CheckConstraint(
            "kind IN ('administrator_asked', 'administrator_appointed', 'placement_order', 'judge_seized', 'protection_referent', 'interpreter', 'care_handed_over', 'pre_admission_interview', 'minority_appeal')",
            name=op.f("ck_protection_step_kind"),
        ),
        sa.CheckConstraint(
            "owner IN ('ase', 'pjj', 'justice', 'siao', 'coordination', 'referrer', 'shelter', 'health', 'association')",
            name=op.f("ck_protection_step_owner"),
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'not_needed')", name=op.f("ck_protection_step_state")),
        sa.CheckConstraint(
            "valid_until IS NULL OR kind = 'placement_order'", name=op.f("ck_protection_step_valid_until")
        ),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_protection_step_id")),
        sa.CheckConstraint("length(owner_function) BETWEEN 1 AND 60", name=op.f("ck_protection_step_owner_function")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_protection_step_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection_step")),
    )
    op.create_index(
        "uq_protection_step", "protection_step", ["request_id", "kind", sa.text("coalesce(service, '')")], unique=True
    )
    op.create_index(op.f("ix_protection_step_state_due_on"), "protection_step", ["state", "due_on"], unique=False)


def _make_follow_on() -> None:
    op.create_table(
        "follow_on",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("stay_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("limit_kind", sa.String(32), nullable=False),
        sa.Column("limit_night", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_because", sa.String(32), nullable=True),
        sa.CheckConstraint("cancelled_because IN ('renewed')", name=op.f("ck_follow_on_cancelled_because")),
        sa.CheckConstraint(
            "limit_kind IN ('leaving', 'renewal_due', 'maximum_stay', 'child_age', 'principal_age', 'decision_expires', 'majority')",
            name=op.f("ck_follow_on_limit_kind"),
        ),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancelled_because IS NULL)", name=op.f("ck_follow_on_cancelled")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_follow_on_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_follow_on_request_id")),
        sa.ForeignKeyConstraint(["stay_id"], ["stay.id"], name=op.f("fk_follow_on_stay_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_on")),
        sa.UniqueConstraint("request_id", name=op.f("uq_follow_on_request_id")),
    )
    op.create_index(
        "uq_follow_on_open",
        "follow_on",
        ["stay_id"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )


def _make_journey() -> None:
    op.create_table(
        "journey",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("stay_id", sa.String(length=32), nullable=False),
        sa.Column("escort", sa.String(32), nullable=False),
        sa.Column("escort_function", sa.String(length=60), nullable=True),
        sa.Column("meeting_point", sa.Text(), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "escort IN ('nobody', 'ase', 'pjj', 'police', 'siao', 'shelter', 'health', 'association', 'family', 'other')",
            name=op.f("ck_journey_escort"),
        ),
        sa.CheckConstraint("(left_at IS NULL) = (left_confirmed_by IS NULL)", name=op.f("ck_journey_left")),
        sa.CheckConstraint("due_at > leaves_at", name=op.f("ck_journey_due")),
        sa.CheckConstraint("length(escort_function) BETWEEN 1 AND 60", name=op.f("ck_journey_escort_function")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_journey_id")),
        sa.ForeignKeyConstraint(["left_confirmed_by"], ["organisation.id"], name=op.f("fk_journey_left_confirmed_by")),
        sa.ForeignKeyConstraint(["stay_id"], ["stay.id"], name=op.f("fk_journey_stay_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journey")),
        sa.UniqueConstraint("stay_id", name=op.f("uq_journey_stay_id")),
    )
