"""Entries of the objective along one path of a residual graph, packed in as few 64-bit integers as they need.

A *lane* is one integer that holds consecutive entries; several lanes compare in order, as the vector does. A path that
meets every request once at most changes entry e by at most b(e) either way. With w(e) = Π over later entries f of the
lane of (1 + 2 b(f)), the later entries of two such paths differ by less than w(e) together, so lanes compare as the
entries do. Far tighter than `matcher.stages`, which must pack whole answers: a path leaves at most one request unserved
and serves at most one more, so b is 1 for the counts, and twice the largest seniority for entry 9.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.objective import COST, ENTRIES, SENIORITY, Vector
from matcher.plans import Plans
from matcher.tables import Ints, Tables

FAR: Final = 2**62
"""A lane of what cannot be reached; sums along paths stay under half of it."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Weights of the entries in each lane.

    Parameters
    ----------
    weights : ndarray of int64
        Shape (lanes, `ENTRIES`); each entry weighs in one lane at most, and in none when it does not count.
    bounds : tuple of int
        How far one path may change each entry, either way.
    """

    weights: Ints
    bounds: tuple[int, ...]

    def __len__(self) -> int:
        """Count the lanes."""
        return len(self.weights)

    def of_plans(self, tables: Tables, plans: Plans, rows: Ints | None = None) -> Ints:
        """Give what plans (some rows of them, or all) are worth; shape (lanes, plans)."""
        columns = (plans.request, plans.roofless, plans.cost)
        request, roofless, cost = columns if rows is None else (column[rows] for column in columns)
        worth = self.weights[:, 2 * tables.priority - 1].take(request, axis=1)
        worth *= roofless
        counted = np.flatnonzero(self.weights[:, COST])
        worth[counted] += self.weights[counted, COST : COST + 1] * cost
        return worth

    def of_staying(self, tables: Tables) -> Ints:
        """Give what leaving each request unserved is worth; shape (lanes, requests)."""
        count = self.weights[:, 2 * (tables.priority - 1)]
        worth: Ints = count + self.weights[:, SENIORITY : SENIORITY + 1] * tables.seniority
        return worth

    def vector(self, lanes: Ints) -> Vector:
        """Read the entries back from the lanes of one path; shape (lanes,)."""
        entries = [0] * ENTRIES
        for lane, weights in zip(lanes.tolist(), self.weights, strict=True):
            rest = int(lane)
            for number in np.flatnonzero(weights)[::-1].tolist():
                bound = self.bounds[number]
                entries[number] = (rest + bound) % (1 + 2 * bound) - bound
                rest = (rest - entries[number]) // (1 + 2 * bound)
        return tuple(entries)


def path_lanes(tables: Tables, plans: Plans, entries: int, *, extra_cost: int = 0) -> Lanes:
    """Pack the first entries for paths through these plans and one plan more.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        What requests may be given.
    entries : int
        How many entries of the objective count.
    extra_cost : int
        Largest cost of the one plan more, which may have any nights without a roof.

    Returns
    -------
    Lanes
        As few as hold them.
    """
    bounds = _bounds(tables, plans, extra_cost)[:entries]
    weights: list[list[int]] = []
    product = FAR
    for number in range(entries - 1, -1, -1):
        if product * (1 + 2 * bounds[number]) >= FAR:
            weights.insert(0, [0] * ENTRIES)
            product = 1
        weights[0][number] = product
        product *= 1 + 2 * bounds[number]
    return Lanes(np.array(weights, dtype=np.int64).reshape(-1, ENTRIES), tuple(bounds))


def _bounds(tables: Tables, plans: Plans, extra_cost: int) -> list[int]:
    """Give how far one path may change each entry."""
    most_roofless, most_cost = (np.zeros(len(tables.requests), dtype=np.int64) for _ in range(2))
    if len(plans):
        whose, first = np.unique(plans.request, return_index=True)
        most_roofless[whose] = np.maximum.reduceat(plans.roofless, first)
        most_cost[whose] = np.maximum.reduceat(plans.cost, first)
    extra = min(tables.problem.policy.secure_nights, tables.horizon)
    bounds = [1] * ENTRIES
    for number in range(4):
        bounds[2 * number + 1] = int(most_roofless[tables.priority == number + 1].sum()) + extra
    bounds[SENIORITY] = 2 * int(np.abs(tables.seniority).max(initial=0))
    bounds[COST] = int(most_cost.sum()) + extra_cost
    return bounds


def is_less(first: Ints, second: Ints | int) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Compare lanes as vectors; shape of what is compared without the axis of the lanes."""
    difference = np.asarray(first - second)
    less = np.zeros(difference.shape[1:], dtype=np.bool_)
    for lane in difference[::-1]:
        less = (lane < 0) | ((lane == 0) & less)
    return less
