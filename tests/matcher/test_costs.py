"""Each term of the cost with known amounts (contract §4)."""

import math
from typing import Any

import pytest
from geopy.distance import great_circle

from tests.matcher.forms import LYON, PARIS, WOMAN, answer, cost, place, problem, request
from tests.matcher.instances import day, member

Json = dict[str, Any]
KM = math.floor(great_circle(tuple(LYON.values()), tuple(PARIS.values())).km)
ONE_BED = {"beds": 1}
TWINS = [WOMAN, member(1, "F", "child"), member(1, "M", "child")]

CASES: list[tuple[str, Json, Json, Json, Json]] = [
    ("nothing to pay", {}, {}, {}, {}),
    ("rare and not needed", {}, {"specialisms": ["x", "y"]}, {}, {"scarcity": 500}),
    ("rare and needed", {"needs": ["x"]}, {"specialisms": ["x", "y"], "services": ["x"]}, {}, {}),
    ("rare and only preferred", {"preferences": ["x"]}, {"specialisms": ["x"], "services": ["x"]}, {},
     {"scarcity": 500}),
    ("far from the origin", {"origin": PARIS}, {}, {}, {"distance": KM}),
    ("far from the anchor", {"anchor": PARIS}, {}, {}, {"distance": 4 * KM}),
    ("far from both", {"anchor": PARIS, "origin": PARIS}, {}, {}, {"distance": 5 * KM}),
    ("at the origin", {"origin": LYON}, {}, {}, {}),
    ("somewhere", {"anchor": PARIS, "origin": PARIS}, {"lon": None}, {}, {"distance": 5 * 300}),
    ("other weights", {"anchor": PARIS, "origin": PARIS}, {"lat": None},
     {"per_km_anchor": 2, "per_km_origin": 3, "unknown_km": 10}, {"distance": 50}),
    ("two beds too many", {}, {"beds": 3}, {}, {"spare_beds": 40}),
    ("beds of a shared place", {}, {"beds": 3, "sharing": "shared"}, {}, {}),
    ("twins in cots", {"members": TWINS}, {"beds": 3, "cots": 2}, {}, {"spare_beds": 40}),
    ("a twin in a bed", {"members": TWINS}, {"beds": 3, "cots": 1}, {}, {"spare_beds": 20}),
    ("a cot taken", {"members": TWINS}, {"beds": 3, "cots": 2, "free": [{"from": day(0), "cots": 0}]}, {}, {}),
    ("a pair is one", {"members": TWINS}, {"beds": 3, "pair_is_one": True}, {}, {"spare_beds": 40}),
    ("two preferences of three", {"preferences": ["x", "y", "z"]}, {"services": ["x", "w"]}, {}, {"preference": 100}),
    ("confirmed 7 hours ago", {}, {"confirmed_hours_ago": 7}, {}, {"stale": 7}),
    ("confirmed a month ago", {}, {"confirmed_hours_ago": 720}, {}, {"stale": 168}),
    ("confirmed a month ago, other weights", {}, {"confirmed_hours_ago": 720},
     {"stale_hour": 3, "stale_hours_max": 10}, {"stale": 30}),
    ("six nights short", {"nights": 10}, {"max_stay_nights": 4}, {}, {"shortfall": 18}),
    ("short of the horizon", {}, {"max_stay_nights": 4}, {}, {"shortfall": 3 * 24}),
    ("late is not short", {"nights": 10}, {"free": [{"from": day(5)}]}, {}, {}),
    ("late near the horizon is not short", {"nights": 10}, {"free": [{"from": day(20)}]}, {}, {}),
    ("the place already proposed", {"sent_place": "p"}, {}, {}, {}),
    ("another place than proposed", {"sent_place": "q"}, {}, {}, {"change": 200}),
    ("free of charge", {"sent_place": "q"}, {"confirmed_hours_ago": 9}, {"change": 0, "stale_hour": 0}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "offered", "weights", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_terms(asked: Json, offered: Json, weights: Json, expected: Json) -> None:
    form = problem([request(**asked)], [place(**(ONE_BED | offered))], policy={"weights": weights})
    assert cost(form) == expected


@pytest.mark.parametrize(("sent", "change"), [("a", {}), ("b", {}), ("c", {"change": 200}), ("gone", {"change": 200})])
def test_two_legs_pay_both_and_the_move(sent: str, change: Json) -> None:
    """Legs pay one after another; a proposed place that is either leg, costs no change."""
    a = place("a", beds=1, confirmed_hours_ago=1, free=[{"from": day(0), "until": day(3)}])
    b = place("b", beds=2, confirmed_hours_ago=2, free=[{"from": day(3), "until": day(20)}], specialisms=["x"])
    form = problem([request(sent_place=sent)], [a, b, place("c", free=[])], policy={"max_legs": 2})
    assert cost(form) == {"stale": 3, "spare_beds": 20, "scarcity": 500, "move": 300, "shortfall": 24} | change


def test_the_objective_adds_the_costs_up() -> None:
    requests = [request("a", origin=PARIS), request("b", preferences=["x"]), request("c", **{"class": 4})]
    places = [place("p", beds=1), place("q", beds=2)]
    result = answer(problem(requests, places))
    paid = sum(sum(row["cost"].values()) for row in result["plans"])
    assert result["objective"] == [0, 0, 0, 0, 0, 0, 1, 0, 2, KM + 50 + 20]
    assert paid == KM + 70


def test_costs_never_outweigh_shelter() -> None:
    """The dearest place there is, rather than a night in the street."""
    weights = dict.fromkeys(["scarcity", "per_km_anchor", "spare_bed", "preference", "change"], 1_000_000)
    asked = request(anchor=PARIS, preferences=["x"], sent_place="q")
    form = problem([asked], [place(specialisms=["y"], beds=9)], policy={"weights": weights})
    assert answer(form)["objective"][:9] == [0] * 9
