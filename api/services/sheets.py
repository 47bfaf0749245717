"""The hand-over sheet of a plan: what both ends may hold in their hands, and nothing confidential."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.services import proposals
from api.services.actor import Actor
from api.services.context import Context
from api.services.proposals import HouseholdView, LegView
from data.models.proposal import ProposalState


@dataclass(frozen=True, slots=True)
class SheetView:
    """What is printed: where by kind and département, when, for whom by age and part; no place, zone, cost or note.

    ``household`` is None once the plan is over: nobody needs it any more.
    """

    proposal_id: str
    issued_at: datetime
    state: ProposalState
    expires_at: datetime
    legs: Sequence[LegView]
    household: HouseholdView | None


def sheet(actor: Actor, context: Context, proposal_id: str) -> SheetView:
    """Return the sheet of a plan the caller follows, or of the legs sent to the caller's places.

    Raises
    ------
    Forbidden, NotFound
        The role sees no plan; it does not exist for the caller.
    """
    row = proposals.found(actor, context, "proposals.sheet", proposal_id)
    legs, household = proposals.parts(actor, "proposals.sheet", row)
    return SheetView(row.id, context.now, row.state, row.expires_at, legs, household)
