# ruff: noqa: E501 - SQL stays on the line it was made on
"""Facilities, quotas, places, the nights they are free and closed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Frozen texts: what `data.triggers` said when this revision was written.
_SQLITE = (
    """CREATE TRIGGER free_interval_private_overlap_insert AFTER INSERT ON free_interval
WHEN EXISTS (
  SELECT 1 FROM free_interval AS other JOIN place ON place.id = other.place_id
  WHERE other.place_id = NEW.place_id AND other.id <> NEW.id AND place.sharing = 'private'
    AND (NEW.until_night IS NULL OR other.from_night < NEW.until_night)
    AND (other.until_night IS NULL OR NEW.from_night < other.until_night)
)
BEGIN
  SELECT RAISE(ABORT, 'free_interval_private_overlap');
END""",
    """CREATE TRIGGER free_interval_private_overlap_update AFTER UPDATE ON free_interval
WHEN EXISTS (
  SELECT 1 FROM free_interval AS other JOIN place ON place.id = other.place_id
  WHERE other.place_id = NEW.place_id AND other.id <> NEW.id AND place.sharing = 'private'
    AND (NEW.until_night IS NULL OR other.from_night < NEW.until_night)
    AND (other.until_night IS NULL OR NEW.from_night < other.until_night)
)
BEGIN
  SELECT RAISE(ABORT, 'free_interval_private_overlap');
END""",
    """CREATE TRIGGER place_private_overlap AFTER UPDATE OF sharing ON place
WHEN NEW.sharing = 'private' AND EXISTS (
  SELECT 1 FROM free_interval AS one JOIN free_interval AS other
    ON other.place_id = one.place_id AND other.id > one.id
  WHERE one.place_id = NEW.id
    AND (one.until_night IS NULL OR other.from_night < one.until_night)
    AND (other.until_night IS NULL OR one.from_night < other.until_night)
)
BEGIN
  SELECT RAISE(ABORT, 'place_private_overlap');
END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION free_interval_private_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM place WHERE id = NEW.place_id FOR NO KEY UPDATE;
  IF EXISTS (
  SELECT 1 FROM free_interval AS other JOIN place ON place.id = other.place_id
  WHERE other.place_id = NEW.place_id AND other.id <> NEW.id AND place.sharing = 'private'
    AND (NEW.until_night IS NULL OR other.from_night < NEW.until_night)
    AND (other.until_night IS NULL OR NEW.from_night < other.until_night)
) THEN
    RAISE EXCEPTION USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'free_interval_private_overlap', MESSAGE = 'free_interval_private_overlap';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER free_interval_private_overlap AFTER INSERT OR UPDATE ON free_interval
FOR EACH ROW EXECUTE FUNCTION free_interval_private_overlap()""",
    """CREATE FUNCTION place_private_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sharing = 'private' AND EXISTS (
  SELECT 1 FROM free_interval AS one JOIN free_interval AS other
    ON other.place_id = one.place_id AND other.id > one.id
  WHERE one.place_id = NEW.id
    AND (one.until_night IS NULL OR other.from_night < one.until_night)
    AND (other.until_night IS NULL OR one.from_night < other.until_night)
) THEN
    RAISE EXCEPTION USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'place_private_overlap', MESSAGE = 'place_private_overlap';
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER place_private_overlap AFTER UPDATE OF sharing ON place
FOR EACH ROW EXECUTE FUNCTION place_private_overlap()""",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    _make_facility()
    _make_quota()
    _make_place()
    _make_free_interval()
    _make_closure()
    for statement in _SQLITE if op.get_context().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("closure")
    op.drop_table("free_interval")
    op.drop_table("place")
    op.drop_table("quota")
    op.drop_table("facility")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION free_interval_private_overlap()")
        op.execute("DROP FUNCTION place_private_overlap()")


def _make_facility() -> None:
    op.create_table(
        "facility",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("disclosure", sa.String(32), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=True),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("precision_km", sa.Double(), nullable=False),
        sa.Column("audience", sa.String(32), nullable=False),
        sa.Column("age_min", sa.Integer(), nullable=True),
        sa.Column("age_max", sa.Integer(), nullable=True),
        sa.Column("admits", sa.JSON(), nullable=True),
        sa.Column("requires", sa.JSON(), nullable=False),
        sa.Column("decisions", sa.JSON(), nullable=True),
        sa.Column("reserved_departements", sa.JSON(), nullable=True),
        sa.Column("reserved_contingents", sa.JSON(), nullable=True),
        sa.Column("serves", sa.JSON(), nullable=True),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("specialisms", sa.JSON(), nullable=False),
        sa.Column("max_stay_nights", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "audience IN ('minors', 'women', 'women_with_children', 'families', 'men', 'mixed')",
            name=op.f("ck_facility_audience"),
        ),
        sa.CheckConstraint("disclosure IN ('open', 'confidential', 'secret')", name=op.f("ck_facility_disclosure")),
        sa.CheckConstraint("(age_min IS NULL) = (age_max IS NULL)", name=op.f("ck_facility_ages_both")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_facility_coordinates")),
        sa.CheckConstraint("age_min >= 0 AND age_max >= age_min AND age_max <= 120", name=op.f("ck_facility_ages")),
        sa.CheckConstraint("commune_insee IS NULL OR departement IS NOT NULL", name=op.f("ck_facility_commune")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_facility_latitude")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_facility_id")),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 32", name=op.f("ck_facility_kind")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_facility_longitude")),
        sa.CheckConstraint("max_stay_nights >= 1", name=op.f("ck_facility_max_stay_nights")),
        sa.CheckConstraint("precision_km >= 0", name=op.f("ck_facility_precision_km")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_facility_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
    )
    op.create_index(op.f("ix_facility_departement_kind"), "facility", ["departement", "kind"], unique=False)
    op.create_index(op.f("ix_facility_organisation_id"), "facility", ["organisation_id"], unique=False)


def _make_quota() -> None:
    op.create_table(
        "quota",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=32), nullable=False),
        sa.Column("fact", sa.String(32), nullable=False),
        sa.Column("max", sa.Integer(), nullable=False),
        sa.CheckConstraint("fact IN ('has_partner', 'outside_departement')", name=op.f("ck_quota_fact")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_quota_id")),
        sa.CheckConstraint("max >= 0", name=op.f("ck_quota_max")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_quota_facility_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint("facility_id", "fact", name=op.f("uq_quota_facility_id_fact")),
    )


def _make_place() -> None:
    op.create_table(
        "place",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("beds", sa.Integer(), nullable=False),
        sa.Column("cots", sa.Integer(), nullable=False),
        sa.Column("sharing", sa.String(32), nullable=False),
        sa.Column("pair_is_one", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("sharing IN ('private', 'shared')", name=op.f("ck_place_sharing")),
        sa.CheckConstraint("beds >= 1", name=op.f("ck_place_beds")),
        sa.CheckConstraint("cots >= 0", name=op.f("ck_place_cots")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_place_id")),
        sa.CheckConstraint("length(label) > 0", name=op.f("ck_place_label")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["organisation.id"], name=op.f("fk_place_confirmed_by")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_place_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    op.create_index(op.f("ix_place_facility_id"), "place", ["facility_id"], unique=False)


def _make_free_interval() -> None:
    op.create_table(
        "free_interval",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.String(length=32), nullable=False),
        sa.Column("from_night", sa.Date(), nullable=False),
        sa.Column("until_night", sa.Date(), nullable=True),
        sa.Column("beds", sa.Integer(), nullable=True),
        sa.Column("cots", sa.Integer(), nullable=True),
        sa.CheckConstraint("beds >= 0", name=op.f("ck_free_interval_beds")),
        sa.CheckConstraint("cots >= 0", name=op.f("ck_free_interval_cots")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_free_interval_id")),
        sa.CheckConstraint("until_night IS NULL OR until_night > from_night", name=op.f("ck_free_interval_nights")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_free_interval_place_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_interval")),
    )
    op.create_index(op.f("ix_free_interval_place_id"), "free_interval", ["place_id"], unique=False)


def _make_closure() -> None:
    op.create_table(
        "closure",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("from_night", sa.Date(), nullable=False),
        sa.Column("until_night", sa.Date(), nullable=True),
        sa.Column("declared_by", sa.String(length=32), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('works', 'pest_control', 'staff', 'under_occupation', 'other')", name=op.f("ck_closure_reason")
        ),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_closure_id")),
        sa.CheckConstraint("until_night IS NULL OR until_night > from_night", name=op.f("ck_closure_nights")),
        sa.ForeignKeyConstraint(["declared_by"], ["organisation.id"], name=op.f("fk_closure_declared_by")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_closure_place_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_index(op.f("ix_closure_place_id"), "closure", ["place_id"], unique=False)
