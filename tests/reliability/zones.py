"""Distancing is absolute: a danger zone is added while a place inside it is being held for the same household."""

from multiprocessing.synchronize import Barrier
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from data import bookings, exclusions
from data.errors import ConstraintBroken
from data.models.proposal import HOLDING_PROPOSALS, Proposal, ProposalState
from data.models.request import Request
from data.queries.locks import lock
from data.session import make_engine, reading, retrying
from data.triggers.exclusions import EXCLUDED
from tests import builders as b
from tests.reliability.harness import Bar, Figures, race
from tests.reliability.holding import ATTEMPTS, inventory, plan

_TURNS: Final = 8
"""Trials are as many kinds: in the first the zone sets out with the hold, in each further one a little later."""

Trial = tuple[str, str]
"""Place and request."""


def add_zone(engine: Engine, trial: Trial) -> str:
    """Add a zone around the place, as the service does: what is held inside is withdrawn first."""

    def work(session: Session) -> str:
        request = lock(session, Request, [trial[1]])[trial[1]]
        request.zones.append(b.zone("69"))
        forbidden = exclusions.forbidden_facilities(session, request.zones)
        found = exclusions.endangered(session, request.id, forbidden)
        if found:
            for row in session.query(Proposal).filter(
                Proposal.request_id == request.id, Proposal.state.in_(HOLDING_PROPOSALS)
            ):
                row.state, row.closed_at, row.withdrawal_reason = ProposalState.WITHDRAWN, b.NOW, "unsafe"
                bookings.release(session, row)
        exclusions.refresh_request(session, request)
        return "withdrawn" if found else "added"

    return retrying(engine, work, attempts=ATTEMPTS)


def place_held(engine: Engine, trial: Trial) -> str:
    """Hold the place. The request is not locked first, on purpose: the database's own lock is what is tried."""
    try:
        retrying(
            engine,
            lambda session: bookings.hold(session, [plan(trial[1], [(trial[0], 0, 7, 1)])]),
            attempts=ATTEMPTS,
        )
    except ConstraintBroken as refused:
        return f"refused by {refused.constraint}"
    return "held"


def contend(engine: Engine, barrier: Barrier, number: int, trials: list[Trial]) -> list[str]:
    """Add zones, or hold places, trial after trial."""
    act = add_zone if number == 0 else place_held
    answers = []
    for turn, trial in enumerate(trials):
        barrier.wait()
        for _ in range(0 if number else turn % _TURNS):
            # Looked at before it is written, as a page does, once, twice…: or the shorter act would always come first.
            _look(engine, trial)
        answers.append(act(engine, trial))
    return answers


def _look(engine: Engine, trial: Trial) -> None:
    with reading(engine) as session:
        session.get_one(Request, trial[1])


def run(url: str, trials: int) -> Figures:
    """Race a zone against a hold; nobody is ever held a place where they are in danger."""
    engine = make_engine(url)
    places, requests = inventory(engine, trials, trials)
    pairs = list(zip(places, requests, strict=True))
    zoned, held = race(url, contend, [pairs, pairs])
    with engine.connect() as connection:
        in_danger = connection.scalar(
            text(
                "SELECT count(*) FROM booking JOIN place ON place.id = booking.place_id JOIN excluded_pair "
                "ON excluded_pair.facility_id = place.facility_id AND excluded_pair.request_id = booking.request_id "
                "WHERE booking.live"
            )
        )
        excluded = connection.scalar(text("SELECT count(*) FROM excluded_pair"))
    assert (in_danger, excluded) == (0, trials), f"{in_danger} held in danger"
    assert set(held) <= {"held", f"refused by {EXCLUDED.name}"}, f"refused for another reason: {set(held)}"
    assert held.count("held") == zoned.count("withdrawn"), "what was held first was not withdrawn"
    engine.dispose()
    return {
        "held in danger": 0,
        "zone first": held.count(f"refused by {EXCLUDED.name}"),
        "hold first, withdrawn": zoned.count("withdrawn"),
    }


BAR: Final = Bar(
    "zone against hold",
    "A danger zone is added while a place inside it is held for the same household: it is held no longer, or never.",
    2_000,
    20,
    run,
)
