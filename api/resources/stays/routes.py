"""Stays: arrivals, renewals and departures, said by the shelter where they happen."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.stays.schemas import LeavingIn, RenewalIn, StayOut, StayPage, StayQuery
from api.services import arrivals, departures, stays

routes = Routes("stays", "Who is expected in your places, who is there, who has left")


@routes.get("/stays", action="stays.list", query=StayQuery, answer=StayPage)
def list_own(call: Call, query: dict[str, Any]) -> Reply:
    """List the stays in your places."""
    return Reply(stays.list_stays(call.actor, call.context, **query))


@routes.get("/stays/<identifier:stay_id>", action="stays.get", answer=StayOut)
def get(call: Call, stay_id: str) -> Reply:
    """Read a stay in one of your places."""
    found = stays.get(call.actor, call.context, stay_id)
    return Reply(found, found.version)


@routes.write("POST", "/stays/<identifier:stay_id>/arrival", action="stays.arrive", answer=StayOut, versioned=True)
def arrive(call: Call, stay_id: str) -> Reply:
    """Say that the expected household is there; where it was before ends on the same night."""
    kept = arrivals.arrive(call.actor, call.context, stay_id, call.version)
    return Reply(kept, kept.version)


@routes.write("POST", "/stays/<identifier:stay_id>/no-show", action="stays.no_show", answer=StayOut, versioned=True)
def no_show(call: Call, stay_id: str) -> Reply:
    """Say that the expected household never came; its beds are free again."""
    kept = arrivals.no_show(call.actor, call.context, stay_id, call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/stays/<identifier:stay_id>/renewal",
    action="stays.renew",
    body=RenewalIn,
    answer=StayOut,
    versioned=True,
)
def renew(call: Call, given: dict[str, Any], stay_id: str) -> Reply:
    """Let a household stay longer, within what its kind of place allows."""
    kept = departures.renew(call.actor, call.context, stay_id, given["until_night"], call.version)
    return Reply(kept, kept.version)


@routes.write(
    "POST",
    "/stays/<identifier:stay_id>/leaving",
    action="stays.announce_leaving",
    body=LeavingIn,
    answer=StayOut,
    versioned=True,
)
def announce_leaving(call: Call, given: dict[str, Any], stay_id: str) -> Reply:
    """Say on which night a household leaves, so that its place is offered from then on."""
    kept = departures.announce_leaving(call.actor, call.context, stay_id, given["night"], call.version)
    return Reply(kept, kept.version)


@routes.write("POST", "/stays/<identifier:stay_id>/departure", action="stays.depart", answer=StayOut, versioned=True)
def depart(call: Call, stay_id: str) -> Reply:
    """Say that a household has left: its place is free from tonight."""
    kept = departures.depart(call.actor, call.context, stay_id, call.version)
    return Reply(kept, kept.version)
