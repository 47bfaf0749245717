"""Contact points and notices: where your organisation is told that something awaits it, and what it was told of."""

from http import HTTPStatus
from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.contact_points.schemas import (
    CodeIn,
    ContactPointChange,
    ContactPointIn,
    ContactPointOut,
    ContactPointPage,
    FailingPage,
    NoticePage,
    NoticeQuery,
    SecretOut,
)
from api.resources.fields import PageQuery, changes
from api.services import contact_points, notices
from api.services.contact_point_facts import ContactPointFacts, ContactPointView

routes = Routes("contact-points", "Where you are told that something awaits you, without saying what")


def _reply(point: ContactPointView) -> Reply:
    return Reply(point, point.version)


@routes.write(
    "POST",
    "/contact-points",
    action="contact_points.create",
    body=ContactPointIn,
    answer=ContactPointOut,
    status=HTTPStatus.CREATED,
)
def create(call: Call, given: dict[str, Any]) -> Reply:
    """Add an e-mail address or a webhook; it is told nothing before it is verified."""
    made = contact_points.create(call.actor, call.context, ContactPointFacts(**given))
    return Reply(made, made.version, f"/contact-points/{made.id}")


@routes.get("/contact-points", action="contact_points.list", query=PageQuery, answer=ContactPointPage)
def list_own(call: Call, query: dict[str, Any]) -> Reply:
    """List your contact points; `failures` and `bounces` say which do not answer."""
    return Reply(contact_points.list_own(call.actor, call.context, **query))


@routes.get("/failing-contact-points", action="contact_points.failing", query=PageQuery, answer=FailingPage)
def list_failing(call: Call, query: dict[str, Any]) -> Reply:
    """List every organisation's contact points that do not answer, without their addresses."""
    return Reply(contact_points.list_failing(call.actor, call.context, **query))


@routes.get("/contact-points/<identifier:contact_point_id>", action="contact_points.get", answer=ContactPointOut)
def get(call: Call, contact_point_id: str) -> Reply:
    """Read a contact point of yours."""
    return _reply(contact_points.get(call.actor, call.context, contact_point_id))


@routes.write(
    "PATCH",
    "/contact-points/<identifier:contact_point_id>",
    action="contact_points.amend",
    body=changes(ContactPointChange),
    answer=ContactPointOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], contact_point_id: str) -> Reply:
    """Change language, digest, muted topics, or whether it is told at all."""
    return _reply(contact_points.amend(call.actor, call.context, contact_point_id, given, call.version))


@routes.write(
    "DELETE",
    "/contact-points/<identifier:contact_point_id>",
    action="contact_points.remove",
    answer=ContactPointOut,
    versioned=True,
)
def remove(call: Call, contact_point_id: str) -> Reply:
    """Delete a contact point, and what was to be sent to it."""
    return Reply(contact_points.remove(call.actor, call.context, contact_point_id, call.version))


@routes.write(
    "PUT",
    "/contact-points/<identifier:contact_point_id>/secret",
    action="contact_points.secret",
    answer=SecretOut,
    versioned=True,
)
def draw_secret(call: Call, contact_point_id: str) -> Reply:
    """Draw a new secret for a webhook: shown this once, and the one before signs nothing any more."""
    drawn = contact_points.draw_secret(call.actor, call.context, contact_point_id, call.version)
    return Reply(drawn, drawn.version)


@routes.write(
    "POST",
    "/contact-points/<identifier:contact_point_id>/verification",
    action="contact_points.verify",
    body=CodeIn,
    answer=ContactPointOut,
    versioned=True,
)
def verify(call: Call, given: dict[str, Any], contact_point_id: str) -> Reply:
    """Give back the code it was sent: from then on it is told."""
    return _reply(contact_points.verify(call.actor, call.context, contact_point_id, given["code"], call.version))


@routes.get("/notices", action="notices.list", query=NoticeQuery, answer=NoticePage)
def list_notices(call: Call, query: dict[str, Any]) -> Reply:
    """List what your organisation was told of, or what one message stands for."""
    return Reply(notices.list_notices(call.actor, call.context, **query))
