"""The same plans whatever the order of rows, the number of workers and the process; the same objective by any names.

The matcher starts no worker: flow and paths run on one thread, the constraint solver is given one. What could run on
several are the libraries below (OpenMP and BLAS under NumPy, compiled loops under numba) and the machine, when several
runs are made at once. So workers are counted here by what the environment tells those libraries, and by processes.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import count, islice
from random import Random  # noqa: TID251 -- seeded shuffles

import pytest

from data.seed.problems import realistic_problem
from matcher.codec import problem_from_json
from matcher.encode import solution_to_json
from matcher.kernels.choice import COMPILED
from matcher.optimise import Effort
from matcher.problem import Problem
from matcher.solution import Solution
from matcher.solve import solve
from tests.matcher.forms import Json
from tests.matcher.instances import private_problem, seeded_problem
from tests.matcher.test_properties import renamed, shuffled

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
REPEATS = 3
PROGRAM = """
import json, sys
from matcher.codec import problem_from_json
from matcher.encode import solution_to_json
from matcher.solve import solve
for form in json.load(sys.stdin):
    answer = solution_to_json(solve(problem_from_json(form)))
    answer.pop("seconds")
    print(json.dumps(answer))
"""


def scarce(problem: Problem) -> Problem:
    """Without costs and in one class, so that many answers are equally good."""
    weights = replace(problem.policy.weights, **dict.fromkeys(("per_km_origin", "per_km_anchor", "stale_hour"), 0))
    return replace(problem, policy=replace(problem.policy, weights=weights))


def night(solver: str) -> Problem:
    """An assignment, or a night with shared places, bridges, residents, separation and quotas."""
    if solver == "flow":
        return scarce(realistic_problem(300, 250))
    problem = scarce(realistic_problem(60, 300, specialist=True))
    return replace(problem, policy=replace(problem.policy, max_legs=2))


def rows_shuffled(problem: Problem, rng: Random) -> Problem:
    names = ("requests", "places", "residents", "quotas")
    return replace(problem, **{name: tuple(rng.sample(rows := getattr(problem, name), len(rows))) for name in names})


def quick(problem: Problem) -> Solution:
    return solve(problem, Effort(causes_limit=None))


@pytest.mark.parametrize("solver", ["flow", "cpsat"])
def test_shuffled_rows_and_repeats_give_the_same_plans(solver: str) -> None:
    problem = night(solver)
    expected = quick(problem)
    assert solver in expected.solver
    assert len(expected.plans) > 10
    rng = Random(7)
    for _ in range(REPEATS):
        assert quick(problem) == expected
        assert quick(rows_shuffled(problem, rng)) == expected


@cache
def forms(solver: str) -> tuple[Json, ...]:
    """Small nights that this solver answers."""
    drawn = (private_problem(seed, 12) if solver == "flow" else seeded_problem(seed, 2) for seed in count())
    return tuple(islice((form for form in drawn if solver in quick(problem_from_json(form)).solver), 20))


@pytest.mark.parametrize("solver", ["flow", "cpsat"])
def test_other_names_give_the_same_objective(solver: str) -> None:
    rng = Random(11)
    for form in forms(solver):
        expected = quick(problem_from_json(form)).objective
        for _ in range(REPEATS):
            assert quick(problem_from_json(renamed(form, rng))).objective == expected


def together(asked: list[str], environments: list[dict[str, str]]) -> list[str]:
    """Answer in as many processes at once."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, **environment},
        )
        for environment in environments
    ]  # fmt: skip
    for process, text in zip(running, asked, strict=True):
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        process.stdin = None
    answers = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * len(running), [errors for _, errors in answers]
    return [answer for answer, _ in answers]


@pytest.mark.parametrize("solver", ["flow", "cpsat"])
def test_one_or_two_workers_in_other_processes_at_once_give_the_same_plans(solver: str) -> None:
    """Python orders sets of strings differently in every process, and rows come in another order to each."""
    given = forms(solver)
    expected = []
    for form in given:
        answer = solution_to_json(solve(problem_from_json(form)))
        answer.pop("seconds")
        expected.append(json.dumps(answer))
    always = "always" if COMPILED else "auto"
    for repeat in range(REPEATS):
        rng = Random(repeat)
        asked = [json.dumps([shuffled(form, rng) for form in given]) for _ in range(2)]
        environments = [
            dict.fromkeys(THREADS, str(workers))
            | {"PYTHONHASHSEED": str(10 * repeat + workers), "ESCALE_COMPILED": always if repeat == 1 else "never"}
            for workers in (1, 2)
        ]
        for answers in together(asked, environments):
            assert answers.splitlines() == expected
