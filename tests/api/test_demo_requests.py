import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from api.commands import demo_words as words
from api.resources.requests.schemas import RequestIn
from data.reference.loader import communes
from data.seed.requests import maternities, night_of_requests

NIGHT = date(2026, 11, 21)


@pytest.fixture(scope="module")
def bodies() -> list[dict[str, Any]]:
    return night_of_requests(600, 1, NIGHT)


def test_a_night_is_the_same_for_the_same_seed_and_a_longer_one_begins_alike(bodies: list[dict[str, Any]]) -> None:
    again = night_of_requests(700, 1, NIGHT)
    assert json.dumps(again[:600]) == json.dumps(bodies)
    assert night_of_requests(600, 2, NIGHT) != bodies


def test_the_interface_takes_every_body(bodies: list[dict[str, Any]]) -> None:
    schema = RequestIn()
    assert [errors for body in bodies if (errors := schema.validate(body))] == []


def test_a_body_has_only_the_interfaces_fields_so_no_name_and_no_nationality(bodies: list[dict[str, Any]]) -> None:
    written = {name for body in bodies for name in body}
    assert written <= set(RequestIn().fields)
    assert not {name for name in written if "name" in name or "nation" in name or "birth" in name}


def test_the_need_is_where_it_is_and_everybody_is_there(bodies: list[dict[str, Any]]) -> None:
    where = Counter(body["departement"] for body in bodies)
    assert where["93"] > where["75"] / 2 > where["48"]
    assert {"69", "13", "59", "974", "976"} <= set(where)
    sleeping = Counter(body["sleeping_tonight"] for body in bodies)
    assert set(sleeping) == {
        "street",
        "station",
        "maternity",
        "emergency_115",
        "exploiter",
        "third_party",
        "facility",
    }
    assert any(body.get("separation_group") for body in bodies)
    zones = Counter(zone["kind"] for body in bodies for zone in body["zones"])
    assert min(zones["circle"], zones["departement"]) > 30


def test_maternities_are_communes_of_their_departement() -> None:
    assert sum(map(len, maternities().values())) == 64
    assert all(one.insee in communes() for some in maternities().values() for one in some)


def body(*members: tuple[int, str, str, str], **facts: object) -> dict[str, Any]:
    people = [{"age": age, "age_unit": unit, "sex": sex, "role": role} for age, unit, sex, role in members]
    return {"members": people, **facts}


MOTHER = (24, "years", "F", "principal")


@pytest.mark.parametrize(
    ("given", "french", "english"),
    [
        (body(MOTHER, (3, "days", "M", "child")), "mère 24 ans, nourrisson 3 j", "mother, 24, newborn, 3 days"),
        (
            body((16, "years", "M", "principal"), statuses=["unaccompanied"]),
            "mineur 16 ans, sans représentant légal",
            "boy, 16, unaccompanied",
        ),
        (
            body(MOTHER, (30, "years", "M", "partner"), (9, "years", "F", "child"), (4, "years", "M", "child")),
            "mère 24 ans, conjoint 30 ans, 2 enfants 4, 9 ans",
            "mother, 24, partner, 30, 2 children, 4, 9",
        ),
        (body(MOTHER, pregnant_weeks=32), "femme 24 ans, enceinte de 32 sem.", "woman, 24, 32 weeks pregnant"),
        (
            body((9, "years", "F", "principal"), (5, "years", "M", "other")),
            "fille 9 ans, frère ou sœur 5 ans",
            "girl, 9, sibling, 5",
        ),
        (body(MOTHER, (27, "months", "M", "child")), "mère 24 ans, enfant 27 mois", "mother, 24, child, 27 months"),
        (body((70, "years", "M", "principal")), "homme 70 ans", "man, 70"),
    ],
)
def test_a_household_is_told_in_words(given: dict[str, Any], french: str, english: str) -> None:
    assert words.household(given, "fr") == french
    assert words.household(given, "en") == english


def test_every_text_has_the_same_values_in_both_languages() -> None:
    for french, english in words.TEXTS.values():
        assert {part.split("}")[0] for part in french.split("{")[1:]} == {
            part.split("}")[0] for part in english.split("{")[1:]
        }


def test_a_funnel_tells_the_strongest_steps_and_the_last_one() -> None:
    rows = [
        ("household_too_large", 900),
        ("not_available", 400),
        ("kind_not_admissible", 300),
        ("danger_area", 259),
        ("out_of_scope", 9),
        ("too_far", 8),
        ("need_not_covered", 0),
    ]
    assert words.funnel(rows, "fr") == (
        "400 libres assez grandes : 100 pour un autre public que ce ménage, 41 en zone à éviter, "
        "250 qui n’accueillent pas depuis ce département, 8 sans l’accompagnement nécessaire"
    )
    assert words.funnel([("household_too_large", 3), ("not_available", 0), ("audience", 0)], "en") == (
        "no free place large enough"
    )


def test_no_household_is_impossible(bodies: list[dict[str, Any]]) -> None:
    for body in bodies:
        first = body["members"][0]
        assert first["role"] == "principal"
        for member in body["members"][1:]:
            if member["role"] == "partner":
                assert min(first["age"], member["age"]) >= 18
            elif member["role"] == "child":
                years = member["age"] if member["age_unit"] == "years" else 0
                assert years == 0 or first["age"] - years >= 18


def test_a_secret_place_is_named_and_never_located() -> None:
    leg = {"kind": "koutcha", "disclosure": "secret", "departement": None}
    assert words.place(leg, "fr") == "une place Koutcha"
    assert words.place({**leg, "kind": "chrs"}, "fr") == "une place secrète (CHRS)"
    assert words.place({"kind": "hotel", "disclosure": "open", "departement": "93"}, "fr") == (
        "hôtel, Seine-Saint-Denis (93)"
    )
