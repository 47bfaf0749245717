"""Finding the admissible pairs against a plain loop that measures distances with geopy.

The loop is given an advantage: it only measures one distance a pair, and applies no other rule.
"""

import numpy as np
from geopy.distance import great_circle

from bench.clock import peak_mib, timed
from data.seed.problems import realistic_problem
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.tables import Tables

SAMPLE = 50_000
"""Pairs the loop measures; the rest is the rule of three."""


def _candidates(problem: Problem) -> Plans:
    tables = Tables(problem)
    return admissible_plans(tables, Residents(tables))


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
    ours, plans = timed(lambda: _candidates(problem))
    pairs = requests * places
    rng = np.random.default_rng(0)
    chosen = zip(rng.integers(requests, size=SAMPLE).tolist(), rng.integers(places, size=SAMPLE).tolist(), strict=True)
    points = [
        ((request.origin or request.anchor), place)
        for request, place in ((problem.requests[row], problem.places[column]) for row, column in chosen)
    ]
    measured = [
        ((point.lat, point.lon), (place.lat, place.lon))
        for point, place in points
        if point is not None and place.located
    ]
    seconds, _ = timed(lambda: [great_circle(here, there).km for here, there in measured])
    loop = seconds / len(measured) * pairs
    return {
        "requests × places": f"{requests} × {places}",
        "pairs": f"{pairs / 1e6:.0f} M",
        "admissible plans": len(plans),
        "candidates": f"{ours:.2f} s",
        "per pair": f"{ours / pairs * 1e9:.1f} ns",
        "geopy loop, per pair": f"{seconds / len(measured) * 1e6:.2f} µs",
        "ratio": f"{loop / ours:.0f} ×",
        "peak memory": f"{peak_mib()} MiB",
    }
