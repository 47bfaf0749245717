"""Opportunity prices of places: counted once per leg, checked, and never before who is sheltered."""

from dataclasses import replace

import pytest

from matcher.check import check
from matcher.codec import problem_from_json
from matcher.errors import AnswerError, ProblemError
from matcher.place import OPPORTUNITY_MAX
from matcher.problem import Problem
from matcher.solve import solve
from tests.matcher.forms import place, problem, request


def _priced(prices: dict[str, int], *, needs: tuple[str, ...] = (), asking: int = 1) -> Problem:
    places = [place(one, specialisms=["x"], services=["x"]) for one in prices]
    asked = [request(f"r{number}", needs=list(needs)) for number in range(asking)]
    made = problem_from_json(problem(asked, places))
    return replace(made, places=tuple(replace(one, opportunity=prices[one.id]) for one in made.places))


def test_the_place_that_others_would_miss_less_is_chosen() -> None:
    plan = solve(_priced({"p1": 900, "p2": 40})).plans[0].given
    assert plan.legs[0].place == "p2"
    assert plan.cost["opportunity"] == 40


def test_who_needs_what_the_place_is_rare_for_pays_nothing() -> None:
    plan = solve(_priced({"p1": 900}, needs=("x",))).plans[0].given
    assert "opportunity" not in plan.cost


def test_no_price_leaves_anybody_in_the_street() -> None:
    found = solve(_priced({"p1": OPPORTUNITY_MAX, "p2": OPPORTUNITY_MAX}, asking=2))
    assert not found.unserved


def test_the_verifier_counts_it_itself() -> None:
    asked = _priced({"p1": 900})
    found = solve(asked)
    free = replace(asked, places=tuple(replace(one, opportunity=0) for one in asked.places))
    with pytest.raises(AnswerError, match="cost"):
        check(free, found)


@pytest.mark.parametrize("price", [-1, OPPORTUNITY_MAX + 1])
def test_a_price_has_a_range(price: int) -> None:
    with pytest.raises(ProblemError, match="opportunity"):
        _priced({"p1": price})
