"""What is free in a place: the nights its shelter declares, less closures, booked stays and open proposals.

Pure: values in, values out. A night is its date; an interval is half-open, without end when ``until`` is None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from matcher.place import FreeInterval, Sharing

_FAR: Final = date.max


@dataclass(frozen=True, slots=True)
class Nights:
    """Nights of one place, [start, until), on which beds and cots are taken; a closure takes none and shuts all.

    Parameters
    ----------
    start : date
        First night.
    until : date or None
        Night after the last; None: without end.
    beds, cots : int
        Taken in a shared place. Of a private place every bed is.
    """

    start: date
    until: date | None
    beds: int = 0
    cots: int = 0


class _Group(NamedTuple):
    start: date
    until: date
    beds: int | None
    cots: int | None


class _Beds(NamedTuple):
    start: date
    until: date
    beds: int
    cots: int


def supply(
    sharing: Sharing,
    declared: Sequence[FreeInterval],
    *,
    beds: int,
    cots: int,
    closed: Sequence[Nights] = (),
    taken: Sequence[Nights] = (),
) -> tuple[FreeInterval, ...]:
    """Give the free intervals a run may offer in one place.

    A private place loses every night of a closure, of a booked stay and of an open proposal. A shared place loses
    the nights of its closures, and from its groups of beds those that are taken: a group is parted into the beds
    that stay free throughout and the beds that are free only before and after, so that a long stay keeps a bed
    without a gap. Beds are taken first from a group that is free on all the nights and that they fill best. What
    is taken beyond what was declared is lost, never borrowed from other nights; what is declared beyond the beds
    there are is not offered.

    Parameters
    ----------
    sharing : Sharing
        Whether the place goes to one household at a time.
    declared : sequence of FreeInterval
        As the shelter declared them.
    beds, cots : int
        Of the empty place: what an interval that says nothing of them has.
    closed : sequence of Nights
        Closures; their beds and cots are not looked at.
    taken : sequence of Nights
        Booked stays and legs of open proposals.

    Returns
    -------
    tuple of FreeInterval
        By first night. Empty when the place is full.
    """
    groups = [_Group(each.start, each.until or _FAR, each.beds, each.cots) for each in declared]
    if sharing is Sharing.SHARED and len(groups) > 1:
        taken = [*taken, *_excess(groups, beds, cots)]
    if not closed and not taken:
        return tuple(sorted(declared, key=_order))
    shut = [*closed, *taken] if sharing is Sharing.PRIVATE else closed
    for nights in shut:
        groups = [rest for group in groups for rest in _outside(group, nights)]
    if sharing is Sharing.SHARED and taken:
        groups = _less(groups, beds, cots, taken)
    free = (FreeInterval(start, None if until == _FAR else until, *rest) for start, until, *rest in groups)
    return tuple(sorted(free, key=_order))


def _order(interval: FreeInterval) -> tuple[date, date, int, int]:
    unsaid = -1
    return (
        interval.start,
        interval.until or _FAR,
        unsaid if interval.beds is None else interval.beds,
        unsaid if interval.cots is None else interval.cots,
    )


def _outside(group: _Group, nights: Nights) -> Iterable[_Group]:
    until = nights.until or _FAR
    if nights.start > group.start:
        yield group._replace(until=min(group.until, nights.start))
    if until < group.until:
        yield group._replace(start=max(group.start, until))


def _excess(groups: Sequence[_Group], beds: int, cots: int) -> Iterable[Nights]:
    """Yield what groups declare together beyond the beds and cots there are."""
    edges = sorted({edge for group in groups for edge in (group.start, group.until)})
    for start, until in pairwise(edges):
        there = [group for group in groups if group.start <= start < group.until]
        more_beds = sum(beds if group.beds is None else group.beds for group in there) - beds
        more_cots = sum(cots if group.cots is None else group.cots for group in there) - cots
        if more_beds > 0 or more_cots > 0:
            yield Nights(start, None if until == _FAR else until, max(0, more_beds), max(0, more_cots))


def _less(groups: Sequence[_Group], beds: int, cots: int, taken: Sequence[Nights]) -> list[_Group]:
    rest = [
        _Beds(
            group.start,
            group.until,
            beds if group.beds is None else group.beds,
            cots if group.cots is None else group.cots,
        )
        for group in groups
    ]
    wanted = sorted(_Beds(each.start, each.until or _FAR, each.beds, each.cots) for each in taken)
    for each in wanted:
        rest = _take(rest, each)
    return [_Group(*group) for group in rest]


def _take(groups: list[_Beds], wanted: _Beds) -> list[_Beds]:
    pending = [wanted]
    while pending:
        want = pending.pop()
        group = _best(groups, want)
        if group is None:
            continue
        groups.remove(group)
        start, until = max(group.start, want.start), min(group.until, want.until)
        beds, cots = min(group.beds, want.beds), min(group.cots, want.cots)
        groups += _not_empty(
            _Beds(group.start, group.until, group.beds - beds, group.cots - cots),
            _Beds(group.start, start, beds, cots),
            _Beds(until, group.until, beds, cots),
        )
        pending += _not_empty(
            _Beds(start, until, want.beds - beds, want.cots - cots),
            _Beds(want.start, start, want.beds, want.cots),
            _Beds(until, want.until, want.beds, want.cots),
        )
    return groups


def _not_empty(*groups: _Beds) -> list[_Beds]:
    return [group for group in groups if group.start < group.until and (group.beds or group.cots)]


def _best(groups: Sequence[_Beds], want: _Beds) -> _Beds | None:
    usable = [
        group
        for group in groups
        if group.start < want.until
        and want.start < group.until
        and ((group.beds and want.beds) or (group.cots and want.cots))
    ]
    return min(usable, key=lambda group: _fit(group, want), default=None)


def _fit(group: _Beds, want: _Beds) -> tuple[bool, bool, int, int, timedelta, _Beds]:
    # The smallest comes first: covers the nights, holds the household, leaves the fewest beds, then nights, unused.
    return (
        not (group.start <= want.start and want.until <= group.until),
        not (group.beds >= want.beds and group.cots >= want.cots),
        group.beds - want.beds,
        group.cots - want.cots,
        group.until - group.start,
        group,
    )
