"""Free places as rows of an SQL table, and the question of one request as one indexed statement.

SQL is given every advantage: sets of codes are bits of one number and points are unit vectors, so that a row is judged
without a function and without a join; which kinds and audiences a household may enter is worked out before. What one
statement does not say: clauses of admission but for the kinds they close altogether, cots, longest stays,
circles of danger, facilities that refused, residents, quotas, nights without a roof and every cost but the distance.
"""

import math
from collections.abc import Iterator
from typing import Any, Final

from matcher.geo import EARTH_RADIUS_KM
from matcher.nights import number, number_or_far
from matcher.place import Audience, Place
from matcher.problem import Problem
from matcher.request import Request, Role
from matcher.rules import FACET_RULES

WORD: Final = 60
"""Bits used of one integer column."""
TABLE: Final = """
CREATE TABLE vacancy (place TEXT, kind TEXT, departement TEXT, x DOUBLE PRECISION, y DOUBLE PRECISION,
 z DOUBLE PRECISION, beds BIGINT, youngest BIGINT, oldest BIGINT, audience TEXT, requires BIGINT, decisions BIGINT,
 services BIGINT, reserved BIGINT, reserved_low BIGINT, reserved_high BIGINT, contingents BIGINT, anywhere BIGINT,
 serves_low BIGINT, serves_high BIGINT, free_from BIGINT, free_until BIGINT)
"""
COLUMNS: Final = 22
INDEXES: Final = (
    "CREATE INDEX by_kind ON vacancy (kind, audience, free_from, beds)",
    "CREATE INDEX by_departement ON vacancy (departement, kind, free_from)",
    "CREATE INDEX by_nights ON vacancy (free_from, free_until)",
    "ANALYZE vacancy",
)
_RULES: Final = {rule.code: rule for rule in FACET_RULES}


class Codes:
    """Bits for codes, in the order in which they are met."""

    def __init__(self) -> None:
        self._bit: dict[str, int] = {}

    def mask(self, codes: frozenset[str]) -> int:
        """Give a set as one integer."""
        return sum(1 << self._bit.setdefault(code, len(self._bit)) for code in codes)

    def words(self, codes: frozenset[str]) -> tuple[int, int]:
        """Give a set as two integers that columns can hold."""
        return self.mask(codes) % (1 << WORD), self.mask(codes) >> WORD


def unit(lat: float | None, lon: float | None) -> tuple[float | None, ...]:
    """Give a point of the sphere as a vector of length 1."""
    if lat is None or lon is None:
        return None, None, None
    phi, theta = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)


class Vacancies:
    """One night in SQL."""

    def __init__(self, problem: Problem) -> None:
        self._problem, self._tonight = problem, number(problem.night)
        self._statuses, self._decisions, self._services = Codes(), Codes(), Codes()
        self._departements, self._contingents = Codes(), Codes()
        self._sorts = {(place.kind, place.admits) for place in problem.places}

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Give one row per free interval, in the order of the columns."""
        for place in self._problem.places:
            for free in place.free:
                until = min(number_or_far(free.until) - self._tonight, 10**6)
                yield (*self._facts(place), number(free.start) - self._tonight, until)

    def _facts(self, place: Place) -> Iterator[Any]:
        kept, nobody = place.reserved_to, frozenset[str]()
        yield from (place.id, place.kind, place.departement, *unit(place.lat, place.lon), place.beds)
        yield from (*(place.ages or (0, 999)), place.audience.value)
        yield from (self._statuses.mask(place.requires), self._decisions.mask(place.decisions))
        yield from (self._services.mask(place.services), int(kept is not None))
        yield from self._departements.words(kept.departements if kept else nobody)
        yield from (self._contingents.mask(kept.contingents if kept else nobody), int(place.serves is None))
        yield from self._departements.words(place.serves or nobody)

    def question(self, request: Request, most: int) -> tuple[str, list[Any]]:
        """Give the question of one request.

        Returns
        -------
        tuple
            A statement with ``?`` where the values go, and the values.
        """
        point = request.origin or request.anchor
        here = unit(point.lat, point.lon) if point else (0.0, 0.0, 0.0)
        conditions, values = [], []
        for condition, given in self._conditions(request):
            conditions.append(condition)
            values += given
        statement = (
            f"SELECT place, {DISTANCE} AS distance FROM vacancy "  # noqa: S608 -- no text of anybody's is in it
            f"WHERE {' AND '.join(conditions)} ORDER BY distance LIMIT {most}"
        )
        return statement, [*_twice(here), *values]

    def _conditions(self, request: Request) -> Iterator[tuple[str, list[Any]]]:
        yield _among(
            "kind", sorted({sort[0] for sort in self._sorts if not _excludes(request, "kind_not_admissible", sort)})
        )
        yield _among("audience", [one.value for one in Audience if not _excludes(request, "audience", one)])
        latest = number_or_far(request.latest_night) - self._tonight
        yield "free_from <= ?", [min(latest, self._problem.horizon_nights - 1)]
        yield "free_until > ?", [number(request.from_night) - self._tonight]
        yield "beds >= ?", [request.heads]
        years = [member.years for member in request.members if member.role in {Role.PRINCIPAL, Role.PARTNER}]
        yield "youngest <= ? AND oldest >= ?", [min(years), max(years)]
        yield "(requires & ~CAST(? AS BIGINT)) = 0", [self._statuses.mask(request.statuses)]
        yield "(decisions = 0 OR (decisions & ?) <> 0)", [self._decisions.mask(request.decisions)]
        yield "(CAST(? AS BIGINT) & ~services) = 0", [self._services.mask(request.needs)]
        low, high = self._departements.words(frozenset({request.departement}))
        contingents = self._contingents.mask(request.contingents)
        yield (
            "(reserved = 0 OR (reserved_low & ?) <> 0 OR (reserved_high & ?) <> 0 OR (contingents & ?) <> 0)",
            [low, high, contingents],
        )
        yield "(anywhere = 1 OR (serves_low & ?) <> 0 OR (serves_high & ?) <> 0)", [low, high]
        if request.zones.departements:
            condition, codes = _among("departement", sorted(request.zones.departements))
            yield condition.replace(" IN ", " NOT IN "), codes
        anchor = request.anchor
        if anchor is not None and anchor.max_km is not None:
            chord = 2 * math.sin(anchor.max_km / EARTH_RADIUS_KM / 2)
            yield f"{DISTANCE} <= ?", [*_twice(unit(anchor.lat, anchor.lon)), chord * chord]


DISTANCE: Final = "((x - ?) * (x - ?) + (y - ?) * (y - ?) + (z - ?) * (z - ?))"
"""Square of the chord: it orders as the great circle does."""


def _twice(values: tuple[float | None, ...]) -> list[float | None]:
    return [value for value in values for _ in range(2)]


def _among(column: str, values: list[str]) -> tuple[str, list[Any]]:
    return f"{column} IN ({', '.join('?' * len(values)) or 'NULL'})", [*values]


def _excludes(request: Request, code: str, facet: object) -> bool:
    rule = _RULES[code]
    assert rule.excludes is not None  # noqa: S101 -- as of every facet rule
    assert rule.request_facet is not None  # noqa: S101
    return rule.excludes(rule.request_facet(request), facet)
