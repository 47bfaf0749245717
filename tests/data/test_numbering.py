"""Numbers keep bookings of one bed apart, with as few beds as share a night."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.numbering import Span, afresh, lowest
from tests.builders import NIGHT, nights


def spans() -> st.SearchStrategy[Span]:
    lengths = st.none() | st.integers(1, 6)
    return st.builds(
        lambda start, length: Span(nights(start), None if length is None else nights(start + length)),
        st.integers(0, 12),
        lengths,
    )


def there(span: Span, night: int) -> bool:
    return span.start <= nights(night) and (span.until is None or span.until > nights(night))


@given(st.lists(spans(), max_size=8))
def test_numbered_afresh_no_two_meet_and_none_is_wasted(found: list[Span]) -> None:
    numbers = afresh(found)
    fullest = max((sum(there(span, night) for span in found) for night in range(20)), default=0)
    assert max(numbers, default=0) == fullest
    for index, one in enumerate(found):
        for other in range(index):
            assert numbers[index] != numbers[other] or not one.meets(found[other])


@given(st.lists(st.tuples(st.integers(1, 4), spans()), max_size=6), spans(), st.integers(0, 4), st.integers(0, 4))
def test_the_lowest_free_numbers(taken: list[tuple[int, Span]], wanted: Span, count: int, capacity: int) -> None:
    busy = {given for given, span in taken if any(there(span, night) and there(wanted, night) for night in range(20))}
    free = [number for number in range(1, capacity + 1) if number not in busy]
    assert lowest(taken, wanted, count, capacity) == (free[:count] if len(free) >= count else None)


def test_spans_are_half_open() -> None:
    day = timedelta(days=1)
    assert not Span(NIGHT, NIGHT + day).meets(Span(NIGHT + day, None))
    assert Span(NIGHT, None).meets(Span(NIGHT + 400 * day, None))
