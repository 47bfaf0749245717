"""Départements and communes: counts, codes, known examples, search, checksums."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reference.build import BORDERS, CHECKED, FOLDER, checksums, read_borders
from data.reference.loader import Commune, communes, departements, find_communes, regions
from data.reference.names import fold
from matcher.geo import great_circle_km

OVERSEAS_BOXES = {
    # code: south, north, west, east
    "971": (15.8, 16.6, -61.9, -60.9),
    "972": (14.3, 15.0, -61.3, -60.7),
    "973": (2.0, 6.0, -54.7, -51.5),
    "974": (-21.5, -20.8, 55.1, 55.9),
    "976": (-13.1, -12.5, 44.9, 45.4),
}
METROPOLE = (41.3, 51.2, -5.3, 9.7)


def inside(lat: float, lon: float, departement: str) -> bool:
    south, north, west, east = OVERSEAS_BOXES.get(departement, METROPOLE)
    return south <= lat <= north and west <= lon <= east


def test_files_are_the_ones_whose_checksums_are_kept() -> None:
    kept = json.loads((FOLDER / "checksums.json").read_text("utf-8"))
    assert kept == checksums()
    assert sorted(kept) == sorted(CHECKED)


def test_there_are_101_departements_in_18_regions() -> None:
    assert len(departements()) == 101
    assert list(departements()) == sorted(departements())
    assert len(regions()) == 18
    assert regions()["11"] == {"75", "77", "78", "91", "92", "93", "94", "95"}
    assert sum(len(codes) for codes in regions().values()) == 101


def test_238_pairs_border_each_other_both_ways() -> None:
    pairs = read_borders()
    assert len(pairs) == len(set(pairs)) == 238
    assert all(one < other for one, other in pairs)
    assert pairs == sorted(pairs), BORDERS
    everything = departements()
    told = {(one.code, other) for one in everything.values() for other in one.neighbours}
    assert told == set(pairs) | {(other, one) for one, other in pairs}


@pytest.mark.parametrize(
    ("code", "neighbours"),
    [
        ("75", "92 93 94"),
        ("2A", "2B"),
        ("29", "22 56"),
        ("13", "30 83 84"),
        ("77", "02 10 45 51 60 89 91 93 94 95"),
        ("974", ""),
    ],
)
def test_neighbours_of_some_departements(code: str, neighbours: str) -> None:
    assert departements()[code].neighbours == set(neighbours.split())


def test_neighbours_touch_so_their_centres_are_not_far_apart() -> None:
    everything = departements()
    for one, other in read_borders():
        here, there = everything[one], everything[other]
        km = great_circle_km(here.centre_latitude, here.centre_longitude, there.centre_latitude, there.centre_longitude)
        assert km < 170, (one, other, km)


@pytest.mark.parametrize(
    ("code", "name", "region", "prefecture", "insee"),
    [
        ("75", "Paris", "Île-de-France", "Paris", "75056"),
        ("2A", "Corse-du-Sud", "Corse", "Ajaccio", "2A004"),
        ("974", "La Réunion", "La Réunion", "Saint-Denis", "97411"),
        ("976", "Mayotte", "Mayotte", "Mamoudzou", "97611"),
        ("69", "Rhône", "Auvergne-Rhône-Alpes", "Lyon", "69123"),
    ],
)
def test_prefectures(code: str, name: str, region: str, prefecture: str, insee: str) -> None:
    one = departements()[code]
    assert (one.name, one.region, one.prefecture, one.prefecture_insee) == (name, region, prefecture, insee)
    seat = communes()[insee]
    assert (one.latitude, one.longitude) == (seat.latitude, seat.longitude)


def test_every_prefecture_is_a_commune_of_its_departement_placed_by_its_own_town() -> None:
    for one in departements().values():
        seat = communes()[one.prefecture_insee]
        assert seat.departement == one.code
        assert seat.name == one.prefecture
        assert inside(one.centre_latitude, one.centre_longitude, one.code)


def test_counts_of_communes() -> None:
    everything = communes().values()
    whole = [one for one in everything if one.parent is None]
    parts = [one for one in everything if one.parent is not None]
    assert len(whole) == 34_875
    assert len(parts) == 45
    assert {one.parent for one in parts} == {"75056", "69123", "13055"}
    assert 68_000_000 < sum(one.population for one in whole) < 69_500_000


def test_every_commune_is_in_a_known_departement_and_inside_france() -> None:
    for insee, one in communes().items():
        assert one.insee == insee
        assert len(insee) == 5
        assert one.departement in departements()
        assert insee.startswith(one.departement)
        assert one.postal_codes, insee
        assert all(len(code) == 5 and code.isdigit() for code in one.postal_codes)
        assert one.population >= 0
        assert inside(one.latitude, one.longitude, one.departement), one
        assert one.precision_km >= 2.0


def test_arrondissements_add_up_to_their_commune() -> None:
    for city in ("75056", "69123", "13055"):
        parts = [one for one in communes().values() if one.parent == city]
        assert sum(one.population for one in parts) == communes()[city].population
        assert {code for one in parts for code in one.postal_codes} <= set(communes()[city].postal_codes)


@pytest.mark.parametrize(
    ("insee", "name", "departement", "postal_code", "position"),
    [
        # Positions of town halls, from common knowledge, rounded to a hundredth of a degree.
        ("75056", "Paris", "75", "75011", (48.86, 2.35)),
        ("69123", "Lyon", "69", "69003", (45.77, 4.84)),
        ("13055", "Marseille", "13", "13001", (43.30, 5.37)),
        ("93066", "Saint-Denis", "93", "93200", (48.94, 2.36)),
        ("97411", "Saint-Denis", "974", "97400", (-20.88, 55.45)),
        ("2A004", "Ajaccio", "2A", "20000", (41.92, 8.74)),
        ("59350", "Lille", "59", "59000", (50.64, 3.06)),
        ("29019", "Brest", "29", "29200", (48.39, -4.49)),
        ("97302", "Cayenne", "973", "97300", (4.94, -52.33)),
        ("38053", "Bourgoin-Jallieu", "38", "38300", (45.59, 5.27)),
        # A commune of merged ones, none of which has its name.
        ("91228", "Évry-Courcouronnes", "91", "91000", (48.63, 2.44)),
        # One of many homonyms.
        ("76540", "Rouen", "76", "76000", (49.44, 1.10)),
    ],
)
def test_known_communes(
    insee: str, name: str, departement: str, postal_code: str, position: tuple[float, float]
) -> None:
    one = communes()[insee]
    assert (one.name, one.departement) == (name, departement)
    assert postal_code in one.postal_codes
    assert great_circle_km(one.latitude, one.longitude, *position) < 2.5


def test_homonyms_stand_in_their_own_departement() -> None:
    """A commune mistaken for a homonym would stand hundreds of kilometres from the middle of its département."""
    everything = departements()
    for one in communes().values():
        home = everything[one.departement]
        km = great_circle_km(one.latitude, one.longitude, home.centre_latitude, home.centre_longitude)
        assert km < (260 if one.departement == "973" else 125), one


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("paris", "75056"),
        ("PARIS 11", "75111"),
        ("saint-denis", "97411"),
        ("St Denis", "97411"),
        ("evry-c", "91228"),
        ("Évry", "89162"),
        ("mans", "72181"),
        ("le mans", "72181"),
        ("l'aigle", "61214"),
        ("75011", "75111"),
        ("13", "13055"),
        ("2000", "2A004"),
        ("97400", "97411"),
    ],
)
def test_finding_a_commune(text: str, first: str) -> None:
    assert find_communes(text, 3)[0].insee == first


def test_an_exact_name_comes_before_larger_communes_that_begin_so() -> None:
    assert [one.insee for one in find_communes("évry", 2)] == ["89162", "91228"]


def test_both_saint_denis_are_found_and_the_limit_holds() -> None:
    assert [one.insee for one in find_communes("saint-denis", 2)] == ["97411", "93066"]
    assert len(find_communes("saint", 7)) == 7


@pytest.mark.parametrize("text", ["", "   ", "?!", "zzzz", "99999"])
def test_nothing_is_found(text: str) -> None:
    assert find_communes(text) == ()


@given(st.sampled_from([*communes().values()]), st.integers(min_value=1, max_value=12))
def test_a_commune_is_found_by_any_beginning_of_its_name(commune: Commune, length: int) -> None:
    found = find_communes(commune.name[:length], 40_000)
    assert commune in found
    exact = [one for one in found if fold(one.name) == fold(commune.name[:length])]
    assert list(found[: len(exact)]) == exact
    for group in (exact, found[len(exact) :]):
        assert all(one.population >= other.population for one, other in pairwise(group))


def test_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        departements()["00"] = None
    with pytest.raises(AttributeError):
        communes()["75056"].population = 0
