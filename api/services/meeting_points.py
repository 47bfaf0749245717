"""Where a household is met (P4): the one place that writes and reads it, so that sealing it changes nothing else.

It is in no list, no notice, no log; it is erased once nobody is on the way any more.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.models.journey import Journey
from data.models.stay import Stay, StayState

LENGTH_MAX = 200
"""Longest meeting point (characters)."""


def write(row: Journey, text: str | None) -> None:
    """Set or forget where the household of a journey is met."""
    row.meeting_point = text


def read(row: Journey) -> str | None:
    """Return where the household of a journey is met; None when it was not said, or is forgotten."""
    return row.meeting_point


def erase_old(session: Session) -> int:
    """Forget the meeting points of journeys that are over.

    Returns
    -------
    int
        How many were forgotten.
    """
    over = (
        select(Journey.id)
        .join(Stay, Stay.id == Journey.stay_id)
        .where(Stay.state != StayState.BOOKED, Journey.meeting_point.is_not(None))
        .order_by(Journey.id)
        .with_for_update(of=Journey)
    )
    found = session.scalars(over).all()
    session.execute(update(Journey).where(Journey.id.in_(found)).values(meeting_point=None))
    return len(found)
