"""The problem as columns: what the rules and costs read, once per distinct facet or once per free interval.

Requests and places are put in the order of their identifiers, so that the order of the rows given cannot
matter to anything behind this module.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matcher.nights import number, number_or_far
from matcher.place import Place, Sharing
from matcher.problem import Problem
from matcher.request import Request
from matcher.rules import FACET_RULES

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NO_END: Final = 10**6
"""Night offset of an open end: later than every horizon."""
NOT_SENT: Final = -3
"""In `Tables.sent`: no place was proposed before."""
GONE: Final = -2
"""In `Tables.sent`: the place proposed before is not in the problem."""


def distinct(values: Iterable[Hashable]) -> tuple[Ints, list[Any]]:
    """Give each distinct value a number, in order of appearance.

    Returns
    -------
    tuple
        The number of each value, and the distinct values.
    """
    numbers: dict[Hashable, int] = {}
    ids = np.fromiter((numbers.setdefault(value, len(numbers)) for value in values), dtype=np.int64)
    return ids, list(numbers)


@dataclass(frozen=True, slots=True)
class PairTable:
    """A function of a request's facet and a place's facet, computed once per pair of distinct facets.

    Parameters
    ----------
    request_facet, place_facet : ndarray of int64
        Facet number of each request and of each place.
    values : ndarray
        Shape (request facets, place facets).
    """

    request_facet: Ints
    place_facet: Ints
    values: npt.NDArray[Any]

    def row(self, request: int) -> npt.NDArray[Any]:
        """Give the value of every place for one request; shape (places,)."""
        row: npt.NDArray[Any] = self.values[self.request_facet[request]][self.place_facet]
        return row

    def at(self, request: "int | Ints", place: Ints) -> npt.NDArray[Any]:
        """Give the values of pairs: of one request and many places, or of as many of each."""
        values: npt.NDArray[Any] = self.values[self.request_facet[request], self.place_facet[place]]
        return values


def tabulate(
    requests: Iterable[Hashable],
    places: Iterable[Hashable],
    function: Callable[[Any, Any], bool | int],
    dtype: npt.DTypeLike,
) -> PairTable:
    """Tabulate a function of two facets (see `PairTable`)."""
    request_facet, request_values = distinct(requests)
    place_facet, place_values = distinct(places)
    values = np.array(
        [[function(request, place) for place in place_values] for request in request_values], dtype=dtype
    ).reshape(len(request_values), len(place_values))
    return PairTable(request_facet, place_facet, values)


def is_scarce(needs: frozenset[str], specialisms: frozenset[str]) -> bool:
    """Tell whether a place is rare for something that a household does not need."""
    return bool(specialisms) and not specialisms & needs


def missing(preferences: frozenset[str], services: frozenset[str]) -> int:
    """Count the preferences that a place does not offer."""
    return len(preferences - services)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Free intervals of all places, as columns of equal length, places in order.

    Parameters
    ----------
    place : ndarray of int64
        Whose.
    start, until : ndarray of int64
        Nights counted from the run night; ``until`` is `NO_END` when open.
    beds, cots : ndarray of int64
        Free then; for a private place only what the whole place offers counts.
    """

    place: Ints
    start: Ints
    until: Ints
    beds: Ints
    cots: Ints

    def __len__(self) -> int:
        """Count the intervals."""
        return len(self.place)


def _intervals(places: Sequence[Place], night: int) -> Intervals:
    rows = [
        (
            index,
            number(free.start) - night,
            min(number_or_far(free.until) - night, NO_END),
            *place.offered(free),
        )
        for index, place in enumerate(places)
        for free in sorted(place.free, key=lambda free: (free.start, number_or_far(free.until)))
    ]
    columns = np.array(sorted(rows), dtype=np.int64).reshape(len(rows), 5).T
    return Intervals(*(np.ascontiguousarray(column) for column in columns))


class Tables:
    """The problem as columns.

    Parameters
    ----------
    problem : Problem
        What to tabulate.

    Attributes
    ----------
    requests, places : tuple
        In the order of their identifiers; every index elsewhere is a position here.
    horizon : int
        E, counted in nights from the run night.
    exclusions : dict of str to PairTable
        Of each rule judged by facets alone: whether it excludes.
    scarce, missing_preferences : PairTable
        Facets of the cost terms of the same name.
    first, latest, nights : ndarray of int64
        Per request, as offsets: first night, last night a plan may begin, nights asked for (`NO_END`: open-ended).
    heads, infants : ndarray of int64
        Per request.
    lat, lon, precision : ndarray of float64
        Per place; NaN where unknown.
    beds, max_stay, stale, opportunity : ndarray of int64
        Per place; ``stale`` in hours since confirmation.
    shared, pair_is_one, specialised : ndarray of bool
        Per place; ``specialised``: it has specialisms.
    intervals : Intervals
        Free intervals of all places.
    anchor, origin : tuple of ndarray of float64
        Per request, latitudes and longitudes; NaN without one.
    sent : ndarray of int64
        Per request, the place already proposed, `NOT_SENT` or `GONE`.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.requests: tuple[Request, ...] = tuple(sorted(problem.requests, key=lambda request: request.id))
        self.places: tuple[Place, ...] = tuple(sorted(problem.places, key=lambda place: place.id))
        self.horizon = problem.horizon_nights
        self._tabulate_requests(number(problem.night))
        self._tabulate_places(number(problem.night))
        self._tabulate_pairs()
        self.sent = _column(
            NOT_SENT if row.sent_place is None else self.place_index.get(row.sent_place, GONE) for row in self.requests
        )

    def _tabulate_requests(self, night: int) -> None:
        rows = self.requests
        self.first = _column(number(row.from_night) - night for row in rows)
        self.latest = _column(
            self.horizon - 1 if row.latest_night is None else number(row.latest_night) - night for row in rows
        )
        self.nights = _column(NO_END if row.nights is None else row.nights for row in rows)
        self.heads = _column(row.heads for row in rows)
        self.infants = _column(row.infants for row in rows)
        self.seniority = _column(night - number(row.waiting_since) for row in rows)
        self.priority = _column(row.priority for row in rows)
        self.anchor = _points((row.anchor.lat, row.anchor.lon) if row.anchor else None for row in rows)
        self.origin = _points((row.origin.lat, row.origin.lon) if row.origin else None for row in rows)

    def _tabulate_places(self, night: int) -> None:
        rows = self.places
        self.lat, self.lon = _points((row.lat, row.lon) if row.located else None for row in rows)
        self.precision = np.array([row.precision_km for row in rows], dtype=np.float64)
        self.beds = _column(row.beds for row in rows)
        self.max_stay = _column(NO_END if row.max_stay_nights is None else row.max_stay_nights for row in rows)
        self.stale = _column(row.confirmed_hours_ago for row in rows)
        self.opportunity = _column(row.opportunity for row in rows)
        self.specialised = np.array([bool(row.specialisms) for row in rows], dtype=np.bool_)
        self.shared = np.array([row.sharing is Sharing.SHARED for row in rows], dtype=np.bool_)
        self.pair_is_one = np.array([row.pair_is_one for row in rows], dtype=np.bool_)
        self.intervals = _intervals(rows, night)
        self.facility, facilities = distinct(row.facility for row in rows)
        self.facility_index = {facility: index for index, facility in enumerate(facilities)}
        self.place_index = {row.id: index for index, row in enumerate(rows)}

    def _tabulate_pairs(self) -> None:
        self.exclusions: dict[str, PairTable] = {}
        for rule in FACET_RULES:
            assert rule.request_facet is not None  # noqa: S101 -- what FACET_RULES selects, told to the type checker
            assert rule.place_facet is not None  # noqa: S101
            assert rule.excludes is not None  # noqa: S101
            self.exclusions[rule.code] = tabulate(
                map(rule.request_facet, self.requests),
                map(rule.place_facet, self.places),
                rule.excludes,
                np.bool_,
            )
        self.scarce = tabulate(
            (row.needs for row in self.requests),
            (row.specialisms for row in self.places),
            is_scarce,
            np.bool_,
        )
        self.missing_preferences = tabulate(
            (row.preferences for row in self.requests),
            (row.services for row in self.places),
            missing,
            np.int64,
        )


def _points(points: Iterable[tuple[float | None, float | None] | None]) -> tuple[Floats, Floats]:
    known = [(np.nan, np.nan) if point is None else point for point in points]
    columns = np.array(known, dtype=np.float64).reshape(len(known), 2).T
    return np.ascontiguousarray(columns[0]), np.ascontiguousarray(columns[1])


def _column(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
