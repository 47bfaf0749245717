# ruff: noqa: E501 - SQL stays on the line it was made on
"""Requests, their members, danger zones and refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_request()
    _make_request_member()
    _make_request_zone()
    _make_refused_pair()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("refused_pair")
    op.drop_table("request_zone")
    op.drop_table("request_member")
    op.drop_table("request")


def _make_request() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=False),
        sa.Column("reference_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("priority_overridden_because", sa.Text(), nullable=True),
        sa.Column("waiting_since", sa.Date(), nullable=False),
        sa.Column("from_night", sa.Date(), nullable=False),
        sa.Column("latest_night", sa.Date(), nullable=True),
        sa.Column("nights", sa.Integer(), nullable=True),
        sa.Column("sleeping_tonight", sa.String(32), nullable=False),
        sa.Column("sleeping_until", sa.Date(), nullable=True),
        sa.Column("pregnant_weeks", sa.Integer(), nullable=True),
        sa.Column("pregnancy_as_of", sa.Date(), nullable=True),
        sa.Column("contingents", sa.JSON(), nullable=False),
        sa.Column("statuses", sa.JSON(), nullable=False),
        sa.Column("decisions", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=True),
        sa.Column("origin_insee", sa.String(length=5), nullable=True),
        sa.Column("anchor_insee", sa.String(length=5), nullable=True),
        sa.Column("anchor_max_km", sa.Double(), nullable=True),
        sa.Column("separation_group", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "sleeping_tonight IN ('street', 'station', 'maternity', 'emergency_115', 'exploiter', 'third_party', 'facility')",
            name=op.f("ck_request_sleeping_tonight"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'to_complete', 'searching', 'proposed', 'agreed_in_principle', 'admitted', 'closed', 'cancelled', 'expired')",
            name=op.f("ck_request_state"),
        ),
        sa.CheckConstraint("(pregnant_weeks IS NULL) = (pregnancy_as_of IS NULL)", name=op.f("ck_request_pregnancy")),
        sa.CheckConstraint(
            "anchor_max_km IS NULL OR (anchor_insee IS NOT NULL AND anchor_max_km > 0)", name=op.f("ck_request_anchor")
        ),
        sa.CheckConstraint("latest_night >= from_night", name=op.f("ck_request_latest_night")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_request_id")),
        sa.CheckConstraint("length(priority_overridden_because) > 0", name=op.f("ck_request_priority_reason")),
        sa.CheckConstraint("nights >= 1", name=op.f("ck_request_stay")),
        sa.CheckConstraint("pregnant_weeks BETWEEN 1 AND 45", name=op.f("ck_request_pregnant_weeks")),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name=op.f("ck_request_priority")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_request_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_organisation_id"), "request", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_request_reference_hash"), "request", ["reference_hash"], unique=False)
    op.create_index(op.f("ix_request_state_departement"), "request", ["state", "departement"], unique=False)


def _make_request_member() -> None:
    op.create_table(
        "request_member",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("age_unit", sa.String(32), nullable=False),
        sa.Column("age_as_of", sa.Date(), nullable=False),
        sa.Column("sex", sa.String(32), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("minority_status", sa.String(32), nullable=True),
        sa.CheckConstraint(
            "age >= 0 AND ((age_unit = 'years' AND age <= 120) OR (age_unit = 'months' AND age <= 36) OR (age_unit = 'days' AND age <= 92))",
            name=op.f("ck_request_member_age"),
        ),
        sa.CheckConstraint("age_unit IN ('years', 'months', 'days')", name=op.f("ck_request_member_age_unit")),
        sa.CheckConstraint(
            "minority_status IN ('declared', 'in_evaluation', 'recognised', 'contested_pending_appeal', 'judged_minor', 'judged_adult')",
            name=op.f("ck_request_member_minority_status"),
        ),
        sa.CheckConstraint("role IN ('principal', 'partner', 'child', 'other')", name=op.f("ck_request_member_role")),
        sa.CheckConstraint("sex IN ('F', 'M', 'X')", name=op.f("ck_request_member_sex")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_request_member_id")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_request_member_position")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_member_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_member")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_request_member_request_id_position")),
    )
    op.create_index(
        "uq_request_member_principal",
        "request_member",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("role = 'principal'"),
        postgresql_where=sa.text("role = 'principal'"),
    )


def _make_request_zone() -> None:
    op.create_table(
        "request_zone",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=True),
        sa.Column("with_neighbours", sa.Boolean(), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("km", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'departement' AND departement IS NOT NULL AND commune_insee IS NULL AND km IS NULL) OR (kind = 'circle' AND departement IS NULL AND NOT with_neighbours AND commune_insee IS NOT NULL AND km IS NOT NULL)",
            name=op.f("ck_request_zone_fields"),
        ),
        sa.CheckConstraint("kind IN ('departement', 'circle')", name=op.f("ck_request_zone_kind")),
        sa.CheckConstraint("km > 0", name=op.f("ck_request_zone_km")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_request_zone_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_zone_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_zone")),
    )
    op.create_index(op.f("ix_request_zone_request_id"), "request_zone", ["request_id"], unique=False)


def _make_refused_pair() -> None:
    op.create_table(
        "refused_pair",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("refused_by", sa.String(32), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(refused_by = 'facility' AND reason IN ('full_in_fact', 'profile_outside_project', 'household_too_large', 'unsafe_for_person', 'unsafe_for_residents', 'care_not_available', 'works', 'other')) OR (refused_by = 'person' AND reason IN ('too_far', 'too_close_to_danger', 'school_or_work', 'family_ties', 'conditions', 'found_solution', 'unreachable', 'other')) OR (refused_by = 'decider' AND reason IN ('no_decision', 'declined'))",
            name=op.f("ck_refused_pair_reason"),
        ),
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
