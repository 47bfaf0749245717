"""Deferred work inside the web server: one of its processes does it, chosen by a lease in the database.

Every process has one thread that looks whether it is its turn. The one whose turn it is starts what is due on the lanes
(`api.jobs.lanes`), and says so in the database: whoever falls silent loses its turn to another.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, request, request_finished
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.config import Jobs
from api.jobs.lanes import STOP_SECONDS, Done, Runner, runners
from api.jobs.ping import Ping
from api.jobs.tasks import TASKS, WATCH, Lane, Task
from api.runtime import Runtime, runtime_of
from api.services import heartbeats, leases
from api.services.alerts import AlertKind, raise_alert, resolve
from data.errors import DataError
from data.session import retrying

TICK_SECONDS: Final = 1.0
"""How often a process looks what is due; a change in the same process wakes it at once."""
BEAT_SECONDS: Final = 5.0
"""How often it says that it is there, or looks whether it is its turn."""
FAILURES_MAX: Final = 3
"""Failures of a task in a row after which an alert is raised."""
RETRY_SECONDS_MAX: Final = 300
"""Longest wait between tries of a task that fails."""

_log = logging.getLogger("escale.jobs")


class Schedule:
    """When each task is due, and how often it has failed in a row.

    Parameters
    ----------
    tasks : sequence of Task
        All at once, at first.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._due = dict.fromkeys(tasks, 0.0)
        self._failures = dict.fromkeys(tasks, 0)

    def next(self, lane: Lane, now: float) -> Task | None:
        """Give the task of a lane that has been due for longest."""
        waiting = [task for task, due in self._due.items() if task.lane is lane and due <= now]
        return min(waiting, key=self._due.__getitem__, default=None)

    def ended(self, done: Done, now: float) -> int:
        """Enter how a task ended, and when it is due again.

        Returns
        -------
        int
            Its failures in a row; those it had before, negative, when it has succeeded.
        """
        before = self._failures[done.task]
        failures = self._failures[done.task] = before + 1 if done.count is None else 0
        wait = done.task.every_seconds * 2**failures
        self._due[done.task] = now + min(wait, max(done.task.every_seconds, RETRY_SECONDS_MAX))
        return failures or -before

    def hurry(self) -> None:
        """Make every task due: something has changed."""
        self._due = dict.fromkeys(self._due, 0.0)


class Executor:
    """The thread of one process.

    Parameters
    ----------
    runtime : Runtime
        Of the application.
    tasks : sequence of Task
        What it does when it is its turn.
    lease : str
        Under which name turns are taken.
    works : bool
        Whether these tasks are the work itself, and its signs of life count.
    """

    def __init__(self, runtime: Runtime, tasks: Sequence[Task], lease: str, *, works: bool) -> None:
        self._runtime, self._lease, self._works = runtime, lease, works
        self._name = leases.new_holder()
        self._started_at = runtime.clock.now()
        self._schedule = Schedule(tasks)
        self._lanes: dict[Lane, Runner] = runners(runtime)
        self._ping = Ping(runtime.settings.jobs.ping_url) if works else Ping(None)
        self._turn = False
        self._next_beat = 0.0
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name="escale jobs", daemon=True)

    def start(self) -> None:
        """Begin; call it in the process that shall do the work, after any fork."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: something has changed in this process."""
        self._wake.set()

    def stop(self) -> None:
        """End, and give the turn back."""
        self._over.set()
        self._wake.set()
        self._thread.join(STOP_SECONDS)
        for lane in self._lanes.values():
            lane.stop()
        if self._turn:
            retrying(self._runtime.engine, self._leave)

    def _leave(self, session: Session) -> None:
        context = self._runtime.context(session)
        heartbeats.leave(context, self._name)
        leases.release(context, self._lease, self._name)

    def _live(self) -> None:
        while not self._over.is_set():
            try:
                self._round(time.monotonic())
            except (DataError, SQLAlchemyError):
                # A database that is away for a while: nothing else to do than to look again.
                _log.warning("the database could not be asked", exc_info=True)
            if self._wake.wait(TICK_SECONDS) and not self._over.is_set():
                self._wake.clear()
                self._schedule.hurry()

    def _round(self, now: float) -> None:
        if now >= self._next_beat:
            self._next_beat = now + BEAT_SECONDS
            self._turn = retrying(self._runtime.engine, self._beat)
            if self._turn and self._responds():
                self._ping.send()
        for lane, runner in self._lanes.items():
            done = runner.poll()
            if done is not None:
                self._report(done, self._schedule.ended(done, now))
            if self._turn and runner.busy_seconds() == 0 and (task := self._schedule.next(lane, now)) is not None:
                runner.start(task)

    def _responds(self) -> bool:
        # The lane that computes has a limit of its own, after which it is ended.
        silent = self._runtime.settings.jobs.silent_seconds
        return all(runner.busy_seconds() < silent for lane, runner in self._lanes.items() if lane is not Lane.SOLVER)

    def _beat(self, session: Session) -> bool:
        context = self._runtime.context(session)
        if leases.take(context, self._lease, self._name) is None:
            if self._turn:
                # It was silent for too long, and is back: nobody need look for it.
                heartbeats.leave(context, self._name)
            return False
        if self._works and self._responds():
            heartbeats.beat(context, self._name, self._started_at)
        return True

    def _report(self, done: Done, failures: int) -> None:
        subject = ("task", done.task.name)

        def say(session: Session) -> None:
            if failures < 0:
                resolve(self._runtime.context(session), AlertKind.TASK_FAILED, subject)
            else:
                raise_alert(self._runtime.context(session), AlertKind.TASK_FAILED, subject, None)

        if failures <= -FAILURES_MAX or failures == FAILURES_MAX:
            retrying(self._runtime.engine, say)


def executor_of(runtime: Runtime) -> Executor | None:
    """Make the executor that a web process has, as it is set; None: no work is done here."""
    if runtime.settings.jobs.mode is Jobs.EMBEDDED:
        return Executor(runtime, TASKS, "jobs", works=True)
    if runtime.settings.jobs.mode is Jobs.PROCRASTINATE:
        # The workers are elsewhere; when they are all dead somebody must still say so.
        return Executor(runtime, (WATCH,), "watch", works=False)
    return None


def start(app: Flask) -> Executor | None:
    """Start the executor of a web process; what its requests change is looked at when they are answered.

    Parameters
    ----------
    app : Flask
        As this process serves it, after the fork.
    """
    made = executor_of(runtime_of(app))
    if made is None:
        return None

    def answered(_: Flask, response: Response) -> None:
        if request.method != "GET" and response.status_code < 400:
            made.wake()

    # Kept alive by being referred to weakly nowhere: the process serves one application until it ends.
    request_finished.connect(answered, app, weak=False)
    made.start()
    return made
