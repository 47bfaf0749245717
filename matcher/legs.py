"""When a request can stay in the free intervals of places (`matching.md` §1, rule `not_available`)."""

from dataclasses import dataclass

import numpy as np

from matcher.tables import Bools, Ints, Tables


@dataclass(frozen=True, slots=True)
class Legs:
    """What one request could do in some free intervals, as columns of equal length.

    Parameters
    ----------
    interval, place : ndarray of int64
        Which free interval, and whose.
    start : ndarray of int64
        First night there, counted from the run night.
    end : ndarray of int64
        Night after the last, were this the whole plan.
    alone : ndarray of bool
        Whether it is early enough to be a plan, or to begin one.
    """

    interval: Ints
    place: Ints
    start: Ints
    end: Ints
    alone: Bools

    def __len__(self) -> int:
        """Count the legs."""
        return len(self.interval)

    def take(self, rows: Ints | Bools) -> "Legs":
        """Give some of the legs."""
        return Legs(self.interval[rows], self.place[rows], self.start[rows], self.end[rows], self.alone[rows])


def bed_demand(tables: Tables, request: int | Ints, interval: Ints) -> tuple[Ints, Ints]:
    """Beds and cots one request takes in free intervals (`matching.md` §1).

    Parameters
    ----------
    tables : Tables
        The problem.
    request : int or ndarray of int64
        Which request; or whose, one per interval.
    interval : ndarray of int64
        Which free intervals.

    Returns
    -------
    tuple of ndarray of int64
        Beds and cots, one per interval.
    """
    pair = tables.pair_is_one[tables.intervals.place[interval]]
    cots = np.minimum(tables.infants[request], tables.intervals.cots[interval])
    cots = np.where(pair, 0, cots)
    beds = np.where(pair, tables.heads[request], tables.heads[request] + tables.infants[request] - cots)
    return beds, cots


def want(tables: Tables, request: int | Ints, start: Ints) -> Ints:
    """Nights wanted by a plan that starts on ``start``: those asked for, as far as the horizon goes."""
    nights: Ints = np.minimum(tables.nights[request], tables.horizon - start)
    return nights


def feasible_legs(tables: Tables, request: int, interval: Ints) -> Legs:
    """Legs of one request that dates and beds allow in given free intervals.

    Parameters
    ----------
    tables : Tables
        The problem.
    request : int
        Which request.
    interval : ndarray of int64
        Which free intervals to look at.

    Returns
    -------
    Legs
        Those with at least one night and room enough, in the order given.
    """
    return _legs(tables, request, interval)[1]


def feasible_pairs(tables: Tables, request: Ints, interval: Ints) -> tuple[Ints, Legs]:
    """Legs that dates and beds allow, for pairs of a request and a free interval (see `feasible_legs`).

    Returns
    -------
    tuple
        Whose each leg is, and the legs.
    """
    keep, legs = _legs(tables, request, interval)
    return request[keep], legs


def _legs(tables: Tables, request: int | Ints, interval: Ints) -> tuple[Bools, Legs]:
    free = tables.intervals
    place = free.place[interval]
    start = np.maximum(tables.first[request], free.start[interval])
    stay = np.minimum(want(tables, request, start), tables.max_stay[place])
    end = np.minimum(start + stay, np.minimum(free.until[interval], tables.horizon))
    beds, _ = bed_demand(tables, request, interval)
    room = np.where(
        tables.shared[place],
        beds <= free.beds[interval],
        free.beds[interval] >= np.maximum(tables.beds[place], beds),
    )
    keep = room & (end > start)
    legs = Legs(interval, place, start, end, start <= tables.latest[request])
    return keep, legs.take(keep)
