"""Reference data in memory: départements, communes, kinds of place, vocabulary.

Everything is frozen and read once per process. Départements, kinds and vocabulary cost a few milliseconds together;
the first call of `communes` costs about 0.1 s and 17 MB, the first `find_communes` 0.25 s and 3 MB more.
"""

import csv
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from data.reference.kinds import PlaceKind, Rule, Scope, place_kinds
from data.reference.names import fold

__all__ = [
    "Commune",
    "Departement",
    "PlaceKind",
    "PriorityClass",
    "Rule",
    "Scope",
    "Term",
    "communes",
    "departements",
    "find_communes",
    "place_kinds",
    "priority_classes",
    "regions",
    "vocabulary",
]

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Departement:
    """One of the 101 départements.

    Parameters
    ----------
    code, name : str
        « 2A », « Corse-du-Sud ».
    region_code, region : str
        Its région.
    prefecture, prefecture_insee : str
        Name and INSEE code of its préfecture.
    latitude, longitude : float
        Of the préfecture, degrees, WGS 84.
    centre_latitude, centre_longitude : float
        Mean of its communes, degrees.
    neighbours : frozenset of str
        Codes of the départements it borders on land.
    """

    code: str
    name: str
    region_code: str
    region: str
    prefecture: str
    prefecture_insee: str
    latitude: float
    longitude: float
    centre_latitude: float
    centre_longitude: float
    neighbours: frozenset[str]


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, or an arrondissement municipal of Paris, Lyon or Marseille.

    Parameters
    ----------
    insee, name : str
        INSEE code and official name.
    departement : str
        Code of its département.
    postal_codes : tuple of str
        Sorted.
    population : int
        Legal municipal population.
    latitude, longitude : float
        Of its main town or town hall, or estimated from its neighbours; degrees, WGS 84.
    precision_km : float
        How far its true centre may be from there; about 99 in 100 are nearer.
    parent : str or None
        For an arrondissement municipal, the INSEE code of its commune, whose population includes it.
    """

    insee: str
    name: str
    departement: str
    postal_codes: tuple[str, ...]
    population: int
    latitude: float
    longitude: float
    precision_km: float
    parent: str | None


@dataclass(frozen=True, slots=True)
class Term:
    """A code of the vocabulary and its names.

    Parameters
    ----------
    code, fr, en : str
        The code, and how people say it.
    by : frozenset of str
        Who may give it, for a refusal reason (``facility``, ``person``, ``decider``); else empty.
    """

    code: str
    fr: str
    en: str
    by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PriorityClass:
    """A class of the priority grid.

    Parameters
    ----------
    number : int
        1 (the most urgent) to 4.
    fr, en : str
        Whom it gathers.
    latest_nights : int
        Nights after the first night asked within which a plan may start, where the request does not say.
    """

    number: int
    fr: str
    en: str
    latest_nights: int


def _rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of a table of this folder, without its header."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


@cache
def departements() -> Mapping[str, Departement]:
    """Give the 101 départements by code, in the order of codes; read-only."""
    return MappingProxyType(
        {
            code: Departement(
                code,
                name,
                region_code,
                region,
                prefecture,
                prefecture_insee,
                float(lat),
                float(lon),
                float(centre_lat),
                float(centre_lon),
                frozenset(neighbours.split(" ")) if neighbours else frozenset(),
            )
            for (
                code,
                name,
                region_code,
                region,
                prefecture,
                prefecture_insee,
                lat,
                lon,
                centre_lat,
                centre_lon,
                neighbours,
            ) in _rows("departements.csv")
        }
    )


@cache
def regions() -> Mapping[str, frozenset[str]]:
    """Give the codes of the départements of each région, by région code; read-only."""
    members: dict[str, set[str]] = {}
    for one in departements().values():
        members.setdefault(one.region_code, set()).add(one.code)
    return MappingProxyType({region: frozenset(codes) for region, codes in members.items()})


@cache
def communes() -> Mapping[str, Commune]:
    """Give the 34 875 communes and the 45 arrondissements municipaux by INSEE code; read-only."""
    return MappingProxyType(
        {
            insee: Commune(
                insee,
                name,
                departement,
                tuple(postal_codes.split(" ")),
                int(population),
                float(lat),
                float(lon),
                float(precision_km),
                parent or None,
            )
            for insee, name, _, parent, departement, postal_codes, population, lat, lon, precision_km, _ in _rows(
                "communes.csv"
            )
        }
    )


@cache
def _by_name() -> tuple[list[str], list[Commune]]:
    """Sort communes by folded name; « Le Mans » is found as « le mans » and as « mans »."""
    named = []
    for commune in communes().values():
        name = fold(commune.name)
        named.append((name, commune.insee, commune))
        article, _, rest = name.partition(" ")
        if article in {"le", "la", "les", "l"} and rest:
            named.append((rest, commune.insee, commune))
    named.sort(key=lambda entry: entry[:2])
    return [name for name, _, _ in named], [commune for _, _, commune in named]


@cache
def _by_postal_code() -> Mapping[str, tuple[Commune, ...]]:
    found: dict[str, list[Commune]] = {}
    for commune in communes().values():
        for postal_code in commune.postal_codes:
            found.setdefault(postal_code, []).append(commune)
    return {postal_code: tuple(some) for postal_code, some in found.items()}


def find_communes(text: str, limit: int = 10) -> tuple[Commune, ...]:
    """Find communes by the beginning of their name or of a postal code.

    Parameters
    ----------
    text : str
        What somebody typed: « saint-den », « St Den », « 931 ». Case, accents and hyphens do not matter; digits alone
        are a postal code.
    limit : int
        Most communes returned.

    Returns
    -------
    tuple of Commune
        Those of exactly that name first, then the most populated; an arrondissement municipal before its commune
        where a whole postal code asks for it. Empty when nothing begins so, or the text has no letter or digit.
    """
    wanted = fold(text)
    if not wanted:
        return ()
    if wanted.isdigit():
        found = {
            one.insee: one
            for postal_code, some in _by_postal_code().items()
            if postal_code.startswith(wanted)
            for one in some
        }
        whole = len(wanted) == 5
        chosen = sorted(found.values(), key=lambda one: (whole and one.parent is None, -one.population, one.insee))
        return tuple(chosen[:limit])
    names, named = _by_name()
    best: dict[str, tuple[bool, int, str]] = {}
    for index in range(bisect_left(names, wanted), len(names)):
        if not names[index].startswith(wanted):
            break
        one = named[index]
        rank = (fold(one.name) != wanted, -one.population, one.insee)
        best[one.insee] = min(rank, best.get(one.insee, rank))
    return tuple(communes()[insee] for insee in sorted(best, key=best.__getitem__)[:limit])


@cache
def _vocabulary_file() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "vocabulary.toml").read_text("utf-8"))


@cache
def vocabulary() -> Mapping[str, Mapping[str, Term]]:
    """Give the codes of the service with their names, by group and code, in the order lists show them; read-only."""
    return MappingProxyType(
        {
            group: MappingProxyType(
                {
                    code: Term(code, term["fr"], term["en"], frozenset(term.get("by", ())))
                    for code, term in terms.items()
                }
            )
            for group, terms in _vocabulary_file().items()
            if group not in {"sources", "priority_classes"}
        }
    )


@cache
def priority_classes() -> Mapping[int, PriorityClass]:
    """Give the priority classes by number, the most urgent first; read-only."""
    return MappingProxyType(
        {
            one["class"]: PriorityClass(one["class"], one["fr"], one["en"], one["latest_nights"])
            for one in _vocabulary_file()["priority_classes"]
        }
    )
