"""Finding the admissible plans against one mask per rule, and against a plain loop that measures distances with geopy.

The references are given an advantage: the masks leave out costs, and the loop only measures one distance a pair.
"""

import numpy as np
from geopy.distance import great_circle

from bench.assignment import compiled, first_call
from bench.clock import peak_mib, worked
from data.seed.problems import realistic_problem
from matcher.geo import great_circle_km
from matcher.legs import feasible_legs
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.tables import Tables

SAMPLE = 50_000
"""Pairs the loop measures; the rest is the rule of three."""
SAMPLED_REQUESTS = 500
"""Requests the masks are made for; the rest is the rule of three."""


def _candidates(problem: Problem) -> Plans:
    tables = Tables(problem)
    return admissible_plans(tables, Residents(tables))


def _masked(tables: Tables, request: int) -> int:
    """Apply one mask per rule to all places, then distances, then dates and beds; count what is left."""
    stands = np.ones(len(tables.places), dtype=np.bool_)
    for table in tables.exclusions.values():
        stands &= ~table.row(request)
    household = tables.requests[request]
    for circle in household.zones.circles:
        stands &= ~(great_circle_km(circle.lat, circle.lon, tables.lat, tables.lon) <= circle.km + tables.precision)
    anchor = household.anchor
    if anchor is not None and anchor.max_km is not None:
        stands &= great_circle_km(anchor.lat, anchor.lon, tables.lat, tables.lon) <= anchor.max_km
    if household.origin is not None:
        great_circle_km(household.origin.lat, household.origin.lon, tables.lat, tables.lon)
    legs = feasible_legs(tables, request, np.flatnonzero(stands[tables.intervals.place]))
    return int(legs.alone.sum())


def _loop_seconds(problem: Problem) -> float:
    """Measure distances one by one; give the seconds per pair."""
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(len(problem.requests), size=SAMPLE), rng.integers(len(problem.places), size=SAMPLE)
    points = [
        ((request.origin or request.anchor), place)
        for request, place in ((problem.requests[r], problem.places[c]) for r, c in zip(rows, columns, strict=True))
    ]
    measured = [
        ((point.lat, point.lon), (place.lat, place.lon))
        for point, place in points
        if point is not None and place.located
    ]
    seconds, _ = worked(lambda: [great_circle(here, there).km for here, there in measured])
    return seconds / len(measured)


def measure(requests: int, places: int) -> dict[str, object]:
    """Measure one size.

    Parameters
    ----------
    requests, places : int
        Size of the night.

    Returns
    -------
    dict
        One row of the table.
    """
    problem = realistic_problem(requests, places, seed=0)
    first_call()
    ours, plans = worked(lambda: _candidates(problem))
    memory = peak_mib()
    with compiled("never"):
        plain, _ = worked(lambda: _candidates(problem))
    tables = Tables(problem)
    sample = range(0, requests, max(1, requests // SAMPLED_REQUESTS))
    masks, counts = worked(lambda: [_masked(tables, request) for request in sample])
    if counts != np.bincount(plans.request, minlength=requests)[sample].tolist():
        raise AssertionError("the masks must leave the same plans")
    pairs = requests * places
    masked, loop = masks / len(sample) * requests, _loop_seconds(problem) * pairs
    return {
        "requests × places": f"{requests} × {places}",
        "plans": f"{len(plans) / 1e6:.2f} M",
        "candidates, compiled": f"{ours:.2f} s",
        "candidates, NumPy": f"{plain:.2f} s",
        "one mask per rule": f"{masked:.1f} s",
        "ratio to masks": f"{masked / ours:.1f} ×",
        "the same, NumPy": f"{masked / plain:.1f} ×",
        "geopy loop": f"{loop:.0f} s",
        "ratio to geopy": f"{loop / ours:.0f} ×",
        "peak memory": f"{memory} MiB",
    }
