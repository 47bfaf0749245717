"""Two live bookings never share a bed on a night, and none is made beyond what the shelter declared."""

from typing import Final

from data.base import codes
from data.models.proposal import HOLDING_PROPOSALS
from data.models.stay import LIVE_STAYS
from data.triggers.form import Trigger, act, refusal

EXTENSION: Final = "CREATE EXTENSION IF NOT EXISTS btree_gist"
"""What PostgreSQL needs to compare identifiers in an exclusion constraint; the owner of a database may make it."""

_HOLDING: Final = codes(HOLDING_PROPOSALS)
_LIVE: Final = codes(LIVE_STAYS)

LOCKS: Final = Trigger(
    "booking_locks",
    "booking",
    {
        # SQLite has one writer.
        "sqlite": (),
        "postgresql": (
            """CREATE FUNCTION booking_locks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM request WHERE id = NEW.request_id FOR NO KEY UPDATE;
  PERFORM 1 FROM place WHERE id = NEW.place_id FOR NO KEY UPDATE;
  RETURN NEW;
END $$""",
            """CREATE TRIGGER booking_locks BEFORE INSERT OR UPDATE OF number, until_night ON booking
FOR EACH ROW EXECUTE FUNCTION booking_locks()""",
        ),
    },
)
"""Whoever books waits for those who book the same place or change the request: what follows then sees their rows."""

OVERLAP: Final = Trigger(
    "booking_overlap",
    "booking",
    {
        "sqlite": refusal(
            "booking_overlap",
            "booking",
            ("INSERT", "UPDATE OF number, until_night, live"),
            sqlstate="exclusion_violation",
            forbidden="""NEW.live AND EXISTS (
  SELECT 1 FROM booking AS other
  WHERE other.place_id = NEW.place_id AND other.unit = NEW.unit AND other.number = NEW.number
    AND other.id <> NEW.id AND other.live
    AND (NEW.until_night IS NULL OR other.from_night < NEW.until_night)
    AND (other.until_night IS NULL OR NEW.from_night < other.until_night)
)""",
        ).statements["sqlite"],
        "postgresql": (
            """ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist (
  place_id WITH =, unit WITH =, number WITH =, daterange(from_night, until_night) WITH &&
) WHERE (live)""",
        ),
    },
)
"""Two live bookings of a bed, a cot or a whole place never share a night. (PostgreSQL: an exclusion constraint.)"""

UNIT: Final = refusal(
    "booking_unit_of_place",
    "booking",
    ("INSERT",),
    sqlstate="check_violation",
    forbidden="""NOT EXISTS (
  SELECT 1 FROM place
  WHERE place.id = NEW.place_id AND place.closed_at IS NULL AND CASE NEW.unit
    WHEN 'place' THEN place.sharing = 'private'
    WHEN 'bed' THEN place.sharing = 'shared' AND NEW.number <= place.beds
    ELSE place.sharing = 'shared' AND NEW.number <= place.cots
  END
)""",
)
"""A private place is booked whole; of a shared one, the beds and cots it has; of a closed one, nothing."""


def _beyond(name: str, moment: str, since: str, extended: str = "") -> Trigger:
    # More is taken only from the first night of a booking on, less is declared only from the end of an interval or the
    # beginning of a closure on: no other night need be looked at, even for a booking without end.
    return refusal(
        name,
        "booking",
        (moment,),
        sqlstate="exclusion_violation",
        forbidden=f"""NEW.live{extended} AND EXISTS (
  SELECT 1 FROM (
    SELECT {since} AS night
    UNION SELECT from_night FROM booking WHERE place_id = NEW.place_id AND unit = NEW.unit AND live
    UNION SELECT until_night FROM free_interval WHERE place_id = NEW.place_id
    UNION SELECT from_night FROM closure WHERE place_id = NEW.place_id
  ) AS point
  JOIN place ON place.id = NEW.place_id
  WHERE point.night >= {since} AND (NEW.until_night IS NULL OR point.night < NEW.until_night) AND (
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
)""",  # noqa: S608 - columns named here
    )


DECLARED: Final = _beyond("booking_beyond_declared", "INSERT", "NEW.from_night")
"""When a booking is made, on none of its nights are more units booked than its shelter declares free."""

RENEWED: Final = _beyond(
    "booking_renewed_beyond_declared",
    "UPDATE OF until_night",
    "OLD.until_night",
    " AND OLD.until_night IS NOT NULL AND (NEW.until_night IS NULL OR NEW.until_night > OLD.until_night)",
)
"""Nor on the nights a renewal adds."""

LARGER: Final = refusal(
    "booking_larger_than_declared",
    "booking",
    ("INSERT",),
    sqlstate="check_violation",
    forbidden="""NEW.unit = 'place' AND EXISTS (
  SELECT 1 FROM proposal_leg AS leg
  JOIN place ON place.id = leg.place_id
  JOIN free_interval AS free ON free.place_id = leg.place_id
  WHERE leg.proposal_id = NEW.proposal_id AND leg.position = NEW.position
    AND (NEW.until_night IS NULL OR free.from_night < NEW.until_night)
    AND (free.until_night IS NULL OR NEW.from_night < free.until_night)
    AND (leg.beds > COALESCE(free.beds, place.beds) OR leg.cots > COALESCE(free.cots, place.cots))
)""",
)
"""Nor does a household take more beds of a private place than are declared."""

HOLDER: Final = refusal(
    "booking_without_holder",
    "booking",
    ("INSERT", "UPDATE OF stay_id"),
    sqlstate="check_violation",
    forbidden=f"""NEW.live AND (
  (NEW.stay_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM proposal_leg AS leg JOIN proposal ON proposal.id = leg.proposal_id
    WHERE leg.proposal_id = NEW.proposal_id AND leg.position = NEW.position AND leg.place_id = NEW.place_id
      AND leg.request_id = NEW.request_id AND proposal.state IN ({_HOLDING})
  )) OR (NEW.stay_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM stay
    WHERE stay.id = NEW.stay_id AND stay.place_id = NEW.place_id AND stay.request_id = NEW.request_id
      AND stay.state IN ({_LIVE})
  ))
)""",  # noqa: S608 - codes of ours
)
"""A live booking has a proposal that holds or a stay that lives, of the same household in the same place."""

MOVED: Final = refusal(
    "booking_moved",
    "booking",
    ("UPDATE OF place_id, request_id, unit, from_night, live",),
    sqlstate="check_violation",
    forbidden="""NEW.place_id <> OLD.place_id OR NEW.request_id <> OLD.request_id OR NEW.unit <> OLD.unit
  OR NEW.from_night <> OLD.from_night OR (NEW.live AND NOT OLD.live)""",
)
"""A booking keeps its place, its household and its first night; released, it never comes back."""

_RELEASE: Final = f"UPDATE booking SET live = FALSE WHERE stay_id = NEW.id AND live AND NEW.state NOT IN ({_LIVE})"  # noqa: S608 - our codes
STAYS_FOLLOW: Final = act(
    "stay_bookings_follow_state",
    "stay",
    ("UPDATE OF state",),
    sqlite=_RELEASE,
    postgresql=_RELEASE,
)
"""When a stay is over, its bookings are released."""
