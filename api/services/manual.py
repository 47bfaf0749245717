"""A coordinator proposes by hand: any admissible place, by the same rules, marked as such."""

from api.services import audit, proposals
from api.services.actor import Actor
from api.services.candidates import PROPOSABLE, taken
from api.services.context import Context
from api.services.errors import Conflict
from api.services.next_plans import basis, facilities_of, legs_from_json, plans_of
from api.services.proposals import ProposalView
from api.services.reasons import Reason
from api.services.requests import own_row
from api.services.safety import dangers, refused
from api.services.sending import proposal_of, send
from data.errors import ConstraintBroken
from data.models.facility import Facility
from data.models.request import Request
from data.queries.locks import lock
from matcher.solution import Option


def propose(
    actor: Actor, context: Context, request_id: str, candidate_id: str, *, override: bool = False
) -> ProposalView:
    """Send one of the plans the caller was shown, when every rule still allows it.

    Parameters
    ----------
    candidate_id : str
        Handle (`api.services.candidates`).
    override : bool
        Propose again what was refused though neither side has changed; recorded.

    Raises
    ------
    Forbidden, NotFound, Conflict
        The role proposes nothing; the request does not exist for the caller; the handle has lapsed, a rule forbids the
        plan now, it was refused before, or its beds are taken.
    """
    own_row(actor, context, "proposals.create", request_id)
    request = lock(context.session, Request, [request_id])[request_id]
    if request.state not in PROPOSABLE:
        raise Conflict(Reason.NOT_IN_STATE, state=request.state.value)
    legs = legs_from_json(taken(context, actor, request_id, candidate_id).legs)
    facilities = facilities_of(context, Option(legs, 0, {}))
    if facilities is None or any(dangers(request, each, context.tonight) for each in facilities.values()):
        raise Conflict(Reason.NOT_ADMISSIBLE)
    _override(context, actor, request, facilities, override=override)
    now = plans_of(context, request.id, facilities)
    standing = None if now is None else now.find(legs)
    if now is None or standing is None:
        raise Conflict(Reason.NOT_ADMISSIBLE)
    row = proposal_of(
        context,
        request.id,
        standing.option,
        standing.seats,
        facilities=facilities,
        basis=basis(now, standing, [], {"manual": True}),
    )
    try:
        send(context, actor, [row])
    except ConstraintBroken:
        raise Conflict(Reason.BEDS_TAKEN) from None
    return proposals.view(actor, context, "proposals.create", row.id)


def _override(
    context: Context, actor: Actor, request: Request, facilities: dict[str, Facility], *, override: bool
) -> None:
    again = {row.id for row in facilities.values() if refused(request, row)}
    if not again:
        return
    if not override:
        raise Conflict(Reason.REFUSED_BEFORE)
    for pair in request.refused_pairs:
        if pair.facility_id in again:
            pair.overridden_at = context.now
            said = {"refused_by": pair.refused_by.value, "reason": pair.reason.value}
            audit.record(context, actor, "request.override_refusal", ("request", request.id), said)
    context.session.flush()
