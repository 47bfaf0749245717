"""The rules that look at other households: separation, minors beside adults, quotas, beds given once."""

from typing import Any

import pytest

from tests.matcher.forms import MAN, WOMAN, answer, place, problem, request, served
from tests.matcher.instances import day, member

Json = dict[str, Any]

GIRL = [member(190, "F")]
MOTHER = [WOMAN, member(30, "F", "child")]
DORMITORY: Json = {"sharing": "shared", "beds": 4}
FIRST, LATER = [{"from": day(0), "until": day(3)}], [{"from": day(3)}]


def count(requests: list[Json], places: list[Json], **fields: Any) -> int:  # noqa: ANN401 -- fields of every type
    return len(served(problem(requests, places, **fields)))


def pair(**fields: Any) -> list[Json]:  # noqa: ANN401 -- fields of every type
    return [request("r1", **fields), request("r2", **fields)]


def houses(first: Json | None = None, second: Json | None = None) -> list[Json]:
    """Two rooms of one facility."""
    return [place("p1", facility="f") | (first or {}), place("p2", facility="f") | (second or {})]


def resident(**fields: Any) -> list[Json]:  # noqa: ANN401 -- fields of every type
    return [{"facility": "f-p", "place": "p", "from": day(-9), **fields}]


@pytest.mark.parametrize(
    ("groups", "places", "expected"),
    [
        (("g", "g"), houses(), 1),
        (("g", "h"), houses(), 2),
        ((None, None), houses(), 2),
        (("g", "g"), houses(second={"facility": "other"}), 2),
        (("g", "g"), houses({"free": FIRST}, {"free": LATER}), 2),
        (("g", "g"), houses({"free": FIRST}, {"free": [{"from": day(2)}]}), 1),
        (("g", "g"), houses(dict(DORMITORY), {"facility": "far", "audience": "men"}), 1),
    ],
)
def test_separation_of_households(groups: tuple[str | None, str | None], places: list[Json], expected: int) -> None:
    requests = [request(f"r{number}", separation_group=group) for number, group in enumerate(groups)]
    assert count(requests, places) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"separation_group": "g"}, 0),
        ({"separation_group": "h"}, 1),
        ({"separation_group": "g", "until": day(0)}, 1),
        ({"separation_group": "g", "until": day(1)}, 0),
        ({"separation_group": "g", "from": day(27)}, 0),
        ({"separation_group": "g", "from": day(28)}, 1),
        ({"separation_group": "g", "place": "elsewhere in the facility"}, 0),
        ({"separation_group": "g", "facility": "another"}, 1),
    ],
)
def test_separation_from_a_resident(fields: Json, expected: int) -> None:
    assert count([request(separation_group="g")], [place()], residents=resident(**fields)) == expected


@pytest.mark.parametrize(
    ("first", "second", "fields", "expected"),
    [
        (GIRL, [WOMAN], {}, 1),
        (GIRL, GIRL, {}, 2),
        ([MAN], [WOMAN], {}, 2),
        (MOTHER, [WOMAN], {}, 1),
        (MOTHER, GIRL, {}, 1),
        (MOTHER, MOTHER, {}, 1),
        (MOTHER, MOTHER, {"audience": "women_with_children"}, 2),
        (MOTHER, MOTHER, {"audience": "families"}, 1),
        ([member(240, "F", presumed_minor=True)], GIRL, {}, 2),
        ([member(240, "F", presumed_minor=True)], [WOMAN], {}, 1),
        ([member(215, "F")], [member(216, "F")], {}, 1),
        (GIRL, [WOMAN], {"free": [FIRST[0], {"from": day(2)}]}, 1),
        (GIRL, [WOMAN], {"free": [FIRST[0], LATER[0]]}, 2),
    ],
)
def test_minors_beside_adults(first: list[Json], second: list[Json], fields: Json, expected: int) -> None:
    requests = [request("r1", members=first), request("r2", members=second, from_night=day(0))]
    assert count(requests, [place(**DORMITORY) | fields]) == expected


@pytest.mark.parametrize(
    ("members", "fields", "expected"),
    [
        (GIRL, {}, 0),
        ([WOMAN], {}, 0),
        (GIRL, {"has_adult": False}, 1),
        (GIRL, {"has_minor": False}, 0),
        ([WOMAN], {"has_minor": False}, 1),
        (MOTHER, {"has_minor": False}, 0),
        (MOTHER, {"has_minor": False, "has_adult": False}, 1),
        (GIRL, {"place": "another"}, 1),
        (GIRL, {"until": day(0)}, 1),
    ],
)
def test_a_resident_of_unknown_composition_is_both(members: list[Json], fields: Json, expected: int) -> None:
    assert count([request(members=members)], [place(**DORMITORY)], residents=resident(**fields)) == expected


def test_a_resident_of_a_private_place_mixes_with_nobody() -> None:
    assert count([request(members=GIRL)], [place()], residents=resident()) == 1


COUPLE = [WOMAN, member(360, "M", "partner")]


@pytest.mark.parametrize(
    ("fact", "most", "already", "expected"),
    [
        ("has_partner", 1, 0, 1),
        ("has_partner", 2, 0, 2),
        ("has_partner", 2, 1, 1),
        ("has_partner", 1, 5, 0),
        ("outside_departement", 0, 0, 0),
        ("outside_departement", 1, 0, 1),
    ],
)
def test_quota(fact: str, most: int, already: int, expected: int) -> None:
    quota = {"id": "q", "places": ["p1", "p2", "gone"], "fact": fact, "max": most, "already": already}
    assert count(pair(members=COUPLE), houses(), quotas=[quota]) == expected


@pytest.mark.parametrize(
    ("requests", "places"),
    [
        (pair(), houses()),
        (pair(members=COUPLE), [place("p1"), place("other"), place("third")]),
    ],
)
def test_a_quota_of_partners_leaves_the_others_alone(requests: list[Json], places: list[Json]) -> None:
    assert count(requests, places, quotas=[{"id": "q", "places": ["p1"], "fact": "has_partner", "max": 0}]) == 2


@pytest.mark.parametrize(("departement", "expected"), [("75", 2), ("69", 0), (None, 0)])
def test_outside_its_departement(departement: str | None, expected: int) -> None:
    quota = {"id": "q", "places": ["p1", "p2"], "fact": "outside_departement", "max": 0}
    places = houses({"departement": departement}, {"departement": departement})
    assert count(pair(), places, quotas=[quota]) == expected


def test_a_household_counts_once_in_a_quota_of_two_legs() -> None:
    quota = {"id": "q", "places": ["p1", "p2"], "fact": "has_partner", "max": 1}
    places = [place("p1", free=FIRST), place("p2", free=LATER)]
    form = problem([request(members=COUPLE)], places, quotas=[quota], policy={"max_legs": 2})
    assert served(form) == {"r": ["p1", "p2"]}


@pytest.mark.parametrize(
    ("free", "fields", "members", "expected"),
    [
        ([{"from": day(0)}], {}, [WOMAN], 1),
        ([{"from": day(0), "until": day(1)}, {"from": day(1)}], {}, [WOMAN], 2),
        ([{"from": day(0)}], DORMITORY, [WOMAN], 2),
        ([{"from": day(0), "beds": 1}], DORMITORY, [WOMAN], 1),
        ([{"from": day(0), "beds": 1}, {"from": day(0), "beds": 1}], DORMITORY, [WOMAN], 2),
        ([{"from": day(0), "beds": 3}], DORMITORY, COUPLE, 1),
        ([{"from": day(0), "beds": 3}, {"from": day(0), "beds": 1}], DORMITORY, COUPLE, 1),
    ],
)
def test_every_bed_is_given_once(free: list[Json], fields: Json, members: list[Json], expected: int) -> None:
    assert count(pair(members=members), [place(free=free) | fields]) == expected


@pytest.mark.parametrize(("beds", "cots", "expected"), [(2, 2, 2), (2, 1, 1), (4, 1, 1), (4, 0, 2), (3, 0, 1)])
def test_beds_and_cots_of_mothers_with_newborns(beds: int, cots: int, expected: int) -> None:
    """Each takes a cot where the interval has one, and no bed replaces the cot that the other took."""
    dormitory = {"audience": "women_with_children", "sharing": "shared", "beds": beds, "cots": cots}
    assert count(pair(members=[WOMAN, member(2, "F", "child")]), [place(**dormitory)]) == expected


def test_a_cot_left_out_of_two_intervals_is_not_shared() -> None:
    dormitory = {"audience": "women_with_children", "sharing": "shared", "beds": 4, "cots": 2}
    free = [{"from": day(0), "beds": 2, "cots": 1}, {"from": day(0), "beds": 1, "cots": 1}]
    mothers = [request(f"r{number}", members=[WOMAN, member(2, "F", "child")]) for number in range(3)]
    assert len(answer(problem(mothers, [place(**dormitory, free=free)]))["plans"]) == 2
