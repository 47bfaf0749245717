"""Which places the rules leave standing for one request."""

from collections.abc import Callable
from typing import Final

import numpy as np

from matcher.geo import great_circle_km
from matcher.tables import Bools, Floats, Ints, Tables


def distance_km(tables: Tables, lat: float, lon: float, places: Ints) -> Floats:
    """Measure the great-circle distance from a point to places.

    Parameters
    ----------
    tables : Tables
        The problem.
    lat, lon : float
        Degrees.
    places : ndarray of int64
        Which places.

    Returns
    -------
    ndarray of float64
        Kilometres; NaN for a place without coordinates.
    """
    return great_circle_km(lat, lon, tables.lat[places], tables.lon[places])


def in_danger_circle(tables: Tables, request: int, places: Ints) -> Bools:
    """Tell which places may lie in a danger circle: within its radius plus the place's own precision."""
    inside = np.zeros(len(places), dtype=np.bool_)
    for circle in tables.requests[request].zones.circles:
        distance = distance_km(tables, circle.lat, circle.lon, places)
        inside |= distance <= circle.km + tables.precision[places]
    return inside


def too_far(tables: Tables, request: int, places: Ints) -> Bools:
    """Tell which places are farther from the anchor than allowed, or at an unknown distance."""
    anchor = tables.requests[request].anchor
    if anchor is None or anchor.max_km is None:
        return np.zeros(len(places), dtype=np.bool_)
    far: Bools = ~(distance_km(tables, anchor.lat, anchor.lon, places) <= anchor.max_km)
    return far


def refused_before(tables: Tables, request: int, places: Ints) -> Bools:
    """Tell which places belong to a facility that this request was refused by, or refused."""
    refused = tables.requests[request].refused_facilities
    facilities = [tables.facility_index[facility] for facility in refused if facility in tables.facility_index]
    return np.isin(tables.facility[places], facilities)


MEASURED: Final[dict[str, Callable[[Tables, int, Ints], Bools]]] = {
    "danger_area": in_danger_circle,
    "too_far": too_far,
    "refused_before": refused_before,
}
"""Rules, or halves of rules, that are measured on given places instead of read from facets."""


def excluded_by(tables: Tables, code: str, request: int, places: Ints) -> Bools:
    """Tell which places one rule excludes for a request, other households apart.

    Parameters
    ----------
    tables : Tables
        The problem.
    code : str
        A rule that looks at the request and the place alone; `not_available` is not one.
    request : int
        Which request.
    places : ndarray of int64
        Which places.

    Returns
    -------
    ndarray of bool
        One per place.
    """
    excluded = np.zeros(len(places), dtype=np.bool_)
    if code in tables.exclusions:
        excluded |= tables.exclusions[code].row(request)[places]
    if code in MEASURED:
        excluded |= MEASURED[code](tables, request, places)
    return excluded


def standing_intervals(tables: Tables, request: int, lifted: frozenset[str] = frozenset()) -> Ints:
    """Give the free intervals of the places that no rule on request and place excludes.

    Parameters
    ----------
    tables : Tables
        The problem.
    request : int
        Which request.
    lifted : frozenset of str
        Rules not to apply.

    Returns
    -------
    ndarray of int64
        Intervals, ascending. Rules are tried the most selective first, each on what the ones before left.
    """
    intervals = np.arange(len(tables.intervals))
    for code, facet in tables.interval_facets.items():
        if code not in lifted:
            table = tables.exclusions[code]
            intervals = intervals[~table.values[table.request_facet[request]][facet[intervals]]]
    for code, measure in MEASURED.items():
        if code not in lifted:
            intervals = intervals[~measure(tables, request, tables.intervals.place[intervals])]
    return intervals
