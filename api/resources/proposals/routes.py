"""Proposals: read by those who follow the request, the shelter they are sent to, and who decides."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.proposals.schemas import ProposalOut, ProposalPage, ProposalQuery
from api.services import proposals

routes = Routes("proposals", "Plans sent to shelters; each side sees its own part")


@routes.get("/proposals", action="proposals.list", query=ProposalQuery, answer=ProposalPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List the proposals you may see, newest first."""
    return Reply(proposals.list_proposals(call.actor, call.context, **query))


@routes.get("/proposals/<identifier:proposal_id>", action="proposals.get", answer=ProposalOut)
def get(call: Call, proposal_id: str) -> Reply:
    """Read a proposal."""
    found = proposals.get(call.actor, call.context, proposal_id)
    return Reply(found, found.version)
