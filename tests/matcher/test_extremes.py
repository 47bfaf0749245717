"""The largest numbers the form allows: exact answers or a refusal by name, never an overflow."""

from typing import Any

import pytest

from matcher.codec import problem_from_json
from matcher.errors import ProblemError
from matcher.policy import WEIGHT_MAX
from tests.matcher.brute_force import Brute
from tests.matcher.forms import LYON, answer, place, problem, request
from tests.matcher.instances import day

Json = dict[str, Any]
FAR = 9 * 10**14
ANTIPODE = {"lat": -LYON["lat"], "lon": LYON["lon"] - 180}

CASES: dict[str, tuple[Json, Json, Json]] = {
    "nights": ({"nights": FAR}, {}, {}),
    "longest stay": ({}, {"max_stay_nights": FAR}, {}),
    "secured nights": ({}, {"free": [{"from": day(3), "until": day(5)}]}, {"secure_nights": FAR}),
    "fallbacks": ({}, {}, {"fallbacks": FAR}),
    "hours since confirmation": ({}, {"confirmed_hours_ago": FAR}, {}),
    "steepest hours": ({}, {"confirmed_hours_ago": FAR}, {"weights": {"stale_hour": WEIGHT_MAX}}),
    "beds of an interval": ({}, {"free": [{"from": day(0), "beds": FAR, "cots": FAR}]}, {}),
    "cots": ({}, {"cots": FAR}, {}),
    "waiting since the first day": ({"waiting_since": "0001-01-01", "kinds": []}, {}, {}),
    "waiting from a far day": ({"waiting_since": "9989-12-31", "kinds": []}, {}, {}),
    "first night after the horizon": ({"from_night": "9989-12-31"}, {}, {}),
    "the other side of the Earth": (
        {"origin": ANTIPODE, "anchor": ANTIPODE},
        {},
        {"weights": {"per_km_anchor": WEIGHT_MAX, "per_km_origin": WEIGHT_MAX}},
    ),
    "a circle larger than the Earth": ({"zones": {"circles": [LYON | {"km": 1e15}]}}, {"precision_km": 1e15}, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_extreme_numbers_change_nothing(name: str) -> None:
    asked, offered, policy = CASES[name]
    form = problem([request(**asked), request("s", **asked)], [place(**offered)], policy=policy)
    assert tuple(answer(form)["objective"]) == Brute(form).best()


@pytest.mark.parametrize("beds", [10**6 + 1, 10**13, 18_446_744_073_710])
def test_more_beds_than_64_bits_can_weigh_are_refused(beds: int) -> None:
    with pytest.raises(ProblemError, match=r"^places\[0\]\.beds: "):
        problem_from_json(problem([request()], [place(beds=beds)]))


def test_a_plan_too_dear_for_64_bits_is_refused() -> None:
    form = problem(
        [request(preferences=["x", "y"])],
        [place(beds=10**6, confirmed_hours_ago=10**6)],
        policy={"weights": dict.fromkeys(["spare_bed", "stale_hour", "stale_hours_max", "preference"], WEIGHT_MAX)},
    )
    with pytest.raises(ProblemError, match=r"^policy\.weights: "):
        answer(form)


def test_the_largest_weights_of_all_still_order_exactly() -> None:
    """Costs near the limit and years of waiting: still class first, then seniority, then cost."""
    weights = dict.fromkeys(["scarcity", "spare_bed", "preference", "shortfall_night", "change"], WEIGHT_MAX)
    requests = [
        request(f"r{number}", waiting_since=f"{1000 + number}-01-01", preferences=["x"], **{"class": 1 + number % 4})
        for number in range(6)
    ]
    places = [place(f"p{number}", beds=1 + 1000 * number, specialisms=["y"]) for number in range(3)]
    form = problem(requests, places, policy={"weights": weights})
    assert tuple(answer(form)["objective"]) == Brute(form).best()
