"""Leases: one holder at a time, lost by silence."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.services import leases
from api.services.context import Context
from data.session import transaction
from tests import builders
from tests.api.conftest import SECRET


def context_of(session: Session, now: datetime = builders.NOW) -> Context:
    return Context(session=session, now=now, reference_secret=SECRET)


def take(engine: Engine, holder: str, after_seconds: float = 0) -> str | None:
    with transaction(engine) as session:
        now = builders.NOW + timedelta(seconds=after_seconds)
        return leases.take(context_of(session, now), "x", holder, 30)


def test_a_lease_is_free_held_renewed_and_lost_by_silence(engine: Engine) -> None:
    assert take(engine, "a") == ""
    assert take(engine, "b", 29) is None
    assert take(engine, "a", 29) == "a"
    assert take(engine, "b", 31) is None, "it was renewed"
    assert take(engine, "b", 60) == "a", "who was silent is named"
    assert take(engine, "a", 61) is None, "and has lost it"
    with transaction(engine) as session:
        leases.release(context_of(session), "x", "a")
    assert take(engine, "c", 62) is None, "nobody gives back what another holds"
    with transaction(engine) as session:
        leases.release(context_of(session), "x", "b")
    assert take(engine, "c", 63) == ""


def test_of_many_who_come_at_once_one_gets_it(engine: Engine) -> None:
    barrier, got = threading.Barrier(8), []

    def come(holder: str) -> None:
        barrier.wait(timeout=30)
        got.append(take(engine, holder))

    threads = [threading.Thread(target=come, args=(f"host:{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(got, key=str) == ["", *[None] * 7]


def test_a_block_under_a_lease_is_left_with_it_given_back_whatever_happens(engine: Engine) -> None:
    def fail() -> None:
        with leases.held(engine, context_of, "x"):
            assert take(engine, "other") is None
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert take(engine, "other") == ""
    with pytest.raises(leases.Taken), leases.held(engine, context_of, "x"):
        pytest.fail("somebody else holds it")


def test_a_lease_is_kept_while_the_block_lasts(engine: Engine) -> None:
    asked = threading.Event()
    moments = iter(range(10**6))

    def ever_later(session: Session) -> Context:
        # Each look at the clock is 100 s after the one before: unless renewed it would be lost at once.
        number = next(moments)
        if number >= 3:
            asked.set()
        return context_of(session, builders.NOW + timedelta(seconds=100 * number))

    with leases.held(engine, ever_later, "x", seconds=0.3):
        assert asked.wait(30), "it is renewed by itself"
