"""Holding, booking, renewing and letting go, known answers; each guarantee also with its rule taken away."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select, text, update

from data import bookings
from data.errors import ConstraintBroken
from data.models.booking import Booking, Unit
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.place import Place
from data.models.proposal import Proposal, ProposalLeg, ProposalState
from data.models.stay import Stay, StayState
from data.session import transaction
from matcher.place import Sharing
from tests import builders as b
from tests.data import booked as k

TAKEN = {"booking_overlap", "booking_beyond_declared"}
"""What says that others have the beds: which of both speaks first is the engine's choice."""


@pytest.fixture
def home(engine: Engine, owner: Organisation) -> Facility:
    row = b.facility(owner)
    b.save(engine, row)
    return row


@pytest.fixture
def room(engine: Engine, home: Facility) -> Place:
    row = b.place(home)
    b.save(engine, row)
    return row


@pytest.fixture
def dormitory(engine: Engine, home: Facility) -> Place:
    row = b.place(home, sharing=Sharing.SHARED, beds=3, cots=1)
    b.save(engine, row)
    return row


def numbers(engine: Engine, unit: Unit = Unit.BED) -> list[int]:
    return [row.number for row in k.live(engine) if row.unit is unit]


def test_a_private_place_goes_whole(engine: Engine, owner: Organisation, room: Place) -> None:
    first, second = k.households(engine, owner, 2)
    k.take(engine, first, (room, 0, 7))
    (row,) = k.live(engine)
    assert (row.unit, row.number, row.from_night, row.until_night) == (Unit.PLACE, 1, b.NIGHT, b.WEEK_AFTER)
    assert k.refusal(engine, second, (room, 6, 9)) in TAKEN
    assert k.refusal(engine, second, (room, 7, 9)) is None


def test_a_shared_place_goes_by_beds_and_cots(engine: Engine, owner: Organisation, dormitory: Place) -> None:
    first, second, third, fourth = k.households(engine, owner, 4)
    k.take(engine, first, (dormitory, 0, 7), beds=2, cots=1)
    assert (numbers(engine), numbers(engine, Unit.COT)) == ([1, 2], [1])
    assert k.refusal(engine, second, (dormitory, 3, 5), beds=1, cots=1) in TAKEN
    k.take(engine, third, (dormitory, 3, 5))
    assert numbers(engine) == [1, 2, 3]
    assert k.refusal(engine, fourth, (dormitory, 4, 6)) in TAKEN


def test_what_is_refused_leaves_nothing_and_the_transaction_goes_on(
    engine: Engine, owner: Organisation, room: Place, dormitory: Place
) -> None:
    first, second = k.households(engine, owner, 2)
    k.take(engine, first, (dormitory, 7, 9), beds=3)
    made = b.proposal(second, [b.leg(room), b.leg(dormitory, b.nights(7), b.nights(8))])
    other = b.proposal(second, [b.leg(room)])
    with transaction(engine) as session:
        with pytest.raises(ConstraintBroken):
            bookings.hold(session, [made])
        bookings.hold(session, [other])
    with transaction(engine) as session:
        assert session.get(Proposal, made.id) is None
        assert session.get(Proposal, other.id) is not None
    assert {row.proposal_id for row in k.live(engine) if row.request_id == second.id} == {other.id}


def test_nothing_is_held_beyond_what_is_declared(engine: Engine, owner: Organisation, home: Facility) -> None:
    free = [b.interval(b.NIGHT, b.nights(5), beds=1), b.interval(b.nights(3), b.nights(9), beds=1)]
    some = b.place(home, sharing=Sharing.SHARED, beds=3, cots=0, free=free)
    full, works = b.place(home, free=[]), b.place(home)
    b.save(engine, some, full, works, b.closure(works, b.nights(4), b.nights(6)))
    asked, other = k.households(engine, owner, 2)
    beyond = "booking_beyond_declared"
    assert k.refusal(engine, asked, (full, 0, 1)) == beyond
    assert k.refusal(engine, asked, (works, 0, 5)) == beyond
    assert k.refusal(engine, asked, (some, 0, 10)) == beyond
    assert k.refusal(engine, asked, (some, 2, 6), beds=2) == beyond
    assert k.refusal(engine, asked, (some, 3, 5), beds=2) is None
    # Three beds there are; two are declared, and taken.
    assert k.refusal(engine, other, (some, 4, 5)) == beyond


def test_a_household_fits_in_the_beds_declared_of_a_private_place(
    engine: Engine, owner: Organisation, home: Facility
) -> None:
    room = b.place(home, beds=4, free=[b.interval(beds=2)])
    b.save(engine, room)
    (asked,) = k.households(engine, owner, 1)
    assert k.refusal(engine, asked, (room, 0, 7), beds=3) == "booking_larger_than_declared"
    assert k.refusal(engine, asked, (room, 0, 7), beds=2) is None


def test_beds_are_numbered_anew_when_that_makes_room(engine: Engine, owner: Organisation, home: Facility) -> None:
    pair = b.place(home, sharing=Sharing.SHARED, beds=2, cots=0)
    b.save(engine, pair)
    one, two, three, four = k.households(engine, owner, 4)
    k.take(engine, one, (pair, 0, 2))
    gone = k.take(engine, two, (pair, 2, 5))
    k.take(engine, three, (pair, 3, 5))
    with transaction(engine) as session:
        k.end(session, gone)
    # Beds 1 and 2 are each taken on one of these nights, yet never both on the same.
    assert numbers(engine) == [1, 2]
    k.take(engine, four, (pair, 1, 4))
    assert sorted(numbers(engine)) == [1, 1, 2]


def test_holds_become_stays_without_a_gap(engine: Engine, owner: Organisation, room: Place, dormitory: Place) -> None:
    first, second = k.households(engine, owner, 2)
    made = k.take(engine, first, (room, 0, 7), (dormitory, 7, 9))
    before = {row.id for row in k.live(engine)}
    stays = k.admit(engine, made)
    assert {row.id for row in k.live(engine)} == before
    assert {row.stay_id for row in k.live(engine)} == set(stays)
    with transaction(engine) as session:
        expected = session.get_one(Stay, stays[0])
        assert (expected.state, expected.has_adult, expected.has_minor) == (StayState.BOOKED, True, False)
        assert not session.scalars(select(ProposalLeg.open).where(ProposalLeg.open)).all()
    assert k.refusal(engine, second, (room, 0, 1)) in TAKEN


def test_what_is_no_longer_held_cannot_be_booked(engine: Engine, owner: Organisation, room: Place) -> None:
    (asked,) = k.households(engine, owner, 1)
    made = k.take(engine, asked, (room, 0, 7))
    with transaction(engine) as session:
        k.end(session, made)
    with transaction(engine) as session, pytest.raises(ConstraintBroken, match="booking_without_holder"):
        bookings.book(session, session.get_one(Proposal, made.id))
    with transaction(engine) as session:
        assert session.scalars(select(Stay)).all() == []


@pytest.mark.parametrize("state", [StayState.NO_SHOW, StayState.CANCELLED, StayState.ENDED])
def test_a_stay_that_is_over_sets_its_nights_free(
    engine: Engine, owner: Organisation, room: Place, state: StayState
) -> None:
    first, second = k.households(engine, owner, 2)
    (stay,) = k.admit(engine, k.take(engine, first, (room, 0, 7)))
    with transaction(engine) as session:
        row = session.get_one(Stay, stay)
        if state is StayState.ENDED:
            row.state = StayState.OCCUPIED
            session.flush()
        row.state = state
    assert k.live(engine) == []
    assert k.refusal(engine, second, (room, 1, 5)) is None


def test_a_stay_is_renewed_while_nobody_else_has_the_nights(
    engine: Engine, owner: Organisation, home: Facility
) -> None:
    room = b.place(home, free=[b.interval(b.NIGHT, b.nights(20))])
    b.save(engine, room)
    first, second = k.households(engine, owner, 2)
    (stay,) = k.admit(engine, k.take(engine, first, (room, 0, 7)))
    k.take(engine, second, (room, 12, 14))

    def until(count: int) -> str | None:
        with transaction(engine) as session:
            row = session.get_one(Stay, stay)
            try:
                bookings.reschedule(session, row, b.nights(count))
            except ConstraintBroken as refused:
                assert row.until_night == b.nights(12)
                return refused.constraint
        return None

    assert until(12) is None
    assert until(13) in {*TAKEN, "booking_renewed_beyond_declared"}
    assert {row.until_night for row in k.live(engine) if row.stay_id == stay} == {b.nights(12)}
    with transaction(engine) as session:
        bookings.drop(session, session.get_one(Stay, stay))
    assert {row.request_id for row in k.live(engine)} == {second.id}


def test_a_renewal_stays_within_the_declaration(engine: Engine, owner: Organisation, home: Facility) -> None:
    room = b.place(home, free=[b.interval(b.NIGHT, b.nights(9))])
    b.save(engine, room)
    (asked,) = k.households(engine, owner, 1)
    (stay,) = k.admit(engine, k.take(engine, asked, (room, 0, 7)))
    with transaction(engine) as session:
        row = session.get_one(Stay, stay)
        bookings.reschedule(session, row, b.nights(9))
        with pytest.raises(ConstraintBroken, match="booking_renewed_beyond_declared"):
            bookings.reschedule(session, row, None)
        # Leaving earlier asks for nothing, whatever the shelter declares by now.
        session.execute(text("DELETE FROM free_interval"))
        bookings.reschedule(session, row, b.nights(2))
    assert {row.until_night for row in k.live(engine)} == {b.nights(2)}


def test_a_renewal_numbers_beds_anew(engine: Engine, owner: Organisation, home: Facility) -> None:
    pair = b.place(home, sharing=Sharing.SHARED, beds=2, cots=0)
    b.save(engine, pair)
    one, two = k.households(engine, owner, 2)
    (stay,) = k.admit(engine, k.take(engine, one, (pair, 0, 3)))
    k.take(engine, two, (pair, 3, 9))
    assert numbers(engine) == [1, 1]
    with transaction(engine) as session:
        bookings.reschedule(session, session.get_one(Stay, stay), b.nights(5))
    assert sorted(numbers(engine)) == [1, 2]


def test_an_overdue_hold_gives_way_in_the_transaction_that_takes_it(
    engine: Engine, owner: Organisation, room: Place
) -> None:
    first, second = k.households(engine, owner, 2)
    late = k.take(engine, first, (room, 0, 7))
    made = b.proposal(second, [b.leg(room)])
    early = late.expires_at - timedelta(seconds=1)
    with transaction(engine) as session, pytest.raises(ConstraintBroken):
        bookings.hold(session, [made], early)
    with transaction(engine) as session:
        assert [row.id for row in bookings.hold(session, [b.proposal(second, [b.leg(room)])], late.expires_at)] == [
            late.id
        ]
    with transaction(engine) as session:
        row = session.get_one(Proposal, late.id)
        assert (row.state, row.closed_at) == (ProposalState.EXPIRED, late.expires_at)
    assert {row.request_id for row in k.live(engine)} == {second.id}


def test_a_place_keeps_what_is_booked_in_it(engine: Engine, owner: Organisation, dormitory: Place) -> None:
    (asked,) = k.households(engine, owner, 1)
    k.take(engine, asked, (dormitory, 0, 7), beds=2)
    for column, value in (("beds", 1), ("sharing", "private")):
        with pytest.raises(ConstraintBroken, match="place_below_booked"), transaction(engine) as session:
            session.execute(update(Place).values({column: value}))
    with transaction(engine) as session:
        session.execute(update(Place).values(beds=2))


WRONG = {
    "booking_overlap": {"number": 1},
    "booking_beyond_declared": {"number": 2, "from_night": b.nights(-1)},
    "booking_unit_of_place": {"number": 3},
    "booking_without_holder": {"number": 2, "position": 1},
}


@pytest.mark.parametrize("rule", WRONG)
def test_each_rule_alone_refuses_what_nothing_else_does(
    engine: Engine, owner: Organisation, home: Facility, rule: str
) -> None:
    shared = b.place(home, sharing=Sharing.SHARED, beds=2, cots=0)
    other = b.place(home)
    b.save(engine, shared, other)
    first, second = k.households(engine, owner, 2)
    k.take(engine, first, (shared, 0, 7))
    made = b.proposal(second, [b.leg(shared), b.leg(other)])
    b.save(engine, made)
    row = {
        "place_id": shared.id,
        "request_id": second.id,
        "proposal_id": made.id,
        "position": 0,
        "unit": Unit.BED,
        "number": 2,
        "from_night": b.NIGHT,
        "until_night": b.WEEK_AFTER,
        "live": True,
    } | WRONG[rule]
    with pytest.raises(ConstraintBroken, match=rule), transaction(engine) as session:
        session.execute(insert(Booking), row)
    with k.without(engine, rule), transaction(engine) as session:
        session.execute(insert(Booking), row)


def test_a_booking_keeps_what_it_is_and_never_comes_back(engine: Engine, owner: Organisation, room: Place) -> None:
    (asked,) = k.households(engine, owner, 1)
    made = k.take(engine, asked, (room, 0, 7))
    for column, value in (("from_night", b.nights(1)), ("unit", Unit.BED)):
        with pytest.raises(ConstraintBroken, match="booking_moved"), transaction(engine) as session:
            session.execute(update(Booking).values({column: value}))
    with transaction(engine) as session:
        k.end(session, made)
    with pytest.raises(ConstraintBroken, match="booking_moved"), transaction(engine) as session:
        session.execute(update(Booking).values(live=True))


def test_without_its_rules_a_bed_is_given_twice(engine: Engine, owner: Organisation, room: Place) -> None:
    first, second = k.households(engine, owner, 2)
    with k.without(engine, "booking_overlap", "booking_beyond_declared"):
        k.take(engine, first, (room, 0, 7))
        k.take(engine, second, (room, 0, 7))
        assert len({(row.place_id, row.number) for row in k.live(engine)}) == 1 < len(k.live(engine))
