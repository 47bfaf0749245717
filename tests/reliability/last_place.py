"""One winner for the last place: as many processes as there are, each wants the same place at the same moment."""

from multiprocessing.synchronize import Barrier
from typing import Final

from sqlalchemy import Engine

from data.session import make_engine
from tests.reliability.harness import Bar, Figures, Stopwatch, percentile, race
from tests.reliability.holding import LOST, doubles, hold, inventory

PROCESSES: Final = 8

Met = tuple[list[str | None], list[float]]
"""What refused each trial (None: won), and milliseconds of each."""


def contend(engine: Engine, barrier: Barrier, _number: int, given: tuple[str, list[str]]) -> Met:
    """Want every place, each when all the others do."""
    request_id, places = given
    watch = Stopwatch()
    answers = []
    for place in places:
        barrier.wait()
        answers.append(watch(lambda place=place: hold(engine, request_id, [(place, 0, 7, 1)])))
    return answers, watch.milliseconds


def run(url: str, trials: int) -> Figures:
    """Let 8 processes want each of some places; exactly one has it, the others are told so."""
    engine = make_engine(url)
    places, requests = inventory(engine, trials, PROCESSES)
    met = race(url, contend, [(request_id, places) for request_id in requests])
    answers = list(zip(*(answers for answers, _ in met), strict=True))
    winners = [trial.count(None) for trial in answers]
    assert winners == [1] * trials, f"{sum(count != 1 for count in winners)} places without exactly one winner"
    strange = {answer for trial in answers for answer in trial} - LOST - {None}
    assert not strange, f"refused for another reason: {strange}"
    assert doubles(engine) == 0
    engine.dispose()
    times = [each for _, milliseconds in met for each in milliseconds]
    return {
        "winners of a place": "exactly 1",
        "refused": sum(answer in LOST for trial in answers for answer in trial),
        "p99 (ms)": percentile(times, 0.99),
    }


BAR: Final = Bar(
    "last place",
    f"{PROCESSES} processes want each place at once: exactly one has it, the others are refused.",
    10_000,
    25,
    run,
)
