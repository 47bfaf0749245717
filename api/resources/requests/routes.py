"""Requests for shelter: filed and followed by referrers and coordinations."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.fields import PageQuery, changes
from api.resources.requests.schemas import (
    OutcomePage,
    QuestionIn,
    RequestChange,
    RequestIn,
    RequestOut,
    RequestPage,
    RequestQuery,
)
from api.services import outcomes, request_acts, requests
from api.services.request_facts import RequestFacts

routes = Routes("requests", "Households who need shelter, as followed by those who filed or coordinate them")


@routes.write(
    "POST",
    "/requests",
    action="requests.submit",
    body=RequestIn,
    answer=RequestOut,
    status=HTTPStatus.CREATED,
)
def submit(call: Call, given: dict[str, Any]) -> Reply:
    """File a request."""
    household_reference = given.pop("reference", None)
    draft = given.pop("draft", False)
    made = requests.submit(call.actor, call.context, RequestFacts(**given), household_reference, draft=draft)
    return Reply(made, made.version, f"/requests/{made.id}")


@routes.get("/requests", action="requests.list", query=RequestQuery, answer=RequestPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List your requests (a SIAO: all of its département), newest first."""
    return Reply(requests.list_requests(call.actor, call.context, **query))


@routes.get("/requests/<identifier:request_id>", action="requests.get", answer=RequestOut)
def get(call: Call, request_id: str) -> Reply:
    """Read a request."""
    found = requests.get(call.actor, call.context, request_id)
    return Reply(found, found.version)


@routes.write(
    "PATCH",
    "/requests/<identifier:request_id>",
    action="requests.amend",
    body=changes(RequestChange),
    answer=RequestOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], request_id: str) -> Reply:
    """Change facts of a request; what was proposed for other facts is withdrawn."""
    kept = requests.amend(call.actor, call.context, request_id, given, call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/cancellation",
    action="requests.cancel",
    answer=RequestOut,
    versioned=True,
)
def cancel(call: Call, request_id: str) -> Reply:
    """End a request that is not needed any more; its proposals are withdrawn."""
    kept = requests.cancel(call.actor, call.context, request_id, call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/completion",
    action="requests.complete",
    answer=RequestOut,
    versioned=True,
)
def complete(call: Call, request_id: str) -> Reply:
    """Hand in a draft, or what you were asked to complete."""
    kept = request_acts.complete(call.actor, call.context, request_id, call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/question",
    action="requests.ask_to_complete",
    body=QuestionIn,
    answer=RequestOut,
    versioned=True,
)
def ask_to_complete(call: Call, given: dict[str, Any], request_id: str) -> Reply:
    """Ask those who filed a request to complete some of its fields; it waits out of runs meanwhile."""
    kept = request_acts.ask_to_complete(call.actor, call.context, request_id, given["fields"], call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/reactivation",
    action="requests.reactivate",
    answer=RequestOut,
    versioned=True,
)
def reactivate(call: Call, request_id: str) -> Reply:
    """Take up again a request that was over; it keeps its seniority."""
    kept = request_acts.reactivate(call.actor, call.context, request_id, call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/closure",
    action="requests.close",
    answer=RequestOut,
    versioned=True,
)
def close(call: Call, request_id: str) -> Reply:
    """End the follow-up of a household that has left."""
    kept = request_acts.close(call.actor, call.context, request_id, call.version)
    return Reply(kept, kept.version)


@routes.get(
    "/requests/<identifier:request_id>/outcomes",
    action="requests.outcomes",
    query=PageQuery,
    answer=OutcomePage,
)
def list_outcomes(call: Call, query: dict[str, Any], request_id: str) -> Reply:
    """List what each run answered to a request, the latest first."""
    return Reply(outcomes.of_request(call.actor, call.context, request_id, **query))
