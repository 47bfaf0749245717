"""Which beds: numbers that tell the beds of a shared place apart, so that no two bookings of one share a night.

Pure. A number says nothing else, and changes when that makes room: on intervals of nights, as many numbers suffice as
bookings share one night, when they are given by first night.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

_FAR: Final = date.max


class Span(NamedTuple):
    """Nights [start, until); ``until`` None: without end."""

    start: date
    until: date | None

    def meets(self, other: "Span") -> bool:
        """Tell whether two spans share a night."""
        return self.start < (other.until or _FAR) and other.start < (self.until or _FAR)


def lowest(taken: Iterable[tuple[int, Span]], wanted: Span, count: int, capacity: int) -> list[int] | None:
    """Choose the lowest numbers that are free on all the nights.

    Parameters
    ----------
    taken : iterable of (int, Span)
        Numbers given, and for when.
    wanted : Span
        The nights.
    count : int
        Numbers needed, 0 or more.
    capacity : int
        Highest number there is.

    Returns
    -------
    list of int
        Ascending; None when fewer are free throughout.
    """
    busy = {number for number, span in taken if span.meets(wanted)}
    free = [number for number in range(1, capacity + 1) if number not in busy][:count]
    return free if len(free) == count else None


def afresh(spans: Sequence[Span]) -> list[int]:
    """Give spans new numbers, as few as can be.

    Parameters
    ----------
    spans : sequence of Span
        All that are live in one place.

    Returns
    -------
    list of int
        A number for each, from 1; the highest is how many share the fullest night.
    """
    given = [0] * len(spans)
    ends: list[date] = []  # of each number: the night from which it is free again
    for index in sorted(range(len(spans)), key=lambda each: spans[each].start):
        start, until = spans[index].start, spans[index].until or _FAR
        number = next((position for position, end in enumerate(ends) if end <= start), len(ends))
        ends[number : number + 1] = [until]
        given[index] = number + 1
    return given
