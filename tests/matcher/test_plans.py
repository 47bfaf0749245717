"""Nights, plans and bridges with known answers."""

from typing import Any

import numpy as np
import pytest

from matcher.nights import FAR, night, number, number_or_far
from tests.matcher.forms import answer, place, problem, request, tabulated
from tests.matcher.instances import NIGHT, day

Json = dict[str, Any]


def test_day_numbers() -> None:
    assert night(number(NIGHT)) == NIGHT
    assert number_or_far(None) == FAR
    assert number_or_far(NIGHT) == NIGHT.toordinal()


def shown(form: Json) -> tuple[list[tuple[str, str, str]], int] | None:
    """Legs and nights without a roof of the only plan."""
    rows = answer(form)["plans"]
    if not rows:
        return None
    (row,) = rows
    return [(leg["place"], leg["from"], leg["until"]) for leg in row["legs"]], row["roofless_nights"]


@pytest.mark.parametrize(
    ("asked", "offered", "policy", "expected"),
    [
        ({}, {}, {}, (0, 28, 0)),
        ({"nights": 3}, {}, {}, (0, 3, 0)),
        ({"nights": 1}, {}, {}, (0, 1, 0)),
        ({"nights": 90}, {}, {}, (0, 28, 0)),
        ({"from_night": day(4)}, {}, {}, (4, 28, 0)),
        ({"from_night": day(4), "nights": 3}, {"free": [{"from": day(-9)}]}, {}, (4, 7, 0)),
        ({}, {"free": [{"from": day(2)}]}, {}, (2, 28, 2)),
        ({"nights": 3}, {"free": [{"from": day(2)}]}, {}, (2, 5, 2)),
        ({"nights": 1}, {"free": [{"from": day(2)}]}, {}, (2, 3, 1)),
        ({}, {"free": [{"from": day(20)}]}, {}, (20, 28, 14)),
        ({}, {"free": [{"from": day(20)}]}, {"secure_nights": 3}, (20, 28, 3)),
        ({}, {"free": [{"from": day(0), "until": day(3)}]}, {}, (0, 3, 11)),
        ({"nights": 5}, {"free": [{"from": day(0), "until": day(3)}]}, {}, (0, 3, 2)),
        ({}, {"max_stay_nights": 3}, {"secure_nights": 1}, (0, 3, 0)),
        ({}, {"max_stay_nights": 3}, {"secure_nights": 4}, (0, 3, 1)),
        ({"latest_night": day(2)}, {"free": [{"from": day(2)}]}, {}, (2, 28, 2)),
        ({"latest_night": day(1)}, {"free": [{"from": day(2)}]}, {}, None),
        ({"from_night": day(2), "latest_night": day(1)}, {}, {}, None),
        ({"from_night": day(27)}, {}, {}, (27, 28, 0)),
        ({}, {"free": [{"from": day(27)}]}, {}, (27, 28, 14)),
    ],
)
def test_single_leg(asked: Json, offered: Json, policy: Json, expected: tuple[int, int, int] | None) -> None:
    result = shown(problem([request(**asked)], [place(**offered)], policy=policy))
    assert result == (None if expected is None else ([("p", day(expected[0]), day(expected[1]))], expected[2]))


TONIGHT = {"free": [{"from": day(0), "until": day(6)}]}


@pytest.mark.parametrize(
    ("asked", "bridge", "lasting", "expected"),
    [
        ({}, TONIGHT, {"free": [{"from": day(3)}]}, ([("a", 0, 3), ("b", 3, 28)], 0)),
        ({}, TONIGHT, {"free": [{"from": day(6)}]}, ([("a", 0, 6), ("b", 6, 28)], 0)),
        ({}, TONIGHT, {"free": [{"from": day(7)}]}, ([("b", 7, 28)], 7)),
        ({}, TONIGHT | {"max_stay_nights": 2}, {"free": [{"from": day(3)}]}, ([("b", 3, 28)], 3)),
        ({}, TONIGHT | {"max_stay_nights": 3}, {"free": [{"from": day(3)}]}, ([("a", 0, 3), ("b", 3, 28)], 0)),
        ({"nights": 8}, TONIGHT, {"free": [{"from": day(3)}]}, ([("a", 0, 3), ("b", 3, 8)], 0)),
        ({"nights": 4}, TONIGHT, {"free": [{"from": day(3)}]}, ([("a", 0, 4)], 0)),
        ({}, TONIGHT, {"free": [{"from": day(3), "until": day(9)}]}, ([("a", 0, 3), ("b", 3, 9)], 5)),
        ({}, TONIGHT, {"free": [{"from": day(3)}], "max_stay_nights": 5}, ([("a", 0, 3), ("b", 3, 8)], 6)),
        ({"latest_night": day(0)}, TONIGHT, {"free": [{"from": day(3)}]}, ([("a", 0, 3), ("b", 3, 28)], 0)),
        ({"latest_night": day(1)}, {"free": [{"from": day(2), "until": day(5)}]}, {"free": [{"from": day(4)}]}, None),
        ({}, TONIGHT, {"free": [{"from": day(0)}]}, ([("b", 0, 28)], 0)),
    ],
)
def test_bridge(asked: Json, bridge: Json, lasting: Json, expected: tuple[list[Any], int] | None) -> None:
    form = problem([request(**asked)], [place("a", **bridge), place("b", **lasting)], policy={"max_legs": 2})
    if expected is not None:
        expected = [(name, day(start), day(end)) for name, start, end in expected[0]], expected[1]
    assert shown(form) == expected


def test_a_bridge_leads_to_another_place_than_its_own() -> None:
    free = [{"from": day(0), "until": day(3)}, {"from": day(3)}]
    assert shown(problem([request()], [place(free=free)], policy={"max_legs": 2})) == ([("p", day(3), day(28))], 3)


def test_no_bridge_when_one_leg_is_the_policy() -> None:
    places = [place("a", **TONIGHT), place("b", free=[{"from": day(3)}])]
    assert shown(problem([request()], places)) == ([("b", day(3), day(28))], 3)


def test_plans_are_grouped_by_request() -> None:
    _, plans = tabulated(problem([request("b"), request("a")], [place("p"), place("q")]))
    assert plans.request.tolist() == [0, 0, 1, 1]
    assert plans.rows_of(1) == slice(2, 4)
    assert len(plans.take(np.zeros(4, dtype=np.bool_))) == 0
