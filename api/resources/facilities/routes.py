"""Facilities: written and read by those who run them."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.facilities.schemas import FacilityChange, FacilityIn, FacilityOut, FacilityPage
from api.resources.fields import PageQuery, changes
from api.services import facilities
from api.services.facilities import FacilityFacts

routes = Routes("facilities", "Where places are and whom they receive; for their own organisation only")


@routes.write(
    "POST",
    "/facilities",
    action="facilities.create",
    body=FacilityIn,
    answer=FacilityOut,
    status=HTTPStatus.CREATED,
)
def create(call: Call, given: dict[str, Any]) -> Reply:
    """Register a facility of yours."""
    made = facilities.create(call.actor, call.context, FacilityFacts(**given))
    return Reply(made, made.version, f"/facilities/{made.id}")


@routes.get("/facilities", action="facilities.list", query=PageQuery, answer=FacilityPage)
def list_own(call: Call, query: dict[str, Any]) -> Reply:
    """List your facilities, newest first."""
    return Reply(facilities.list_facilities(call.actor, call.context, **query))


@routes.get("/facilities/<identifier:facility_id>", action="facilities.get", answer=FacilityOut)
def get(call: Call, facility_id: str) -> Reply:
    """Read a facility of yours."""
    found = facilities.get(call.actor, call.context, facility_id)
    return Reply(found, found.version)


@routes.write(
    "PATCH",
    "/facilities/<identifier:facility_id>",
    action="facilities.amend",
    body=changes(FacilityChange),
    answer=FacilityOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], facility_id: str) -> Reply:
    """Change a facility of yours; lists are replaced whole."""
    kept = facilities.amend(call.actor, call.context, facility_id, given, call.version)
    return Reply(kept, kept.version)
