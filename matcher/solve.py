"""One run: the optimum, the independent check, the explanations."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from matcher.causes import causes
from matcher.check import check
from matcher.describe import describe, ledger_of
from matcher.objective import objective
from matcher.optimise import Effort, Optimum, Stopwatch, optimise
from matcher.problem import Problem
from matcher.solution import Cause, Solution

VERSION: Final = "1"
"""Version of the model: changes when the same problem may get another answer."""


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
    effort = effort or Effort()
    found = optimise(problem, effort)
    solution = explained(found, effort)
    clock = Stopwatch()
    check(problem, solution)
    clock.lap("check")
    return replace(solution, seconds=solution.seconds | clock.seconds)


def explained(found: Optimum, effort: Effort) -> Solution:
    """Put an optimum in words: plans with their fallbacks, unserved requests with funnel and cause."""
    clock = Stopwatch()
    chosen = found.outcome.chosen
    ledger = ledger_of(found.tables, found.residents, found.plans, chosen)
    given, missing = describe(found.tables, ledger, found.plans, chosen)
    clock.lap("explain")
    why: Mapping[str, Cause] = {}
    if effort.causes_limit is not None:
        why = causes(found, ledger, effort.causes_limit)
        clock.lap("causes")
    return Solution(
        status="optimal" if found.outcome.proven else "feasible",
        objective=found.objective,
        bound=found.outcome.bound,
        plans=given,
        unserved=tuple(replace(row, cause=why.get(row.request)) for row in missing),
        greedy_objective=objective(found.tables, found.plans, found.by_phone),
        solver=found.solver,
        version=VERSION,
        seed=found.tables.problem.seed,
        seconds=found.seconds | clock.seconds,
    )
