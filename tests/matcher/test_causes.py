"""Binding sets and reasons: the contract's examples, random instances against everything tried, and corners by hand."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random  # noqa: TID251 -- seeded instances

import pytest

from matcher.causes import causes
from matcher.codec import problem_from_json
from matcher.describe import ledger_of
from matcher.encode import solution_to_json
from matcher.optimise import Effort, optimise
from matcher.solve import solve
from tests.matcher.brute_causes import Causes
from tests.matcher.forms import Json, answer
from tests.matcher.instances import private_problem, seeded_problem

INSTANCES = Path(__file__).parents[1] / "instances"
CHUNK = 25
CHUNKS = range(12)
"""12 chunks of 25: 300 instances with one leg, 300 with two."""


@pytest.mark.parametrize("path", sorted(INSTANCES.glob("*.problem.json")), ids=lambda path: path.name)
def test_examples_have_their_binding_sets(path: Path) -> None:
    expected = json.loads((INSTANCES / path.name.replace(".problem.", ".expected.")).read_text(encoding="utf-8"))
    result = answer(json.loads(path.read_text(encoding="utf-8")))
    assert {row["request"]: {"binding": row["binding"]} for row in result["unserved"]} == expected["unserved"]
    assert all((row["reason"] is None) == bool(row["binding"]) for row in result["unserved"])


def compare(problem: Json) -> None:
    rows = answer(problem)["unserved"]
    tried = Causes(problem) if rows else None
    for row in rows:
        assert tried is not None
        assert row["binding"] == tried.binding(row["request"])
        assert row["reason"] == (None if row["binding"] else tried.reason(row["request"]))
        assert "unproven" not in row


@pytest.mark.parametrize("max_legs", [1, 2])
@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_instances_equal_brute_force(chunk: int, max_legs: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        try:
            compare(seeded_problem(seed, max_legs))
        except AssertionError as error:
            error.add_note(f"seeded_problem({seed}, {max_legs})")
            raise


def scarce_assignment(seed: int) -> Json:
    """Private places for half of the requests, so that making room for one means moving several."""
    rng = Random(seed)
    problem = private_problem(seed, 7)
    problem["places"] = problem["places"][: max(2, len(problem["requests"]) // 2)]
    for place in problem["places"]:
        place["free"] = place["free"] or [{"from": problem["night"]}]
    for request in problem["requests"]:
        request["class"] = rng.choice([1, 1, 2])
    return problem


@pytest.mark.parametrize("chunk", range(8))
def test_scarce_assignments_equal_brute_force(chunk: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        compare(scarce_assignment(seed))


def test_causes_may_be_left_out() -> None:
    problem = problem_from_json(scarce_assignment(3))
    rows = solve(problem, Effort(causes_limit=None)).unserved
    assert rows
    assert all(row.cause is None for row in rows)
    form = solution_to_json(solve(problem, Effort(causes_limit=None)))
    assert all((row["binding"], row["reason"]) == (None, None) for row in form["unserved"])


def test_without_time_to_solve_again_what_is_undecided_says_so() -> None:
    """Nothing proven is lost, nothing unproven is claimed."""
    marked = 0
    for seed in range(60):
        problem = problem_from_json(seeded_problem(seed, 1 + seed % 2))
        known = {row.request: row.cause for row in solve(problem).unserved}
        for row in solve(problem, Effort(causes_limit=0.0)).unserved:
            assert row.cause is not None
            assert row.cause.unproven or row.cause == known[row.request]
            marked += row.cause.unproven
    assert marked


def test_an_answer_that_is_not_proven_has_no_proven_cause() -> None:
    problem = problem_from_json(seeded_problem(0, 1))
    answered = optimise(problem, Effort())
    doubtful = replace(answered, outcome=replace(answered.outcome, proven=False))
    ledger = ledger_of(answered.tables, answered.residents, answered.plans, answered.outcome.chosen)
    found = causes(doubtful, ledger, 1.0)
    assert found
    assert all(cause.unproven for cause in found.values())
