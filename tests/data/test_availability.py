"""Supply of a place, by examples and against a count night by night."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.availability import Nights, supply
from matcher.place import FreeInterval, Sharing

DAY = date(2026, 11, 21)
SPAN = 14


def d(offset: int) -> date:
    return DAY + timedelta(days=offset)


def free(start: int, until: int | None = None, beds: int | None = None, cots: int | None = None) -> FreeInterval:
    return FreeInterval(d(start), None if until is None else d(until), beds, cots)


def span(start: int, until: int | None = None, beds: int = 1, cots: int = 0) -> Nights:
    return Nights(d(start), None if until is None else d(until), beds, cots)


def test_what_is_declared_is_free() -> None:
    assert supply(Sharing.PRIVATE, [free(3, 9), free(0, 2)], beds=2, cots=1) == (free(0, 2), free(3, 9))


def test_a_private_room_loses_every_night_of_a_booking() -> None:
    rest = supply(Sharing.PRIVATE, [free(0)], beds=2, cots=1, taken=[span(3, 7, beds=1)])
    assert rest == (free(0, 3), free(7))


def test_works_without_end_close_a_room_for_good() -> None:
    assert supply(Sharing.PRIVATE, [free(0, 4), free(6)], beds=2, cots=1, closed=[span(2)]) == (free(0, 2),)


def test_a_booked_bed_leaves_the_others_free_throughout() -> None:
    rest = supply(Sharing.SHARED, [free(0)], beds=4, cots=1, taken=[span(3, 7, beds=1)])
    assert rest == (free(0, 3, 1, 0), free(0, None, 3, 1), free(7, None, 1, 0))


def test_a_booking_takes_the_bed_that_is_free_all_its_nights() -> None:
    rest = supply(Sharing.SHARED, [free(0, 4, 1), free(0, 9, 1), free(2, 9, 2)], beds=4, cots=0, taken=[span(0, 6)])
    assert rest == (free(0, 4, 1, 0), free(2, 9, 2, 0), free(6, 9, 1, 0))


def test_a_booking_beyond_the_declaration_borrows_nothing() -> None:
    assert supply(Sharing.SHARED, [free(2, 4, 1)], beds=2, cots=0, taken=[span(0, 9, beds=5)]) == ()


def test_no_more_is_offered_than_there_is() -> None:
    rest = supply(Sharing.SHARED, [free(0, 6), free(4, 9, 1)], beds=2, cots=0)
    assert {night: sum(each.beds or 0 for each in rest if covers(each, d(night))) for night in range(9)} == {
        **dict.fromkeys(range(6), 2),
        **dict.fromkeys(range(6, 9), 1),
    }


def test_two_bookings_one_after_the_other_take_one_bed() -> None:
    rest = supply(Sharing.SHARED, [free(0, 8)], beds=2, cots=0, taken=[span(0, 3), span(3, 8)])
    assert rest == (free(0, 8, 1, 0),)


starts = st.integers(0, SPAN - 1)
amounts = st.integers(0, 3)


@st.composite
def nights(draw: st.DrawFn) -> Nights:
    start = draw(starts)
    until = draw(st.one_of(st.none(), st.integers(start + 1, SPAN)))
    return span(start, until, draw(amounts), draw(amounts))


@st.composite
def group(draw: st.DrawFn) -> FreeInterval:
    start = draw(starts)
    until = draw(st.one_of(st.none(), st.integers(start + 1, SPAN)))
    return free(start, until, draw(st.one_of(st.none(), amounts)), draw(st.one_of(st.none(), amounts)))


@st.composite
def apart(draw: st.DrawFn) -> list[FreeInterval]:
    bounds = sorted(draw(st.sets(st.integers(0, SPAN), max_size=8)))
    whole = [free(start, until) for start, until in zip(bounds[::2], bounds[1::2], strict=False)]
    return [*whole, free(bounds[-1])] if len(bounds) % 2 else whole


def covers(interval: FreeInterval | Nights, night: date) -> bool:
    return interval.start <= night and (interval.until is None or night < interval.until)


def inside(inner: FreeInterval, outer: FreeInterval) -> bool:
    return inner.start >= outer.start and (
        outer.until is None or (inner.until is not None and inner.until <= outer.until)
    )


@given(st.lists(group(), max_size=4), st.lists(nights(), max_size=3), st.lists(nights(), max_size=5))
def test_a_shared_place_counts_night_by_night(
    declared: list[FreeInterval], closed: list[Nights], taken: list[Nights]
) -> None:
    beds, cots = 5, 2
    rest = supply(Sharing.SHARED, declared, beds=beds, cots=cots, closed=closed, taken=taken)
    for night in map(d, range(SPAN + 2)):
        shut = any(covers(each, night) for each in closed)
        for attribute, whole in (("beds", beds), ("cots", cots)):

            def count(
                intervals: tuple[FreeInterval, ...] | list[FreeInterval] | list[Nights],
                night: date = night,
                attribute: str = attribute,
                whole: int = whole,
            ) -> int:
                amounts = (getattr(each, attribute) for each in intervals if covers(each, night))
                return sum(whole if amount is None else amount for amount in amounts)

            # More may be declared than there is: that is not offered.
            expected = 0 if shut else max(0, min(count(declared), whole) - count(taken))
            assert count(rest) == expected
    assert all(any(inside(each, whole) for whole in declared) for each in rest)


@given(apart(), st.lists(nights(), max_size=3), st.lists(nights(), max_size=4))
def test_a_private_place_counts_night_by_night(
    declared: list[FreeInterval], closed: list[Nights], taken: list[Nights]
) -> None:
    rest = supply(Sharing.PRIVATE, declared, beds=2, cots=1, closed=closed, taken=taken)
    for night in map(d, range(SPAN + 2)):
        is_free = any(covers(each, night) for each in declared) and not any(
            covers(each, night) for each in [*closed, *taken]
        )
        assert sum(covers(each, night) for each in rest) == int(is_free)
    assert all(any(inside(each, whole) for whole in declared) for each in rest)


@given(st.lists(group(), max_size=4), st.lists(nights(), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(declared: list[FreeInterval], taken: list[Nights], chance: object) -> None:
    shuffled, other = list(declared), list(taken)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert supply(Sharing.SHARED, declared, beds=5, cots=2, taken=taken) == supply(
        Sharing.SHARED, shuffled, beds=5, cots=2, taken=other
    )
