"""Sending a proposal: written with everything it was decided on, its beds held, the request moved, the sides told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from api.services import endings, moves
from api.services.actor import Actor
from api.services.context import Context
from api.services.deciders import deciders_of
from api.services.reference import answer_hours
from data import bookings
from data.base import new_id
from data.models.facility import Facility
from data.models.proposal import Decision, Proposal, ProposalLeg, ProposalState
from data.models.request import Request
from data.models.request_codes import MATCHED_STATES
from data.workflow.machine import Party
from matcher.encode import option_to_json, value_to_json
from matcher.packing import Seat
from matcher.place import Place
from matcher.problem import Problem
from matcher.request import Request as Household
from matcher.rules import RULES
from matcher.solution import Option


def frozen(
    problem: Problem, household: Household, places: Iterable[Place], fallback: Iterable[Option], how: Mapping[str, Any]
) -> dict[str, Any]:
    """Freeze what a plan is decided on.

    Parameters
    ----------
    problem : Problem
        The night.
    household : Household
        The request, as it was matched.
    places : iterable of Place
        Of its legs, in order.
    fallback : iterable of Option
        What is sent next when this is refused.
    how : mapping
        What found it: solver and seed of a run, or that it was proposed by hand.

    Returns
    -------
    dict
        JSON.
    """
    return {
        "night": problem.night.isoformat(),
        "horizon_nights": problem.horizon_nights,
        "policy": value_to_json(problem.policy),
        "rules": [rule.code for rule in RULES],
        "request": value_to_json(household),
        "places": [value_to_json(place) for place in places],
        "fallback": [option_to_json(option) for option in fallback],
        **how,
    }


def proposal_of(
    context: Context,
    request_id: str,
    plan: Option,
    seats: Sequence[Seat],
    *,
    facilities: Mapping[str, Facility],
    basis: dict[str, Any],
    run_id: str | None = None,
) -> Proposal:
    """Make the row of a proposal, unsaved.

    Parameters
    ----------
    context : Context
        For the instant.
    request_id : str
        For whom.
    plan : Option
        Verified, and safe for this household.
    seats : sequence of Seat
        What each leg takes.
    facilities : mapping of str to Facility
        Row by place.
    basis : dict
        From `frozen`.
    run_id : str, optional
        The run that found it; none: proposed by hand, or after another's refusal.
    """
    kinds = [facilities[leg.place].kind for leg in plan.legs]
    return Proposal(
        id=new_id(),
        request_id=request_id,
        run_id=run_id,
        state=ProposalState.SENT,
        created_at=context.now,
        expires_at=context.now + timedelta(hours=answer_hours(kinds, context.tonight)),
        roofless_nights=plan.roofless_nights,
        cost=plan.cost,
        context=basis,
        legs=[
            ProposalLeg(
                position=number,
                request_id=request_id,
                place_id=leg.place,
                from_night=leg.start,
                until_night=leg.until,
                beds=seat.beds,
                cots=seat.cots,
                open=True,
                deciders=(deciders := deciders_of(facilities[leg.place], context.tonight)),
                decision=Decision.AWAITING if deciders else Decision.NOT_NEEDED,
            )
            for number, (leg, seat) in enumerate(zip(plan.legs, seats, strict=True))
        ],
    )


def send(context: Context, actor: Actor | None, rows: Sequence[Proposal]) -> None:
    """Hold the beds of new proposals, move their requests, tell the sides: all of them or nothing.

    Parameters
    ----------
    context : Context
        A transaction in which the requests, then the facilities, are locked.
    actor : Actor or None
        Who proposes by hand; None: a run, or the next plan of a fallback list.
    rows : sequence of Proposal
        From `proposal_of`.

    Raises
    ------
    data.errors.ConstraintBroken
        Some beds are not free, or a pair is forbidden; nothing of them is written.
    """
    # A run was solved around overdue holds; whoever looks at one request takes them over at once.
    of_run = any(row.run_id is not None for row in rows)
    expired = bookings.hold(context.session, rows, None if of_run else context.now)
    by = Party.SERVICE if actor is None else Party.COORDINATOR
    for row in rows:
        request = context.session.get_one(Request, row.request_id)
        if request.state in MATCHED_STATES:
            moves.move(context, actor, request, "propose", by=by)
        moves.made(context, actor, row, "send", by=by, manual=bool(row.context.get("manual")))
    for late in expired:
        endings.expired(context, late)
