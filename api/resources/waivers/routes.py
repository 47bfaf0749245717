"""Waivers: a local reservation lifted for one household."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.waivers.schemas import AgreementIn, WaiverIn, WaiverOut, WaiverPage, WaiverQuery
from api.services import waivers
from api.services.waivers import WaiverFacts, WaiverView

routes = Routes("waivers", "Local reservations lifted for one household by the département that made them")


def _reply(found: WaiverView) -> Reply:
    return Reply(found, found.version)


@routes.write(
    "POST",
    "/requests/<identifier:request_id>/waivers",
    action="waivers.create",
    body=WaiverIn,
    answer=WaiverOut,
    status=HTTPStatus.CREATED,
)
def create(call: Call, given: WaiverFacts, request_id: str) -> Reply:
    """Ask a département to lift its reservation for one household, or record that it has agreed."""
    made = waivers.ask(call.actor, call.context, request_id, given)
    return Reply(made, made.version, f"/waivers/{made.id}")


@routes.get("/waivers", action="waivers.list", query=WaiverQuery, answer=WaiverPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List the waivers of your requests, or of your reservations, the latest asked first."""
    return Reply(waivers.list_waivers(call.actor, call.context, **query))


@routes.get("/waivers/<identifier:waiver_id>", action="waivers.get", answer=WaiverOut)
def get(call: Call, waiver_id: str) -> Reply:
    """Read a waiver."""
    return _reply(waivers.get(call.actor, call.context, waiver_id))


@routes.write(
    "POST",
    "/waivers/<identifier:waiver_id>/agreement",
    action="waivers.agree",
    body=AgreementIn,
    answer=WaiverOut,
    versioned=True,
)
def agree(call: Call, given: dict[str, Any], waiver_id: str) -> Reply:
    """Lift the reservation of your département that you were asked to lift."""
    return _reply(waivers.agree(call.actor, call.context, waiver_id, given["agreed_by"], call.version))


@routes.write(
    "POST",
    "/waivers/<identifier:waiver_id>/revocation",
    action="waivers.revoke",
    answer=WaiverOut,
    versioned=True,
)
def revoke(call: Call, waiver_id: str) -> Reply:
    """Take a waiver back; what was proposed on the strength of it is looked at again."""
    return _reply(waivers.revoke(call.actor, call.context, waiver_id, call.version))
