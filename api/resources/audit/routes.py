"""The audit log: each role reads its part of it, and nobody writes it over HTTP."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.audit.schemas import ActPage, ActQuery, ChainOut
from api.services import audit_trail

routes = Routes("audit", "Who did what, to which row")


@routes.get("/audit", action="audit.list", query=ActQuery, answer=ActPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List the acts you may read, the last first."""
    return Reply(audit_trail.list_acts(call.actor, call.context, **query))


@routes.get("/audit/status", action="audit.status", answer=ChainOut)
def status(call: Call) -> Reply:
    """Read where the log ends."""
    return Reply(audit_trail.status(call.actor, call.context))
