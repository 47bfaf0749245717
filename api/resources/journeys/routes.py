"""Journeys: how a household comes to the place that expects it; both ends confirm."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.fields import changes
from api.resources.journeys.schemas import (
    JourneyChange,
    JourneyIn,
    JourneyOut,
    JourneyPage,
    JourneyQuery,
    MeetingPointOut,
)
from api.services import journeys
from api.services.journeys import JourneyFacts, JourneyView

routes = Routes("journeys", "Who travels with a household, when it leaves, when it is due")


def _reply(journey: JourneyView) -> Reply:
    return Reply(journey, journey.version)


@routes.write(
    "POST",
    "/proposals/<identifier:proposal_id>/journeys",
    action="journeys.plan",
    body=JourneyIn,
    answer=JourneyOut,
    status=HTTPStatus.CREATED,
)
def plan(call: Call, given: dict[str, Any], proposal_id: str) -> Reply:
    """Plan the journey to one leg of an accepted proposal."""
    leg, met = (proposal_id, given.pop("position")), given.pop("meeting_point", None)
    made = journeys.plan(call.actor, call.context, leg, JourneyFacts(**given), met)
    return Reply(made, made.version, f"/journeys/{made.id}")


@routes.get("/journeys", action="journeys.list", query=JourneyQuery, answer=JourneyPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List journeys of the requests you follow, or to your places."""
    return Reply(journeys.list_journeys(call.actor, call.context, **query))


@routes.get("/journeys/<identifier:journey_id>", action="journeys.get", answer=JourneyOut)
def get(call: Call, journey_id: str) -> Reply:
    """Read a journey, at either end."""
    return _reply(journeys.get(call.actor, call.context, journey_id))


@routes.write(
    "PATCH",
    "/journeys/<identifier:journey_id>",
    action="journeys.amend",
    body=changes(JourneyChange),
    answer=JourneyOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], journey_id: str) -> Reply:
    """Change a journey that is not over."""
    return _reply(journeys.amend(call.actor, call.context, journey_id, given, call.version))


@routes.write(
    "POST",
    "/journeys/<identifier:journey_id>/departure",
    action="journeys.leave",
    answer=JourneyOut,
    versioned=True,
)
def leave(call: Call, journey_id: str) -> Reply:
    """Say that the household is on its way; its arrival is said of the stay."""
    return _reply(journeys.confirm_left(call.actor, call.context, journey_id, call.version))


@routes.write(
    "POST",
    "/journeys/<identifier:journey_id>/meeting-point",
    action="journeys.reveal",
    answer=MeetingPointOut,
    kept=False,
)
def reveal(call: Call, journey_id: str) -> Reply:
    """Read where the household is met: recorded, and only for whoever goes there."""
    return Reply({"meeting_point": journeys.reveal(call.actor, call.context, journey_id)})
