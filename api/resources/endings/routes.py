"""What ends each stay, and whether a next place is in sight."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.endings.schemas import EndingPage
from api.resources.fields import PageQuery
from api.services import ending_stays

routes = Routes("stay-limits", "An end of stay is a beginning: what ends each stay, and what comes after it")


@routes.get("/stay-limits", action="stay_limits.list", query=PageQuery, answer=EndingPage)
def list_endings(call: Call, query: dict[str, Any]) -> Reply:
    """List the stays in your places, or of the requests you follow, with their limits."""
    return Reply(ending_stays.list_endings(call.actor, call.context, **query))
