"""Runs as coordinations read them: totals and proofs, nothing about anyone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import select

from api.services import access
from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import NotFound
from api.services.paging import Page, Wanted, newest_first
from data.models.run import Run, RunCause, RunState, RunStatus


@dataclass(frozen=True, slots=True)
class RunView:
    """A run.

    Parameters
    ----------
    id : str
        Of the run.
    night : date
        First night it looked at.
    state : RunState
        Queued, running, done, or failed (then nothing was written).
    cause : RunCause
        Why it was made.
    requested_by : str or None
        Organisation that asked for it; None when nobody did.
    started_at, finished_at : datetime
        UTC; None while it runs.
    status : RunStatus or None
        Whether the answer is proven the best.
    objective, bound, greedy_objective : sequence of int or None
        The ten entries of matching.md §3: reached, proven, and what serving by telephone would have reached.
    solver, matcher_version : str or None
        What computed it.
    seed : int
        What fixed the choice among equal answers.
    seconds : mapping or None
        Time spent, by step.
    digest : str or None
        SHA-256 of the canonical form of the problem solved.
    requests, served : int or None
        Households that took part, and those a proposal was sent for.
    """

    id: str
    night: date
    state: RunState
    cause: RunCause
    requested_by: str | None
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus | None
    objective: Sequence[int] | None
    bound: Sequence[int] | None
    greedy_objective: Sequence[int] | None
    solver: str | None
    matcher_version: str | None
    seed: int
    seconds: Mapping[str, float] | None
    digest: str | None
    requests: int | None
    served: int | None


def get_run(actor: Actor, context: Context, run_id: str) -> RunView:
    """Return one run.

    Raises
    ------
    Forbidden, NotFound
        The caller does not coordinate; there is no such run.
    """
    access.reach(actor, "runs.get")
    row = context.session.get(Run, run_id)
    if row is None:
        raise NotFound
    return view(row)


def list_runs(actor: Actor, context: Context, wanted: Wanted) -> Page[RunView]:
    """List runs, the latest first."""
    access.reach(actor, "runs.list")
    return newest_first(context.session, select(Run), (Run.started_at, Run.id), wanted, view)


def view(row: Run) -> RunView:
    """Freeze a run's row."""
    return RunView(**{field.name: getattr(row, field.name) for field in fields(RunView)})
