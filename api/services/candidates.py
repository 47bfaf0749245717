"""What a coordinator may choose from for one request: at most three plans, told by kind and département, under handles.

A handle stands for places nobody outside may know; it is kept here, says nothing by itself, and lapses soon.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import Conflict
from api.services.plans_now import LIFTABLE, PlansNow
from api.services.reasons import Reason
from api.services.requests import own_row
from data.base import new_id
from data.models.candidate import Candidate
from data.models.facility import Disclosure, Facility
from data.models.place import Place
from data.models.request_codes import RequestState
from data.session import reading, retrying
from matcher.encode import option_to_json
from matcher.errors import ProblemError
from matcher.solution import Option

SHOWN_MAX: Final = 3
"""Distinct plans shown for a request at a time (security.md)."""
LASTS: Final = timedelta(minutes=15)
"""How long a handle may be used."""
PROPOSABLE: Final = (
    RequestState.SUBMITTED,
    RequestState.SEARCHING,
    RequestState.PROPOSED,
    RequestState.AGREED_IN_PRINCIPLE,
)
"""States of a request for which a coordinator may propose by hand."""


@dataclass(frozen=True, slots=True)
class CandidateLeg:
    """Nights in one place, told by its kind; the département and the nights of a SECRET place are not said."""

    kind: str
    disclosure: Disclosure
    departement: str | None
    from_night: date | None
    until_night: date | None


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A plan to choose.

    Parameters
    ----------
    id : str
        Handle, to propose it or to ask for a waiver.
    legs : sequence of CandidateLeg
        One, or a bridge and a lasting one.
    roofless_nights : int or None
        Nights without a roof; None when a leg is not in the open.
    cost : mapping or None
        Terms of the cost; None likewise: they would measure where a hidden place is.
    reserved_to : sequence of str
        Départements whose reservation a waiver would have to lift, where the places are not SECRET.
    blocked : str or None
        The one rule in its way that people may lift: ``reserved_elsewhere`` (a waiver), ``refused_before`` (an
        override).
    expires_at : datetime
        Until when the handle may be used.
    """

    id: str
    legs: Sequence[CandidateLeg]
    roofless_nights: int | None
    cost: Mapping[str, int] | None
    reserved_to: Sequence[str]
    blocked: str | None
    expires_at: datetime


def list_candidates(
    actor: Actor,
    engine: Engine,
    context_of: Callable[[Session], Context],
    request_id: str,
    *,
    lift: str | None = None,
    done: Callable[[Context, Sequence[CandidateView]], None] | None = None,
) -> Sequence[CandidateView]:
    """Look for the best plans of a request now, and keep them under handles.

    Nothing is locked while it looks; the handles shown before are void.

    Parameters
    ----------
    actor : Actor
        A coordination that follows the request.
    engine : Engine
        Of the database.
    context_of : callable
        Session → context.
    request_id : str
        Of the request.
    lift : str, optional
        Look at what one rule of `LIFTABLE` alone stands in the way of.
    done : callable, optional
        Called inside the transaction that keeps the handles.

    Raises
    ------
    Forbidden, NotFound, Conflict
        The role proposes nothing; it does not exist for the caller; it takes no proposal in its state.
    """
    with reading(engine) as session:
        context = context_of(session)
        row = own_row(actor, context, "proposals.candidates", request_id)
        if row.state not in PROPOSABLE:
            raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
        found = _look(context, request_id, lift)
        facilities = _facilities(session, [option for option, _ in found])

    def keep(session: Session) -> Sequence[CandidateView]:
        context = context_of(session)
        views = _keep(context, actor, request_id, found, facilities)
        if done is not None:
            done(context, views)
        return views

    return retrying(engine, keep)


def taken(context: Context, actor: Actor, request_id: str, candidate_id: str) -> Candidate:
    """Return the plan behind a handle of the caller's.

    Raises
    ------
    Conflict
        It was shown to somebody else, for another request, or too long ago: ask again (`Reason.CANDIDATE_GONE`).
    """
    row = context.session.get(Candidate, candidate_id)
    if (
        row is None
        or (row.request_id, row.organisation_id) != (request_id, actor.organisation_id)
        or row.expires_at <= context.now
    ):
        raise Conflict(Reason.CANDIDATE_GONE)
    return row


def _look(context: Context, request_id: str, lift: str | None) -> list[tuple[Option, str | None]]:
    try:
        now = PlansNow(context, request_id)
    except ProblemError:
        return []
    if lift is None:
        return [(option, None) for option in now.best(SHOWN_MAX)]
    lifted = frozenset({lift}) & LIFTABLE
    # Plans that stand by themselves are not what is asked for here.
    options = ((option, now.in_the_way(option)) for option in now.best(SHOWN_MAX * 10, lifted))
    blocked: list[tuple[Option, str | None]] = [(option, rule) for option, rule in options if rule == lift]
    return blocked[:SHOWN_MAX]


def _keep(
    context: Context,
    actor: Actor,
    request_id: str,
    found: Iterable[tuple[Option, str | None]],
    facilities: Mapping[str, Facility],
) -> list[CandidateView]:
    context.session.execute(delete(Candidate).where(Candidate.request_id == request_id))
    views = []
    for option, blocked in found:
        row = Candidate(
            id=new_id(),
            request_id=request_id,
            organisation_id=actor.organisation_id,
            legs=option_to_json(option)["legs"],
            blocked=blocked,
            created_at=context.now,
            expires_at=context.now + LASTS,
        )
        context.session.add(row)
        views.append(_view(row, option, facilities))
    context.session.flush()
    return views


def _view(row: Candidate, option: Option, facilities: Mapping[str, Facility]) -> CandidateView:
    is_open = all(facilities[leg.place].disclosure is Disclosure.OPEN for leg in option.legs)
    return CandidateView(
        id=row.id,
        legs=[_leg(leg, facilities[leg.place]) for leg in option.legs],
        roofless_nights=option.roofless_nights if is_open else None,
        cost=option.cost if is_open else None,
        reserved_to=_kept_for(facilities[leg.place] for leg in option.legs),
        blocked=row.blocked,
        expires_at=row.expires_at,
    )


def _kept_for(facilities: Iterable[Facility]) -> Sequence[str]:
    shown = (row for row in facilities if row.disclosure is not Disclosure.SECRET)
    return sorted({code for row in shown for code in row.reserved_departements or ()})


def _leg(leg: Any, facility: Facility) -> CandidateLeg:  # noqa: ANN401 - a leg of an option
    secret = facility.disclosure is Disclosure.SECRET
    return CandidateLeg(
        kind=facility.kind,
        disclosure=facility.disclosure,
        departement=None if secret else facility.departement,
        from_night=None if secret else leg.start,
        until_night=None if secret else leg.until,
    )


def _facilities(session: Session, options: Iterable[Option]) -> Mapping[str, Facility]:
    places = {leg.place for option in options for leg in option.legs}
    statement = select(Place.id, Facility).join(Facility, Facility.id == Place.facility_id).where(Place.id.in_(places))
    return dict(session.execute(statement).all())
