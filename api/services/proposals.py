"""Proposals as each side may see them: staged disclosure (security.md, "Who sees what").

| side | sees |
|---|---|
| referrer, coordinator | their request's plan: kind, département (none for SECRET), dates; never which place |
| shelter | its own legs, and of the household only the facts it decides on; never zones, anchor or département |
| decider | the same facts, kind and dates, while its decision is awaited |
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, select
from sqlalchemy.orm import selectinload

from api.services import access, deciders, requests
from api.services.access import Reach
from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import NotFound
from api.services.paging import Page, Wanted, newest_first
from data.models.facility import Disclosure, Facility
from data.models.place import Place
from data.models.proposal import (
    OPEN_PROPOSALS,
    Answer,
    Decision,
    Proposal,
    ProposalLeg,
    ProposalState,
    WithdrawalReason,
)
from data.models.request_codes import RefusalReason

YEARS_FROM_MONTHS: Final = 36
"""From this age (months) an age is given in years: nobody needs it closer."""


@dataclass(frozen=True, slots=True)
class LegView:
    """Nights in one place, [from, until).

    ``place_id``, ``facility_id``, ``beds`` and ``cots`` are for the place's own shelter; ``departement`` is None for a
    SECRET place.
    """

    kind: str
    disclosure: Disclosure
    departement: str | None
    from_night: date
    until_night: date
    position: int
    answer: Answer
    interview_at: datetime | None
    decision: Decision
    place_id: str | None = None
    facility_id: str | None = None
    beds: int | None = None
    cots: int | None = None


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person as a shelter must know them; age in months under 3 years, else in years."""

    age: int
    age_unit: str
    sex: str
    role: str
    presumed_minor: bool


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """The facts a shelter or a decider decides on: those its own conditions ask about, and the needs to cover."""

    members: tuple[PersonView, ...]
    pregnant_weeks: int | None
    needs: tuple[str, ...]
    statuses: tuple[str, ...]
    decisions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProposalView:
    """A proposal as the caller may see it; what is not theirs to see is None.

    ``cost`` (terms of matching.md §4) and ``roofless_nights`` are for those who follow the request, and the cost only
    when every place is open: the terms of a hidden place would measure where it is.
    """

    id: str
    state: ProposalState
    created_at: datetime
    expires_at: datetime
    legs: tuple[LegView, ...]
    request_id: str | None
    run_id: str | None
    roofless_nights: int | None
    cost: Mapping[str, int] | None
    household: HouseholdView | None
    person_agreed: bool
    manual: bool
    accepted_at: datetime | None
    closed_at: datetime | None
    refusal_reason: RefusalReason | None
    refusal_text: str | None
    withdrawal_reason: WithdrawalReason | None
    version: int


def get(actor: Actor, context: Context, proposal_id: str) -> ProposalView:
    """Return one proposal, as the caller may see it.

    Raises
    ------
    Forbidden, NotFound
        The role sees no proposal; it does not exist for the caller.
    """
    return _view(actor, access.reach(actor, "proposals.get"), found(actor, context, "proposals.get", proposal_id))


def found(actor: Actor, context: Context, action: str, proposal_id: str) -> Proposal:
    """Return the row of a proposal within the caller's reach, with its places and facilities.

    Raises
    ------
    Forbidden, NotFound
        As for `get`.
    """
    row = context.session.scalar(_visible(actor, action).where(Proposal.id == proposal_id))
    if row is None:
        raise NotFound
    return row


def view(actor: Actor, context: Context, action: str, proposal_id: str) -> ProposalView:
    """Read a proposal again after the caller has acted on it, though the act may have put it out of their reach."""
    context.session.flush()
    statement = select(Proposal).where(Proposal.id == proposal_id).options(*_WITH_PLACES)
    row = context.session.scalars(statement.execution_options(populate_existing=True)).one()
    return _view(actor, access.reach(actor, action), row)


def list_proposals(
    actor: Actor,
    context: Context,
    wanted: Wanted,
    *,
    request_id: str | None = None,
    state: ProposalState | None = None,
) -> Page[ProposalView]:
    """List the proposals the caller may see, newest first.

    Parameters
    ----------
    request_id : str, optional
        Only those of one request; for those who follow it (a shelter does not know it).
    state : ProposalState, optional
        Only those in one state.
    """
    granted = access.reach(actor, "proposals.list")
    statement = _visible(actor, "proposals.list")
    if request_id is not None:
        follows = granted in {Reach.OWN, Reach.TERRITORY}
        statement = statement.where(Proposal.request_id == request_id if follows else false())
    if state is not None:
        statement = statement.where(Proposal.state == state)
    return newest_first(
        context.session,
        statement,
        (Proposal.created_at, Proposal.id),
        wanted,
        lambda row: _view(actor, granted, row),
    )


def parts(actor: Actor, action: str, row: Proposal) -> tuple[Sequence[LegView], HouseholdView | None]:
    """Give the legs that concern the caller, without a place's identifiers, and the facts they are decided on."""
    sent_to_me = access.reach(actor, action) is Reach.SENT
    own = [leg for leg in row.legs if not sent_to_me or leg.place.facility.organisation_id == actor.organisation_id]
    household = _household(row.context, {leg.position for leg in own}) if row.state in OPEN_PROPOSALS else None
    return tuple(_leg(leg, mine=False) for leg in own), household


_WITH_PLACES: Final = (selectinload(Proposal.legs).joinedload(ProposalLeg.place).joinedload(Place.facility),)


def _visible(actor: Actor, action: str) -> Select[Proposal]:
    granted = access.reach(actor, action)
    statement = select(Proposal).options(*_WITH_PLACES)
    if granted is Reach.SENT:
        return statement.where(_some_leg(Facility.organisation_id == actor.organisation_id))
    if granted is Reach.DECIDES:
        return statement.where(Proposal.state.in_(OPEN_PROPOSALS), deciders.awaiting(actor))
    return statement.join(Proposal.request).where(requests.within(actor, action))


def _some_leg(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Proposal.legs.any(ProposalLeg.place.has(Place.facility.has(condition)))


def _view(actor: Actor, granted: Reach, row: Proposal) -> ProposalView:
    follows = granted in {Reach.OWN, Reach.TERRITORY}
    own = {leg.position for leg in row.legs if leg.place.facility.organisation_id == actor.organisation_id}
    shown = [leg for leg in row.legs if granted is not Reach.SENT or leg.position in own]
    is_open = row.state in OPEN_PROPOSALS
    return ProposalView(
        id=row.id,
        state=row.state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        legs=tuple(_leg(leg, mine=granted is Reach.SENT) for leg in shown),
        request_id=row.request_id if follows else None,
        run_id=row.run_id if follows else None,
        roofless_nights=row.roofless_nights if follows else None,
        cost=row.cost if follows and _all_open(row) else None,
        # Once it is over, nobody needs the household's facts here any more.
        household=None if follows or not is_open else _household(row.context, {leg.position for leg in shown}),
        person_agreed=row.person_agreed_at is not None,
        manual=bool(row.context.get("manual")),
        accepted_at=row.accepted_at,
        closed_at=row.closed_at,
        refusal_reason=row.refusal_reason,
        # Written for those who follow the request, or by them: no third side reads it.
        refusal_text=row.refusal_text if follows else None,
        # That a danger zone is the reason is told to those who follow the request alone.
        withdrawal_reason=row.withdrawal_reason if follows else None,
        version=row.version,
    )


def _all_open(row: Proposal) -> bool:
    return all(leg.place.facility.disclosure is Disclosure.OPEN for leg in row.legs)


def _leg(leg: ProposalLeg, *, mine: bool) -> LegView:
    facility = leg.place.facility
    hidden = facility.disclosure is Disclosure.SECRET and not mine
    return LegView(
        kind=facility.kind,
        disclosure=facility.disclosure,
        departement=None if hidden else facility.departement,
        from_night=leg.from_night,
        until_night=leg.until_night,
        position=leg.position,
        answer=leg.answer,
        interview_at=leg.interview_at,
        decision=leg.decision,
        place_id=leg.place_id if mine else None,
        facility_id=facility.id if mine else None,
        beds=leg.beds if mine else None,
        cots=leg.cots if mine else None,
    )


def _household(frozen: Mapping[str, Any], positions: Iterable[int]) -> HouseholdView:
    """Pick from the frozen context what the places of these legs ask about."""
    request = frozen["request"]
    places = [frozen["places"][position] for position in positions]
    asked = {status for place in places for status in place.get("requires", ())}
    for place in places:
        for clause in place.get("admits") or ():
            asked |= set(clause.get("statuses", ()))
    deciding = {decision for place in places for decision in place.get("decisions", ())}
    return HouseholdView(
        members=tuple(_person(member) for member in request["members"]),
        pregnant_weeks=request.get("pregnant_weeks"),
        needs=tuple(sorted(request.get("needs", ()))),
        statuses=tuple(sorted(asked & set(request.get("statuses", ())))),
        decisions=tuple(sorted(deciding & set(request.get("decisions", ())))),
    )


def _person(member: Mapping[str, Any]) -> PersonView:
    months = member["age_months"]
    in_years = months >= YEARS_FROM_MONTHS
    return PersonView(
        age=months // 12 if in_years else months,
        age_unit="years" if in_years else "months",
        sex=member["sex"],
        role=member["role"],
        presumed_minor=member.get("presumed_minor", False),
    )
