"""Whatever is held, booked, renewed and let go, in any order, the database agrees with a model one can read.

The model: on each night, what is taken of a place and what its shelter declares. It knows no bed by number.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from data import bookings
from data.availability import Nights, supply
from data.errors import ConstraintBroken
from data.models.booking import Unit
from data.models.place import Place
from data.models.proposal import Proposal, ProposalState
from data.models.request import Request
from data.models.stay import Stay, StayState
from data.session import transaction
from matcher.place import FreeInterval, Sharing
from tests import builders as b
from tests.data import booked as k

HORIZON = 16
FAR = HORIZON + 1
"""A night after every change of the declaration: what is free then is free for good."""


@dataclass(frozen=True)
class Taken:
    """Beds and cots of one place on [start, until) nights after `NIGHT`; until `FAR`: without end."""

    place: int
    start: int
    until: int
    beds: int
    cots: int

    def on(self, night: int) -> bool:
        return self.start <= night < self.until or (night == FAR == self.until)


@dataclass(frozen=True)
class Declared:
    """A place as its shelter declares it: (first night, night after the last, beds, cots), and closed nights."""

    sharing: Sharing
    beds: int
    cots: int
    free: tuple[tuple[int, int, int | None, int | None], ...]
    closed: tuple[tuple[int, int], ...] = ()

    def on(self, night: int) -> tuple[int, int]:
        """Beds and cots on offer on a night; of a private place, those of a household that takes it whole."""
        if any(start <= night < until for start, until in self.closed):
            return 0, 0
        there = [each for each in self.free if each[0] <= night and (night < each[1] or each[1] == FAR)]
        beds = sum(self.beds if each[2] is None else each[2] for each in there)
        cots = sum(self.cots if each[3] is None else each[3] for each in there)
        return min(beds, self.beds), min(cots, self.cots)


PLACES = (
    Declared(Sharing.PRIVATE, 2, 1, ((0, 6, None, None), (8, FAR, 1, None)), ((10, 12),)),
    Declared(Sharing.SHARED, 3, 1, ((0, 9, 2, 1), (4, FAR, 2, 0), (3, 11, 2, None)), ((12, 13),)),
    Declared(Sharing.SHARED, 2, 0, ((0, FAR, None, None),)),
)


@dataclass
class Model:
    live: dict[str, Taken] = field(default_factory=dict)

    def fits(self, wanted: Taken, nights: range | None = None) -> bool:
        """Whether beds may be taken; ``nights``: those that a renewal adds, instead of all."""
        place = PLACES[wanted.place]
        others = [each for each in self.live.values() if each.place == wanted.place]
        for night in nights or range(wanted.start, min(wanted.until, FAR) + (wanted.until == FAR)):
            beds, cots = place.on(night)
            there = [each for each in others if each.on(night)]
            if place.sharing is Sharing.PRIVATE and there:
                return False
            taken = [*there, wanted]
            if sum(each.beds for each in taken) > beds or sum(each.cots for each in taken) > cots:
                return False
        return True

    def counts(self, night: int) -> Counter[tuple[int, Unit]]:
        found: Counter[tuple[int, Unit]] = Counter()
        for each in self.live.values():
            if each.on(night):
                if PLACES[each.place].sharing is Sharing.PRIVATE:
                    found[each.place, Unit.PLACE] += 1
                else:
                    found[each.place, Unit.BED] += each.beds
                    found[each.place, Unit.COT] += each.cots
        return +found


def night_of(number: int) -> date | None:
    return None if number == FAR else b.nights(number)


def legs() -> st.SearchStrategy[Taken]:
    return st.builds(
        lambda place, start, length, beds, cots: Taken(place, start, min(start + length, HORIZON), beds, cots),
        st.integers(0, len(PLACES) - 1),
        st.integers(0, HORIZON - 2),
        st.integers(1, 9),
        st.integers(1, 3),
        st.integers(0, 1),
    )


OPERATIONS = st.one_of(
    st.tuples(st.just("hold"), st.lists(legs(), min_size=1, max_size=2, unique_by=lambda leg: leg.place)),
    st.tuples(st.sampled_from(["expire", "book", "cancel"]), st.integers(0, 9)),
    st.tuples(st.just("reschedule"), st.tuples(st.integers(0, 9), st.integers(1, FAR))),
)


class World:
    """The database and the model, moved together."""

    def __init__(self, engine: Engine, asked: list[Request], places: list[Place]) -> None:
        self.engine, self.asked, self.places = engine, asked, places
        self.model = Model()
        self.held: dict[str, list[Taken]] = {}
        self.stays: dict[str, Taken] = {}

    def hold(self, wanted: list[Taken]) -> None:
        fits = all(self.model.fits(each) for each in wanted)
        made = b.proposal(
            self.asked[len(self.held) + len(self.stays)],
            [
                b.leg(self.places[one.place], b.nights(one.start), b.nights(one.until), beds=one.beds, cots=one.cots)
                for one in wanted
            ],
        )
        if self._done(fits, lambda session: bookings.hold(session, [made], b.NOW)):
            self.held[made.id] = wanted
            self.model.live |= {f"{made.id}{at}": one for at, one in enumerate(wanted)}

    def expire(self, index: int) -> None:
        made = self._pick(self.held, index)
        if made is not None:
            with transaction(self.engine) as session:
                k.end(session, session.get_one(Proposal, made))
            for at in range(len(self.held.pop(made))):
                del self.model.live[f"{made}{at}"]

    def book(self, index: int) -> None:
        made = self._pick(self.held, index)
        if made is not None:
            with transaction(self.engine) as session:
                row = session.get_one(Proposal, made)
                found = [stay.id for stay in bookings.book(session, row)]
                row.state, row.accepted_at = ProposalState.ACCEPTED, b.NOW
            for at, one in enumerate(self.held.pop(made)):
                del self.model.live[f"{made}{at}"]
                self.stays[found[at]] = self.model.live[found[at]] = one

    def cancel(self, index: int) -> None:
        stay = self._pick(self.stays, index)
        if stay is not None:
            with transaction(self.engine) as session:
                session.get_one(Stay, stay).state = StayState.CANCELLED
            del self.stays[stay], self.model.live[stay]

    def reschedule(self, which: tuple[int, int]) -> None:
        stay = self._pick(self.stays, which[0])
        if stay is None or which[1] <= self.stays[stay].start:
            return
        before = self.model.live.pop(stay)
        after = replace(before, until=which[1])
        added = range(before.until, after.until + (after.until == FAR))
        fits = after.until <= before.until or self.model.fits(after, added)
        done = self._done(
            fits, lambda session: bookings.reschedule(session, session.get_one(Stay, stay), night_of(after.until))
        )
        self.model.live[stay] = after if done else before
        self.stays[stay] = self.model.live[stay]

    def _pick(self, among: dict[str, Any], index: int) -> str | None:
        return list(among)[index % len(among)] if among else None

    def _done(self, fits: object, act: Callable[[Session], object]) -> bool:
        refused = None
        try:
            with transaction(self.engine) as session:
                act(session)
        except ConstraintBroken as broken:
            refused = broken.constraint
        assert fits is (refused is None), f"the model has {'room' if fits else 'no room'}; refused: {refused}"
        return refused is None

    def agree(self) -> None:
        rows = k.live(self.engine)
        index = {place.id: number for number, place in enumerate(self.places)}
        for night in range(FAR + 1):
            day = b.nights(night) if night < FAR else b.nights(1000)
            there = [
                row for row in rows if row.from_night <= day and (row.until_night is None or row.until_night > day)
            ]
            assert len({(row.place_id, row.unit, row.number) for row in there}) == len(there), "one bed, twice"
            assert Counter((index[row.place_id], row.unit) for row in there) == self.model.counts(night)
        assert all(row.number <= (self.places[index[row.place_id]].beds) for row in rows)


def clean(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in ("booking", "stay", "proposal"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours


@pytest.fixture
def world_of(engine: Engine) -> Callable[[], World]:
    owner = b.operator()
    home = b.facility(owner)
    asked = [b.request(owner) for _ in range(40)]
    places = [
        b.place(
            home,
            sharing=each.sharing,
            beds=each.beds,
            cots=each.cots,
            free=[
                b.interval(b.nights(start), night_of(until), beds=beds, cots=cots)
                for start, until, beds, cots in each.free
            ],
        )
        for each in PLACES
    ]
    shut = [
        b.closure(places[at], b.nights(start), b.nights(until))
        for at, each in enumerate(PLACES)
        for start, until in each.closed
    ]
    b.save(engine, owner, home, *asked, *places, *shut)
    return lambda: World(engine, asked, places)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(operations=st.lists(OPERATIONS, min_size=4, max_size=16))
def test_the_database_agrees_with_the_model(
    engine: Engine, world_of: Callable[[], World], operations: list[tuple[str, Any]]
) -> None:
    clean(engine)
    world = world_of()
    for name, given_ in operations:
        getattr(world, name)(given_)
        world.agree()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(operations=st.lists(OPERATIONS, max_size=8), wanted=legs())
def test_what_a_run_is_offered_can_be_held_and_nothing_else(
    engine: Engine, world_of: Callable[[], World], operations: list[tuple[str, Any]], wanted: Taken
) -> None:
    """`data.availability.supply`, from which runs choose, and the database's rules say the same of every leg."""
    clean(engine)
    world = world_of()
    for name, given_ in operations:
        getattr(world, name)(given_)
    place = PLACES[wanted.place]
    offered = supply(
        place.sharing,
        [FreeInterval(b.nights(start), night_of(until), beds, cots) for start, until, beds, cots in place.free],
        beds=place.beds,
        cots=place.cots,
        closed=[Nights(b.nights(start), night_of(until)) for start, until in place.closed],
        taken=[
            Nights(b.nights(each.start), night_of(each.until), each.beds, each.cots)
            for each in world.model.live.values()
            if each.place == wanted.place
        ],
    )

    def free(night: int) -> tuple[int, int]:
        day = b.NIGHT + timedelta(days=night)
        there = [each for each in offered if each.start <= day and (each.until is None or day < each.until)]
        beds = sum(place.beds if each.beds is None else each.beds for each in there)
        return beds, sum(place.cots if each.cots is None else each.cots for each in there)

    fits = all(
        wanted.beds <= free(night)[0] and wanted.cots <= free(night)[1] for night in range(wanted.start, wanted.until)
    )
    assert world.model.fits(wanted) is fits
