# ruff: noqa: E501, PLR0917, S608 - SQL stays on the line it was made on; it is made of texts of this file
"""Bookings and excluded pairs; what a stay came from; states that change only as their machines say."""

import secrets
from collections import defaultdict
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Frozen texts: what `data.triggers` said when this revision was written.
_HOLDING = "'sent', 'agreed_in_principle', 'interview'"
_OPEN = f"{_HOLDING}, 'accepted'"

# Refusals: name, table, moments, PostgreSQL's error, what PostgreSQL does first, what is forbidden.
_REFUSALS = (
    (
        "booking_unit_of_place",
        "booking",
        ("INSERT",),
        "check_violation",
        "",
        """NOT EXISTS (
  SELECT 1 FROM place
  WHERE place.id = NEW.place_id AND place.closed_at IS NULL AND CASE NEW.unit
    WHEN 'place' THEN place.sharing = 'private'
    WHEN 'bed' THEN place.sharing = 'shared' AND NEW.number <= place.beds
    ELSE place.sharing = 'shared' AND NEW.number <= place.cots
  END
)""",
    ),
    (
        "booking_beyond_declared",
        "booking",
        ("INSERT",),
        "exclusion_violation",
        "",
        """NEW.live AND EXISTS (
  SELECT 1 FROM (
    SELECT NEW.from_night AS night
    UNION SELECT from_night FROM booking WHERE place_id = NEW.place_id AND unit = NEW.unit AND live
    UNION SELECT until_night FROM free_interval WHERE place_id = NEW.place_id
    UNION SELECT from_night FROM closure WHERE place_id = NEW.place_id
  ) AS point
  JOIN place ON place.id = NEW.place_id
  WHERE point.night >= NEW.from_night AND (NEW.until_night IS NULL OR point.night < NEW.until_night) AND (
    EXISTS (
      SELECT 1 FROM closure
      WHERE closure.place_id = NEW.place_id AND closure.from_night <= point.night
        AND (closure.until_night IS NULL OR closure.until_night > point.night)
    ) OR (
      SELECT COALESCE(SUM(CASE NEW.unit
        WHEN 'place' THEN 1
        WHEN 'bed' THEN COALESCE(free.beds, place.beds)
        ELSE COALESCE(free.cots, place.cots)
      END), 0)
      FROM free_interval AS free
      WHERE free.place_id = NEW.place_id AND free.from_night <= point.night
        AND (free.until_night IS NULL OR free.until_night > point.night)
    ) < (
      SELECT count(*) FROM booking AS taken
      WHERE taken.place_id = NEW.place_id AND taken.unit = NEW.unit AND taken.live
        AND taken.from_night <= point.night AND (taken.until_night IS NULL OR taken.until_night > point.night)
    )
  )
)""",
    ),
    (
        "booking_renewed_beyond_declared",
        "booking",
        ("UPDATE OF until_night",),
        "exclusion_violation",
        "",
        """NEW.live AND OLD.until_night IS NOT NULL AND (NEW.until_night IS NULL OR NEW.until_night > OLD.until_night) AND EXISTS (
  SELECT 1 FROM (
    SELECT OLD.until_night AS night
    UNION SELECT from_night FROM booking WHERE place_id = NEW.place_id AND unit = NEW.unit AND live
    UNION SELECT until_night FROM free_interval WHERE place_id = NEW.place_id
    UNION SELECT from_night FROM closure WHERE place_id = NEW.place_id
  ) AS point
  JOIN place ON place.id = NEW.place_id
  WHERE point.night >= OLD.until_night AND (NEW.until_night IS NULL OR point.night < NEW.until_night) AND (
    EXISTS (
      SELECT 1 FROM closure
      WHERE closure.place_id = NEW.place_id AND closure.from_night <= point.night
        AND (closure.until_night IS NULL OR closure.until_night > point.night)
    ) OR (
      SELECT COALESCE(SUM(CASE NEW.unit
        WHEN 'place' THEN 1
        WHEN 'bed' THEN COALESCE(free.beds, place.beds)
        ELSE COALESCE(free.cots, place.cots)
      END), 0)
      FROM free_interval AS free
      WHERE free.place_id = NEW.place_id AND free.from_night <= point.night
        AND (free.until_night IS NULL OR free.until_night > point.night)
    ) < (
      SELECT count(*) FROM booking AS taken
      WHERE taken.place_id = NEW.place_id AND taken.unit = NEW.unit AND taken.live
        AND taken.from_night <= point.night AND (taken.until_night IS NULL OR taken.until_night > point.night)
    )
  )
)""",
    ),
    (
        "booking_larger_than_declared",
        "booking",
        ("INSERT",),
        "check_violation",
        "",
        """NEW.unit = 'place' AND EXISTS (
  SELECT 1 FROM proposal_leg AS leg
  JOIN place ON place.id = leg.place_id
  JOIN free_interval AS free ON free.place_id = leg.place_id
  WHERE leg.proposal_id = NEW.proposal_id AND leg.position = NEW.position
    AND (NEW.until_night IS NULL OR free.from_night < NEW.until_night)
    AND (free.until_night IS NULL OR NEW.from_night < free.until_night)
    AND (leg.beds > COALESCE(free.beds, place.beds) OR leg.cots > COALESCE(free.cots, place.cots))
)""",
    ),
    (
        "booking_without_holder",
        "booking",
        ("INSERT", "UPDATE OF stay_id"),
        "check_violation",
        "",
        """NEW.live AND (
  (NEW.stay_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM proposal_leg AS leg JOIN proposal ON proposal.id = leg.proposal_id
    WHERE leg.proposal_id = NEW.proposal_id AND leg.position = NEW.position AND leg.place_id = NEW.place_id
      AND leg.request_id = NEW.request_id AND proposal.state IN ('sent', 'agreed_in_principle', 'interview')
  )) OR (NEW.stay_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM stay
    WHERE stay.id = NEW.stay_id AND stay.place_id = NEW.place_id AND stay.request_id = NEW.request_id
      AND stay.state IN ('booked', 'occupied')
  ))
)""",
    ),
    (
        "booking_moved",
        "booking",
        ("UPDATE OF place_id, request_id, unit, from_night, live",),
        "check_violation",
        "",
        """NEW.place_id <> OLD.place_id OR NEW.request_id <> OLD.request_id OR NEW.unit <> OLD.unit
  OR NEW.from_night <> OLD.from_night OR (NEW.live AND NOT OLD.live)""",
    ),
    (
        "place_below_booked",
        "place",
        ("UPDATE OF sharing, beds, cots",),
        "exclusion_violation",
        "",
        """(NEW.sharing <> OLD.sharing AND EXISTS (
  SELECT 1 FROM booking WHERE booking.place_id = NEW.id AND booking.live
)) OR ((NEW.beds < OLD.beds OR NEW.cots < OLD.cots) AND EXISTS (
  SELECT 1 FROM booking AS one
  WHERE one.place_id = NEW.id AND one.live AND one.unit <> 'place'
    AND CASE one.unit WHEN 'bed' THEN NEW.beds ELSE NEW.cots END < (
      SELECT count(*) FROM booking AS other
      WHERE other.place_id = one.place_id AND other.unit = one.unit AND other.live
        AND other.from_night <= one.from_night
        AND (other.until_night IS NULL OR other.until_night > one.from_night)
    )
))""",
    ),
    (
        "booking_of_excluded_pair",
        "booking",
        ("INSERT",),
        "check_violation",
        "",
        """NEW.live AND EXISTS (
  SELECT 1 FROM excluded_pair JOIN place ON place.facility_id = excluded_pair.facility_id
  WHERE place.id = NEW.place_id AND excluded_pair.request_id = NEW.request_id
)""",
    ),
    (
        "excluded_pair_held",
        "excluded_pair",
        ("INSERT",),
        "restrict_violation",
        "PERFORM 1 FROM request WHERE id = NEW.request_id FOR NO KEY UPDATE;",
        """EXISTS (
  SELECT 1 FROM booking
  JOIN place ON place.id = booking.place_id
  LEFT JOIN stay ON stay.id = booking.stay_id
  WHERE booking.request_id = NEW.request_id AND place.facility_id = NEW.facility_id AND booking.live
    AND (stay.id IS NULL OR stay.state = 'booked')
)""",
    ),
    (
        "stay_of_excluded_pair",
        "stay",
        ("INSERT", "UPDATE OF state"),
        "check_violation",
        "PERFORM 1 FROM request WHERE id = NEW.request_id FOR NO KEY UPDATE;",
        """NEW.state IN ('booked', 'occupied') AND EXISTS (
  SELECT 1 FROM excluded_pair JOIN place ON place.facility_id = excluded_pair.facility_id
  WHERE place.id = NEW.place_id AND excluded_pair.request_id = NEW.request_id
)""",
    ),
)

# Consequences: name, table, moments, what is done.
_ACTS = (
    (
        "proposal_bookings_follow_state",
        "proposal",
        ("UPDATE OF state",),
        """UPDATE booking SET live = FALSE
  WHERE proposal_id = NEW.id AND stay_id IS NULL AND live AND NEW.state NOT IN ('sent', 'agreed_in_principle', 'interview')""",
    ),
    (
        "stay_bookings_follow_state",
        "stay",
        ("UPDATE OF state",),
        "UPDATE booking SET live = FALSE WHERE stay_id = NEW.id AND live AND NEW.state NOT IN ('booked', 'occupied')",
    ),
)

_OVERLAP = """NEW.live AND EXISTS (
  SELECT 1 FROM booking AS other
  WHERE other.place_id = NEW.place_id AND other.unit = NEW.unit AND other.number = NEW.number
    AND other.id <> NEW.id AND other.live
    AND (NEW.until_night IS NULL OR other.from_night < NEW.until_night)
    AND (other.until_night IS NULL OR NEW.from_night < other.until_night)
)"""
_EXCLUSION = """ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist (
  place_id WITH =, unit WITH =, number WITH =, daterange(from_night, until_night) WITH &&
) WHERE (live)"""
_LOCKS = (
    """CREATE FUNCTION booking_locks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM request WHERE id = NEW.request_id FOR NO KEY UPDATE;
  PERFORM 1 FROM place WHERE id = NEW.place_id FOR NO KEY UPDATE;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER booking_locks BEFORE INSERT OR UPDATE OF number, until_night ON booking
FOR EACH ROW EXECUTE FUNCTION booking_locks()""",
)

# States: of each machine, where a row may begin, and every change there is.
_MACHINES = {
    "request": (
        "'draft', 'submitted'",
        "'admitted>closed', 'admitted>searching', 'agreed_in_principle>admitted', 'agreed_in_principle>cancelled', 'agreed_in_principle>expired', 'agreed_in_principle>proposed', 'agreed_in_principle>searching', 'cancelled>submitted', 'closed>submitted', 'draft>cancelled', 'draft>expired', 'draft>submitted', 'expired>submitted', 'proposed>admitted', 'proposed>agreed_in_principle', 'proposed>cancelled', 'proposed>expired', 'proposed>searching', 'searching>admitted', 'searching>cancelled', 'searching>expired', 'searching>proposed', 'searching>to_complete', 'submitted>admitted', 'submitted>cancelled', 'submitted>expired', 'submitted>proposed', 'submitted>searching', 'submitted>to_complete', 'to_complete>cancelled', 'to_complete>expired', 'to_complete>submitted'",
    ),
    "proposal": (
        "'sent'",
        "'accepted>arrived', 'accepted>no_show', 'accepted>refused_by_decider', 'accepted>refused_by_facility', 'accepted>refused_by_person', 'accepted>withdrawn', 'agreed_in_principle>accepted', 'agreed_in_principle>expired', 'agreed_in_principle>interview', 'agreed_in_principle>refused_by_decider', 'agreed_in_principle>refused_by_facility', 'agreed_in_principle>refused_by_person', 'agreed_in_principle>superseded', 'agreed_in_principle>withdrawn', 'interview>accepted', 'interview>expired', 'interview>refused_by_decider', 'interview>refused_by_facility', 'interview>refused_by_person', 'interview>superseded', 'interview>withdrawn', 'sent>accepted', 'sent>agreed_in_principle', 'sent>expired', 'sent>interview', 'sent>refused_by_decider', 'sent>refused_by_facility', 'sent>refused_by_person', 'sent>superseded', 'sent>withdrawn'",
    ),
    "stay": (
        "'booked', 'occupied'",
        "'booked>cancelled', 'booked>no_show', 'booked>occupied', 'occupied>ended'",
    ),
}


def upgrade() -> None:
    """Make the tables, book what is held, then make the rules."""
    _be_able_to_exclude()
    _make_stay(new=True)
    _make_booking()
    _make_excluded_pair()
    _legs_follow(_HOLDING)
    op.execute(
        "UPDATE proposal_leg SET open = FALSE WHERE proposal_id IN (SELECT id FROM proposal WHERE state = 'accepted')"
    )
    _book_what_is_held()
    for statement in _rules():
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("excluded_pair")
    op.drop_table("booking")
    for name, table, moments in _standing():
        _drop(name, table, moments)
    _legs_follow(_OPEN)
    op.execute("DELETE FROM stay WHERE state IN ('no_show', 'cancelled')")
    _make_stay(new=False)


_OLD_STATES = "state IN ('booked', 'occupied', 'ended')"
_NEW_STATES = "state IN ('booked', 'occupied', 'ended', 'no_show', 'cancelled')"
_STAY_CHECKS = (
    ("arrival", "arrived_at IS NULL OR state IN ('occupied', 'ended')"),
    ("leaving", "leaving_night IS NULL OR (state IN ('occupied', 'ended') AND leaving_night > from_night)"),
    ("renewals", "renewals >= 0 AND (renewals = 0 OR state IN ('occupied', 'ended'))"),
    ("leg", "(proposal_id IS NULL) = (position IS NULL) AND (proposal_id IS NULL OR request_id IS NOT NULL)"),
    ("expected", "state NOT IN ('no_show', 'cancelled') OR request_id IS NOT NULL"),
)


_STAY_COLUMNS = (
    "id, place_id, request_id, from_night, until_night, beds, cots, separation_group, has_minor, has_adult, state"
)


def _sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _be_able_to_exclude() -> None:
    if _sqlite():
        return
    here = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")
    may = sa.text("SELECT has_database_privilege(current_database(), 'CREATE')")
    if op.get_bind().scalar(here) is None and not op.get_bind().scalar(may):
        message = "bookings need the extension btree_gist: have `CREATE EXTENSION btree_gist` run in this database, then upgrade again"
        raise RuntimeError(message)
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")


def _act(name: str, table: str, moments: tuple[str, ...], body: str, when: str = "") -> list[str]:
    if _sqlite():
        return [
            f"CREATE TRIGGER {name}{suffix} AFTER {moment} ON {table}\n{when}BEGIN\n  {body};\nEND"
            for moment, suffix in zip(moments, _suffixes(moments), strict=True)
        ]
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  {body};\n  RETURN NULL;\nEND $$",
        f"CREATE TRIGGER {name} AFTER {' OR '.join(moments)} ON {table}\nFOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _suffixes(moments: tuple[str, ...]) -> list[str]:
    return [f"_{moment.split()[0].lower()}" if len(moments) > 1 else "" for moment in moments]


def _refusal(name: str, table: str, moments: tuple[str, ...], error: str, first: str, forbidden: str) -> list[str]:
    if _sqlite():
        return _act(name, table, moments, f"SELECT RAISE(ABORT, '{name}')", f"WHEN {forbidden}\n")
    body = f"IF {forbidden} THEN\n    RAISE EXCEPTION USING ERRCODE = '{error}', CONSTRAINT = '{name}', MESSAGE = '{name}';\n  END IF"
    return _act(name, table, moments, f"{first}\n  {body}" if first else body)


def _rules() -> list[str]:
    made = [statement for rule in _REFUSALS for statement in _refusal(*rule)]
    made += [statement for act in _ACTS for statement in _act(*act)]
    for noun, (initial, pairs) in _MACHINES.items():
        made += _refusal(f"{noun}_begins", noun, ("INSERT",), "check_violation", "", f"NEW.state NOT IN ({initial})")
        moved = f"NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ({pairs})"
        made += _refusal(f"{noun}_moves", noun, ("UPDATE OF state",), "check_violation", "", moved)
    if _sqlite():
        moments = ("INSERT", "UPDATE OF number, until_night, live")
        return made + _refusal("booking_overlap", "booking", moments, "", "", _OVERLAP)
    return [*made, *_LOCKS, _EXCLUSION]


def _standing() -> list[tuple[str, str, tuple[str, ...]]]:
    # Every rule of this revision, the ones that went with their table apart (their functions stay on PostgreSQL).
    made: list[tuple[str, str, tuple[str, ...]]] = [
        (name, table, moments) for name, table, moments, *_ in (*_REFUSALS, *_ACTS)
    ]
    made.append(("booking_locks", "booking", ("INSERT",)))
    for noun in _MACHINES:
        made += [(f"{noun}_begins", noun, ("INSERT",)), (f"{noun}_moves", noun, ("UPDATE OF state",))]
    return made


def _drop(name: str, table: str, moments: tuple[str, ...]) -> None:
    if not _sqlite():
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    elif table not in {"booking", "excluded_pair"}:
        for suffix in _suffixes(moments):
            op.execute(f"DROP TRIGGER {name}{suffix}")


def _legs_follow(holding: str) -> None:
    follow = ("proposal_legs_follow_state", "proposal", ("UPDATE OF state",))
    differs = ("proposal_leg_open_differs", "proposal_leg", ("INSERT", "UPDATE"))
    _drop(*follow)
    _drop(*differs)
    close = f"UPDATE proposal_leg SET open = (NEW.state IN ({holding})) WHERE proposal_id = NEW.id"
    forbidden = f"""EXISTS (
  SELECT 1 FROM proposal
  WHERE proposal.id = NEW.proposal_id AND NEW.open <> (proposal.state IN ({holding}))
)"""
    for statement in (*_act(*follow, close), *_refusal(*differs, "check_violation", "", forbidden)):
        op.execute(statement)


def _make_stay(*, new: bool) -> None:
    # Made anew, because SQLite changes no CHECK; no row refers to its rows, no rule of an older revision stands on it.
    op.execute(f"CREATE TEMPORARY TABLE kept_stay AS SELECT {_STAY_COLUMNS} FROM stay")
    op.drop_table("stay")
    added = [
        sa.Column("proposal_id", sa.String(length=32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaving_night", sa.Date(), nullable=True),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_stay_{name}")) for name, rule in _STAY_CHECKS),
        sa.ForeignKeyConstraint(
            ["proposal_id", "position"],
            ["proposal_leg.proposal_id", "proposal_leg.position"],
            name=op.f("fk_stay_proposal_id_position"),
        ),
        sa.UniqueConstraint("proposal_id", "position", name=op.f("uq_stay_proposal_id_position")),
    ]
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
        *(added if new else ()),
        sa.CheckConstraint("state <> 'ended' OR until_night IS NOT NULL", name=op.f("ck_stay_ended")),
        sa.CheckConstraint(_NEW_STATES if new else _OLD_STATES, name=op.f("ck_stay_state")),
        sa.CheckConstraint("beds >= 0 AND cots >= 0 AND beds + cots >= 1", name=op.f("ck_stay_beds")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_stay_id")),
        sa.CheckConstraint("until_night IS NULL OR until_night > from_night", name=op.f("ck_stay_nights")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stay_place_id")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_stay_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stay")),
    )
    op.create_index(op.f("ix_stay_place_id"), "stay", ["place_id"], unique=False)
    op.create_index(op.f("ix_stay_request_id"), "stay", ["request_id"], unique=False)
    more, values = (", renewals, version", ", 0, 1") if new else ("", "")
    op.execute(f"INSERT INTO stay ({_STAY_COLUMNS}{more}) SELECT {_STAY_COLUMNS}{values} FROM kept_stay")
    op.execute("DROP TABLE kept_stay")


def _make_booking() -> None:
    op.create_table(
        "booking",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("proposal_id", sa.String(length=32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("stay_id", sa.String(length=32), nullable=True),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_night", sa.Date(), nullable=False),
        sa.Column("until_night", sa.Date(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_booking_id")),
        sa.CheckConstraint("until_night IS NULL OR until_night > from_night", name=op.f("ck_booking_nights")),
        sa.CheckConstraint("unit IN ('place', 'bed', 'cot')", name=op.f("ck_booking_unit")),
        sa.CheckConstraint("number >= 1 AND (unit <> 'place' OR number = 1)", name=op.f("ck_booking_number")),
        sa.CheckConstraint("(proposal_id IS NULL) = (position IS NULL)", name=op.f("ck_booking_leg")),
        sa.CheckConstraint("proposal_id IS NOT NULL OR stay_id IS NOT NULL", name=op.f("ck_booking_holder")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_booking_place_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "position"],
            ["proposal_leg.proposal_id", "proposal_leg.position"],
            name=op.f("fk_booking_proposal_id_position"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_booking_request_id")),
        sa.ForeignKeyConstraint(["stay_id"], ["stay.id"], name=op.f("fk_booking_stay_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    for columns in (
        ["place_id", "unit", "number", "from_night"],
        ["proposal_id", "position"],
        ["request_id"],
        ["stay_id"],
    ):
        op.create_index(op.f(f"ix_booking_{'_'.join(columns)}"), "booking", columns, unique=False)


def _make_excluded_pair() -> None:
    # Filled by `data.exclusions` at the end of an upgrade: it measures with the reference data in force.
    op.create_table(
        "excluded_pair",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.CheckConstraint("rule IN ('danger_area', 'unknown_location')", name=op.f("ck_excluded_pair_rule")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_excluded_pair_facility_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_excluded_pair_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "facility_id", name=op.f("pk_excluded_pair")),
    )
    op.create_index(op.f("ix_excluded_pair_facility_id"), "excluded_pair", ["facility_id"], unique=False)


def _book_what_is_held() -> None:
    held = sa.text(
        f"""SELECT leg.place_id, leg.request_id, leg.proposal_id, leg.position, NULL AS stay_id,
  leg.from_night, leg.until_night, leg.beds, leg.cots, place.sharing
FROM proposal_leg AS leg JOIN proposal ON proposal.id = leg.proposal_id JOIN place ON place.id = leg.place_id
WHERE proposal.state IN ({_HOLDING})
UNION ALL SELECT stay.place_id, stay.request_id, NULL, NULL, stay.id,
  stay.from_night, stay.until_night, stay.beds, stay.cots, place.sharing
FROM stay JOIN place ON place.id = stay.place_id
WHERE stay.request_id IS NOT NULL AND stay.state IN ('booked', 'occupied')
ORDER BY 6"""
    )
    ends: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    rows = []
    for row in op.get_bind().execute(held).mappings():
        needs = {"place": 1} if row["sharing"] == "private" else {"bed": row["beds"], "cot": row["cots"]}
        for unit, count in needs.items():
            free_from = ends[row["place_id"], unit]
            for _ in range(count):
                # The lowest number that is free by then; dates are texts on SQLite, and sort alike.
                number = next((at for at, end in enumerate(free_from) if end <= str(row["from_night"])), len(free_from))
                free_from[number : number + 1] = [str(row["until_night"] or date.max)]
                kept = {name: row[name] for name in row if name not in {"beds", "cots", "sharing"}}
                rows.append({**kept, "id": secrets.token_hex(16), "unit": unit, "number": number + 1, "live": True})
    if rows:
        columns = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        op.get_bind().execute(sa.text(f"INSERT INTO booking ({columns}) VALUES ({values})"), rows)
