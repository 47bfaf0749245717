"""Organisations: registered and verified by an admin, each readable by itself."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.fields import PageQuery, changes
from api.resources.organisations.schemas import (
    OrganisationChange,
    OrganisationIn,
    OrganisationOut,
    OrganisationPage,
)
from api.services import organisations
from api.services.organisations import OrganisationFacts

routes = Routes("organisations", "Who takes part: SIAO, coordinations, départements, operators, referrers")


@routes.write(
    "POST",
    "/organisations",
    action="organisations.create",
    body=OrganisationIn,
    answer=OrganisationOut,
    status=HTTPStatus.CREATED,
)
def create(call: Call, given: dict[str, Any]) -> Reply:
    """Register an organisation."""
    made = organisations.create(call.actor, call.context, OrganisationFacts(**given))
    return Reply(made, made.version, f"/organisations/{made.id}")


@routes.get("/organisations", action="organisations.list", query=PageQuery, answer=OrganisationPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List organisations, newest first."""
    return Reply(organisations.list_organisations(call.actor, call.context, **query))


@routes.get("/organisations/<identifier:organisation_id>", action="organisations.get", answer=OrganisationOut)
def get(call: Call, organisation_id: str) -> Reply:
    """Read an organisation: your own, or any for an admin."""
    found = organisations.get(call.actor, call.context, organisation_id)
    return Reply(found, found.version)


@routes.write(
    "PATCH",
    "/organisations/<identifier:organisation_id>",
    action="organisations.amend",
    body=changes(OrganisationChange),
    answer=OrganisationOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], organisation_id: str) -> Reply:
    """Change name, département or verification."""
    kept = organisations.amend(call.actor, call.context, organisation_id, given, call.version)
    return Reply(kept, kept.version)
