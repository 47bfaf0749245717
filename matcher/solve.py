"""One run: candidates, components, the exact solver of each, the independent check, the explanations."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.check import check
from matcher.components import Component, split
from matcher.describe import describe
from matcher.greedy import greedy
from matcher.objective import ENTRIES, UNSERVED, Outcome, Vector, objective
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.solution import Solution
from matcher.solvers.cpsat import solve_component
from matcher.solvers.flow import solve_assignment
from matcher.tables import Ints, Tables

VERSION: Final = "1"
"""Version of the model: changes when the same problem may get another answer."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try.

    Parameters
    ----------
    deterministic_limit : float
        Units of the constraint solver's deterministic time per component; roughly seconds of one core, but the
        same on every machine.
    """

    deterministic_limit: float = 60.0


def solve(problem: Problem, effort: Effort | None = None) -> Solution:
    """Find the best joint assignment, verify it from scratch, and explain it.

    Parameters
    ----------
    problem : Problem
        One run.
    effort : Effort, optional
        How hard to try.

    Returns
    -------
    Solution
        Verified by `matcher.check`; never worse than greedy; the same for the same problem in any row order.

    Raises
    ------
    ProblemError
        When the problem's weights are too large.
    AnswerError
        When the answer found breaks a rule: a defect of the solver, and nothing is returned.
    """
    clock = _Stopwatch()
    tables = Tables(problem)
    residents = Residents(tables)
    plans = admissible_plans(tables, residents)
    clock.lap("candidates")
    by_phone = greedy(tables, residents, plans)
    clock.lap("greedy")
    outcome, solver = _optimise(tables, plans, by_phone, effort or Effort())
    clock.lap("solve")
    given, missing = describe(tables, residents, plans, outcome.chosen)
    clock.lap("explain")
    solution = Solution(
        status="optimal" if outcome.proven else "feasible",
        objective=objective(tables, plans, outcome.chosen),
        bound=outcome.bound,
        plans=given,
        unserved=missing,
        greedy_objective=objective(tables, plans, by_phone),
        solver=solver,
        version=VERSION,
        seed=problem.seed,
        seconds=clock.seconds,
    )
    check(problem, solution)
    clock.lap("check")
    return solution


class _Stopwatch:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 4)
        self._last = now


def _optimise(tables: Tables, plans: Plans, by_phone: Ints, effort: Effort) -> tuple[Outcome, str]:
    """Solve every component apart and put the answers together."""
    chosen = np.full(len(tables.requests), UNSERVED)
    gap = np.zeros(ENTRIES, dtype=np.int64)
    proven = True
    used: set[str] = set()
    for component, rows in _with_rows(plans, split(tables, plans), len(tables.requests)):
        own, requests, seed = plans.take(rows), component.requests, tables.problem.seed
        if component.assignment:
            outcome = solve_assignment(tables, own, requests, seed=seed)
            used.add("flow")
        else:
            start = _local(by_phone, rows, requests)
            limit = effort.deterministic_limit
            outcome = solve_component(tables, own, requests, start, seed=seed, deterministic_limit=limit)
            used.add("cpsat")
        proven &= outcome.proven
        gap += np.subtract(objective(tables, own, outcome.chosen, requests), outcome.bound)
        served = requests[outcome.chosen[requests] != UNSERVED]
        chosen[served] = rows[outcome.chosen[served]]
    bound = _joint_bound(objective(tables, plans, chosen), gap)
    return Outcome(chosen, bound, proven), "+".join(sorted(used)) or "none"


def _with_rows(plans: Plans, components: list[Component], requests: int) -> Iterator[tuple[Component, Ints]]:
    """Give each component with the rows of its plans, ascending."""
    number = np.zeros(requests, dtype=np.int64)
    for index, component in enumerate(components):
        number[component.requests] = index
    whose = number[plans.request]
    order = np.argsort(whose, kind="stable")
    edges = np.searchsorted(whose[order], np.arange(len(components) + 1))
    for index, component in enumerate(components):
        yield component, order[edges[index] : edges[index + 1]]


def _local(chosen: Ints, rows: Ints, requests: Ints) -> Ints:
    """Translate an answer to positions in a component's rows."""
    local = np.full(len(chosen), UNSERVED)
    served = requests[chosen[requests] != UNSERVED]
    local[served] = np.searchsorted(rows, chosen[served])
    return local


def _joint_bound(total: Vector, gap: Ints) -> Vector:
    """Subtract the components' gaps up to the first entry that has one; the entries after it repeat the objective."""
    first = int(np.argmax(gap != 0)) if gap.any() else ENTRIES
    return tuple(entry - int(gap[index]) if index <= first else entry for index, entry in enumerate(total))
