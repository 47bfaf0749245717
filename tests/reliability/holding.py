"""What the races share: an inventory written in bulk, one household's hold, and the state of the bookings after it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from data import bookings
from data.base import new_id
from data.errors import ConstraintBroken
from data.models.place import FreeInterval, Place
from data.models.proposal import Proposal
from data.models.request import Request
from data.queries.locks import lock
from data.session import retrying, transaction
from matcher.place import Sharing
from tests import builders as b

LOST: Final = frozenset({"booking_overlap", "booking_beyond_declared"})
"""What the database says to whoever comes second; services answer 409."""
DEADLINE: Final = timedelta(hours=2)
"""How long a plan of the builders waits for its answer."""
_REQUEST: Final = (
    *("organisation_id", "departement", "state", "priority", "waiting_since", "from_night"),
    *("sleeping_tonight", "created_at", "updated_at"),
)
ATTEMPTS: Final = 50
"""Many clients on two cores: a busy database is tried again, as jobs do."""


def inventory(engine: Engine, places: int, requests: int, **columns: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    """Write places of one facility, free from `NIGHT` without end, and requests, in bulk; their identifiers."""
    owner = b.operator()
    home = b.facility(owner)
    b.save(engine, owner, home)
    room = {
        "facility_id": home.id,
        "label": "place",
        "beds": 2,
        "cots": 1,
        "sharing": Sharing.PRIVATE,
        "confirmed_at": b.NOW,
        "confirmed_by": owner.id,
    }
    asked = {name: getattr(b.request(owner), name) for name in _REQUEST}
    rooms = [{"id": new_id(), **room, **columns} for _ in range(places)]
    households = [asked | {"id": new_id()} for _ in range(requests)]
    with transaction(engine) as session:
        session.execute(insert(Place), rooms)
        session.execute(insert(FreeInterval), [{"place_id": each["id"], "from_night": b.NIGHT} for each in rooms])
        session.execute(insert(Request), households)
    return [each["id"] for each in rooms], [each["id"] for each in households]


def plan(request_id: str, legs: Sequence[tuple[str, int, int, int]], **columns: Any) -> Proposal:  # noqa: ANN401
    """A proposal for (place, first night, night after the last, beds) of each leg."""
    return b.proposal(Request(id=request_id), [_leg(*leg) for leg in legs], **columns)


def _leg(place_id: str, start: int, until: int, beds: int) -> Any:  # noqa: ANN401
    return b.leg(Place(id=place_id), b.nights(start), b.nights(until), beds=beds)


def hold(
    engine: Engine, request_id: str, legs: Sequence[tuple[str, int, int, int]], *, late: bool = False
) -> str | None:
    """Hold a plan as a service does; None, or what the database refused it for.

    ``late``: at the deadline of the plans made before, which then give way.
    """

    now = b.NOW + DEADLINE if late else b.NOW

    def work(session: Session) -> None:
        lock(session, Request, [request_id])
        bookings.hold(session, [plan(request_id, legs, created_at=now, expires_at=now + DEADLINE)], now)

    try:
        retrying(engine, work, attempts=ATTEMPTS)
    except ConstraintBroken as refused:
        return refused.constraint
    return None


def doubles(engine: Engine) -> int:
    """Count pairs of live bookings that share a bed on a night."""
    statement = """
SELECT count(*) FROM booking AS one JOIN booking AS other
  ON other.place_id = one.place_id AND other.unit = one.unit AND other.number = one.number AND other.id > one.id
WHERE one.live AND other.live
  AND (one.until_night IS NULL OR other.from_night < one.until_night)
  AND (other.until_night IS NULL OR one.from_night < other.until_night)"""
    with engine.connect() as connection:
        return int(connection.scalar(text(statement)) or 0)
