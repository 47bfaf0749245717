"""Places compiled once, for households that ask one at a time: which of them stand, and in what order they are best.

`matcher.plans` enumerates for everyone at once and starts from nothing. Here the places stay: free intervals lie in
buckets of places alike for every rule (the classes of `matcher.classes`), a household is asked about each class
once, and everything behind that is the same code as a run's, on the few intervals left.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import degrees
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matcher.classes import Bytes, PlaceClasses
from matcher.geo import EARTH_RADIUS_KM
from matcher.legs import Legs, feasible_legs
from matcher.nights import number
from matcher.place import Place
from matcher.problem import Problem
from matcher.request import Request
from matcher.rules import FACET_RULES
from matcher.standing import MEASURED
from matcher.tables import GONE, NOT_SENT, Bools, Ints, PairTable, Tables, is_scarce, missing

REMEMBERED: Final = 4096
"""Answers of single rules kept: households repeat (the same département, the same needs)."""
KM_A_DEGREE: Final = EARTH_RADIUS_KM / degrees(1.0)
"""Kilometres between two parallels one degree apart: no two points a degree of latitude apart are nearer."""
ROUNDING: Final = 1e-6
"""Degrees left to rounding when a distance is first judged by latitude alone."""


@dataclass(frozen=True, slots=True)
class _Facet:
    """One fact of the places: the number each has, and the distinct values by number."""

    numbers: Ints
    values: list[Any]

    @classmethod
    def of(cls, table: PairTable, fact: Callable[[Place], Hashable], places: Sequence[Place]) -> "_Facet":
        """Find again what the columns of a table stand for."""
        _, first = np.unique(table.place_facet, return_index=True)
        return cls(table.place_facet, [fact(places[index]) for index in first.tolist()])

    def asked(self, value: object, function: Callable[[Any, Any], bool | int], dtype: type) -> PairTable:
        """Tabulate a function for one request with this facet."""
        row: npt.NDArray[Any] = np.fromiter((function(value, other) for other in self.values), dtype, len(self.values))
        return PairTable(np.zeros(1, dtype=np.int64), self.numbers, row[np.newaxis])


class Asked(Tables):
    """The columns of a stock, asked by one request: its only one, number 0.

    `exclusions` are not tabulated: `Stock.legs` has judged them.
    """

    def __init__(self, stock: "Stock", problem: Problem) -> None:
        vars(self).update(vars(stock.tables))
        (request,) = problem.requests
        self.problem, self.requests = problem, problem.requests
        self._tabulate_requests(number(problem.night))
        self.scarce = stock.specialisms.asked(request.needs, is_scarce, np.bool_)
        self.missing_preferences = stock.services.asked(request.preferences, missing, np.int64)
        sent = request.sent_place
        self.sent = np.array([NOT_SENT if sent is None else self.place_index.get(sent, GONE)])


class Stock:
    """Places that stay while requests come.

    Parameters
    ----------
    problem : Problem
        Its places, night, horizon and policy; its requests play no part.

    Attributes
    ----------
    tables : Tables
        The places as columns, asked by nobody.
    specialisms, services
        What costs look at.
    """

    def __init__(self, problem: Problem) -> None:
        self.tables = tables = Tables(replace(problem, requests=()))
        of_interval = PlaceClasses(tables).of_interval
        self._bucketed: Ints = np.argsort(of_interval, kind="stable")
        classes, first = np.unique(of_interval[self._bucketed], return_index=True)
        self._edges: Ints = np.append(first, len(of_interval))
        example = tables.intervals.place[self._bucketed[first]]
        self._rules = {
            rule.code: (rule, _Facet.of(tables.exclusions[rule.code], rule.place_facet, tables.places))
            for rule in FACET_RULES
            if rule.place_facet is not None
        }
        self._class_facet = {code: facet.numbers[example] for code, (_, facet) in self._rules.items()}
        self._count = len(classes)
        self.specialisms = _Facet.of(tables.scarce, lambda place: place.specialisms, tables.places)
        self.services = _Facet.of(tables.missing_preferences, lambda place: place.services, tables.places)
        self._excluded = lru_cache(REMEMBERED)(self._judge)

    def _judge(self, code: str, value: Hashable) -> Bytes:
        """Tell which classes a rule excludes for a request with this facet; a bit each, packed."""
        rule, facet = self._rules[code]
        assert rule.excludes is not None  # noqa: S101 -- what FACET_RULES selects, told to the type checker
        excluded = np.fromiter((rule.excludes(value, other) for other in facet.values), np.bool_, len(facet.values))
        return np.packbits(excluded[self._class_facet[code]])

    def _standing(self, request: Request) -> Ints:
        """Give the free intervals that stand after every rule judged by facets, bucket by bucket."""
        excluded = np.zeros((self._count + 7) // 8, dtype=np.uint8)
        for code, (rule, _) in self._rules.items():
            assert rule.request_facet is not None  # noqa: S101
            excluded |= self._excluded(code, rule.request_facet(request))
        classes = np.flatnonzero(np.unpackbits(~excluded, count=self._count))
        low, size = self._edges[classes], self._edges[classes + 1] - self._edges[classes]
        before = np.cumsum(size) - size
        standing: Ints = self._bucketed[np.repeat(low - before, size) + np.arange(size.sum())]
        return standing

    def legs(self, asked: Asked, present: Bools) -> Legs:
        """Give the legs that the rules on request and place, dates and beds allow.

        Parameters
        ----------
        asked : Asked
            The request.
        present : ndarray of bool
            Per place, whether it is still what was compiled.

        Returns
        -------
        Legs
            Those that are early enough to be a plan.
        """
        (request,) = asked.requests
        interval = self._standing(request)
        place = asked.intervals.place[interval]
        keep = present[place]
        anchor = request.anchor
        if anchor is not None and anchor.max_km is not None:
            keep &= np.abs(asked.lat[place] - anchor.lat) <= anchor.max_km / KM_A_DEGREE + ROUNDING
        interval, place = interval[keep], place[keep]
        for measure in MEASURED.values():
            stands = ~measure(asked, 0, place)
            interval, place = interval[stands], place[stands]
        legs = feasible_legs(asked, 0, interval)
        return legs.take(legs.alone)
