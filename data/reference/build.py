"""Rebuild `departements.csv` and `communes.csv` from their sources: ``python -m data.reference.build``.

The sources are pinned in `sources.py`; the same sources always give the same bytes, whose checksums
`checksums.json` keeps and a test recomputes. Networks are needed here and nowhere else.
"""

import csv
import hashlib
import io
import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from data.reference.doubt import doubts_km
from data.reference.estimate import Neighbourhoods, Point
from data.reference.locate import own_points
from data.reference.packages import SourceError, fetch
from data.reference.precision import own_precision_km, radii_km, spreads_to_cover
from data.reference.sources import DIVISION, TOWN_CODES, Division, OfficialCommune, Town, read_division, read_towns
from data.reference.town_halls import TOWN_HALLS, read_town_halls

FOLDER: Final = Path(__file__).parent
BORDERS: Final = FOLDER / "borders.csv"
CHECKED: Final = ("communes.csv", "departements.csv")
"""What is built, and whose SHA-256 `checksums.json` keeps; the other files are written by hand."""

COMMUNE_COLUMNS: Final = (
    "insee",
    "name",
    "type",
    "parent",
    "departement",
    "postal_codes",
    "population",
    "lat",
    "lon",
    "precision_km",
    "position",
)
DEPARTEMENT_COLUMNS: Final = (
    "code",
    "name",
    "region_code",
    "region",
    "prefecture",
    "prefecture_insee",
    "lat",
    "lon",
    "centre_lat",
    "centre_lon",
    "neighbours",
)

Row = dict[str, str]


def commune_rows(division: Division, towns: Sequence[Town], town_halls: Mapping[str, Point]) -> list[Row]:
    """Give every commune its coordinates and precision.

    Parameters
    ----------
    division : Division
        The official division.
    towns : sequence of Town
        GeoNames towns, sorted by key.
    town_halls : mapping of str to Point
        By INSEE code.

    Returns
    -------
    list of dict
        One per commune and arrondissement municipal, by INSEE code; columns `COMMUNE_COLUMNS`. ``position`` is
        ``town`` or ``town_hall`` (its own), or ``neighbours`` (estimated).
    """
    everything = {commune.insee: commune for commune in division.communes}
    communes = {insee: one for insee, one in everything.items() if one.parent is None}
    own = own_points(everything, towns, town_halls)
    whole = {insee: position for insee, position in own.items() if insee in communes}
    located = {insee: position.point for insee, position in whole.items()}
    around = Neighbourhoods(communes, located)
    radii = radii_km(communes, located)
    doubts = doubts_km(whole, radii)
    parts = Counter(one.parent for one in everything.values())
    for commune in everything.values():
        if commune.parent in radii:
            # The arrondissements municipaux share the territory of their commune.
            radii[commune.insee] = radii[commune.parent] / math.sqrt(parts[commune.parent])
    spreads = spreads_to_cover(communes, located)
    rows = []
    for commune in everything.values():
        position = own.get(commune.insee)
        if position is not None:
            precision = own_precision_km(radii[commune.insee], doubts.get(commune.insee, 0.0))
            rows.append(_commune_row(commune, position.point, precision, position.witness))
            continue
        estimate = around.estimate(commune)
        if estimate is None:
            raise SourceError(f"no commune of département {commune.departement} has coordinates")
        precision = spreads * estimate.spread_km
        rows.append(_commune_row(commune, estimate.point, precision, "neighbours"))
    return rows


def _commune_row(commune: OfficialCommune, point: Point, precision_km: float, position: str) -> Row:
    return {
        "insee": commune.insee,
        "name": commune.name,
        "type": "commune" if commune.parent is None else "arrondissement_municipal",
        "parent": commune.parent or "",
        "departement": commune.departement,
        "postal_codes": " ".join(commune.postal_codes),
        "population": str(commune.population),
        "lat": f"{point.lat:.5f}",
        "lon": f"{point.lon:.5f}",
        "precision_km": f"{precision_km:.1f}",
        "position": position,
    }


def departement_rows(division: Division, communes: Iterable[Row], pairs: Iterable[tuple[str, str]]) -> list[Row]:
    """Describe the 101 départements.

    Parameters
    ----------
    division : Division
        The official division.
    communes : iterable of dict
        As `commune_rows` returns them.
    pairs : iterable of (str, str)
        Codes of départements that border each other on land.

    Returns
    -------
    list of dict
        By code; columns `DEPARTEMENT_COLUMNS`. ``lat`` and ``lon`` are the préfecture's; ``centre_lat`` and
        ``centre_lon`` the mean of the communes, unweighted.
    """
    neighbours: dict[str, set[str]] = {row["code"]: set() for row in division.departements}
    for one, other in pairs:
        neighbours[one].add(other)
        neighbours[other].add(one)
    places = {row["insee"]: row for row in communes}
    rows = []
    for given in sorted(division.departements, key=lambda row: row["code"]):
        code, seat = given["code"], places[given["chefLieu"]]
        members = [row for row in places.values() if row["departement"] == code and row["type"] == "commune"]
        rows.append(
            {
                "code": code,
                "name": given["nom"],
                "region_code": given["region"],
                "region": division.region_names[given["region"]],
                "prefecture": seat["name"],
                "prefecture_insee": seat["insee"],
                "lat": seat["lat"],
                "lon": seat["lon"],
                "centre_lat": f"{fmean(float(row['lat']) for row in members):.4f}",
                "centre_lon": f"{fmean(float(row['lon']) for row in members):.4f}",
                "neighbours": " ".join(sorted(neighbours[code])),
            }
        )
    return rows


def read_borders(path: Path = BORDERS) -> list[tuple[str, str]]:
    """Read the typed pairs of bordering départements (codes, the lower one first)."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["one"], row["other"]) for row in csv.DictReader(file)]


def table(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Write rows as CSV: UTF-8, LF, a header line."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def checksums(folder: Path = FOLDER) -> dict[str, str]:
    """SHA-256 of the built files, in hexadecimal, by file name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in CHECKED}


def build(folder: Path = FOLDER) -> None:
    """Fetch the sources and write the two tables and the checksums.

    Parameters
    ----------
    folder : Path
        Where the tables go.

    Raises
    ------
    SourceError
        When a source cannot be had or is not the pinned one; nothing is written then.
    """
    with tempfile.TemporaryDirectory(prefix="escale-reference-") as name:
        packages = []
        for package in (DIVISION, TOWN_CODES, TOWN_HALLS):
            home = Path(name) / package.name.replace("/", "-")
            home.mkdir()
            packages.append(fetch(package, home))
        division = read_division(packages[0])
        towns = read_towns(packages[1])
        town_halls = read_town_halls(packages[2])
    communes = commune_rows(division, towns, town_halls)
    departements = departement_rows(division, communes, read_borders())
    (folder / "communes.csv").write_bytes(table(COMMUNE_COLUMNS, communes))
    (folder / "departements.csv").write_bytes(table(DEPARTEMENT_COLUMNS, departements))
    sums = json.dumps(checksums(folder), indent=2, sort_keys=True) + "\n"
    (folder / "checksums.json").write_text(sums, encoding="utf-8")


if __name__ == "__main__":
    build()
