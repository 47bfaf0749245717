"""How far a commune's position may be off: what tells a wrong town hall from a right one.

About one town hall in twenty-eight is given where another place is, some kilometres off. Two communes do not have
their centre at the same spot: a town hall much closer to another commune than communes stand apart is in doubt. How
much so, the communes that have a GeoNames town too tell, for there the error of the town hall is seen.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from data.reference.estimate import Point, distance_km
from data.reference.locate import Position
from matcher.geo import great_circle_km

CROWDED: Final = (0.5, 0.8)
"""Bounds of three classes of town halls, by the distance of the nearest other commune in radii of a territory: communes
evenly spread stand 1.8 radii apart. Under the last bound the town hall is called crowded."""

SURE: Final = 0.99
"""Share of the town halls of a class that stand no farther from their town than one without a town is doubted."""

UNTESTED_KM: Final = 15.0
"""Doubt of a class none of whose town halls has a town to be compared with: about that of the worst class."""


def doubts_km(positions: Mapping[str, Position], radii: Mapping[str, float]) -> dict[str, float]:
    """Say how far the position of each commune may be off, as far as its witnesses tell.

    Parameters
    ----------
    positions : mapping of str to Position
        Located communes by INSEE code, without arrondissements municipaux.
    radii : mapping of str to float
        Radius of their territories in kilometres, as `precision.radii_km` tells them.

    Returns
    -------
    dict of str to float
        Kilometres, by INSEE code. For a town: the distance of its town hall, or 0 when there is none or it is
        crowded, and more so than the town. For a town hall alone: the distance that holds `SURE` of its class.
    """
    clearance = _clearance_in(positions, radii)
    doubts: dict[str, float] = {}
    apart: defaultdict[int, list[float]] = defaultdict(list)
    alone: dict[str, int] = {}
    for insee, (point, witness, town_hall) in positions.items():
        if town_hall is None:
            doubts[insee] = 0.0
            continue
        free = clearance(insee, town_hall)
        kind = bisect_right(CROWDED, free)
        if witness == "town_hall":
            alone[insee] = kind
            continue
        km = distance_km(point, town_hall)
        apart[kind].append(km)
        crowded = free < CROWDED[-1] and free < clearance(insee, point)
        doubts[insee] = 0.0 if crowded else km
    usual = {kind: float(np.quantile(np.array(km), SURE)) for kind, km in apart.items()}
    return doubts | {insee: usual.get(kind, UNTESTED_KM) for insee, kind in alone.items()}


def _clearance_in(positions: Mapping[str, Position], radii: Mapping[str, float]) -> Callable[[str, Point], float]:
    """Make the function that tells how far from every other commune a point of a commune is, in radii."""
    index = {insee: row for row, insee in enumerate(positions)}
    lat = np.array([one.point.lat for one in positions.values()])
    lon = np.array([one.point.lon for one in positions.values()])

    def clearance(insee: str, point: Point) -> float:
        # Half a degree is many times the distance between communes; where none is nearer, nothing crowds.
        near = np.flatnonzero((np.abs(lat - point.lat) < 0.5) & (np.abs(lon - point.lon) < 0.7))
        near = near[near != index[insee]]
        if not near.size:
            return np.inf
        km = great_circle_km(np.float64(point.lat), np.float64(point.lon), lat[near], lon[near])
        return float(km.min()) / radii[insee]

    return clearance
