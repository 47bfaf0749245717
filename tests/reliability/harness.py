"""Races: several processes against one database, each through an engine of its own, and what each of them met.

A bar is a promise with a size. The tests run it small on both engines, `make bars` whole (`tests.reliability.bars`).
"""

import multiprocessing
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any, Final

from sqlalchemy import Engine

from data.session import make_engine

Figures = dict[str, int | float | str]
"""What a bar measured, by name; a time is in milliseconds and says so."""

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_JOIN_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Bar:
    """A promise that is measured.

    Parameters
    ----------
    name : str
        Of its row in docs/reliability.md.
    promise : str
        One sentence.
    size : int
        Trials of the whole bar.
    small : int
        Trials in `make test`.
    run : callable
        (URL of an empty database with the schema, trials) → figures; `AssertionError` when the promise is broken.
    """

    name: str
    promise: str
    size: int
    small: int
    run: Callable[[str, int], Figures]


Worker = Callable[[Engine, Barrier, int, Any], Any]
"""(engine, barrier of all workers, its number, what it is given) → what it met; a function of a module."""


def race(url: str, worker: Worker, given: Sequence[Any]) -> list[Any]:
    """Run one process for each thing given, all at once.

    Parameters
    ----------
    url : str
        Of the database.
    worker : callable
        Importable by its name.
    given : sequence
        For each process, what it is given.

    Returns
    -------
    list
        What each worker returned, in the order given.

    Raises
    ------
    AssertionError
        A process died or raised; its traceback is the message.
    """
    _CONTEXT.set_forkserver_preload([__name__, worker.__module__])
    barrier = _CONTEXT.Barrier(len(given))
    ends = []
    processes = []
    for number, each in enumerate(given):
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(url, worker, barrier, number, each, theirs), daemon=True)
        process.start()
        theirs.close()
        ends.append(ours)
        processes.append(process)
    try:
        found = [_received(end) for end in ends]
    finally:
        for process in processes:
            process.join(_JOIN_SECONDS)
            process.kill()
    broken = [what for fine, what in found if not fine]
    assert not broken, broken[0]
    return [what for _, what in found]


def _received(end: Any) -> tuple[bool, Any]:  # noqa: ANN401 - a connection
    try:
        answer: tuple[bool, Any] = end.recv()
    except EOFError:
        return False, "a process died"
    return answer


def _work(url: str, worker: Worker, barrier: Barrier, number: int, given: Any, end: Any) -> None:  # noqa: ANN401, PLR0917
    engine = make_engine(url)
    try:
        end.send((True, worker(engine, barrier, number, given)))
    except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
        # The others wait for nobody.
        barrier.abort()
        end.send((False, traceback.format_exc()))
    finally:
        engine.dispose()


class Stopwatch:
    """Milliseconds of each act."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []

    def __call__(self, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the act returns
        begun = time.perf_counter()
        try:
            return act()
        finally:
            self.milliseconds.append((time.perf_counter() - begun) * 1000)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed, rounded to a tenth."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
