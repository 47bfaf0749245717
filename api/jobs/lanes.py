"""Where tasks run: a thread for what is quick or waits for others, a process of its own for what computes."""

import json
import logging
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from api.jobs.tasks import Lane, Task
from api.runtime import Runtime

STOP_SECONDS: Final = 2.0
"""How long a lane that is told to stop may take, before it is ended."""
_log = logging.getLogger("escale.jobs")


class Failed(Exception):  # noqa: N818 (named for what it says)
    """A task raised something, or was ended because it took too long; the log says more."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a task ended.

    Parameters
    ----------
    task : Task
        Which.
    count : int or None
        How many things it did; None: it failed.
    """

    task: Task
    count: int | None


class Runner(Protocol):
    """One lane: at most one task at a time."""

    def start(self, task: Task) -> None:
        """Begin a task; the lane is idle."""

    def poll(self) -> Done | None:
        """Give the task that ended since the last look, if one did."""

    def busy_seconds(self) -> float:
        """Tell for how long the present task has been running; 0 when idle."""

    def stop(self) -> None:
        """End whatever runs, soon."""


class ThreadRunner:
    """Runs tasks in a thread."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._thread: threading.Thread | None = None
        self._done: Done | None = None
        self._since = 0.0

    def start(self, task: Task) -> None:
        """Begin a task."""
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._work, args=(task,), name=f"escale {task.lane}", daemon=True)
        self._thread.start()

    def _work(self, task: Task) -> None:
        try:
            count: int | None = task.work(self._runtime)
        except Exception:  # noqa: BLE001 (whatever it is, the next task has its turn)
            _log.exception("task %s failed", task.name)
            count = None
        self._done = Done(task, count)

    def poll(self) -> Done | None:
        """Give the task that ended."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread, done = None, self._done
        return done

    def busy_seconds(self) -> float:
        """Tell how long the present task has been running."""
        return 0.0 if self._thread is None else time.monotonic() - self._since

    def stop(self) -> None:
        """Wait a little; what goes on is rolled back when the process ends."""
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)


class ChildRunner:
    """Runs tasks in a process of its own, kept for the next one: it takes seconds to load.

    Parameters
    ----------
    limit_seconds : float
        A task that takes longer is ended, and its process with it: nothing it has not committed is kept.
    """

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._child: _Child | None = None
        self._task: Task | None = None
        self._since = 0.0

    def start(self, task: Task) -> None:
        """Begin a task."""
        self._task, self._since = task, time.monotonic()
        if self._child is None:
            self._child = _Child()
        self._child.ask(task.name)

    def poll(self, wait_seconds: float = 0) -> Done | None:
        """Give the task that ended, or that was ended because it took too long; wait for it at most so long."""
        if self._task is None or self._child is None:
            return None
        answer = self._child.answer(wait_seconds)
        if answer is None and self.busy_seconds() <= self._limit:
            return None
        done, self._task = Done(self._task, (answer or {}).get("done")), None
        if not answer:
            # It died, or it is made to: the next task gets a new one.
            _log.error("task %s was ended with its process", done.task.name)
            self.stop()
        return done

    def run(self, task: Task) -> int:
        """Run a task and wait for its end.

        Raises
        ------
        Failed
            It failed.
        """
        self.start(task)
        while (done := self.poll(wait_seconds=1.0)) is None:
            pass
        if done.count is None:
            raise Failed(task.name)
        return done.count

    def busy_seconds(self) -> float:
        """Tell how long the present task has been running."""
        return 0.0 if self._task is None else time.monotonic() - self._since

    def stop(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """The process and the two ends that this one holds."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.jobs.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both are pipes")
        self._questions, self._answers = self._process.stdin, self._process.stdout

    def ask(self, name: str) -> None:
        # When it is dead already, the end of its answers says so.
        with suppress(BrokenPipeError):
            self._questions.write(f"{name}\n")

    def answer(self, wait_seconds: float) -> dict[str, int] | None:
        """Give its answer; empty: it is dead; None: not yet."""
        if not select.select([self._answers], [], [], wait_seconds)[0]:
            return None
        line = self._answers.readline()
        answer: dict[str, int] = json.loads(line) if line else {}
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()


def runners(runtime: Runtime) -> dict[Lane, Runner]:
    """Make a runner for each lane."""
    return {
        Lane.QUICK: ThreadRunner(runtime),
        Lane.POST: ThreadRunner(runtime),
        Lane.SOLVER: ChildRunner(runtime.settings.jobs.run_seconds),
    }
