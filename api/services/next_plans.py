"""The next plan of a fallback list, sent by itself when the one before is refused, expires, or nobody comes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from api.services.context import Context
from api.services.plans_now import PlansNow, Standing
from api.services.safety import dangers
from api.services.sending import frozen, proposal_of, send
from data.errors import ConstraintBroken
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import OPEN_PROPOSALS, REFUSED_PROPOSALS, Proposal, ProposalState
from data.models.request import Request
from data.models.request_codes import MATCHED_STATES
from data.queries.locks import lock
from matcher.errors import ProblemError
from matcher.solution import Option, PlanLeg

LAPSED: Final = (*REFUSED_PROPOSALS, ProposalState.EXPIRED, ProposalState.NO_SHOW)
"""Ends after which the next plan goes out by itself."""


def due_next(context: Context) -> list[str]:
    """Find the requests whose last plan has lapsed and whose fallback list nobody has gone through since."""
    later = aliased(Proposal)
    still = exists().where(later.request_id == Proposal.request_id, later.state.in_(OPEN_PROPOSALS))
    statement = (
        select(Proposal.request_id)
        .join(Request, Request.id == Proposal.request_id)
        .where(Proposal.state.in_(LAPSED), Proposal.followed_at.is_(None), Request.state.in_(MATCHED_STATES), ~still)
        .distinct()
        .order_by(Proposal.request_id)
    )
    return list(context.session.scalars(statement))


def send_next(context: Context, request_id: str) -> str | None:
    """Send the next plan that is still valid, of the fallback lists frozen with the request's lapsed plans.

    Parameters
    ----------
    context : Context
        A transaction that holds no lock after that of the request.
    request_id : str
        Of the request.

    Returns
    -------
    str or None
        Identifier of the proposal sent; None when nothing is due or no plan of the list stands any more: the next run
        looks further.
    """
    request = lock(context.session, Request, [request_id]).get(request_id)
    if request is None or request.state not in MATCHED_STATES:
        return None
    rows = context.session.scalars(
        select(Proposal).where(Proposal.request_id == request_id).order_by(Proposal.created_at.desc(), Proposal.id)
    ).all()
    if any(row.state in OPEN_PROPOSALS for row in rows):
        return None
    unfollowed = [row for row in rows if row.state in LAPSED and row.followed_at is None]
    if not unfollowed:
        return None
    for row in unfollowed:
        row.followed_at = context.now
    options = [_option(each) for each in unfollowed[0].context.get("fallback", ())]
    for number, option in enumerate(options):
        sent = _send(context, request, unfollowed[0], option, options[number + 1 :])
        if sent is not None:
            return sent.id
    return None


def _send(context: Context, request: Request, before: Proposal, option: Option, rest: list[Option]) -> Proposal | None:
    facilities = facilities_of(context, option)
    if facilities is None or any(dangers(request, each, context.tonight) for each in facilities.values()):
        return None
    now = plans_of(context, request.id, facilities)
    standing = None if now is None else now.find(option.legs)
    if now is None or standing is None:
        return None
    row = proposal_of(
        context,
        request.id,
        standing.option,
        standing.seats,
        facilities=facilities,
        basis=basis(now, standing, rest, {"after": before.id, "solver": before.context.get("solver")}),
    )
    try:
        send(context, None, [row])
    except ConstraintBroken:
        # Somebody else was faster; the beds of the next option may be free.
        return None
    return row


def _option(given: Mapping[str, Any]) -> Option:
    return Option(legs_from_json(given["legs"]), given["roofless_nights"], given["cost"])


def legs_from_json(given: Sequence[Mapping[str, Any]]) -> tuple[PlanLeg, ...]:
    """Read the legs of a plan back from their JSON form (`matcher.encode.option_to_json`)."""
    return tuple(
        PlanLeg(leg["place"], date.fromisoformat(leg["from"]), date.fromisoformat(leg["until"])) for leg in given
    )


def basis(now: PlansNow, standing: Standing, rest: list[Option], how: dict[str, Any]) -> dict[str, Any]:
    """Freeze what a plan of one request is decided on."""
    places = {place.id: place for place in now.problem.places}
    used = [places[leg.place] for leg in standing.option.legs]
    return frozen(now.problem, now.request, used, rest, how)


def plans_of(context: Context, request_id: str, facilities: dict[str, Facility]) -> PlansNow | None:
    """Look at a request beside these facilities alone; None when it cannot be matched."""
    try:
        return PlansNow(context, request_id, frozenset(row.id for row in facilities.values()))
    except ProblemError:
        return None


def facilities_of(context: Context, option: Option) -> dict[str, Facility] | None:
    """Lock the facilities of a plan, by place; None when a place of it is gone or closed for good."""
    places = [leg.place for leg in option.legs]
    statement = select(Place.id, Place.facility_id).where(Place.id.in_(places), Place.closed_at.is_(None))
    of = dict(context.session.execute(statement).all())
    if len(of) < len(set(places)):
        return None
    rows = lock(context.session, Facility, of.values())
    return {place: rows[facility] for place, facility in of.items()}
