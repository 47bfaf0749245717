"""Where a commune probably lies, told by the communes it shares a postal code or a grouping with.

Two uses: to give coordinates to the communes GeoNames has no town for, and to refuse a town that stands far
from where its commune must be (a homonym, a slip of the gazetteer). The expected error is part of the answer.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from data.reference.sources import OfficialCommune
from matcher.geo import EARTH_RADIUS_KM

KM_PER_DEGREE: Final = math.radians(EARTH_RADIUS_KM)
"""Kilometres in one degree of latitude."""

TYPICAL_SPREAD_KM: Final = {"postal": 5.0, "epci": 10.0, "arrondissement": 20.0, "departement": 40.0}
"""What a level's spread is taken to be before any of its communes is known (a prior worth `PRIOR_COMMUNES`)."""

PRIOR_COMMUNES: Final = 2


class Point(NamedTuple):
    """Latitude and longitude in degrees, WGS 84."""

    lat: float
    lon: float


class Estimate(NamedTuple):
    """A probable position.

    Parameters
    ----------
    point : Point
        The position.
    spread_km : float
        Standard deviation to expect of the true position around it, before calibration.
    """

    point: Point
    spread_km: float


@dataclass(slots=True)
class _Sums:
    """Running sums over the located communes of a group."""

    count: int = 0
    lat: float = 0.0
    lon: float = 0.0
    lat2: float = 0.0
    lon2: float = 0.0

    def add(self, point: Point, sign: int = 1) -> None:
        self.count += sign
        self.lat += sign * point.lat
        self.lon += sign * point.lon
        self.lat2 += sign * point.lat * point.lat
        self.lon2 += sign * point.lon * point.lon


def distance_km(one: Point, other: Point) -> float:
    """Distance in kilometres on the local plane: within 1 % of the great circle up to 300 km in these latitudes."""
    east = (other.lon - one.lon) * math.cos(math.radians((one.lat + other.lat) / 2.0))
    return KM_PER_DEGREE * math.hypot(east, other.lat - one.lat)


def groups(commune: OfficialCommune) -> Iterator[tuple[str, str]]:
    """Yield the groups a commune belongs to, as (level, code), the closest first."""
    for postal_code in commune.postal_codes:
        yield "postal", postal_code
    if commune.epci:
        yield "epci", commune.epci
    if commune.arrondissement:
        yield "arrondissement", commune.arrondissement
    yield "departement", commune.departement


class Neighbourhoods:
    """The located communes, summed by group, ready to say where any commune probably lies.

    Parameters
    ----------
    communes : mapping of str to OfficialCommune
        All communes by INSEE code.
    located : mapping of str to Point
        The communes whose position is known.
    """

    def __init__(self, communes: Mapping[str, OfficialCommune], located: Mapping[str, Point]) -> None:
        self._located = located
        self._sums: dict[tuple[str, str], _Sums] = {}
        for insee, point in located.items():
            for group in groups(communes[insee]):
                self._sums.setdefault(group, _Sums()).add(point)

    def estimate(self, commune: OfficialCommune) -> Estimate | None:
        """Say where a commune lies without looking at its own position.

        The means of its groups are averaged, each weighted by the inverse square of its variance
        (a tight postal code counts far more than a département).

        Returns
        -------
        Estimate or None
            None when no commune of its département is located.
        """
        own = self._located.get(commune.insee)
        weights = lat = lon = precision = 0.0
        for group in groups(commune):
            mean = self._mean(group, own)
            if mean is None:
                continue
            point, variance = mean
            weight = variance**-2
            weights += weight
            lat += weight * point.lat
            lon += weight * point.lon
            precision = max(precision, 1.0 / variance)
        if not weights:
            return None
        return Estimate(Point(lat / weights, lon / weights), precision**-0.5)

    def _mean(self, group: tuple[str, str], left_out: Point | None) -> tuple[Point, float] | None:
        """Mean position of a group and the variance (km²) of one more commune of it around that mean."""
        sums = self._sums.get(group)
        if sums is None:
            return None
        if left_out is not None:
            sums = _Sums(sums.count, sums.lat, sums.lon, sums.lat2, sums.lon2)
            sums.add(left_out, -1)
        if sums.count <= 0:
            return None
        lat, lon = sums.lat / sums.count, sums.lon / sums.count
        north = max(0.0, sums.lat2 / sums.count - lat * lat)
        east = max(0.0, sums.lon2 / sums.count - lon * lon) * math.cos(math.radians(lat)) ** 2
        spread2 = (north + east) * KM_PER_DEGREE**2
        prior2 = TYPICAL_SPREAD_KM[group[0]] ** 2
        variance = (sums.count * spread2 + PRIOR_COMMUNES * prior2) / (sums.count + PRIOR_COMMUNES)
        return Point(lat, lon), variance * (1.0 + 1.0 / sums.count)
