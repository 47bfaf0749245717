"""Admissible plans of one leg, found in one pass over requests and free intervals (see `matcher.enumeration`).

The same dates, beds, measured rules and cost terms as `matcher.legs`, `matcher.standing` and `matcher.costs`, one
pair after another. Points are unit vectors: a distance is two products away, and its sine is never taken.
"""

from math import asin, floor, inf, isnan, nan, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matcher.geo import EARTH_RADIUS_KM
from matcher.kernels.compiler import compiled, inlined
from matcher.tables import NOT_SENT, Bools, Floats, Ints

DIAMETER_KM: Final = 2 * EARTH_RADIUS_KM
NEAR: Final = 1e-7
"""Kilometres: two ways to compute a distance differ by less, up to `FARTHEST`."""
FARTHEST_KM: Final = 16_000.0
"""Beyond, near the antipodes, they may differ by more."""


class Vacancies(NamedTuple):
    """Free intervals, as columns; ``charge`` is what staleness costs, ``scarce`` and ``missing`` are facets."""

    kind: npt.NDArray[np.int32]
    place: Ints
    facility: Ints
    start: Ints
    until: Ints
    max_stay: Ints
    beds: Ints
    cots: Ints
    whole: Ints
    shared: Bools
    pair_is_one: Bools
    point: Floats
    precision: Floats
    charge: Ints
    opportunity: Ints
    specialised: Bools
    scarce: Ints
    missing: Ints


class Asking(NamedTuple):
    """Requests, as columns; circles and refused facilities of request r are ``edges[r]`` to ``edges[r + 1]``."""

    first: Ints
    latest: Ints
    nights: Ints
    heads: Ints
    infants: Ints
    sent: Ints
    anchor: Floats
    origin: Floats
    max_km: Floats
    circle_edges: Ints
    circle: Floats
    radius: Floats
    refused_edges: Ints
    refused: Ints
    scarce: Ints
    missing: Ints


class Prices(NamedTuple):
    """Horizon, secured nights, and the weights of the cost terms; tables by facets of request and place."""

    horizon: int
    secure_nights: int
    anchor_km: int
    origin_km: int
    unknown_km: int
    spare_bed: int
    shortfall: int
    change: int
    scarce: Bools
    scarcity: int
    missing: Ints
    preference: int


class Night(NamedTuple):
    """Who asks, what is free, and what it costs."""

    asking: Asking
    free: Vacancies
    prices: Prices


class Found(NamedTuple):
    """Where plans are written, and one flag: whether a distance was too near to where an answer turns."""

    request: Ints
    interval: Ints
    start: Ints
    end: Ints
    roofless: Ints
    cost: Ints
    unsure: Bools


@inlined
def _km(here: Floats, row: int, there: Floats, other: int) -> float:
    """Great-circle distance between two unit vectors; NaN where a coordinate is."""
    x, y, z = here[row, 0] - there[other, 0], here[row, 1] - there[other, 1], here[row, 2] - there[other, 2]
    half = 0.5 * sqrt(x * x + y * y + z * z)
    return nan if isnan(half) else DIAMETER_KM * asin(min(half, 1.0))


@inlined
def _within(found: Found, km: float, limit: float) -> bool:
    """Tell whether a distance is at most a limit; unsure when they are as good as equal, or far apart on the globe."""
    if abs(km - limit) < NEAR or km > FARTHEST_KM:
        found.unsure[0] = True
    return km <= limit


@inlined
def _whole_km(found: Found, km: float, unknown: int) -> int:
    """Count whole kilometres; unsure when the distance is as good as a whole number of them."""
    if isnan(km):
        return unknown
    whole = floor(km + NEAR)
    if (whole > 0 and km - whole < NEAR) or km > FARTHEST_KM:
        found.unsure[0] = True
    return int(whole)


@inlined
def _kept_away(night: Night, found: Found, request: int, row: int) -> bool:
    """Apply the rules that are measured: danger circles, the farthest from the anchor, refused facilities."""
    a, v = night.asking, night.free
    for circle in range(a.circle_edges[request], a.circle_edges[request + 1]):
        if _within(found, _km(a.circle, circle, v.point, row), a.radius[circle] + v.precision[row]):
            return True
    if a.max_km[request] < inf and not _within(found, _km(a.anchor, request, v.point, row), a.max_km[request]):
        return True
    for number in range(a.refused_edges[request], a.refused_edges[request + 1]):
        if a.refused[number] == v.facility[row]:
            return True
    return False


@inlined
def _beds(a: Asking, v: Vacancies, request: int, row: int) -> int:
    """Count the beds the household takes there."""
    if v.pair_is_one[row]:
        return int(a.heads[request])
    return int(a.heads[request] + a.infants[request] - min(a.infants[request], v.cots[row]))


@inlined
def _leg_cost(night: Night, found: Found, request: int, row: int) -> int:
    """Add up the terms of a leg, as `matcher.costs.LEG_TERMS`."""
    a, v, p = night.asking, night.free, night.prices
    total = v.charge[row] + p.preference * p.missing[a.missing[request], v.missing[row]]
    scarce = p.scarce[a.scarce[request], v.scarce[row]]
    if scarce:
        total += p.scarcity
    if scarce or not v.specialised[row]:
        total += v.opportunity[row]
    if p.anchor_km > 0 and not isnan(a.anchor[request, 0]):
        total += p.anchor_km * _whole_km(found, _km(a.anchor, request, v.point, row), p.unknown_km)
    if p.origin_km > 0 and not isnan(a.origin[request, 0]):
        total += p.origin_km * _whole_km(found, _km(a.origin, request, v.point, row), p.unknown_km)
    if not v.shared[row]:
        total += p.spare_bed * max(v.whole[row] - _beds(a, v, request, row), 0)
    return int(total)


@inlined
def _enter(night: Night, found: Found, request: int, row: int, at: int) -> bool:
    """Write the plan of a request in a free interval that facets leave standing, when it is admissible."""
    a, v, p = night.asking, night.free, night.prices
    start = max(a.first[request], v.start[row])
    want = min(a.nights[request], p.horizon - start)
    end = min(start + min(want, v.max_stay[row]), v.until[row], p.horizon)
    if start > a.latest[request] or end <= start:
        return False
    beds = _beds(a, v, request, row)
    if v.beds[row] < (beds if v.shared[row] else max(v.whole[row], beds)) or _kept_away(night, found, request, row):
        return False
    cost = _leg_cost(night, found, request, row) + p.shortfall * (want - (end - start))
    if a.sent[request] != NOT_SENT and a.sent[request] != v.place[row]:
        cost += p.change
    secured = min(a.first[request] + min(a.nights[request], p.secure_nights), p.horizon)
    found.request[at], found.interval[at] = request, row
    found.start[at], found.end[at], found.cost[at] = start, end, cost
    found.roofless[at] = min(start, secured) - a.first[request] + max(secured - end, 0)
    return True


@compiled
def enumerate_plans(night: Night, stands: Bools, first: int, found: Found) -> int:
    """Write the plans of the requests from ``first`` on, one row of ``stands`` each; give how many.

    ``stands`` tells, per request and class of places, whether facets leave it standing.
    """
    count = 0
    kind = night.free.kind
    for number in range(len(stands)):
        for row in range(len(kind)):
            if stands[number, kind[row]] and _enter(night, found, first + number, row, count):
                count += 1
    return count
