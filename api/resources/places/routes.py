"""Places and their availability: kept true by the shelter that runs them."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.fields import changes
from api.resources.places.schemas import (
    AvailabilityIn,
    ClosureIn,
    ConfirmAllIn,
    ConfirmedOut,
    NightQuery,
    PlaceChange,
    PlaceIn,
    PlaceOut,
    PlacePage,
    PlaceQuery,
    PlaceStateOut,
    StalePage,
    StaleQuery,
)
from api.services import freshness, places
from api.services.places import ClosureFacts, PlaceFacts, PlaceView

routes = Routes("places", "What is offered, and on which nights it is free; for its own organisation only")


def _reply(place: PlaceView) -> Reply:
    return Reply(place, place.version)


@routes.write(
    "POST",
    "/facilities/<identifier:facility_id>/places",
    action="places.create",
    body=PlaceIn,
    answer=PlaceOut,
    status=HTTPStatus.CREATED,
)
def create(call: Call, given: dict[str, Any], facility_id: str) -> Reply:
    """Add a place to a facility of yours, with the nights it is free."""
    free = given.pop("free")
    made = places.create(call.actor, call.context, facility_id, PlaceFacts(**given), free)
    return Reply(made, made.version, f"/places/{made.id}")


@routes.get("/places", action="places.list", query=PlaceQuery, answer=PlacePage)
def list_own(call: Call, query: dict[str, Any]) -> Reply:
    """List your places, those of one facility when it is given."""
    return Reply(places.list_places(call.actor, call.context, **query))


@routes.get("/places/<identifier:place_id>", action="places.get", answer=PlaceOut)
def get(call: Call, place_id: str) -> Reply:
    """Read a place of yours."""
    return _reply(places.get(call.actor, call.context, place_id))


@routes.write(
    "PATCH",
    "/places/<identifier:place_id>",
    action="places.amend",
    body=changes(PlaceChange),
    answer=PlaceOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], place_id: str) -> Reply:
    """Change a place of yours, or close it for good."""
    return _reply(places.amend(call.actor, call.context, place_id, given, call.version))


@routes.write(
    "PUT",
    "/places/<identifier:place_id>/availability",
    action="availability.replace",
    body=AvailabilityIn,
    answer=PlaceOut,
    versioned=True,
)
def replace_free(call: Call, given: dict[str, Any], place_id: str) -> Reply:
    """Declare anew all the nights on which a place is free; an empty list: it is full."""
    return _reply(places.replace_free(call.actor, call.context, place_id, given["free"], call.version))


@routes.write(
    "POST",
    "/places/<identifier:place_id>/confirmation",
    action="availability.confirm",
    answer=PlaceOut,
    versioned=True,
)
def confirm(call: Call, place_id: str) -> Reply:
    """Say that what you have read of a place is true now."""
    return _reply(places.confirm(call.actor, call.context, place_id, call.version))


@routes.write(
    "POST",
    "/places/<identifier:place_id>/closures",
    action="availability.close",
    body=ClosureIn,
    answer=PlaceOut,
    status=HTTPStatus.CREATED,
    versioned=True,
)
def close(call: Call, given: dict[str, Any], place_id: str) -> Reply:
    """Close a place for some nights, with the reason."""
    return _reply(places.close(call.actor, call.context, place_id, ClosureFacts(**given), call.version))


@routes.write(
    "DELETE",
    "/places/<identifier:place_id>/closures/<identifier:closure_id>",
    action="availability.reopen",
    answer=PlaceOut,
    versioned=True,
)
def reopen(call: Call, place_id: str, closure_id: str) -> Reply:
    """Take a closure back."""
    return _reply(places.reopen(call.actor, call.context, place_id, closure_id, call.version))


@routes.get("/places/<identifier:place_id>/state", action="places.state", query=NightQuery, answer=PlaceStateOut)
def state_on(call: Call, query: dict[str, Any], place_id: str) -> Reply:
    """Tell what a place of yours is on a night: free, held, booked, occupied, about to be left, unavailable, closed."""
    night = query["night"] or call.context.tonight
    return Reply({"night": night, "state": places.state_on(call.actor, call.context, place_id, night)})


@routes.write(
    "POST",
    "/availability/confirmation",
    action="availability.confirm_all",
    body=ConfirmAllIn,
    answer=ConfirmedOut,
)
def confirm_all(call: Call, given: dict[str, Any]) -> Reply:
    """Say that everything you have declared is true now, of all your places or of one facility."""
    return Reply(freshness.confirm_all(call.actor, call.context, given["facility_id"]))


@routes.get("/availability/stale", action="availability.stale", query=StaleQuery, answer=StalePage)
def list_stale(call: Call, query: dict[str, Any]) -> Reply:
    """List your places that nobody has confirmed for long."""
    return Reply(freshness.list_stale(call.actor, call.context, query["wanted"], query["hours"]))
