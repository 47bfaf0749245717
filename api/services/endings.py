"""What follows when a plan ends without an arrival: beds free, the pair remembered, the household searched for again.

The next plan of the fallback list is `api.services.next_plans`' business: it is derived from what is written here.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from api.services import moves
from api.services.actor import Actor
from api.services.context import Context
from data import bookings
from data.models.facility import Facility
from data.models.proposal import (
    HOLDING_PROPOSALS,
    OPEN_PROPOSALS,
    Answer,
    Decision,
    Proposal,
    ProposalState,
    WithdrawalReason,
)
from data.models.request import RefusedPair, Request
from data.models.request_codes import RefusalReason, RefusedBy, RequestState
from data.models.stay import LIVE_STAYS, Stay, StayState
from data.workflow.machine import Party

_PROPOSED: Final = (RequestState.PROPOSED, RequestState.AGREED_IN_PRINCIPLE)
_AGREED: Final = (ProposalState.AGREED_IN_PRINCIPLE, ProposalState.INTERVIEW)


def release(context: Context, proposal: Proposal, actor: Actor | None = None) -> None:
    """Set the beds of a proposal that has ended free, and cancel the stays it had become."""
    bookings.release(context.session, proposal)
    for stay in expected(context, proposal):
        moves.move(context, actor, stay, "cancel", by=Party.SERVICE)
        bookings.drop(context.session, stay)


def expected(context: Context, proposal: Proposal) -> list[Stay]:
    """Find the stays of a proposal that nobody has arrived at, locked, in the order of its legs."""
    statement = (
        select(Stay)
        .where(Stay.proposal_id == proposal.id, Stay.state == StayState.BOOKED)
        .order_by(Stay.position)
        .with_for_update()
    )
    return list(context.session.scalars(statement))


def withdraw(context: Context, actor: Actor | None, proposal: Proposal, reason: WithdrawalReason) -> None:
    """Take an open plan back: by a coordination (`WithdrawalReason.BY_COORDINATOR`), or following something else."""
    by_hand = reason is WithdrawalReason.BY_COORDINATOR
    proposal.withdrawal_reason = reason
    by = Party.COORDINATOR if by_hand else Party.SERVICE
    moves.move(context, actor, proposal, "withdraw", by=by, reason=reason.value)
    release(context, proposal, actor)


def withdraw_open(context: Context, actor: Actor | None, request: Request, reason: WithdrawalReason) -> int:
    """Withdraw every open plan of a request; the request's own state is the caller's to move."""
    rows = open_plans(context, request.id)
    for row in rows:
        withdraw(context, actor, row, reason)
    return len(rows)


def open_plans(context: Context, request_id: str) -> list[Proposal]:
    """Find the open plans of a request, locked, by identifier."""
    statement = (
        select(Proposal)
        .where(Proposal.request_id == request_id, Proposal.state.in_(OPEN_PROPOSALS))
        .order_by(Proposal.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(context.session.scalars(statement))


def remember(
    context: Context, request: Request, facilities: Iterable[Facility], who: RefusedBy, reason: RefusalReason
) -> None:
    """Write that facilities are not proposed to a request again while both sides are what they are."""
    context.session.flush()
    for facility in {each.id: each for each in facilities}.values():
        pair = context.session.get(RefusedPair, (request.id, facility.id))
        if pair is None:
            pair = RefusedPair(request_id=request.id, facility_id=facility.id)
        pair.refused_by, pair.reason, pair.refused_at = who, reason, context.now
        pair.request_version, pair.facility_version = request.facts_version, facility.facts_version
        pair.overridden_at = None
        if pair not in request.refused_pairs:
            request.refused_pairs.append(pair)
    context.session.flush()


def search_again(context: Context, actor: Actor | None, request: Request) -> None:
    """Bring a request back to what its open plans say: none, it is searched for, with the seniority it has.

    Whoever still lives somewhere, or is expected, stays admitted: what comes after a stay is its follow-on's business.
    """
    left = {row.state for row in open_plans(context, request.id)}
    lost = request.state is RequestState.ADMITTED and not has_stay(context, request.id)
    if not left and (lost or request.state in _PROPOSED):
        moves.move(context, actor, request, "search_again", by=Party.SERVICE)
    elif left and request.state is RequestState.AGREED_IN_PRINCIPLE and left.isdisjoint(_AGREED):
        moves.move(context, actor, request, "propose_again", by=Party.SERVICE)


def has_stay(context: Context, request_id: str) -> bool:
    """Tell whether somebody is expected or lives somewhere for a request."""
    there = select(Stay.id).where(Stay.request_id == request_id, Stay.state.in_(LIVE_STAYS)).limit(1)
    return context.session.scalar(there) is not None


def expired(context: Context, proposal: Proposal) -> None:
    """Do what follows from a deadline that has passed; the proposal is expired already and its request locked.

    Whoever had not answered is remembered: the shelters first, then who decides, then the household.
    """
    request = context.session.get_one(Request, proposal.request_id)
    moves.made(context, None, proposal, "expire", by=Party.TIME)
    release(context, proposal)
    legs = moves.legs_of(context, proposal)
    silent = [facility for leg, facility in legs if leg.answer is not Answer.ACCEPTED]
    undecided = [facility for leg, facility in legs if leg.decision is Decision.AWAITING]
    if silent:
        remember(context, request, silent, RefusedBy.FACILITY, RefusalReason.NO_ANSWER)
    elif undecided:
        remember(context, request, undecided, RefusedBy.DECIDER, RefusalReason.NO_DECISION)
    else:
        remember(context, request, [facility for _, facility in legs], RefusedBy.PERSON, RefusalReason.UNREACHABLE)
    search_again(context, None, request)


def expire_due(context: Context) -> int:
    """Expire every proposal whose answer is overdue.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Proposals expired.
    """
    overdue = select(Proposal.id).where(Proposal.state.in_(HOLDING_PROPOSALS), Proposal.expires_at <= context.now)
    places = {
        leg.place_id
        for row in context.session.scalars(select(Proposal).where(Proposal.id.in_(overdue)))
        for leg in row.legs
    }
    late = bookings.expire_due(context.session, places, context.now)
    for row in late:
        expired(context, row)
    return len(late)
