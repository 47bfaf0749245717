"""A household arrives, is handed over from the place before, or never comes."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from api.services import alerts, endings, moves
from api.services.actor import Actor
from api.services.alerts import AlertKind
from api.services.context import Context
from api.services.errors import Conflict
from api.services.follow_ons import stay_before
from api.services.reasons import Reason
from api.services.safety import dangers
from api.services.stays import StayView, locked, view
from data import bookings
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import Proposal, ProposalState, WithdrawalReason
from data.models.request import Request
from data.models.request_codes import RefusalReason, RefusedBy, RequestState
from data.models.stay import Stay, StayState
from data.queries.locks import lock
from data.workflow.machine import Party

_NIGHT: Final = timedelta(days=1)


def arrive(actor: Actor, context: Context, stay_id: str, version: int) -> StayView:
    """Say that the expected household is there; where it was before is ended on the same night, without a gap.

    Danger is looked at once more, independently: where there is some, the stay is cancelled, the household is searched
    for again, and the coordination is alerted.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        The caller is no shelter; it does not exist for the caller; it changed meanwhile; nobody is expected, or not
        yet.
    """
    request, row = locked(actor, context, "stays.arrive", stay_id, version)
    _expected(context, row)
    proposal = _proposal(context, row)
    if request is not None and _endangered(context, actor, request, row, proposal):
        return view(row)
    before = _occupied(context, row)
    moves.move(context, actor, row, "arrive", by=Party.SHELTER)
    if before is not None:
        _hand_over(context, actor, before, row)
    if proposal is not None and proposal.state is ProposalState.ACCEPTED:
        moves.move(context, actor, proposal, "arrive", by=Party.SHELTER)
    return view(row)


def no_show(actor: Actor, context: Context, stay_id: str, version: int) -> StayView:
    """Say that the household never came; its beds are free again and it is searched for again.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `arrive`.
    """
    request, row = locked(actor, context, "stays.no_show", stay_id, version)
    _expected(context, row)
    proposal = _proposal(context, row)
    moves.move(context, actor, row, "no_show", by=Party.SHELTER)
    bookings.drop(context.session, row)
    if request is None:
        return view(row)
    if proposal is not None and proposal.state is ProposalState.ACCEPTED:
        moves.move(context, actor, proposal, "no_show", by=Party.SHELTER)
        endings.release(context, proposal, actor)
    endings.remember(context, request, [facility_of(context, row)], RefusedBy.PERSON, RefusalReason.UNREACHABLE)
    endings.search_again(context, actor, request)
    return view(row)


def facility_of(context: Context, row: Stay) -> Facility:
    """Return the facility a stay is in."""
    statement = select(Facility).join(Place, Place.facility_id == Facility.id).where(Place.id == row.place_id)
    return context.session.scalars(statement).one()


def _expected(context: Context, row: Stay) -> None:
    if row.state is not StayState.BOOKED:
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
    if context.tonight < row.from_night:
        raise Conflict(Reason.TOO_EARLY, night=row.from_night.isoformat())


def _proposal(context: Context, row: Stay) -> Proposal | None:
    if row.proposal_id is None:
        return None
    return lock(context.session, Proposal, [row.proposal_id])[row.proposal_id]


def _endangered(context: Context, actor: Actor, request: Request, row: Stay, proposal: Proposal | None) -> bool:
    if not dangers(request, facility_of(context, row), context.tonight):
        return False
    if proposal is not None and proposal.state is ProposalState.ACCEPTED:
        endings.withdraw(context, actor, proposal, WithdrawalReason.UNSAFE)
    else:
        moves.move(context, actor, row, "cancel", by=Party.SERVICE)
        bookings.drop(context.session, row)
    endings.search_again(context, actor, request)
    for organisation in sorted({request.organisation_id, *moves.coordinations(context, request)}):
        alerts.raise_alert(context, AlertKind.UNSAFE_WITHDRAWN, ("request", request.id), organisation)
    return True


def _occupied(context: Context, row: Stay) -> Stay | None:
    """Find where the household is now, for the same request or for the one it follows."""
    if row.request_id is None:
        return None
    statement = (
        select(Stay)
        .where(Stay.request_id == row.request_id, Stay.state == StayState.OCCUPIED)
        .order_by(Stay.from_night.desc(), Stay.id)
        .with_for_update()
    )
    return context.session.scalars(statement).first() or stay_before(context, row.request_id)


def _hand_over(context: Context, actor: Actor, before: Stay, after: Stay) -> None:
    end_on(context, before, max(after.from_night, context.tonight))
    moves.move(context, actor, before, "hand_over", by=Party.SERVICE, next=after.id)
    bookings.drop(context.session, before)
    if before.request_id is not None and before.request_id != after.request_id:
        # From here on the household is followed by its follow-on request.
        over = lock(context.session, Request, [before.request_id])[before.request_id]
        if over.state is RequestState.ADMITTED:
            moves.move(context, actor, over, "close", by=Party.SERVICE)


def end_on(context: Context, row: Stay, night: date) -> None:
    """Bring the end of a stay to a night; a night somebody has slept stays theirs, and no night is added."""
    until = max(night, row.from_night + _NIGHT)
    if row.until_night is None or until < row.until_night:
        bookings.reschedule(context.session, row, until)
