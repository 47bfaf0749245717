"""Households that should have arrived and have not."""

from datetime import timedelta
from typing import Final

from sqlalchemy import and_, or_, select

from api.services import meeting_points
from api.services.alerts import AlertKind, raise_alert, resolve
from api.services.context import Context
from api.services.journeys import ends
from api.services.nights import tonight
from api.services.notices import Topic, tell
from data.models.alert import Alert
from data.models.journey import Journey
from data.models.stay import Stay, StayState

PATIENCE: Final = timedelta(minutes=15)
"""How long after the hour it was due a household is overdue; domain.md §5 wants an alert within the hour."""


def overdue_arrivals(context: Context) -> int:
    """Alert both ends where a household should be there and is not; settle what has been settled.

    Without a journey a household is due on the first night of its stay.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Arrivals that have just become overdue.
    """
    late = {_subject(stay): stay for stay in _late(context)}
    known = _known(context)
    for subject in sorted(late.keys() - known):
        for organisation_id in sorted(ends(context, late[subject])):
            raise_alert(context, AlertKind.ARRIVAL_OVERDUE, subject, organisation_id)
            tell(context, organisation_id, Topic.JOURNEY, subject, urgent=True)
    # Arrived, given up, or its journey was given another hour.
    for subject in sorted(known - late.keys()):
        resolve(context, AlertKind.ARRIVAL_OVERDUE, subject)
    meeting_points.erase_old(context.session)
    return len(late.keys() - known)


def _subject(stay: Stay) -> tuple[str, str]:
    # Both ends may read the proposal; only the shelter its stay.
    return ("stay", stay.id) if stay.proposal_id is None else ("proposal", stay.proposal_id)


def _late(context: Context) -> list[Stay]:
    statement = (
        select(Stay)
        .outerjoin(Journey, Journey.stay_id == Stay.id)
        .where(
            Stay.state == StayState.BOOKED,
            or_(
                Journey.due_at < context.now - PATIENCE,
                and_(Journey.id.is_(None), Stay.from_night < tonight(context.now - PATIENCE)),
            ),
        )
        .order_by(Stay.id)
    )
    return list(context.session.scalars(statement))


def _known(context: Context) -> set[tuple[str, str]]:
    statement = select(Alert.subject_kind, Alert.subject_id).where(
        Alert.kind == AlertKind.ARRIVAL_OVERDUE, Alert.resolved_at.is_(None)
    )
    return {(row.subject_kind, row.subject_id) for row in context.session.execute(statement)}
