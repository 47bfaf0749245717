"""The matcher against a program that tries everything: optimum, greedy, every plan, every fallback, every funnel."""

from collections import Counter

import pytest

from matcher.codec import problem_from_json
from matcher.encode import solution_to_json
from matcher.optimise import Effort
from matcher.solve import solve
from tests.matcher import brute_answers as answers
from tests.matcher import brute_facts as facts
from tests.matcher.brute_force import Brute
from tests.matcher.instances import seeded_problem

CHUNK = 25
CHUNKS = range(42)
"""42 chunks of 25: 1 050 instances with one leg, 1 050 with two."""
PLAIN = Effort(causes_limit=None)
"""Causes have a comparison of their own (`test_causes`)."""


def compare(seed: int, max_legs: int) -> None:
    problem = seeded_problem(seed, max_legs)
    brute = Brute(problem)
    answer = solution_to_json(solve(problem_from_json(problem), PLAIN))
    assert tuple(answer["objective"]) == brute.best()
    assert tuple(answer["greedy_objective"]) == answers.greedy(brute)
    assert (answer["status"], answer["bound"]) == ("optimal", answer["objective"])
    answers.check_answer(brute, answer)
    given = answers.given_plans(brute, answer)
    for row in answer["plans"]:
        assert answers.shown_fallback(brute, row) == answers.fallback(brute, given, row["request"])
    for row in answer["unserved"]:
        assert row["funnel"] == answers.funnel(brute, given, row["request"])


@pytest.mark.parametrize("max_legs", [1, 2])
@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_instances_equal_brute_force(chunk: int, max_legs: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        try:
            compare(seed, max_legs)
        except AssertionError as error:
            error.add_note(f"seeded_problem({seed}, {max_legs})")
            raise


def test_the_instances_hold_everything_that_is_compared() -> None:
    """Two legs given, sharing, separation, quotas and residents: often enough that a mistake in one would be met."""
    met: Counter[str] = Counter()
    for seed in range(CHUNK * len(CHUNKS)):
        problem = seeded_problem(seed, 2)
        shared = {place["id"] for place in problem["places"] if place["sharing"] == "shared" and place["free"]}
        groups = Counter(row.get("separation_group") for row in problem["requests"])
        met["sharing"] += bool(shared)
        met["separation"] += any(count > 1 for group, count in groups.items() if group is not None)
        met["quotas"] += bool(problem.get("quotas"))
        met["residents"] += bool(problem.get("residents"))
        met["two legs"] += any(len(plan.legs) == 2 for plans in Brute(problem).plans.values() for plan in plans)
    assert min(met[name] for name in ("sharing", "separation", "quotas", "residents", "two legs")) >= 300, met


@pytest.mark.parametrize("code", facts.ORDER[2:])
def test_each_rule_decides_some_instance(code: str) -> None:
    """Without this rule some optimum would be another: the comparison above would see it missing."""
    assert any(
        Brute(problem).best() != Brute(problem, lifted=frozenset({code})).best()
        for seed in range(CHUNK * len(CHUNKS))
        if (problem := seeded_problem(seed, 1))
    )


@pytest.mark.parametrize(
    "term", ["scarcity", "distance", "spare_beds", "preference", "stale", "move", "shortfall", "change"]
)
def test_each_cost_term_is_paid_in_some_instance(term: str) -> None:
    assert any(
        term in dict(plan.cost)
        for seed in range(60)
        for plans in Brute(seeded_problem(seed, 2)).plans.values()
        for plan in plans
    )
