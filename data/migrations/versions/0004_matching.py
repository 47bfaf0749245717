# ruff: noqa: E501 - SQL stays on the line it was made on
"""Stays, runs and what they answered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_stay()
    _make_run()
    _make_run_outcome()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("run_outcome")
    op.drop_table("run")
    op.drop_table("stay")


def _make_stay() -> None:
    op.create_table(
        "stay",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=True),
        sa.Column("from_night", sa.Date(), nullable=False),
        sa.Column("until_night", sa.Date(), nullable=True),
        sa.Column("beds", sa.Integer(), nullable=False),
        sa.Column("cots", sa.Integer(), nullable=False),
        sa.Column("separation_group", sa.Text(), nullable=True),
        sa.Column("has_minor", sa.Boolean(), nullable=True),
        sa.Column("has_adult", sa.Boolean(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.CheckConstraint("state <> 'ended' OR until_night IS NOT NULL", name=op.f("ck_stay_ended")),
        sa.CheckConstraint("state IN ('booked', 'occupied', 'ended')", name=op.f("ck_stay_state")),
        sa.CheckConstraint("beds >= 0 AND cots >= 0 AND beds + cots >= 1", name=op.f("ck_stay_beds")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_stay_id")),
        sa.CheckConstraint("until_night IS NULL OR until_night > from_night", name=op.f("ck_stay_nights")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stay_place_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_stay_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stay")),
    )
    op.create_index(op.f("ix_stay_place_id"), "stay", ["place_id"], unique=False)
    op.create_index(op.f("ix_stay_request_id"), "stay", ["request_id"], unique=False)


def _make_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("requested_by", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(32), nullable=True),
        sa.Column("objective", sa.JSON(), nullable=True),
        sa.Column("bound", sa.JSON(), nullable=True),
        sa.Column("greedy_objective", sa.JSON(), nullable=True),
        sa.Column("solver", sa.Text(), nullable=True),
        sa.Column("matcher_version", sa.Text(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.JSON(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=True),
        sa.Column("served", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state = 'running') = (finished_at IS NULL)", name=op.f("ck_run_finished")),
        sa.CheckConstraint(
            "state <> 'done' OR (status IS NOT NULL AND objective IS NOT NULL AND bound IS NOT NULL AND greedy_objective IS NOT NULL AND solver IS NOT NULL AND matcher_version IS NOT NULL AND seconds IS NOT NULL AND digest IS NOT NULL AND requests IS NOT NULL AND served IS NOT NULL)",
            name=op.f("ck_run_answer"),
        ),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_run_state")),
        sa.CheckConstraint("status IN ('optimal', 'feasible')", name=op.f("ck_run_status")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_run_digest")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_run_id")),
        sa.CheckConstraint("seed >= 0", name=op.f("ck_run_seed")),
        sa.CheckConstraint("served BETWEEN 0 AND requests", name=op.f("ck_run_served")),
        sa.ForeignKeyConstraint(["requested_by"], ["organisation.id"], name=op.f("fk_run_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_night"), "run", ["night"], unique=False)
    op.create_index(op.f("ix_run_requested_by"), "run", ["requested_by"], unique=False)


def _make_run_outcome() -> None:
    op.create_table(
        "run_outcome",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("served", sa.Boolean(), nullable=False),
        sa.Column("funnel", sa.JSON(), nullable=True),
        sa.Column("binding", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "NOT served OR (funnel IS NULL AND binding IS NULL AND reason IS NULL)", name=op.f("ck_run_outcome_served")
        ),
        sa.CheckConstraint("served OR funnel IS NOT NULL", name=op.f("ck_run_outcome_unserved")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_run_outcome_request_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_outcome_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "request_id", name=op.f("pk_run_outcome")),
    )
    op.create_index(op.f("ix_run_outcome_request_id"), "run_outcome", ["request_id"], unique=False)
