"""Families are all or nothing: plans of one or two legs, of several beds, over few places and many nights."""

from multiprocessing.synchronize import Barrier
from typing import Final

from sqlalchemy import Engine, text

from data.seed.chance import Chance
from data.session import make_engine
from matcher.place import Sharing
from tests.reliability.harness import Bar, Figures, Stopwatch, percentile, race
from tests.reliability.holding import LOST, doubles, hold, inventory

CLIENTS: Final = 4
_PLACES: Final = 12
_BEDS: Final = 5
_NIGHTS_PER_FAMILY: Final = 1.0
"""Nights looked over for each family: so few that about half find their beds taken."""

Met = tuple[list[str | None], list[float]]
"""What refused each family (None: placed), and milliseconds of each."""

_HALF_PLACED: Final = """
SELECT count(*) FROM proposal_leg AS leg
WHERE leg.beds <> (
  SELECT count(*) FROM booking
  WHERE booking.proposal_id = leg.proposal_id AND booking.position = leg.position AND booking.live
    AND booking.from_night = leg.from_night AND booking.until_night = leg.until_night
)"""


def settle(engine: Engine, barrier: Barrier, number: int, given: tuple[list[str], list[str]]) -> Met:
    """Place families one after the other: two to four beds in one place, or in two of which the second follows."""
    requests, places = given
    chance = Chance(number, "families")
    watch = Stopwatch()
    answers = []
    barrier.wait()
    for request_id in requests:
        start, beds = chance.between(0, round(len(requests) * _NIGHTS_PER_FAMILY)), chance.between(2, 4)
        first, second = chance.one(places), chance.one(places)
        turn, end = start + chance.between(1, 7), start + 14
        legs = [(first, start, turn, beds), (second, turn, end, beds)]
        if first == second:
            legs = [(first, start, end, beds)]
        answers.append(watch(lambda request_id=request_id, legs=legs: hold(engine, request_id, legs)))
    return answers, watch.milliseconds


def run(url: str, families: int) -> Figures:
    """Let 4 clients place so many families each; none is placed by half, and no bed is given twice."""
    engine = make_engine(url)
    places, requests = inventory(engine, _PLACES, CLIENTS * families, sharing=Sharing.SHARED, beds=_BEDS, cots=0)
    shares = [(requests[client::CLIENTS], places) for client in range(CLIENTS)]
    met = race(url, settle, shares)
    answers = [answer for answers, _ in met for answer in answers]
    assert set(answers) <= LOST | {None}, f"refused for another reason: {set(answers) - LOST}"
    with engine.connect() as connection:
        halves = connection.scalar(text(_HALF_PLACED)) or 0
        placed = connection.scalar(text("SELECT count(*) FROM proposal")) or 0
    assert halves == 0, f"{halves} legs without their beds"
    assert placed == answers.count(None), "somebody was told otherwise than what is written"
    assert 0 < placed < len(answers), "nothing was contended"
    assert doubles(engine) == 0
    engine.dispose()
    times = [each for _, milliseconds in met for each in milliseconds]
    return {
        "half-placed": 0,
        "placed": placed,
        "refused": len(answers) - placed,
        "p50 (ms)": percentile(times, 0.5),
        "p99 (ms)": percentile(times, 0.99),
    }


BAR: Final = Bar(
    "families",
    f"{CLIENTS} clients place families of one or two legs and several beds at once: all of a family's beds or none.",
    1_000,
    12,
    run,
)
