# ruff: noqa: E501 - SQL stays on the line it was made on
"""Work that happens later: alerts, leases, what changed since a run looked, what each night was, why a run was made."""

import sqlalchemy as sa
from alembic import op

from data.migrations.rewrite import rewrite

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Frozen texts: what `data.triggers` said when this revision was written.
_SQLITE = (
    """CREATE TRIGGER request_changed_insert AFTER INSERT ON request
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('request', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
END""",
    """CREATE TRIGGER request_changed_update AFTER UPDATE OF version ON request
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('request', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
END""",
    """CREATE TRIGGER facility_changed_insert AFTER INSERT ON facility
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('facility', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
END""",
    """CREATE TRIGGER facility_changed_update AFTER UPDATE OF version ON facility
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('facility', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
END""",
    """CREATE TRIGGER place_changed_insert AFTER INSERT ON place
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('place', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
END""",
    """CREATE TRIGGER place_changed_update AFTER UPDATE OF version ON place
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('place', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
END""",
    """CREATE TRIGGER night_fact_stays AFTER UPDATE ON night_fact
WHEN TRUE
BEGIN
  SELECT RAISE(ABORT, 'night_fact_stays');
END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION request_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('request', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER request_changed AFTER INSERT OR UPDATE OF version ON request
FOR EACH ROW EXECUTE FUNCTION request_changed()""",
    """CREATE FUNCTION facility_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('facility', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER facility_changed AFTER INSERT OR UPDATE OF version ON facility
FOR EACH ROW EXECUTE FUNCTION facility_changed()""",
    """CREATE FUNCTION place_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO rematch (noun, row_id, version) VALUES ('place', NEW.id, NEW.version) ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER place_changed AFTER INSERT OR UPDATE OF version ON place
FOR EACH ROW EXECUTE FUNCTION place_changed()""",
    """CREATE FUNCTION night_fact_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', CONSTRAINT = 'night_fact_stays', MESSAGE = 'night_fact_stays';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER night_fact_stays AFTER UPDATE ON night_fact
FOR EACH ROW EXECUTE FUNCTION night_fact_stays()""",
)


_STATES = "state IN ('running', 'done', 'failed')"
_STATES_NOW = "state IN ('queued', 'running', 'done', 'failed')"
_FINISHED = "(state = 'running') = (finished_at IS NULL)"
_FINISHED_NOW = "(state IN ('queued', 'running')) = (finished_at IS NULL)"
_CAUSES = "cause IN ('asked', 'event', 'nightly')"
_ASKED = "(cause = 'asked') = (requested_by IS NOT NULL)"
# As SQLite keeps it: the constraint that changes, and the two that are new.
_MORE = (
    f"CHECK ({_FINISHED_NOW}), \n\tCONSTRAINT ck_run_cause CHECK ({_CAUSES}), "
    f"\n\tCONSTRAINT ck_run_requested_by CHECK ({_ASKED})"
)


def upgrade() -> None:
    """Make the tables and their triggers; let a run wait, and be made without being asked for."""
    _make_alert()
    _make_lease()
    _make_heartbeat()
    _make_rematch()
    _make_night_fact()
    _change_run()
    op.add_column("run_outcome", sa.Column("cause", sa.JSON(), nullable=True))
    for statement in _SQLITE if _is_sqlite() else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Drop them; runs that nobody asked for go, with what they answered, and their proposals stay."""
    for noun in ("request", "facility", "place"):
        if _is_sqlite():
            op.execute(f"DROP TRIGGER {noun}_changed_insert")
            op.execute(f"DROP TRIGGER {noun}_changed_update")
        else:
            op.execute(f"DROP FUNCTION {noun}_changed() CASCADE")
    op.drop_column("run_outcome", "cause")
    _change_run_back()
    for table in ("night_fact", "rematch", "heartbeat", "lease", "alert"):
        op.drop_table(table)
    if not _is_sqlite():
        op.execute("DROP FUNCTION night_fact_stays()")


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _change_run() -> None:
    op.add_column("run", sa.Column("cause", sa.String(32), server_default="asked", nullable=False))
    if _is_sqlite():
        rewrite(
            "run",
            ("requested_by VARCHAR(32) NOT NULL", "requested_by VARCHAR(32)"),
            (f"CHECK ({_STATES})", f"CHECK ({_STATES_NOW})"),
            (f"CHECK ({_FINISHED})", _MORE),
        )
    else:
        op.alter_column("run", "requested_by", nullable=True)
        op.drop_constraint(op.f("ck_run_state"), "run", type_="check")
        op.drop_constraint(op.f("ck_run_finished"), "run", type_="check")
        op.create_check_constraint(op.f("ck_run_state"), "run", _STATES_NOW)
        op.create_check_constraint(op.f("ck_run_finished"), "run", _FINISHED_NOW)
        op.create_check_constraint(op.f("ck_run_cause"), "run", _CAUSES)
        op.create_check_constraint(op.f("ck_run_requested_by"), "run", _ASKED)
    nightly = sa.text("cause = 'nightly' AND state <> 'failed'")
    op.create_index("uq_run_nightly", "run", ["night"], unique=True, sqlite_where=nightly, postgresql_where=nightly)


def _change_run_back() -> None:
    op.drop_index("uq_run_nightly", table_name="run")
    op.execute("UPDATE run SET state = 'failed', finished_at = started_at WHERE state = 'queued'")
    op.execute("UPDATE proposal SET run_id = NULL WHERE run_id IN (SELECT id FROM run WHERE requested_by IS NULL)")
    op.execute("DELETE FROM run WHERE requested_by IS NULL")
    if _is_sqlite():
        rewrite(
            "run",
            ("requested_by VARCHAR(32)", "requested_by VARCHAR(32) NOT NULL"),
            (f"CHECK ({_STATES_NOW})", f"CHECK ({_STATES})"),
            (_MORE, f"CHECK ({_FINISHED})"),
        )
    else:
        for name in ("state", "finished", "cause", "requested_by"):
            op.drop_constraint(op.f(f"ck_run_{name}"), "run", type_="check")
        op.create_check_constraint(op.f("ck_run_state"), "run", _STATES)
        op.create_check_constraint(op.f("ck_run_finished"), "run", _FINISHED)
        op.alter_column("run", "requested_by", nullable=False)
    op.drop_column("run", "cause")


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
            "kind IN ('unsafe_withdrawn', 'unsafe_stay', 'place_shut', 'state_too_old', 'left_out_of_run', 'place_unconfirmed', 'arrival_overdue', 'step_overdue', 'limit_near', 'notice_failed', 'worker_silent', 'task_failed', 'audit_broken')",
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


def _make_lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(holder IS NULL) = (expires_at IS NULL)", name=op.f("ck_lease_held")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )


def _make_heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_heartbeat")),
    )


def _make_rematch() -> None:
    op.create_table(
        "rematch",
        sa.Column("noun", sa.String(32), nullable=False),
        sa.Column("row_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("noun IN ('request', 'facility', 'place')", name=op.f("ck_rematch_noun")),
        sa.PrimaryKeyConstraint("noun", "row_id", name=op.f("pk_rematch")),
    )


def _make_night_fact() -> None:
    op.create_table(
        "night_fact",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(32), nullable=True),
        sa.Column("binding", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=True),
        sa.Column("waiting_since", sa.Date(), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=False),
        sa.Column("minors", sa.Integer(), nullable=False),
        sa.Column("under_3_years", sa.Integer(), nullable=False),
        sa.Column("under_1_year", sa.Integer(), nullable=False),
        sa.Column("under_3_months", sa.Integer(), nullable=False),
        sa.Column("pregnant", sa.Boolean(), nullable=False),
        sa.Column("has_partner", sa.Boolean(), nullable=False),
        sa.Column("principal_sex", sa.String(32), nullable=False),
        sa.Column("trafficking", sa.Boolean(), nullable=False),
        sa.Column("derived_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome = 'unmet' OR (binding IS NULL AND reason IS NULL)", name=op.f("ck_night_fact_unmet")
        ),
        sa.CheckConstraint("outcome IN ('served', 'bridged', 'unmet')", name=op.f("ck_night_fact_outcome")),
        sa.CheckConstraint(
            "stage IN ('sent', 'agreed_in_principle', 'interview', 'accepted', 'arrived', 'refused_by_facility', 'refused_by_person', 'refused_by_decider', 'expired', 'withdrawn', 'superseded', 'no_show')",
            name=op.f("ck_night_fact_stage"),
        ),
        sa.CheckConstraint(
            "adults >= 0 AND minors >= 0 AND adults + minors >= 1", name=op.f("ck_night_fact_household")
        ),
        sa.CheckConstraint("principal_sex IN ('F', 'M', 'X')", name=op.f("ck_night_fact_principal_sex")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_night_fact_id")),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name=op.f("ck_night_fact_priority")),
        sa.CheckConstraint(
            "under_3_months BETWEEN 0 AND under_1_year AND under_1_year <= under_3_years AND under_3_years <= minors",
            name=op.f("ck_night_fact_young"),
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_night_fact_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_night_fact")),
        sa.UniqueConstraint("night", "request_id", name=op.f("uq_night_fact_night_request_id")),
    )
    op.create_index(op.f("ix_night_fact_request_id"), "night_fact", ["request_id"], unique=False)
