"""A stay goes on, is about to end, ends."""

from datetime import date, timedelta
from typing import Final

from api.services import endings, moves
from api.services.actor import Actor
from api.services.arrivals import end_on, facility_of
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid
from api.services.reasons import Reason
from api.services.stay_limits import longest_nights
from api.services.stays import StayView, locked, view
from data import bookings
from data.errors import ConstraintBroken
from data.models.facility import Facility
from data.models.request_codes import RequestState
from data.models.stay import Stay, StayState
from data.reference.loader import place_kinds
from data.workflow.machine import Party

AHEAD_NIGHTS_MAX: Final = 730
"""Latest end of a renewal where nothing else limits it, counted from tonight."""


def renew(actor: Actor, context: Context, stay_id: str, until_night: date, version: int) -> StayView:
    """Let a household stay longer, within what its kind of place allows.

    Parameters
    ----------
    until_night : date
        Night after the last.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict, Invalid
        The caller is no shelter; it does not exist for the caller; it changed meanwhile; nobody lives there, the stay
        has no end or the nights are taken; the date is not later, or beyond the longest stay.
    """
    _, row = locked(actor, context, "stays.renew", stay_id, version)
    _there(row)
    if row.until_night is None or until_night <= row.until_night:
        known = "" if row.until_night is None else row.until_night.isoformat()
        raise Invalid([FieldError("until_night", Reason.NOT_LONGER, {"until": known})])
    latest = _latest(context, row, facility_of(context, row))
    if until_night > latest:
        raise Invalid([FieldError("until_night", Reason.NOT_RENEWABLE, {"latest": latest.isoformat()})])
    try:
        bookings.reschedule(context.session, row, until_night)
    except ConstraintBroken:
        raise Conflict(Reason.BEDS_TAKEN) from None
    row.renewals += 1
    row.leaving_night = None
    moves.move(context, actor, row, "renew", by=Party.SHELTER, until=until_night.isoformat())
    return view(row)


def announce_leaving(actor: Actor, context: Context, stay_id: str, night: date, version: int) -> StayView:
    """Say on which night a household leaves, so that its place is offered from then on.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict, Invalid
        As for `renew`; the night is past, or after the end of the stay.
    """
    _, row = locked(actor, context, "stays.announce_leaving", stay_id, version)
    _there(row)
    if night < context.tonight or night <= row.from_night:
        earliest = max(context.tonight, row.from_night + timedelta(days=1))
        raise Invalid([FieldError("night", Reason.NIGHT_PAST, {"tonight": earliest.isoformat()})])
    if row.until_night is not None and night > row.until_night:
        raise Invalid([FieldError("night", Reason.NIGHT_TOO_FAR, {"latest": row.until_night.isoformat()})])
    end_on(context, row, night)
    row.leaving_night = night
    moves.move(context, actor, row, "announce_leaving", by=Party.SHELTER, night=night.isoformat())
    return view(row)


def depart(actor: Actor, context: Context, stay_id: str, version: int) -> StayView:
    """Say that a household has left: its place is free from tonight.

    Its request is closed, unless it is expected elsewhere.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `renew`.
    """
    request, row = locked(actor, context, "stays.depart", stay_id, version)
    _there(row)
    end_on(context, row, context.tonight)
    moves.move(context, actor, row, "depart", by=Party.SHELTER)
    bookings.drop(context.session, row)
    if request is not None and request.state is RequestState.ADMITTED and not endings.has_stay(context, request.id):
        moves.move(context, actor, request, "close", by=Party.SERVICE)
    return view(row)


def _there(row: Stay) -> None:
    if row.state is not StayState.OCCUPIED:
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)


def _latest(context: Context, row: Stay, facility: Facility) -> date:
    """Give the night by which a stay must end: the longest its kind and its facility's agreement allow."""
    kind = place_kinds(context.tonight).get(facility.kind)
    most = longest_nights(facility, kind)
    if most is None:
        return context.tonight + timedelta(days=AHEAD_NIGHTS_MAX)
    return row.from_night + timedelta(days=most)
