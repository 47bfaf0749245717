# ruff: noqa: E501 - SQL stays on the line it was made on
"""Answers to proposals, who decides, refusals that a change lifts, waivers, candidates."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Table and column, as SQLite writes it. A CHECK stands in the last column it speaks of, because SQLite adds no CHECK to
# a table that is there, and making the table anew would delete the rows that refer to it.
_COLUMNS = (
    ("organisation", """decides JSON DEFAULT '[]' NOT NULL"""),
    (
        "facility",
        """facts_version INTEGER DEFAULT '1' NOT NULL CONSTRAINT ck_facility_facts_version CHECK (facts_version >= 1)""",
    ),
    (
        "request",
        """facts_version INTEGER DEFAULT '1' NOT NULL CONSTRAINT ck_request_facts_version CHECK (facts_version >= 1)""",
    ),
    ("request", """closed_at DATETIME"""),
    (
        "request",
        """missing_fields JSON CONSTRAINT ck_request_state_fields CHECK ((closed_at IS NOT NULL) = (state IN ('closed', 'cancelled', 'expired')) AND (missing_fields IS NOT NULL) = (state = 'to_complete'))""",
    ),
    (
        "proposal",
        """accepted_at DATETIME CONSTRAINT ck_proposal_accepted CHECK ((accepted_at IS NOT NULL OR state NOT IN ('accepted', 'arrived', 'no_show')) AND (accepted_at IS NULL OR state NOT IN ('sent', 'agreed_in_principle', 'interview')))""",
    ),
    ("proposal", """closed_at DATETIME"""),
    ("proposal", """withdrawal_reason VARCHAR(32)"""),
    (
        "proposal",
        """followed_at DATETIME CONSTRAINT ck_proposal_closed CHECK ((closed_at IS NULL) = (state IN ('sent', 'agreed_in_principle', 'interview', 'accepted')) AND (withdrawal_reason IS NOT NULL) = (state IN ('withdrawn', 'superseded')) AND (withdrawal_reason IS NULL OR withdrawal_reason IN ('by_coordinator', 'request_changed', 'request_over', 'place_changed', 'unsafe', 'other_plan_accepted')) AND (followed_at IS NULL OR closed_at IS NOT NULL))""",
    ),
    ("proposal", """person_agreed_at DATETIME"""),
    (
        "proposal",
        """person_agreed_by VARCHAR(32) CONSTRAINT ck_proposal_person_agreed CHECK ((person_agreed_at IS NULL) = (person_agreed_by IS NULL) AND (person_agreed_by IS NULL OR person_agreed_by IN ('referrer', 'coordinator')))""",
    ),
    (
        "proposal",
        """refusal_reason VARCHAR(32) CONSTRAINT ck_proposal_refusal CHECK ((refusal_reason IS NOT NULL AND ((state = 'refused_by_facility' AND refusal_reason IN ('full_in_fact', 'profile_outside_project', 'household_too_large', 'unsafe_for_person', 'unsafe_for_residents', 'care_not_available', 'no_answer', 'works', 'other')) OR (state = 'refused_by_person' AND refusal_reason IN ('too_far', 'too_close_to_danger', 'school_or_work', 'family_ties', 'conditions', 'found_solution', 'unreachable', 'other')) OR (state = 'refused_by_decider' AND refusal_reason IN ('no_decision', 'declined')))) OR (refusal_reason IS NULL AND state NOT IN ('refused_by_facility', 'refused_by_person', 'refused_by_decider')))""",
    ),
    (
        "proposal",
        """refusal_text TEXT CONSTRAINT ck_proposal_refusal_text CHECK (refusal_text IS NULL OR (refusal_reason IS NOT NULL AND refusal_reason = 'other' AND length(refusal_text) BETWEEN 1 AND 300))""",
    ),
    ("proposal_leg", """answer VARCHAR(32) DEFAULT 'awaiting' NOT NULL"""),
    (
        "proposal_leg",
        """answered_at DATETIME CONSTRAINT ck_proposal_leg_answer CHECK (answer IN ('awaiting', 'agreed', 'interview', 'accepted', 'refused') AND (answer = 'awaiting') = (answered_at IS NULL))""",
    ),
    (
        "proposal_leg",
        """interview_at DATETIME CONSTRAINT ck_proposal_leg_interview CHECK (answer <> 'interview' OR interview_at IS NOT NULL)""",
    ),
    ("proposal_leg", """deciders JSON DEFAULT '[]' NOT NULL"""),
    ("proposal_leg", """decision VARCHAR(32) DEFAULT 'not_needed' NOT NULL"""),
    (
        "proposal_leg",
        """decided_at DATETIME CONSTRAINT ck_proposal_leg_decision CHECK (decision IN ('not_needed', 'awaiting', 'given', 'declined') AND (decision IN ('given', 'declined')) = (decided_at IS NOT NULL))""",
    ),
    (
        "proposal_leg",
        """decided_by VARCHAR(32) CONSTRAINT ck_proposal_leg_decided_by CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_by IS NULL OR decided_by IN ('coordinator', 'decider')))""",
    ),
)

# Before the column whose CHECK asks for it: what was ended under the revision before.
_SETTLED = {
    (
        "request",
        "missing_fields",
    ): "UPDATE request SET closed_at = updated_at WHERE state IN ('closed', 'cancelled', 'expired')",
    (
        "proposal",
        "followed_at",
    ): "UPDATE proposal SET closed_at = expires_at, withdrawal_reason = CASE WHEN state IN ('withdrawn', 'superseded') THEN 'request_changed' END WHERE state NOT IN ('sent', 'agreed_in_principle', 'interview', 'accepted')",
}

_REASONS_BEFORE = "(refused_by = 'facility' AND reason IN ('full_in_fact', 'profile_outside_project', 'household_too_large', 'unsafe_for_person', 'unsafe_for_residents', 'care_not_available', 'works', 'other')) OR (refused_by = 'person' AND reason IN ('too_far', 'too_close_to_danger', 'school_or_work', 'family_ties', 'conditions', 'found_solution', 'unreachable', 'other')) OR (refused_by = 'decider' AND reason IN ('no_decision', 'declined'))"
_REASONS = "(refused_by = 'facility' AND reason IN ('full_in_fact', 'profile_outside_project', 'household_too_large', 'unsafe_for_person', 'unsafe_for_residents', 'care_not_available', 'no_answer', 'works', 'other')) OR (refused_by = 'person' AND reason IN ('too_far', 'too_close_to_danger', 'school_or_work', 'family_ties', 'conditions', 'found_solution', 'unreachable', 'other')) OR (refused_by = 'decider' AND reason IN ('no_decision', 'declined'))"


def upgrade() -> None:
    """Add the columns, make the tables."""
    for table, column in _COLUMNS:
        name = column.partition(" ")[0]
        if (table, name) in _SETTLED:
            op.execute(_SETTLED[table, name])
        op.execute(f"ALTER TABLE {table} ADD COLUMN {_typed(column)}")
    _make_refused_pair(_REASONS, versions=True)
    _make_waiver()
    _make_candidate()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("candidate")
    op.drop_table("waiver")
    op.execute("DELETE FROM refused_pair WHERE reason = 'no_answer'")
    _make_refused_pair(_REASONS_BEFORE, versions=False)
    for table, column in reversed(_COLUMNS):
        op.drop_column(table, column.partition(" ")[0])


def _typed(column: str) -> str:
    if op.get_context().dialect.name == "sqlite":
        return column
    return column.replace("DATETIME", "TIMESTAMP WITH TIME ZONE")


def _make_refused_pair(reasons: str, *, versions: bool) -> None:
    # Made anew, because SQLite changes no CHECK; no row refers to its rows. PostgreSQL keeps names of constraints
    # apart by table, but not those of the indexes behind keys.
    kept = "request_id, facility_id, reason, refused_by, refused_at"
    op.execute(f"CREATE TEMPORARY TABLE kept_pair AS SELECT {kept} FROM refused_pair")  # noqa: S608 - columns of ours
    op.drop_table("refused_pair")
    added = [
        sa.Column("request_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("facility_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=True),
    ]
    op.create_table(
        "refused_pair",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("refused_by", sa.String(32), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        *(added if versions else ()),
        sa.CheckConstraint(reasons, name=op.f("ck_refused_pair_reason")),
        sa.CheckConstraint("refused_by IN ('facility', 'person', 'decider')", name=op.f("ck_refused_pair_refused_by")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_refused_pair_facility_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_refused_pair_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "facility_id", name=op.f("pk_refused_pair")),
    )
    op.create_index(op.f("ix_refused_pair_facility_id"), "refused_pair", ["facility_id"], unique=False)
    op.execute(f"INSERT INTO refused_pair ({kept}) SELECT {kept} FROM kept_pair")  # noqa: S608 - columns of ours
    op.execute("DROP TABLE kept_pair")


def _make_waiver() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=32), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=False),
        sa.Column("until_night", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(agreed_at IS NULL) = (agreed_by IS NULL)", name=op.f("ck_waiver_agreed")),
        sa.CheckConstraint("length(agreed_by) BETWEEN 1 AND 100", name=op.f("ck_waiver_agreed_by")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_waiver_id")),
        sa.CheckConstraint("revoked_at >= asked_at", name=op.f("ck_waiver_revoked")),
        sa.ForeignKeyConstraint(["asked_by"], ["organisation.id"], name=op.f("fk_waiver_asked_by")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_waiver_facility_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_waiver_request_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    op.create_index(op.f("ix_waiver_departement"), "waiver", ["departement"], unique=False)
    op.create_index(op.f("ix_waiver_facility_id"), "waiver", ["facility_id"], unique=False)
    op.create_index(
        "uq_waiver_standing",
        "waiver",
        ["request_id", "facility_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _make_candidate() -> None:
    op.create_table(
        "candidate",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("legs", sa.JSON(), nullable=False),
        sa.Column("blocked", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_candidate_expiry")),
        sa.CheckConstraint("length(blocked) BETWEEN 1 AND 32", name=op.f("ck_candidate_blocked")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_candidate_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_candidate_organisation_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_candidate_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    op.create_index(op.f("ix_candidate_expires_at"), "candidate", ["expires_at"], unique=False)
    op.create_index(op.f("ix_candidate_request_id"), "candidate", ["request_id"], unique=False)
