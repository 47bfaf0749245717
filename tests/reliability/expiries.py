"""Silence against everybody else: a hold past its deadline is taken over, expired by the clock and accepted at once."""

from multiprocessing.synchronize import Barrier
from typing import Final

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from data import bookings
from data.models.proposal import HOLDING_PROPOSALS, Proposal, ProposalState
from data.models.request import Request
from data.queries.locks import lock
from data.session import make_engine, reading, retrying, transaction
from tests import builders as b
from tests.reliability.harness import Bar, Figures, race
from tests.reliability.holding import ATTEMPTS, DEADLINE, LOST, doubles, hold, inventory, plan

Trial = tuple[str, str, str]
"""Place, request that holds it, proposal."""
Met = list[str]
"""What each trial came to, for one of the four."""


def take_over(engine: Engine, barrier: Barrier, _number: int, given: tuple[list[Trial], str]) -> Met:
    """Want each place for another household, at the deadline of the plan that holds it."""
    trials, request_id = given
    answers = []
    for place, _, _ in trials:
        barrier.wait()
        refused = hold(engine, request_id, [(place, 0, 7, 1)], late=True)
        answers.append("taken" if refused is None else "refused" if refused in LOST else f"strange: {refused}")
    return answers


def expire(engine: Engine, barrier: Barrier, _number: int, given: tuple[list[Trial], str]) -> Met:
    """Expire what is overdue in each place, as the job does."""

    def work(session: Session, place: str) -> int:
        return len(bookings.expire_due(session, [place], b.NOW + DEADLINE))

    answers = []
    for place, _, _ in given[0]:
        barrier.wait()
        done = retrying(engine, lambda session, place=place: work(session, place), attempts=ATTEMPTS)
        answers.append("expired" if done else "nothing due")
    return answers


def accept(engine: Engine, barrier: Barrier, _number: int, given: tuple[list[Trial], str]) -> Met:
    """Accept each plan a moment before its deadline, as the service does: locked, looked at again, booked."""

    def work(session: Session, request_id: str, proposal_id: str) -> bool:
        lock(session, Request, [request_id])
        row = lock(session, Proposal, [proposal_id])[proposal_id]
        if row.state not in HOLDING_PROPOSALS:
            return False
        bookings.book(session, row)
        row.state, row.accepted_at = ProposalState.ACCEPTED, b.NOW
        bookings.release(session, row)
        return True

    answers = []
    for _, request_id, proposal_id in given[0]:
        barrier.wait()
        done = retrying(
            engine, lambda session, one=request_id, two=proposal_id: work(session, one, two), attempts=ATTEMPTS
        )
        answers.append("accepted" if done else "too late")
    return answers


_WORKERS: Final = {"take_over": take_over, "expire": expire, "accept": accept}


def contend(engine: Engine, barrier: Barrier, number: int, given: tuple[str, list[Trial], str]) -> Met:
    """Do one of the acts, trial after trial."""
    return _WORKERS[given[0]](engine, barrier, number, given[1:])


def run(url: str, trials: int) -> Figures:
    """Two households want a place whose hold is overdue, while a job expires it and its shelter accepts it."""
    engine = make_engine(url)
    places, requests = inventory(engine, trials, trials + 2)
    held = []
    with transaction(engine) as session:
        for place, request_id in zip(places, requests, strict=False):
            row = plan(request_id, [(place, 0, 7, 1)])
            bookings.hold(session, [row])
            held.append((place, request_id, row.id))
    acts = [("take_over", requests[-1]), ("take_over", requests[-2]), ("expire", ""), ("accept", "")]
    met = race(url, contend, [(act, held, request_id) for act, request_id in acts])
    accepted = taken = 0
    with reading(engine) as session:
        states = dict(session.execute(select(Proposal.id, Proposal.state)).all())
    for (_, _, proposal_id), (one, other, job, answer) in zip(held, zip(*met, strict=True), strict=True):
        won = [one, other].count("taken")
        assert "strange" not in one + other, (one, other)
        if answer == "accepted":
            accepted += 1
            came = (won, job, states[proposal_id])
            assert came == (0, "nothing due", ProposalState.ACCEPTED), f"accepted, yet {came}"
        else:
            taken += won
            # Whoever came first after the deadline expired it; the place went to one of the two, or to nobody yet.
            assert won <= 1, "given to two"
            assert states[proposal_id] is ProposalState.EXPIRED, f"still {states[proposal_id]} after {job}, {answer}"
    with engine.connect() as connection:
        live = connection.scalar(text("SELECT count(*) FROM booking WHERE live"))
        stays = connection.scalar(text("SELECT count(*) FROM stay WHERE state = 'booked'"))
    assert (live, stays) == (accepted + taken, accepted), "a bed nobody was given, or one given and lost"
    assert doubles(engine) == 0
    engine.dispose()
    return {"accepted in time": accepted, "taken over": taken, "given to two": 0}


BAR: Final = Bar(
    "expiry",
    "A hold past its deadline is wanted by two, expired by a job and accepted at once: one of them has the place.",
    600,
    12,
    run,
)
