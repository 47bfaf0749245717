"""Journeys: who travels with a household, when it leaves, when it is due; both ends confirm.

Those who follow the request write them and say when it has left; the receiving shelter reads what it needs, and says
that it has arrived by the stay itself (`api.services.arrivals`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import contains_eager

from api.services import access, meeting_points, moves, notices, requests
from api.services.access import Reach
from api.services.actor import Actor
from api.services.audit import record
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid, NotFound, Stale
from api.services.notices import Topic
from api.services.paging import Page, Wanted, newest_first
from api.services.reasons import Reason
from data.models.facility import Facility
from data.models.journey import Escort, Journey
from data.models.place import Place
from data.models.proposal import Proposal
from data.models.request import Request
from data.models.stay import Stay, StayState
from data.queries.locks import lock

LONGEST: Final = timedelta(days=3)
"""Longest journey; a longer one is a mistake of typing."""
AHEAD: Final = timedelta(days=60)
"""Latest departure, counted from now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyFacts:
    """How a household travels.

    Parameters
    ----------
    escort : Escort
        What organisation goes with it.
    escort_function : str or None
        Function of who does, never a name.
    leaves_at, due_at : datetime
        UTC: when it leaves, when it should be there.
    """

    escort: Escort
    leaves_at: datetime
    due_at: datetime
    escort_function: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyView(JourneyFacts):
    """A journey as both ends see it, without the meeting point (`reveal`).

    ``proposal_id`` and ``position``: the leg it leads to. ``arrived_at``: as the shelter said. ``overdue``: it should
    be there and is not.
    """

    id: str
    proposal_id: str | None
    position: int | None
    left_at: datetime | None
    arrived_at: datetime | None
    meeting_point_given: bool
    overdue: bool
    created_at: datetime
    version: int


def plan(
    actor: Actor,
    context: Context,
    leg: tuple[str, int],
    facts: JourneyFacts,
    meeting_point: str | None = None,
) -> JourneyView:
    """Plan the journey to one leg of an accepted proposal; the shelter is told.

    Parameters
    ----------
    leg : tuple of (str, int)
        Proposal, and position of the leg: 0 or 1.
    meeting_point : str or None
        Where the household is met (P4).

    Raises
    ------
    Forbidden, NotFound, Conflict, Invalid
        The caller follows no request; it does not exist for the caller; nobody is expected there (yet, any more), or
        it is planned already; the hours are wrong.
    """
    proposal_id, position = leg
    within = requests.within(actor, "journeys.plan")
    statement = select(Proposal).join(Proposal.request).where(Proposal.id == proposal_id, within)
    proposal = context.session.scalar(statement)
    if proposal is None:
        raise NotFound
    lock(context.session, Request, [proposal.request_id])
    stay = context.session.scalar(
        select(Stay).where(Stay.proposal_id == proposal_id, Stay.position == position).with_for_update()
    )
    if stay is None or stay.state is not StayState.BOOKED:
        raise Conflict(Reason.NOBODY_EXPECTED)
    if context.session.scalar(select(Journey.id).where(Journey.stay_id == stay.id)) is not None:
        raise Conflict(Reason.ALREADY_THERE)
    _check(context, facts)
    row = Journey(stay_id=stay.id, stay=stay, created_at=context.now, **_columns(facts))
    meeting_points.write(row, meeting_point)
    context.session.add(row)
    context.session.flush()
    record(context, actor, "journey.plan", ("journey", row.id), {"escort": facts.escort.value})
    _tell(context, actor, row)
    return _view(context, row)


def get(actor: Actor, context: Context, journey_id: str) -> JourneyView:
    """Return one journey, at either end.

    Raises
    ------
    Forbidden, NotFound
        The caller is at neither end of any; it does not exist for the caller.
    """
    return _view(context, _row(actor, context, "journeys.get", journey_id))


def list_journeys(actor: Actor, context: Context, wanted: Wanted, *, expected: bool = False) -> Page[JourneyView]:
    """List journeys, the latest planned first.

    Parameters
    ----------
    expected : bool
        Only those that have not arrived.
    """
    statement = _visible(actor, "journeys.list")
    if expected:
        statement = statement.where(Stay.state == StayState.BOOKED)
    key = (Journey.created_at, Journey.id)
    return newest_first(context.session, statement, key, wanted, lambda row: _view(context, row))


def amend(actor: Actor, context: Context, journey_id: str, changes: Mapping[str, Any], version: int) -> JourneyView:
    """Change a journey that is not over; the other end is told.

    Parameters
    ----------
    changes : mapping
        Fields of `JourneyFacts`, and ``meeting_point``.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict, Invalid
        As for `plan`; it changed meanwhile.
    """
    row = _expected(actor, context, "journeys.amend", journey_id, version)
    names = [field.name for field in fields(JourneyFacts)]
    given = {name: value for name, value in changes.items() if name in names}
    facts = JourneyFacts(**{name: getattr(row, name) for name in names} | given)
    _check(context, facts, row)
    for name, value in _columns(facts).items():
        setattr(row, name, value)
    if "meeting_point" in changes:
        meeting_points.write(row, changes["meeting_point"])
    context.session.flush()
    record(context, actor, "journey.amend", ("journey", row.id), {"fields": ",".join(sorted(changes))})
    _tell(context, actor, row)
    return _view(context, row)


def confirm_left(actor: Actor, context: Context, journey_id: str, version: int) -> JourneyView:
    """Say that the household is on its way; the shelter is told.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `amend`; it is said already.
    """
    row = _expected(actor, context, "journeys.leave", journey_id, version)
    if row.left_at is not None:
        raise Conflict(Reason.ALREADY_THERE)
    row.left_at, row.left_confirmed_by = context.now, actor.organisation_id
    context.session.flush()
    record(context, actor, "journey.leave", ("journey", row.id))
    _tell(context, actor, row)
    return _view(context, row)


def reveal(actor: Actor, context: Context, journey_id: str) -> str | None:
    """Return where the household is met; recorded. For those who follow it, and for the shelter when it fetches it.

    Raises
    ------
    Forbidden, NotFound, Conflict
        As for `get`; the shelter does not fetch it, or the journey is over.
    """
    row = _row(actor, context, "journeys.reveal", journey_id)
    fetches = access.reach(actor, "journeys.reveal") is not Reach.SENT or row.escort is Escort.SHELTER
    if row.stay.state is not StayState.BOOKED or not fetches:
        raise Conflict(Reason.NOT_SHOWN)
    record(context, actor, "journey.reveal", ("journey", row.id))
    return meeting_points.read(row)


def _visible(actor: Actor, action: str) -> Select[Journey]:
    statement = select(Journey).join(Journey.stay).options(contains_eager(Journey.stay))
    if access.reach(actor, action) is Reach.SENT:
        return statement.where(_own_place(actor))
    return statement.join(Request, Request.id == Stay.request_id).where(requests.within(actor, action))


def _own_place(actor: Actor) -> ColumnElement[bool]:
    return Stay.place.has(Place.facility.has(Facility.organisation_id == actor.organisation_id))


def _row(actor: Actor, context: Context, action: str, journey_id: str, version: int | None = None) -> Journey:
    statement = _visible(actor, action).where(Journey.id == journey_id)
    row = context.session.scalar(statement if version is None else statement.with_for_update(of=Journey))
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale
    return row


def _expected(actor: Actor, context: Context, action: str, journey_id: str, version: int) -> Journey:
    row = _row(actor, context, action, journey_id, version)
    if row.stay.state is not StayState.BOOKED:
        raise Conflict(Reason.NOBODY_EXPECTED)
    return row


def _check(context: Context, facts: JourneyFacts, previous: Journey | None = None) -> None:
    wrong = []
    if not facts.leaves_at < facts.due_at <= facts.leaves_at + LONGEST:
        wrong.append(FieldError("due_at", Reason.NOT_A_JOURNEY, {"hours": int(LONGEST / timedelta(hours=1))}))
    unchanged = previous is not None and previous.leaves_at == facts.leaves_at
    if not unchanged and not context.now - LONGEST <= facts.leaves_at <= context.now + AHEAD:
        wrong.append(FieldError("leaves_at", Reason.NOT_A_JOURNEY, {"hours": int(LONGEST / timedelta(hours=1))}))
    if wrong:
        raise Invalid(wrong)


def _columns(facts: JourneyFacts) -> dict[str, Any]:
    return {field.name: getattr(facts, field.name) for field in fields(facts)}


def _tell(context: Context, actor: Actor, row: Journey) -> None:
    for organisation_id in sorted(ends(context, row.stay) - {actor.organisation_id}):
        notices.tell(context, organisation_id, Topic.JOURNEY, ("journey", row.id), urgent=True)


def ends(context: Context, stay: Stay) -> set[str]:
    """Find the organisations at both ends of the way to a stay: its shelter, the referrer, the coordination."""
    place = context.session.get_one(Place, stay.place_id)
    found = {context.session.get_one(Facility, place.facility_id).organisation_id}
    if stay.request_id is not None:
        request = context.session.get_one(Request, stay.request_id)
        found |= {request.organisation_id, *moves.coordinations(context, request)}
    return found


def _view(context: Context, row: Journey) -> JourneyView:
    waiting = row.stay.state is StayState.BOOKED
    return JourneyView(
        **{field.name: getattr(row, field.name) for field in fields(JourneyFacts)},
        id=row.id,
        proposal_id=row.stay.proposal_id,
        position=row.stay.position,
        left_at=row.left_at,
        arrived_at=row.stay.arrived_at,
        meeting_point_given=meeting_points.read(row) is not None,
        overdue=waiting and row.due_at < context.now,
        created_at=row.created_at,
        version=row.version,
    )
