"""Which places the rules leave standing for one request."""

from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from matcher.classes import PlaceClasses
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
        Intervals, ascending.
    """
    return standing_pairs(tables, np.array([request]), lifted)[1]


def standing_pairs(tables: Tables, requests: Ints, lifted: frozenset[str] = frozenset()) -> tuple[Ints, Ints]:
    """Give the pairs of a request and a free interval that no rule on request and place excludes.

    Parameters
    ----------
    tables : Tables
        The problem.
    requests : ndarray of int64
        Which requests, ascending.
    lifted : frozenset of str
        Rules not to apply.

    Returns
    -------
    tuple of ndarray of int64
        Requests and intervals, in this order. Distances are only measured for what facets leave.
    """
    row, interval = np.nonzero(classes_of(tables).standing(requests, lifted))
    edges = np.searchsorted(row, np.arange(len(requests) + 1))
    keep = np.ones(len(row), dtype=np.bool_)
    for index, request in enumerate(requests.tolist()):
        rows = slice(edges[index], edges[index + 1])
        for code in _measured(tables, request) - lifted:
            keep[rows] &= ~MEASURED[code](tables, request, tables.intervals.place[interval[rows]])
    if not keep.all():
        row, interval = row[keep], interval[keep]
    return requests[row], interval


def _measured(tables: Tables, request: int) -> set[str]:
    """Name the rules that must be measured for a request."""
    household = tables.requests[request]
    given = {
        "danger_area": bool(household.zones.circles),
        "too_far": household.anchor is not None and household.anchor.max_km is not None,
        "refused_before": bool(household.refused_facilities),
    }
    return {code for code, matters in given.items() if matters}


_CLASSES: WeakKeyDictionary[Tables, PlaceClasses] = WeakKeyDictionary()


def classes_of(tables: Tables) -> PlaceClasses:
    """Compile the static rules of a problem once."""
    if tables not in _CLASSES:
        _CLASSES[tables] = PlaceClasses(tables)
    return _CLASSES[tables]
