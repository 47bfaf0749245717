"""The checklist of protection: what must be asked, ordered and handed over for a household, by whom and by when."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.fields import changes
from api.resources.protection.schemas import Checklist, StepChange, StepOut
from api.services import checklists

routes = Routes("protection", "Steps that protect a household, each dated and owned")


@routes.get("/requests/<identifier:request_id>/checklist", action="checklists.get", answer=Checklist)
def of_request(call: Call, request_id: str) -> Reply:
    """List the steps of a request you follow, the nearest due first."""
    return Reply({"items": checklists.of_request(call.actor, call.context, request_id)})


@routes.write("POST", "/requests/<identifier:request_id>/checklist", action="checklists.open", answer=Checklist)
def bring_up(call: Call, request_id: str) -> Reply:
    """Open the steps it needs and does not have; the service does so by itself every few minutes."""
    return Reply({"items": checklists.bring_up(call.actor, call.context, request_id)})


@routes.get("/stays/<identifier:stay_id>/checklist", action="checklists.of_stay", answer=Checklist)
def of_stay(call: Call, stay_id: str) -> Reply:
    """List the steps of a household that you expect or receive."""
    return Reply({"items": checklists.of_stay(call.actor, call.context, stay_id)})


@routes.write(
    "PATCH",
    "/protection-steps/<identifier:step_id>",
    action="checklists.amend",
    body=changes(StepChange),
    answer=StepOut,
    versioned=True,
)
def amend(call: Call, given: dict[str, Any], step_id: str) -> Reply:
    """Say who owes a step, by when, that it is done, or not needed."""
    kept = checklists.amend(call.actor, call.context, step_id, given, call.version)
    return Reply(kept, kept.version)
