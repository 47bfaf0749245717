# ruff: noqa: E501 - SQL stays on the line it was made on
"""Proposals and their legs, which hold beds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Frozen texts: what `data.triggers` said when this revision was written.
_SQLITE = (
    """CREATE TRIGGER proposal_legs_follow_state AFTER UPDATE OF state ON proposal
BEGIN
  UPDATE proposal_leg SET open = (NEW.state IN ('sent', 'agreed_in_principle', 'interview', 'accepted')) WHERE proposal_id = NEW.id;
END""",
    """CREATE TRIGGER proposal_leg_open_differs_insert AFTER INSERT ON proposal_leg
WHEN EXISTS (
  SELECT 1 FROM proposal
  WHERE proposal.id = NEW.proposal_id AND NEW.open <> (proposal.state IN ('sent', 'agreed_in_principle', 'interview', 'accepted'))
)
BEGIN
  SELECT RAISE(ABORT, 'proposal_leg_open_differs');
END""",
    """CREATE TRIGGER proposal_leg_open_differs_update AFTER UPDATE ON proposal_leg
WHEN EXISTS (
  SELECT 1 FROM proposal
  WHERE proposal.id = NEW.proposal_id AND NEW.open <> (proposal.state IN ('sent', 'agreed_in_principle', 'interview', 'accepted'))
)
BEGIN
  SELECT RAISE(ABORT, 'proposal_leg_open_differs');
END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION proposal_legs_follow_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE proposal_leg SET open = (NEW.state IN ('sent', 'agreed_in_principle', 'interview', 'accepted')) WHERE proposal_id = NEW.id;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER proposal_legs_follow_state AFTER UPDATE OF state ON proposal
FOR EACH ROW EXECUTE FUNCTION proposal_legs_follow_state()""",
    """CREATE FUNCTION proposal_leg_open_differs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
  SELECT 1 FROM proposal
  WHERE proposal.id = NEW.proposal_id AND NEW.open <> (proposal.state IN ('sent', 'agreed_in_principle', 'interview', 'accepted'))
) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_leg_open_differs', MESSAGE = 'proposal_leg_open_differs';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER proposal_leg_open_differs AFTER INSERT OR UPDATE ON proposal_leg
FOR EACH ROW EXECUTE FUNCTION proposal_leg_open_differs()""",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    _make_proposal()
    _make_proposal_leg()
    for statement in _SQLITE if op.get_context().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("proposal_leg")
    op.drop_table("proposal")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION proposal_legs_follow_state()")
        op.execute("DROP FUNCTION proposal_leg_open_differs()")


def _make_proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("roofless_nights", sa.Integer(), nullable=False),
        sa.Column("cost", sa.JSON(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('sent', 'agreed_in_principle', 'interview', 'accepted', 'arrived', 'refused_by_facility', 'refused_by_person', 'refused_by_decider', 'expired', 'withdrawn', 'superseded', 'no_show')",
            name=op.f("ck_proposal_state"),
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_proposal_expiry")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_proposal_id")),
        sa.CheckConstraint("roofless_nights >= 0", name=op.f("ck_proposal_roofless_nights")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_proposal_request_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_proposal_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("id", "request_id", name=op.f("uq_proposal_id_request_id")),
    )
    op.create_index(op.f("ix_proposal_request_id"), "proposal", ["request_id"], unique=False)
    op.create_index(op.f("ix_proposal_run_id"), "proposal", ["run_id"], unique=False)
    op.create_index(op.f("ix_proposal_state_expires_at"), "proposal", ["state", "expires_at"], unique=False)
    op.create_index(
        "uq_proposal_open_from_run",
        "proposal",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text(
            "run_id IS NOT NULL AND state IN ('sent', 'agreed_in_principle', 'interview', 'accepted')"
        ),
        postgresql_where=sa.text(
            "run_id IS NOT NULL AND state IN ('sent', 'agreed_in_principle', 'interview', 'accepted')"
        ),
    )


def _make_proposal_leg() -> None:
    op.create_table(
        "proposal_leg",
        sa.Column("proposal_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.String(length=32), nullable=False),
        sa.Column("from_night", sa.Date(), nullable=False),
        sa.Column("until_night", sa.Date(), nullable=False),
        sa.Column("beds", sa.Integer(), nullable=False),
        sa.Column("cots", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("beds >= 0 AND cots >= 0 AND beds + cots >= 1", name=op.f("ck_proposal_leg_beds")),
        sa.CheckConstraint("position IN (0, 1)", name=op.f("ck_proposal_leg_position")),
        sa.CheckConstraint("until_night > from_night", name=op.f("ck_proposal_leg_nights")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_proposal_leg_place_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "request_id"],
            ["proposal.id", "proposal.request_id"],
            name=op.f("fk_proposal_leg_proposal_id_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "position", name=op.f("pk_proposal_leg")),
    )
    op.create_index(op.f("ix_proposal_leg_place_id"), "proposal_leg", ["place_id"], unique=False)
    op.create_index(
        "uq_proposal_leg_open",
        "proposal_leg",
        ["request_id", "place_id"],
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
