"""Whether households fit together in the free intervals of one shared place.

An answer names places and nights, never intervals: it is valid when *some* choice of intervals is
(`matching.md` §5). The intervals of a shared place are groups of beds that may overlap, so the choice is a small
packing problem; those of a private place do not overlap, and there the choice is forced.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    """One way for a household to use a place: an interval, and the beds and cots it takes there."""

    interval: int
    beds: int
    cots: int


def pack(households: Sequence[Sequence[Seat]], room: dict[int, tuple[int, int]]) -> list[Seat] | None:
    """Choose a seat for every household without overfilling an interval.

    Parameters
    ----------
    households : sequence of sequence of Seat
        The ways each household could use the place.
    room : dict of int to tuple of int
        Beds and cots of each interval.

    Returns
    -------
    list of Seat or None
        One seat per household in the order given, or None when there is no way.
    """
    order = sorted(range(len(households)), key=lambda index: len(households[index]))
    chosen: dict[int, Seat] = {}
    left = dict(room)
    if _pack_from(0, order, households, left, chosen):
        return [chosen[index] for index in range(len(households))]
    return None


def _pack_from(
    depth: int,
    order: list[int],
    households: Sequence[Sequence[Seat]],
    left: dict[int, tuple[int, int]],
    chosen: dict[int, Seat],
) -> bool:
    if depth == len(order):
        return True
    for seat in households[order[depth]]:
        beds, cots = left[seat.interval]
        if seat.beds <= beds and seat.cots <= cots:
            left[seat.interval] = (beds - seat.beds, cots - seat.cots)
            chosen[order[depth]] = seat
            if _pack_from(depth + 1, order, households, left, chosen):
                return True
            left[seat.interval] = (beds, cots)
    return False
