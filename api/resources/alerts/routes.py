"""Alerts of the caller's organisation."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.alerts.schemas import AlertOut, AlertPage
from api.resources.fields import PageQuery
from api.services import alerts

routes = Routes("alerts", "What somebody must look at")


@routes.get("/alerts", action="alerts.list", query=PageQuery, answer=AlertPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List what is open, the latest first."""
    return Reply(alerts.list_alerts(call.actor, call.context, **query))


@routes.write("POST", "/alerts/<identifier:alert_id>/acknowledge", action="alerts.acknowledge", answer=AlertOut)
def acknowledge(call: Call, alert_id: str) -> Reply:
    """Say that one has seen it; it is resolved by what settles it."""
    return Reply(alerts.acknowledge(call.actor, call.context, alert_id))
