"""What must happen later: functions that look at the database, do what is due, and may be called at any time.

Nothing tells them what to do: each derives it from what is there. Called twice they do it once; when a call is lost the
next one does it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from api.runtime import Runtime
from api.services import (
    automatic,
    checklists,
    delivery,
    endings,
    follow_ons,
    heartbeats,
    kept_answers,
    next_plans,
    night_facts,
    request_acts,
    resting,
)
from api.services.audit_anchors import anchor
from api.services.context import Context
from api.services.overdue_arrivals import overdue_arrivals
from data.session import reading, retrying

LETTERS: Final = 3
"""Messages tried in one go: even unanswered they take less time than a worker may be silent."""


class Lane(StrEnum):
    """What a task must not keep waiting: those of one lane wait for each other, and for nothing else."""

    QUICK = "quick"
    """Some statements."""
    POST = "post"
    """Speaks to other machines, which may not answer."""
    SOLVER = "solver"
    """Computes; in a process of its own, so that nothing else is slowed, and it can be killed."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do again and again.

    Parameters
    ----------
    name : str
        Stable.
    work : callable
        Runtime → how many things it did.
    every_seconds : int
        How often it looks: 1 to 59, or whole minutes below the hour, or an hour.
    lane : Lane
        Where it runs.
    """

    name: str
    work: Callable[[Runtime], int]
    every_seconds: int
    lane: Lane = Lane.QUICK


def _within(runtime: Runtime, work: Callable[[Context], int]) -> int:
    return retrying(runtime.engine, lambda session: work(runtime.context(session)))


def expire_proposals(runtime: Runtime) -> int:
    """Expire what nobody answered in time."""
    return _within(runtime, endings.expire_due)


def expire_requests(runtime: Runtime) -> int:
    """Expire the requests whose latest night has passed."""
    return _within(runtime, request_acts.expire_requests)


def send_next_plans(runtime: Runtime) -> int:
    """Send the next plan of the fallback list to each request whose last one has lapsed."""
    with reading(runtime.engine) as session:
        waiting = next_plans.due_next(runtime.context(session))
    sent = [_within(runtime, partial(_send_next, request_id=request_id)) for request_id in waiting]
    return sum(sent)


def _send_next(context: Context, request_id: str) -> int:
    return next_plans.send_next(context, request_id) is not None


def make_queued_runs(runtime: Runtime) -> int:
    """Make the runs that were asked for without waiting."""
    return automatic.make_queued(runtime.engine, runtime.context)


def rematch(runtime: Runtime) -> int:
    """Run for whom something has changed: an urgent request, a freed place."""
    return automatic.rematch(runtime.engine, runtime.context)


def nightly_run(runtime: Runtime) -> int:
    """Make the run of the night."""
    return automatic.nightly(runtime.engine, runtime.context, runtime.settings.jobs.nightly_hour)


def write_night_facts(runtime: Runtime) -> int:
    """Write what each night that is over was for each open request."""
    with reading(runtime.engine) as session:
        nights = night_facts.due(runtime.context(session))
    return sum(_within(runtime, partial(night_facts.derive, night=night)) for night in nights)


def deliver_notices(runtime: Runtime) -> int:
    """Send what waits in the outbox; a few at a time, because a machine that does not answer takes its time."""
    return delivery.deliver(runtime.engine, runtime.context, runtime.settings.post, limit=LETTERS)


def watch_journeys(runtime: Runtime) -> int:
    """Alert both ends where a household should have arrived and has not."""
    return _within(runtime, overdue_arrivals)


def open_follow_ons(runtime: Runtime) -> int:
    """Look for the next place before a stay ends."""
    return _within(runtime, follow_ons.open_follow_ons)


def watch_checklists(runtime: Runtime) -> int:
    """Open the steps that protect a household, and alert where one is past its date."""
    return _within(runtime, checklists.open_steps) + _within(runtime, checklists.overdue_steps)


def forget_keys(runtime: Runtime) -> int:
    """Forget the answers of POSTs that nobody will repeat any more."""
    return _within(runtime, lambda context: kept_answers.forget_keys(context.session, context.now - kept_answers.LIFE))


def anchor_audit(runtime: Runtime) -> int:
    """Add a line to the file, kept elsewhere, that says where the record of acts ends."""
    kept = runtime.settings.jobs.anchor_file
    if kept is None:
        return 0
    with reading(runtime.engine) as session:
        line = anchor(runtime.context(session))
    with Path(kept).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return 1


def watch(runtime: Runtime) -> int:
    """Raise an alert for whatever rests too long, and for workers that have fallen silent."""
    silent = runtime.settings.jobs.silent_seconds

    def look(session: Session) -> int:
        context = runtime.context(session)
        return resting.watch(context) + heartbeats.watch(context, silent)

    return retrying(runtime.engine, look)


WATCH: Final = Task("watch", watch, 10)
TASKS: Final = (
    Task("expire_proposals", expire_proposals, 5),
    Task("send_next_plans", send_next_plans, 5),
    Task("expire_requests", expire_requests, 300),
    Task("rematch", rematch, 1, Lane.SOLVER),
    Task("make_queued_runs", make_queued_runs, 2, Lane.SOLVER),
    Task("nightly_run", nightly_run, 30, Lane.SOLVER),
    Task("write_night_facts", write_night_facts, 60),
    Task("forget_keys", forget_keys, 3600),
    Task("deliver_notices", deliver_notices, 2, Lane.POST),
    Task("watch_journeys", watch_journeys, 60),
    Task("open_follow_ons", open_follow_ons, 300),
    Task("watch_checklists", watch_checklists, 300),
    Task("anchor_audit", anchor_audit, 900, Lane.POST),
    WATCH,
)
"""All of them."""
BY_NAME: Final = {task.name: task for task in TASKS}
"""By their names."""
