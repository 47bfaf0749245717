"""How far the coordinates of a commune may be off, without looking at any better map.

Two cases. A commune with a town or town hall of its own: its centre lies within its territory, whose radius is told
by how densely communes stand around; what may be wrong with the position itself (`doubt`) widens that. An estimated
commune: the error is calibrated by hiding small communes whose position is known and estimating them from the others.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from data.reference.estimate import Neighbourhoods, Point, distance_km, groups
from data.reference.sources import OfficialCommune
from matcher.geo import Floats, great_circle_km

NEAREST: Final = 6
"""Located communes looked at to tell how densely communes stand."""

TERRITORY_RADII: Final = 2.0
"""A town stands within so many radii of the centre of its commune: territories are not round."""

LEAST_KM: Final = 2.0
"""No commune is known better: a commune is an area, not a point."""

USUAL_MOST_KM: Final = 5.0
"""Towns are built near the middle of their commune, however far its limits: this holds as long as it covers a radius.
Where a radius is wider (Guyane, La Réunion, communes of many merged ones) nothing is certain but the territory."""

HIDDEN_BELOW: Final = 800
"""Inhabitants under which a located commune resembles those GeoNames does not list (under 500)."""

COVERAGE: Final = 0.995
"""Share of hidden communes that must lie within the precision given."""


def radii_km(communes: Mapping[str, OfficialCommune], located: Mapping[str, Point]) -> dict[str, float]:
    """Radius of the disc that has the area of a typical commune around each located commune.

    Two witnesses, of which the geometric mean is taken: how close the nearest located communes are (too wide on a
    coast), and how many communes the grouping spreads over its own width (blind to what differs inside it, but that
    a commune born of many is as wide as those were). Both count the communes that are not located too.

    Parameters
    ----------
    communes : mapping of str to OfficialCommune
        By INSEE code, without arrondissements municipaux.
    located : mapping of str to Point
        Those whose position is known.

    Returns
    -------
    dict of str to float
        Kilometres, by INSEE code.
    """
    every = Counter(_grouping(commune) for commune in communes.values())
    members: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
    for insee, point in located.items():
        members[_grouping(communes[insee])].append(point)
    merged = Counter[tuple[str, str]]()
    for commune in communes.values():
        merged[_grouping(commune)] += _parts(commune)
    lat = np.array([point.lat for point in located.values()])
    lon = np.array([point.lon for point in located.values()])
    radii: dict[str, float] = {}
    for insee, point in located.items():
        group = _grouping(communes[insee])
        share = len(members[group]) / every[group]
        dense = _reach_km(point, lat, lon) * math.sqrt(share)
        parts = max(1.0, _parts(communes[insee]) * every[group] / merged[group])
        wide = _spread_km(members[group]) * math.sqrt(2.0 * parts / every[group])
        radii[insee] = math.sqrt(dense * min(wide or dense, 2.0 * dense))
    return radii


def _reach_km(point: Point, lat: Floats, lon: Floats) -> float:
    """Radius of the disc a located commune has for itself, from its nearest located neighbours."""
    # A degree and a half around holds more than six communes everywhere but in Guyane and on islands.
    near = np.flatnonzero((np.abs(lat - point.lat) < 1.5) & (np.abs(lon - point.lon) < 2.0))
    km = great_circle_km(np.float64(point.lat), np.float64(point.lon), lat[near], lon[near])
    count = max(1, min(NEAREST, near.size - 1))
    return float(np.partition(km, count)[count]) / math.sqrt(count)


def _spread_km(points: Sequence[Point]) -> float:
    """Root mean square distance of points to their mean; 0 for fewer than three, which tell nothing."""
    if len(points) < 3:
        return 0.0
    mean = Point(sum(one.lat for one in points) / len(points), sum(one.lon for one in points) / len(points))
    return math.sqrt(sum(distance_km(mean, one) ** 2 for one in points) / (len(points) - 1))


def _parts(commune: OfficialCommune) -> int:
    """Communes whose territory it has: its own and those merged into it."""
    return 1 + len(commune.former_codes)


def _grouping(commune: OfficialCommune) -> tuple[str, str]:
    return next(group for group in groups(commune) if group[0] != "postal")


def own_precision_km(radius_km: float, doubt_km: float = 0.0) -> float:
    """Precision of a commune placed by its own town or town hall.

    Parameters
    ----------
    radius_km : float
        Radius of the territory of a commune around there, as `radii_km` tells it.
    doubt_km : float
        How far the position itself may be off, as `doubt.doubts_km` tells it.

    Returns
    -------
    float
        Kilometres, never less than `LEAST_KM` nor than the doubt.
    """
    territory = TERRITORY_RADII * radius_km
    if radius_km <= USUAL_MOST_KM:
        territory = min(territory, USUAL_MOST_KM)
    return max(LEAST_KM, territory, doubt_km)


def spreads_to_cover(communes: Mapping[str, OfficialCommune], located: Mapping[str, Point]) -> float:
    """How many spreads of an estimate hold the true position in `COVERAGE` of the cases.

    Small located communes are hidden all together, and estimated from the larger ones, as the communes that
    GeoNames does not list are.
    """
    hidden = [insee for insee in located if communes[insee].population < HIDDEN_BELOW]
    kept = {insee: point for insee, point in located.items() if communes[insee].population >= HIDDEN_BELOW}
    around = Neighbourhoods(communes, kept)
    ratios = []
    for insee in hidden:
        estimate = around.estimate(communes[insee])
        if estimate is not None:
            ratios.append(distance_km(estimate.point, located[insee]) / estimate.spread_km)
    return float(np.quantile(np.array(ratios), COVERAGE))
