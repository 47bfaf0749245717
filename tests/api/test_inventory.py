"""Organisations, facilities, places and their availability over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from data.models.facility import Disclosure
from data.models.organisation import TokenRole
from matcher.place import Sharing
from tests import builders
from tests.api.conftest import Caller

LYON = {"kind": "chu", "commune_insee": "69123", "services": ["interpreter"]}


@pytest.fixture
def room(shelter: Caller) -> dict[str, Any]:
    facility = shelter.post("/facilities", LYON).json
    body = {"label": "chambre 1", "beds": 3, "cots": 1, "free": [{"from_night": "2026-11-21"}]}
    made = shelter.post(f"/facilities/{facility['id']}/places", body)
    assert made.status_code == 201, made.json
    return dict(made.json)


def test_an_admin_registers_and_verifies(admin: Caller) -> None:
    made = admin.post("/organisations", {"name": "SIAO 93", "kind": "siao", "departement": "93"})
    assert (made.status_code, made.json["verified"]) == (201, False)
    kept = admin.patch(f"/organisations/{made.json['id']}", {"verified": True}, If_Match=made.headers["ETag"])
    assert kept.json["verified_at"] is not None
    assert kept.json["name"] == "SIAO 93"
    assert admin.patch(f"/organisations/{made.json['id']}", {"kind": "operator"}, If_Match='"2"').status_code == 422
    lacking = admin.post("/organisations", {"name": "SIAO", "kind": "siao"})
    assert "departement" in lacking.json["errors"]


def test_an_organisation_that_is_not_verified_any_more_is_nobody(admin: Caller, referrer: Caller) -> None:
    own = referrer.organisation
    assert own is not None
    path = f"/organisations/{own.id}"
    assert referrer.get(path).status_code == 200
    tag = admin.get(path).headers["ETag"]
    assert admin.patch(path, {"verified": False}, If_Match=tag).status_code == 200
    assert referrer.get(path).status_code == 401


def test_a_facility_stands_in_its_commune(shelter: Caller) -> None:
    made = shelter.post("/facilities", LYON).json
    assert made["departement"] == "69"
    assert made["disclosure"] == "open"
    assert abs(made["latitude"] - 45.76) < 0.1
    assert made["precision_km"] > 0
    exact = shelter.post("/facilities", {**LYON, "latitude": 45.75, "longitude": 4.85}).json
    assert (exact["latitude"], exact["precision_km"]) == (45.75, 0.0)
    assert len(shelter.get("/facilities").json["items"]) == 2


def test_a_secret_kind_stays_secret(shelter: Caller) -> None:
    assert shelter.post("/facilities", {"kind": "koutcha"}).json["disclosure"] == "secret"
    refused = shelter.post("/facilities", {"kind": "koutcha", "disclosure": "open"})
    assert "disclosure" in refused.json["errors"]
    assert shelter.post("/facilities", {"kind": "chrs", "disclosure": "secret"}).json["disclosure"] == "secret"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kind": "castle"}, "kind"),
        ({"commune_insee": "69999"}, "commune_insee"),
        ({"departement": "75"}, "departement"),
        ({"latitude": 45.0}, "longitude"),
        ({"latitude": 91.0, "longitude": 4.0}, "latitude"),
        ({"age_min": 18}, "age_max"),
        ({"age_min": 30, "age_max": 18}, "age_min"),
        ({"serves": ["69", "00"]}, "serves[1]"),
        ({"requires": ["rich"]}, "requires[0]"),
        ({"admits": [{"statuses": ["rich"]}]}, "admits[0].statuses[0]"),
        ({"admits": [{"principal_age": [18]}]}, "admits[0].principal_age"),
        ({"quotas": [{"fact": "has_partner", "max": 1}, {"fact": "has_partner", "max": 2}]}, "quotas[1]"),
        ({"address": "rue du Port"}, "address"),
    ],
)
def test_what_is_wrong_in_a_facility_is_named(shelter: Caller, changes: dict[str, Any], path: str) -> None:
    refused = shelter.post("/facilities", {**LYON, **changes})
    assert refused.status_code == 422
    assert path in refused.json["errors"]
    assert shelter.get("/facilities").json["items"] == []


def test_a_facility_changes_with_its_quotas(shelter: Caller) -> None:
    made = shelter.post("/facilities", {**LYON, "quotas": [{"fact": "has_partner", "max": 1}]})
    path = f"/facilities/{made.json['id']}"
    kept = shelter.patch(
        path,
        {"quotas": [{"fact": "has_partner", "max": 2}, {"fact": "outside_departement", "max": 5}]},
        If_Match=made.headers["ETag"],
    )
    assert kept.status_code == 200, kept.json
    assert {quota["fact"]: quota["max"] for quota in shelter.get(path).json["quotas"]} == {
        "has_partner": 2,
        "outside_departement": 5,
    }
    moved = shelter.patch(path, {"commune_insee": "13055"}, If_Match=kept.headers["ETag"])
    assert moved.json["departement"] == "13"
    assert abs(moved.json["latitude"] - 43.3) < 0.1


def test_availability_is_replaced_whole(shelter: Caller, room: dict[str, Any]) -> None:
    path = f"/places/{room['id']}"
    free = [
        {"from_night": "2026-12-01", "until_night": None},
        {"from_night": "2026-11-21", "until_night": "2026-11-25", "beds": 3},
    ]
    kept = shelter.put(f"{path}/availability", {"free": free}, If_Match='"1"')
    assert kept.status_code == 200, kept.json
    assert [each["from_night"] for each in kept.json["free"]] == ["2026-11-21", "2026-12-01"]
    assert shelter.get(path).json == kept.json
    full = shelter.put(f"{path}/availability", {"free": []}, If_Match=kept.headers["ETag"])
    assert full.json["free"] == []


@pytest.mark.parametrize(
    ("free", "path"),
    [
        ([{"from_night": "2026-11-21", "until_night": "2026-11-21"}], "free[0].until_night"),
        ([{"from_night": "2026-11-21", "beds": 4}], "free[0].beds"),
        ([{"from_night": "2026-11-21", "cots": 2}], "free[0].cots"),
        ([{"from_night": "2026-11-21"}, {"from_night": "2026-11-25"}], "free[1].from_night"),
        ([{"until_night": "2026-11-21"}], "free[0].from_night"),
    ],
)
def test_wrong_availability_is_refused_whole(
    shelter: Caller, room: dict[str, Any], free: list[dict[str, Any]], path: str
) -> None:
    refused = shelter.put(f"/places/{room['id']}/availability", {"free": free}, If_Match='"1"')
    assert refused.status_code == 422
    assert path in refused.json["errors"]
    assert shelter.get(f"/places/{room['id']}").json == room


def test_a_place_closes_and_opens_again(shelter: Caller, room: dict[str, Any]) -> None:
    path = f"/places/{room['id']}"
    body = {"reason": "pest_control", "from_night": "2026-11-22", "until_night": "2026-11-24"}
    closed = shelter.post(f"{path}/closures", body, If_Match='"1"')
    assert closed.status_code == 201, closed.json
    closure = closed.json["closures"][0]
    assert closure["reason"] == "pest_control"
    assert shelter.delete(f"{path}/closures/{'0' * 32}", If_Match=closed.headers["ETag"]).status_code == 404
    opened = shelter.delete(f"{path}/closures/{closure['id']}", If_Match=closed.headers["ETag"])
    assert opened.json["closures"] == []
    assert opened.headers["ETag"] != closed.headers["ETag"]
    backwards = shelter.post(f"{path}/closures", {**body, "until_night": "2026-11-22"}, If_Match=opened.headers["ETag"])
    assert "until_night" in backwards.json["errors"]


def test_confirming_needs_what_was_read(shelter: Caller, room: dict[str, Any]) -> None:
    path = f"/places/{room['id']}"
    kept = shelter.patch(path, {"label": "chambre 2"}, If_Match='"1"')
    assert kept.json["label"] == "chambre 2"
    assert shelter.post(f"{path}/confirmation", If_Match='"1"').status_code == 412
    assert shelter.post(f"{path}/confirmation", If_Match=kept.headers["ETag"]).status_code == 200


def test_a_place_is_not_made_smaller_than_what_it_holds(engine: Engine, shelter: Caller) -> None:
    owner = shelter.organisation
    assert owner is not None
    home = builders.facility(owner)
    dormitory = builders.place(home, label="dortoir", beds=4, sharing=Sharing.SHARED)
    builders.save(engine, home, dormitory, builders.stay(dormitory, beds=2), builders.stay(dormitory, beds=1))
    tag = shelter.get(f"/places/{dormitory.id}").headers["ETag"]
    refused = shelter.patch(f"/places/{dormitory.id}", {"beds": 2}, If_Match=tag)
    assert (refused.status_code, refused.json["reason"]) == (409, "below_occupied")
    assert shelter.patch(f"/places/{dormitory.id}", {"beds": 3}, If_Match=tag).status_code == 200
    listed = shelter.get(f"/places?facility_id={home.id}").json["items"]
    assert [place["id"] for place in listed] == [dormitory.id]
    assert len(shelter.get("/places?limit=1").json["items"]) == 1


def test_another_shelters_place_is_not_there(
    shelter: Caller, room: dict[str, Any], enrol: Callable[..., Caller]
) -> None:
    other = enrol(TokenRole.SHELTER, departement=None)
    path = f"/places/{room['id']}"
    missing = other.get(f"/places/{'0' * 32}")
    for answer in (
        other.get(path),
        other.patch(path, {"beds": 9}, If_Match='"1"'),
        other.put(f"{path}/availability", {"free": []}, If_Match='"1"'),
        other.post(f"{path}/confirmation", If_Match='"1"'),
        other.post(f"/facilities/{room['facility_id']}/places", {"label": "x", "beds": 1}),
    ):
        assert answer.status_code == 404
        assert answer.json == missing.json
    assert shelter.get(path).json == room


def test_a_coordination_sees_counts_and_of_secret_kinds_that_one_exists(
    engine: Engine, siao: Caller, shelter: Caller
) -> None:
    owner = shelter.organisation
    assert owner is not None
    open_home = builders.facility(owner)
    secret = builders.facility(owner, "koutcha", disclosure=Disclosure.SECRET, departement="07")
    hidden_chrs = builders.facility(owner, "chrs", disclosure=Disclosure.SECRET, departement="08")
    taken = builders.place(open_home)
    closed = builders.place(open_home)
    dormitory = builders.place(open_home, beds=3, sharing=Sharing.SHARED)
    asking = builders.request(owner)
    builders.save(
        engine,
        open_home,
        secret,
        hidden_chrs,
        builders.place(open_home),
        builders.place(open_home, free=[]),
        taken,
        closed,
        dormitory,
        builders.place(secret),
        builders.place(hidden_chrs),
        builders.closure(closed),
        asking,
        builders.proposal(asking, [builders.leg(taken)]),
        builders.stay(dormitory, beds=2, request_id=asking.id),
    )
    answer = siao.get("/vacancies")
    assert answer.json["items"] == [
        {"kind": "chu", "departement": "69", "places": 5, "free_tonight": 2},
        {"kind": "chrs", "departement": None, "places": None, "free_tonight": None},
        {"kind": "koutcha", "departement": None, "places": None, "free_tonight": None},
    ]
    assert open_home.id not in answer.get_data(as_text=True)
    assert shelter.get("/vacancies").status_code == 403
