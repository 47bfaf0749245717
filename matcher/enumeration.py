"""Plans of one leg by compiled code: the same rows that `matcher.plans` makes with NumPy, in one pass.

Rules judged by facets stay bits, prepared by `matcher.classes`; what is left is judged pair by pair, without an array
in between. Where a distance is so near to a limit or to a whole kilometre that rounding would decide, NumPy decides.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from matcher.classes import PlaceClasses
from matcher.kernels import enumeration as loops
from matcher.request import Request
from matcher.tables import Floats, Ints, Tables


class Enumeration:
    """One problem, ready for the compiled pass.

    Parameters
    ----------
    tables : Tables
        The problem.
    classes : PlaceClasses
        Its classes of places.
    lifted : frozenset of str
        Rules not to apply.
    """

    def __init__(self, tables: Tables, classes: PlaceClasses, lifted: frozenset[str]) -> None:
        self._classes, self._lifted = classes, lifted
        self._night = loops.Night(_asking(tables, lifted), _vacancies(tables, classes), _prices(tables))
        self._room: list[Ints] = []

    def plans(self, requests: Ints) -> list[Ints] | None:
        """Enumerate the plans of consecutive requests.

        Parameters
        ----------
        requests : ndarray of int64
            Ascending, without a gap; batches after the first are not longer.

        Returns
        -------
        list of ndarray of int64, or None
            Request, interval, start, end, nights without a roof and cost of each plan; None when a distance is too
            near to where an answer turns for two ways of rounding to agree.
        """
        if not self._room:
            cells = len(requests) * len(self._night.free.kind)
            self._room = [np.empty(cells, dtype=np.int64) for _ in range(6)]
        request, interval, start, end, roofless, cost = self._room
        unsure = np.zeros(1, dtype=np.bool_)
        found = loops.Found(request, interval, start, end, roofless, cost, unsure)
        stands = self._classes.stands(requests, self._lifted)
        count = loops.enumerate_plans(self._night, stands, int(requests[0]), found)
        return None if unsure[0] else [column[:count].copy() for column in self._room]


def _unit(lat: Floats, lon: Floats) -> Floats:
    """Points as unit vectors; shape (points, 3), NaN where unknown."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1)


def _edges(lists: Sequence[Sequence[object]]) -> Ints:
    return np.array([0, *accumulate(map(len, lists))], dtype=np.int64)


def _asking(tables: Tables, lifted: frozenset[str]) -> loops.Asking:
    def farthest(request: Request) -> float:
        anchor = None if "too_far" in lifted else request.anchor
        return np.inf if anchor is None or anchor.max_km is None else anchor.max_km

    rows = tables.requests
    circles = [() if "danger_area" in lifted else request.zones.circles for request in rows]
    around = np.array([(one.lat, one.lon, one.km) for own in circles for one in own], dtype=np.float64).reshape(-1, 3)
    known = tables.facility_index
    refused = [
        [] if "refused_before" in lifted else [known[one] for one in request.refused_facilities if one in known]
        for request in rows
    ]
    return loops.Asking(
        first=tables.first,
        latest=tables.latest,
        nights=tables.nights,
        heads=tables.heads,
        infants=tables.infants,
        sent=tables.sent,
        anchor=_unit(*tables.anchor),
        origin=_unit(*tables.origin),
        max_km=np.array([farthest(request) for request in rows], dtype=np.float64),
        circle_edges=_edges(circles),
        circle=_unit(around[:, 0], around[:, 1]),
        radius=np.ascontiguousarray(around[:, 2]),
        refused_edges=_edges(refused),
        refused=np.array([one for own in refused for one in own], dtype=np.int64),
        scarce=tables.scarce.request_facet,
        missing=tables.missing_preferences.request_facet,
    )


def _vacancies(tables: Tables, classes: PlaceClasses) -> loops.Vacancies:
    free, weights = tables.intervals, tables.problem.policy.weights
    place = free.place
    stale = weights.stale_hour * np.minimum(tables.stale, weights.stale_hours_max)
    return loops.Vacancies(
        kind=classes.of_interval.astype(np.int32),
        place=place,
        facility=tables.facility[place],
        start=free.start,
        until=free.until,
        max_stay=tables.max_stay[place],
        beds=free.beds,
        cots=free.cots,
        whole=tables.beds[place],
        shared=tables.shared[place],
        pair_is_one=tables.pair_is_one[place],
        point=_unit(tables.lat, tables.lon)[place],
        precision=tables.precision[place],
        charge=stale[place],
        opportunity=tables.opportunity[place],
        specialised=tables.specialised[place],
        scarce=tables.scarce.place_facet[place],
        missing=tables.missing_preferences.place_facet[place],
    )


def _prices(tables: Tables) -> loops.Prices:
    policy, weights = tables.problem.policy, tables.problem.policy.weights
    return loops.Prices(
        horizon=tables.horizon,
        secure_nights=policy.secure_nights,
        anchor_km=weights.per_km_anchor,
        origin_km=weights.per_km_origin,
        unknown_km=weights.unknown_km,
        spare_bed=weights.spare_bed,
        shortfall=weights.shortfall_night,
        change=weights.change,
        scarce=tables.scarce.values,
        scarcity=weights.scarcity,
        missing=tables.missing_preferences.values,
        preference=weights.preference,
    )
