import json
import re
from collections import Counter

import pytest
from sqlalchemy import Engine, func, select

from data.models.place import Place
from data.reference.loader import departements
from data.seed import store
from data.seed.figures import counts, figures
from data.seed.inventory import TABLES, Inventory, inventory
from data.seed.problems import NIGHT, NOW
from data.session import transaction
from matcher.place import Sharing

FUNCTIONAL = re.compile(
    r"SIAO \w+|Conseil départemental \w+|Opérateur \w+-\d+|Coordination (Koutcha|Ac\.Sé)|OFII|Autorité judiciaire"
    r"|Observatoire des besoins|Escale, données de démonstration"
)


@pytest.fixture(scope="module")
def made() -> Inventory:
    return inventory(1, NIGHT, NOW)


def as_bytes(made: Inventory) -> bytes:
    return json.dumps({name: made.rows(name) for name in TABLES}, default=str).encode()


def test_the_same_seed_invents_the_same_country_and_another_seed_another() -> None:
    one, again, other = (inventory(seed, NIGHT, NOW, 0.05) for seed in (3, 3, 4))
    assert as_bytes(one) == as_bytes(again)
    assert as_bytes(one) != as_bytes(other)


def test_places_of_each_kind_are_as_many_as_the_figures_say(made: Inventory) -> None:
    kinds = {row["id"]: row["kind"] for row in made.facilities}
    there = Counter(kinds[row["facility_id"]] for row in made.places)
    assert there == counts()
    assert len(made.places) == 20_000
    known = {"koutcha": 6, "satouk": 22, "acse": 102, "lhss_perinatal": 100, "perinatal": 2002, "dna_fvv_teh": 300}
    assert {kind: there[kind] for kind in known} == known
    assert there["centre_maternel"] + there["centre_parental"] == 6200


def test_general_shelter_keeps_its_national_proportions() -> None:
    there = counts()
    emergency = there["chu"] + there["night_shelter"]
    assert there["chrs"] / emergency == pytest.approx(51_707 / 85_435, rel=0.01)
    assert there["hotel"] / emergency == pytest.approx(64_213 / 85_435, rel=0.01)


def test_networks_have_as_many_partners_as_they_say(made: Inventory) -> None:
    for kind, partners in (("acse", 88), ("satouk", 22)):
        hosts = [row for row in made.facilities if row["kind"] == kind]
        assert len({row["organisation_id"] for row in hosts}) == len(hosts) == partners


@pytest.mark.parametrize("seed", range(3))
def test_no_more_than_three_places_in_a_hundred_are_free_tonight(seed: int) -> None:
    made = inventory(seed, NIGHT, NOW)
    assert made.occupied(NIGHT) >= 0.97 * len(made.places)
    assert len(made.occupancy.free_intervals) > 700


def test_every_departement_has_its_siao_and_nobody_has_a_persons_name(made: Inventory) -> None:
    rows = made.organisations.rows
    assert sum(row["kind"] == "siao" for row in rows) == len(departements()) == 101
    assert [row["name"] for row in rows if not FUNCTIONAL.fullmatch(row["name"])] == []
    assert [row["label"] for row in made.places if not re.fullmatch(r"(chambre|dortoir) \d+", row["label"])] == []


def test_nobody_is_sent_across_an_ocean_from_afar(made: Inventory) -> None:
    overseas = [row for row in made.facilities if row["departement"].startswith("97")]
    assert overseas
    for row in overseas:
        assert row["kind"] not in {"koutcha", "satouk", "acse", "lieu_de_vie", "lhss", "dna_fvv_teh"}
        assert row["serves"] is None or row["reserved_departements"] or len(row["serves"]) < 101


def test_residents_of_a_shared_place_and_its_free_beds_fill_it_exactly(made: Inventory) -> None:
    beds = {row["id"]: row["beds"] for row in made.places if row["sharing"] is Sharing.SHARED}
    intervals = [row for row in made.occupancy.free_intervals if row["place_id"] in beds]
    assert len(intervals) > 50
    residents = Counter(row["place_id"] for row in made.occupancy.stays if row["until_night"] != NIGHT)
    for row in intervals:
        later = row["from_night"] > NIGHT
        assert residents[row["place_id"]] == beds[row["place_id"]] - (0 if later else row["beds"])


def test_a_perinatal_quota_opens_a_fifth_of_the_places_to_partners(made: Inventory) -> None:
    size = Counter(row["facility_id"] for row in made.places)
    assert {row["kind"] for row in made.facilities if row["id"] in {one["facility_id"] for one in made.quotas}} == {
        "perinatal"
    }
    assert all(row["max"] == size[row["facility_id"]] // 5 for row in made.quotas)


def test_secret_kinds_are_secret_and_most_childrens_homes_keep_to_their_own(made: Inventory) -> None:
    disclosed = {row["kind"]: row["disclosure"].value for row in made.facilities if row["kind"] in {"koutcha", "acse"}}
    assert disclosed == {"koutcha": "secret", "acse": "confidential"}
    homes = [row for row in made.facilities if row["kind"] == "mecs"]
    local = [row for row in homes if row["reserved_departements"] == (row["departement"],)]
    assert 0.5 < len(local) / len(homes) < 0.9


def test_every_figure_names_a_source_and_rooms_hold_somebody() -> None:
    for kind in figures().values():
        assert kind.source
        assert (kind.places is None) != (kind.national is None)
        assert all(beds >= 1 and cots >= 0 and weight > 0 for beds, cots, weight in kind.rooms)


def test_writing_fills_an_empty_database_and_leaves_the_mark(engine: Engine) -> None:
    assert not store.holds_invented_data(engine)
    small = inventory(2, NIGHT, NOW, 0.02)
    with transaction(engine) as session:
        store.write(session, small)
        assert session.scalar(select(func.count()).select_from(Place)) == len(small.places)
    assert store.holds_invented_data(engine)
    assert not store.is_empty(engine)
