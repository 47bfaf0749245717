"""Positions of communes against the IGN's centroids, where they are at hand: never copied, only compared."""

import csv
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from data.reference.loader import communes, departements
from matcher.geo import great_circle_km

ROOT = Path(__file__).parents[2]
YARDSTICKS = Path(os.environ.get("ESCALE_YARDSTICKS", ROOT / ".." / "shared" / "data"))


class Measured(NamedTuple):
    """A commune against its centroid: kilometres apart, precision claimed, inhabitants."""

    km: float
    precision_km: float
    population: int
    departement: str


def rows(name: str) -> list[dict[str, str]]:
    path = YARDSTICKS / name
    if not path.is_file():
        pytest.skip(f"no yardstick at {path}: set ESCALE_YARDSTICKS to the folder that holds {name}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def measured() -> list[Measured]:
    found = []
    for row in rows("communes.csv"):
        one = communes().get(row["code_insee"])
        # Arrondissements municipaux have no centroid of their own there.
        if one is None or one.parent is not None or not row["lat"]:
            continue
        km = float(great_circle_km(one.latitude, one.longitude, float(row["lat"]), float(row["lon"])))
        found.append(Measured(km, one.precision_km, one.population, one.departement))
    return found


def test_every_commune_is_measured(measured: list[Measured]) -> None:
    assert len(measured) > 34_800


def test_communes_with_their_own_coordinates(measured: list[Measured]) -> None:
    own = [one for one in measured if one.precision_km <= 5.0]
    km = np.array([one.km for one in own])
    assert np.median(km) <= 1.2
    assert np.quantile(km, 0.99) <= 15.0
    assert np.mean(km <= [one.precision_km for one in own]) >= 0.98
    assert sum(one.population for one in own) / sum(one.population for one in measured) >= 0.93


def test_all_communes(measured: list[Measured]) -> None:
    km = np.array([one.km for one in measured])
    assert np.median(km) <= 5.0
    assert np.mean(km <= [one.precision_km for one in measured]) >= 0.98


@pytest.mark.parametrize(
    ("departements_of", "least"),
    [
        (("971", "972", "974", "976"), 0.98),
        (("973",), 0.90),  # one commune of 22: territories are vast, and so few that distances hardly tell them
        (("2A", "2B"), 0.90),  # villages stand close on slopes whose communes run down to the sea
        (("13", "33", "40", "49"), 0.98),  # communes that are vast, or born of many
        (("75", "77", "78", "91", "92", "93", "94", "95"), 0.98),
    ],
)
def test_no_part_of_the_country_is_left_out(
    measured: list[Measured], departements_of: tuple[str, ...], least: float
) -> None:
    some = [one for one in measured if one.departement in departements_of]
    assert np.mean([one.km <= one.precision_km for one in some]) >= least


def test_precision_is_no_wider_than_it_must(measured: list[Measured]) -> None:
    """A precision that covers everything says nothing: most are within three times the error of the 90th percentile."""
    precision = np.array([one.precision_km for one in measured])
    assert np.median(precision) <= 5.0
    assert np.quantile(precision, 0.95) <= 15.0


def test_neighbours_are_those_whose_outlines_touch() -> None:
    for row in rows("departements.csv"):
        told = departements()[row["code"]].neighbours
        assert told == {code for code in row["adjacents"].split("|") if code}, row["code"]
