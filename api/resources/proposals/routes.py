"""Proposals: read by those who follow the request, the shelter they are sent to, and who decides."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.proposals.schemas import AnswerIn, ConsentIn, DecisionIn, ProposalOut, ProposalPage, ProposalQuery
from api.services import answers, proposals
from api.services.answers import AnswerFacts

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


@routes.write(
    "POST",
    "/proposals/<identifier:proposal_id>/answer",
    action="proposals.answer",
    body=AnswerIn,
    answer=ProposalOut,
    versioned=True,
)
def answer(call: Call, given: AnswerFacts, proposal_id: str) -> Reply:
    """Answer for your places: agree in principle, ask for an interview, accept, or refuse with a reason."""
    kept = answers.answer(call.actor, call.context, proposal_id, given, call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/proposals/<identifier:proposal_id>/decision",
    action="proposals.decide",
    body=DecisionIn,
    answer=ProposalOut,
    versioned=True,
)
def decide(call: Call, given: dict[str, Any], proposal_id: str) -> Reply:
    """Give the admission that is yours to decide, or decline it; a coordination records what it was told."""
    kept = answers.decide(call.actor, call.context, proposal_id, given["reason"], call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/proposals/<identifier:proposal_id>/consent",
    action="proposals.consent",
    body=ConsentIn,
    answer=ProposalOut,
    versioned=True,
)
def consent(call: Call, given: dict[str, Any], proposal_id: str) -> Reply:
    """Record what the household says: it comes, or it does not and why."""
    kept = answers.consent(call.actor, call.context, proposal_id, version=call.version, **given)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/proposals/<identifier:proposal_id>/withdrawal",
    action="proposals.withdraw",
    answer=ProposalOut,
    versioned=True,
)
def withdraw(call: Call, proposal_id: str) -> Reply:
    """Take an open plan back; the request is searched for again."""
    kept = answers.withdraw(call.actor, call.context, proposal_id, call.version)
    return Reply(kept, kept.version)
