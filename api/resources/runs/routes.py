"""Runs of the matcher: started by coordinations."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.fields import PageQuery
from api.resources.requests.schemas import OutcomePage
from api.resources.runs.schemas import RunIn, RunOut, RunPage
from api.runtime import runtime
from api.services import automatic, matching, outcomes
from api.services.actor import Actor
from api.services.context import Context
from api.services.runs import RunView, get_run, list_runs
from data.session import retrying

routes = Routes("runs", "Joint answers for all open requests of a night")


@routes.long("/runs", action="runs.start", body=RunIn, answer=RunOut)
def start(actor: Actor, given: dict[str, Any], seal: Callable[[Context, Reply], None]) -> None:
    """Match all open requests with the places free; answered once proposals are written, unless told not to wait."""

    def done(context: Context, run: RunView) -> None:
        seal(context, Reply(run, None, f"/runs/{run.id}"))

    parts = runtime()
    if not given["wait"]:

        def ask(session: Session) -> None:
            context = parts.context(session)
            done(context, automatic.queue(actor, context, given["night"], given["seed"]))

        retrying(parts.engine, ask)
        return
    matching.run(actor, parts.engine, parts.context, night=given["night"], seed=given["seed"], done=done)


@routes.get("/runs", action="runs.list", query=PageQuery, answer=RunPage)
def list_all(call: Call, query: dict[str, Any]) -> Reply:
    """List runs, the latest first."""
    return Reply(list_runs(call.actor, call.context, **query))


@routes.get("/runs/<identifier:run_id>", action="runs.get", answer=RunOut)
def get(call: Call, run_id: str) -> Reply:
    """Read a run: how many were served, and whether the answer is proven."""
    return Reply(get_run(call.actor, call.context, run_id))


@routes.get("/runs/<identifier:run_id>/outcomes", action="runs.outcomes", query=PageQuery, answer=OutcomePage)
def list_outcomes(call: Call, query: dict[str, Any], run_id: str) -> Reply:
    """List what a run answered to your requests."""
    return Reply(outcomes.of_run(call.actor, call.context, run_id, **query))
