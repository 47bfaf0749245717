"""What was proposed is looked at again when a household, a zone, a facility or its agreement changes.

What has become unsafe or inadmissible is withdrawn before the pair is excluded, with an alert where there is danger.
Nobody who lives somewhere is moved by software: there, people are alerted. A harmless change leaves everything alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from sqlalchemy import ColumnElement, select, union

from api.services import alerts, endings, moves
from api.services.actor import Actor
from api.services.alerts import AlertKind
from api.services.context import Context
from api.services.plans_now import PlansNow
from api.services.safety import dangers
from data import bookings, exclusions
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import (
    HOLDING_PROPOSALS,
    OPEN_PROPOSALS,
    Proposal,
    ProposalLeg,
    ProposalState,
    WithdrawalReason,
)
from data.models.request import Request
from data.models.stay import LIVE_STAYS, Stay, StayState
from data.queries.locks import lock
from data.workflow.machine import Party
from matcher.check_leg import beds_taken, broken_rules
from matcher.errors import ProblemError
from matcher.solution import PlanLeg

Shut: TypeAlias = tuple[date, date | None]
"""Nights a place receives nobody, [from, until); None: for good."""


@dataclass(frozen=True, slots=True)
class _Nights:
    """Nights in one place that a plan or a stay speaks of."""

    facility: Facility
    place_id: str
    start: date
    until: date | None
    beds: int
    cots: int


def request_changed(context: Context, actor: Actor | None, request: Request) -> None:
    """Look again at all that is open for a request whose facts have changed, then forbid what its zones forbid.

    Parameters
    ----------
    context : Context
        A transaction in which the request is locked and its changes are flushed.
    actor : Actor or None
        Whose change it is.
    request : Request
        As it is now.
    """
    _look_again(context, actor, request, WithdrawalReason.REQUEST_CHANGED)
    exclusions.refresh_request(context.session, request)


def lock_touched(context: Context, facility_id: str) -> list[str]:
    """Lock the requests that a change of a facility may touch; done before the facility itself is locked.

    Returns
    -------
    list of str
        Those with an open plan or somebody living or expected there.
    """
    exclusions.lock_followed(context.session)
    touched = _requests_in(context, Place.facility_id == facility_id)
    lock(context.session, Request, touched)
    return touched


def facility_changed(context: Context, actor: Actor, facility: Facility, touched: Iterable[str]) -> None:
    """Look again at all that is open in a facility that has moved, or whose agreement has changed.

    Parameters
    ----------
    context : Context
        A transaction in which ``touched`` (from `lock_touched`), then the facility, are locked.
    actor : Actor
        Whose change it is.
    facility : Facility
        As it is now.
    touched : iterable of str
        Requests.
    """
    context.session.flush()
    for request_id in touched:
        request = context.session.get_one(Request, request_id)
        _look_again(context, actor, request, WithdrawalReason.PLACE_CHANGED)
    exclusions.refresh_facility(context.session, facility)


def lock_place_touched(context: Context, place_id: str) -> list[str]:
    """Lock the requests with a plan or an expected stay in one place; done before the place itself is locked."""
    touched = _requests_in(context, Place.id == place_id)
    lock(context.session, Request, touched)
    return touched


def place_shut(context: Context, actor: Actor, place: Place, touched: Iterable[str], nights: Shut) -> None:
    """Withdraw the plans not accepted yet on nights a place has been shut for; alert where somebody is expected.

    Whoever is expected or lives there was promised the place: that is settled by people.

    Parameters
    ----------
    context : Context
        A transaction in which ``touched`` (from `lock_place_touched`), then the place, are locked.
    actor : Actor
        Whose change it is.
    place : Place
        As it is now.
    touched : iterable of str
        Requests.
    nights : tuple of date and (date or None)
        [from, until); None: for good.
    """
    context.session.flush()
    for request_id in touched:
        request = context.session.get_one(Request, request_id)
        for proposal in endings.open_plans(context, request_id):
            if proposal.state in HOLDING_PROPOSALS and any(_meets(leg, place, nights) for leg in proposal.legs):
                endings.withdraw(context, actor, proposal, WithdrawalReason.PLACE_CHANGED)
                _tell_followers(context, request, AlertKind.PLACE_SHUT, ("proposal", proposal.id))
        endings.search_again(context, actor, request)
        for stay, facility in _stays(context, request):
            if _meets(stay, place, nights):
                _tell_followers(context, request, AlertKind.PLACE_SHUT, ("request", request.id))
                alerts.raise_alert(context, AlertKind.PLACE_SHUT, ("stay", stay.id), facility.organisation_id)


def _meets(row: ProposalLeg | Stay, place: Place, nights: Shut) -> bool:
    start, until = nights
    return (
        row.place_id == place.id
        and (until is None or row.from_night < until)
        and (row.until_night is None or start < row.until_night)
    )


def _requests_in(context: Context, where: ColumnElement[bool]) -> list[str]:
    planned = (
        select(Proposal.request_id)
        .join(ProposalLeg, ProposalLeg.proposal_id == Proposal.id)
        .join(Place, Place.id == ProposalLeg.place_id)
        .where(where, Proposal.state.in_(OPEN_PROPOSALS))
    )
    there = (
        select(Stay.request_id)
        .join(Place, Place.id == Stay.place_id)
        .where(where, Stay.request_id.is_not(None), Stay.state.in_(LIVE_STAYS))
    )
    return sorted(context.session.scalars(union(planned, there)))


def _look_again(context: Context, actor: Actor | None, request: Request, otherwise: WithdrawalReason) -> None:
    for proposal in endings.open_plans(context, request.id):
        nights = [
            _Nights(facility, leg.place_id, leg.from_night, leg.until_night, leg.beds, leg.cots)
            for leg, facility in moves.legs_of(context, proposal)
        ]
        reason = judged(context, request, nights, otherwise, first=proposal.state is not ProposalState.ACCEPTED)
        if reason is not None:
            endings.withdraw(context, actor, proposal, reason)
            _alert(context, request, reason, AlertKind.UNSAFE_WITHDRAWN, ("proposal", proposal.id))
    for stay, facility in _stays(context, request):
        nights = [_Nights(facility, stay.place_id, stay.from_night, stay.until_night, stay.beds, stay.cots)]
        reason = judged(context, request, nights, otherwise, first=False)
        if reason is None:
            continue
        if stay.state is StayState.BOOKED:
            moves.move(context, actor, stay, "cancel", by=Party.SERVICE)
            bookings.drop(context.session, stay)
            _alert(context, request, reason, AlertKind.UNSAFE_WITHDRAWN, ("request", request.id))
        else:
            _alert(context, request, reason, AlertKind.UNSAFE_STAY, ("request", request.id))
    endings.search_again(context, actor, request)


def judged(
    context: Context, request: Request, nights: Sequence[_Nights], otherwise: WithdrawalReason, *, first: bool
) -> WithdrawalReason | None:
    """Tell why nights no longer go with a request: danger before everything else.

    Parameters
    ----------
    nights : sequence of _Nights
        Of one plan or stay, in order.
    otherwise : WithdrawalReason
        What it is called when it is not danger.
    first : bool
        Whether its first night is still to be compared with the nights asked for.

    Returns
    -------
    WithdrawalReason or None
        None: everything still stands.
    """
    if any(dangers(request, each.facility, each.start) for each in nights):
        return WithdrawalReason.UNSAFE
    if first and not _begins_in_time(request, nights[0].start):
        return otherwise
    try:
        now = PlansNow(context, request.id, frozenset(each.facility.id for each in nights))
    except ProblemError:
        return otherwise
    return None if all(_stands(now, each) for each in nights) else otherwise


def _begins_in_time(request: Request, night: date) -> bool:
    return request.from_night <= night and (request.latest_night is None or night <= request.latest_night)


def _stands(now: PlansNow, nights: _Nights) -> bool:
    place = next((each for each in now.problem.places if each.id == nights.place_id), None)
    if place is None or beds_taken(now.request, place, nights.cots) > nights.beds:
        return False
    # A refusal ends its own plan; it says nothing of another that is open.
    if set(broken_rules(now.request, place)) - {"refused_before"}:
        return False
    return now.beside_others(PlanLeg(place.id, nights.start, nights.until or now.problem.end)) is None


def _stays(context: Context, request: Request) -> list[tuple[Stay, Facility]]:
    statement = (
        select(Stay, Facility)
        .join(Place, Place.id == Stay.place_id)
        .join(Facility, Facility.id == Place.facility_id)
        .where(Stay.request_id == request.id, Stay.state.in_(LIVE_STAYS))
        .order_by(Stay.id)
        .with_for_update(of=Stay)
    )
    return [(stay, facility) for stay, facility in context.session.execute(statement)]


def _alert(
    context: Context, request: Request, reason: WithdrawalReason, kind: AlertKind, subject: tuple[str, str]
) -> None:
    if reason is WithdrawalReason.UNSAFE:
        _tell_followers(context, request, kind, subject)


def _tell_followers(context: Context, request: Request, kind: AlertKind, subject: tuple[str, str]) -> None:
    for organisation in sorted({request.organisation_id, *moves.coordinations(context, request)}):
        alerts.raise_alert(context, kind, subject, organisation)
