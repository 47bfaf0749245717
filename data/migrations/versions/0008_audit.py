# ruff: noqa: E501 - SQL stays on the line it was made on
"""The audit log, in a chain that shows where it was tampered with; and the problem of each run, to solve it again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Frozen texts: what `data.triggers` said when this revision was written.
_SQLITE = (
    """CREATE TRIGGER audit_event_append_only_update AFTER UPDATE ON audit_event
WHEN TRUE
BEGIN
  SELECT RAISE(ABORT, 'audit_event_append_only');
END""",
    """CREATE TRIGGER audit_event_append_only_delete AFTER DELETE ON audit_event
WHEN TRUE
BEGIN
  SELECT RAISE(ABORT, 'audit_event_append_only');
END""",
    """CREATE TRIGGER audit_event_gap AFTER INSERT ON audit_event
WHEN NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq - 1)
BEGIN
  SELECT RAISE(ABORT, 'audit_event_gap');
END""",
    """CREATE TRIGGER audit_head_grows AFTER UPDATE ON audit_head
WHEN NEW.seq <= OLD.seq
BEGIN
  SELECT RAISE(ABORT, 'audit_head_grows');
END""",
    """CREATE TRIGGER audit_head_stays AFTER DELETE ON audit_head
WHEN TRUE
BEGIN
  SELECT RAISE(ABORT, 'audit_head_stays');
END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_event_append_only', MESSAGE = 'audit_event_append_only';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER audit_event_append_only AFTER UPDATE OR DELETE ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_append_only()""",
    """CREATE TRIGGER audit_event_truncated BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_event_append_only()""",
    """CREATE FUNCTION audit_event_gap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq - 1) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_gap', MESSAGE = 'audit_event_gap';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER audit_event_gap AFTER INSERT ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_gap()""",
    """CREATE FUNCTION audit_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <= OLD.seq THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_head_grows', MESSAGE = 'audit_head_grows';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER audit_head_grows AFTER UPDATE ON audit_head
FOR EACH ROW EXECUTE FUNCTION audit_head_grows()""",
    """CREATE FUNCTION audit_head_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_head_stays', MESSAGE = 'audit_head_stays';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER audit_head_stays AFTER DELETE ON audit_head
FOR EACH ROW EXECUTE FUNCTION audit_head_stays()""",
)
_FUNCTIONS = ("audit_event_append_only", "audit_event_gap", "audit_head_grows", "audit_head_stays")


def upgrade() -> None:
    """Make the tables and their triggers."""
    _make_audit_event()
    _make_audit_head()
    _make_run_problem()
    for statement in _SQLITE if op.get_context().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("run_problem")
    op.drop_table("audit_head")
    op.drop_table("audit_event")
    if op.get_context().dialect.name == "postgresql":
        for function in _FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")


def _make_audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("token_id", sa.String(length=32), nullable=True),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("subject_table", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(act) > 0", name=op.f("ck_audit_event_act")),
        sa.CheckConstraint("length(mac) = 64", name=op.f("ck_audit_event_mac")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_event_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_organisation_id_seq"), "audit_event", ["organisation_id", "seq"])
    op.create_index(
        op.f("ix_audit_event_subject_table_subject_id_seq"), "audit_event", ["subject_table", "subject_id", "seq"]
    )


def _make_audit_head() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one")),
        sa.CheckConstraint("length(mac) = 64", name=op.f("ck_audit_head_mac")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _make_run_problem() -> None:
    op.create_table(
        "run_problem",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_run_problem_digest")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_problem_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_problem")),
    )
