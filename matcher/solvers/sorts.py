"""Free intervals of one sort, and plans that others make needless: fewer choices for entries 1 to 9.

Where costs do not count, private free intervals in which the same requests could make the same legs are of one *sort*
(and in the same quotas, and in the same facility where separation looks at it). One variable per request and sort is
enough; the sort takes as many households as it has intervals, and any hand them out afterwards.

A plan of two legs is *needless* when one of its legs alone leaves no more nights without a roof, and nobody can mind
the difference: it uses a part of what the two use, so putting it in their stead keeps every rule.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from matcher.ledger import quotas_of
from matcher.plans import NONE, Plans
from matcher.solvers.ties import distinct, is_product, keep_legs, minding
from matcher.tables import Ints, Tables


@dataclass(frozen=True, slots=True)
class Sorts:
    """One free interval for each sort.

    Parameters
    ----------
    rows : ndarray of int64
        Plans to choose among: on the intervals that stand for their sort, needless ones left out.
    image : ndarray of int64
        Per plan, the position in ``rows`` of the one that does instead.
    stands : ndarray of int64
        Per free interval, the one that stands for its sort.
    room : ndarray of int64
        Per free interval, how many it stands for.
    """

    rows: Ints
    image: Ints
    stands: Ints
    room: Ints


def sorts_of(tables: Tables, plans: Plans) -> Sorts:
    """Sort the free intervals that some plans use.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Of some requests.

    Returns
    -------
    Sorts
        For entries 1 to 9.
    """
    instead = _instead(tables, plans)
    rows = np.flatnonzero(instead == np.arange(len(plans)))
    stands = _stands(tables, plans.take(rows))
    last = np.where(plans.last_interval == NONE, NONE, stands[plans.last_interval])
    own = rows[(stands[plans.interval[rows]] == plans.interval[rows]) & (last[rows] == plans.last_interval[rows])]
    _, code = distinct(plans.request[instead], stands[plans.interval[instead]], last[instead])
    position = np.full(int(code.max(initial=-1)) + 1, NONE)
    position[code[own]] = np.arange(len(own))
    return Sorts(own, position[code], stands, np.bincount(stands, minlength=len(stands)))


def as_they_are(tables: Tables, plans: Plans) -> Sorts:
    """Tell every free interval and every plan apart."""
    rows, intervals = np.arange(len(plans)), np.arange(len(tables.intervals))
    return Sorts(rows, rows, intervals, np.ones(len(intervals), dtype=np.int64))


def _instead(tables: Tables, plans: Plans) -> Ints:
    """Give of each needless plan one that spares it, of each other plan itself.

    A needless plan stays where both its legs are needed for others: programmes are made of legs.
    """
    instead = np.arange(len(plans))
    two = np.flatnonzero(plans.last_place != NONE)
    spared_by = np.full(len(two), NONE)
    for interval, place in ((plans.interval, plans.place), (plans.last_interval, plans.last_place)):
        alone = _alone(tables, plans, interval[two], plans.request[two])
        spares = (alone != NONE) & (plans.roofless[alone] <= plans.roofless[two])
        spares &= ~minding(tables, plans.request[two], place[two])
        spared_by = np.where(spares, alone, spared_by)
    kept = keep_legs(plans, two, spared_by == NONE)
    instead[two[~kept]] = spared_by[~kept]
    return instead


def _alone(tables: Tables, plans: Plans, interval: Ints, request: Ints) -> Ints:
    """Give the plan of one leg of each request in each free interval, or `NONE`."""
    single = np.flatnonzero(plans.last_place == NONE)
    code = plans.request[single] * len(tables.intervals) + plans.interval[single]
    order = np.argsort(code)
    asked = request * len(tables.intervals) + interval
    found = np.searchsorted(code[order], asked)
    padded = np.append(single[order], NONE)
    alone: Ints = np.where(np.append(code[order], NONE)[found] == asked, padded[found], NONE)
    return alone


def _stands(tables: Tables, plans: Plans) -> Ints:
    """Give each free interval the first one of its sort; itself, where nothing is alike."""
    two = np.flatnonzero(plans.last_place != NONE)
    incomplete = two[~is_product(plans, two)]
    kind = np.where(plans.last_place == NONE, 0, 1)
    kind[incomplete] = 3 + incomplete
    end = np.where(plans.last_place == NONE, plans.end, plans.move)
    columns = (plans.interval, kind, plans.request, plans.start, plans.move, end)
    lasts = (plans.last_interval, kind + 1, plans.request, plans.start, plans.move, plans.end)
    legs = [np.concatenate([column, last[two]]) for column, last in zip(columns, lasts, strict=True)]
    kept, _ = distinct(*legs)
    interval = legs[0][kept]
    _, what = distinct(*(leg[kept] for leg in legs[1:]))
    stands = np.arange(len(tables.intervals))
    several = np.bincount(tables.intervals.place, minlength=len(tables.places)) > 1
    grouped = np.array([household.separation_group is not None for household in tables.requests], dtype=np.bool_)
    separated = np.zeros(len(tables.places), dtype=np.bool_)
    separated[tables.intervals.place[interval[grouped[legs[2][kept]]]]] = True
    counting = defaultdict[int, list[int]](list)
    for number, quota in enumerate(quotas_of(tables)):
        for place in quota.places:
            counting[place].append(number)
    seen: dict[tuple[object, ...], int] = {}
    edges = np.flatnonzero(np.diff(interval)) + 1
    for alike in np.split(np.arange(len(interval)), edges):
        if not len(alike):
            continue
        own = int(interval[alike[0]])
        place = int(tables.intervals.place[own])
        if not tables.shared[place] and not several[place]:
            facility = int(tables.facility[place]) if separated[place] else NONE
            key = (what[alike].tobytes(), facility, tuple(counting.get(place, ())))
            stands[own] = seen.setdefault(key, own)
    return stands
