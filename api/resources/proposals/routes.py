"""Proposals: read by those who follow the request, the shelter they are sent to, and who decides."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.proposals.schemas import (
    AnswerIn,
    CandidateList,
    CandidateQueryIn,
    ConsentIn,
    DecisionIn,
    ManualIn,
    ProposalOut,
    ProposalPage,
    ProposalQuery,
    SheetOut,
)
from api.runtime import runtime
from api.services import answers, candidates, manual, proposals, sheets
from api.services.actor import Actor
from api.services.answers import AnswerFacts
from api.services.candidates import CandidateView
from api.services.context import Context

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


@routes.long(
    "/requests/<identifier:request_id>/candidates",
    action="proposals.candidates",
    body=CandidateQueryIn,
    answer=CandidateList,
)
def look(actor: Actor, given: dict[str, Any], seal: Callable[[Context, Reply], None], request_id: str) -> None:
    """Look for the best plans of a request now; the handles lapse after a quarter of an hour."""

    def done(context: Context, found: Sequence[CandidateView]) -> None:
        seal(context, Reply({"items": found}))

    parts = runtime()
    candidates.list_candidates(actor, parts.engine, parts.context, request_id, lift=given["lift"], done=done)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/proposals",
    action="proposals.create",
    body=ManualIn,
    answer=ProposalOut,
    status=HTTPStatus.CREATED,
)
def create(call: Call, given: dict[str, Any], request_id: str) -> Reply:
    """Propose one of the candidates by hand; every rule is checked again."""
    made = manual.propose(call.actor, call.context, request_id, given["candidate"], override=given["override"])
    return Reply(made, made.version, f"/proposals/{made.id}")


@routes.get("/proposals/<identifier:proposal_id>/sheet", action="proposals.sheet", answer=SheetOut)
def sheet(call: Call, proposal_id: str) -> Reply:
    """Read what may be printed and handed over: nothing confidential is on it."""
    return Reply(sheets.sheet(call.actor, call.context, proposal_id))
