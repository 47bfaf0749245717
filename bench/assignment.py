"""The whole matching of an assignment night against the bare solve.

The *bare solve* minimises the same stages by OR-Tools' minimum-cost flow on all pairs that the stages before leave,
nothing pruned or merged, and counts only the time inside the solver's ``solve()``.
"""

import time

import numpy as np
from ortools.graph.python import min_cost_flow

from bench.clock import peak_mib
from data.seed.problems import realistic_problem
from matcher.components import split
from matcher.plans import Plans, admissible_plans
from matcher.residents import Residents
from matcher.solve import solve
from matcher.solvers import flow
from matcher.tables import Tables


class _TimedFlow(min_cost_flow.SimpleMinCostFlow):  # type: ignore[misc]  # OR-Tools ships no types for it
    """The solver, with the seconds it spent solving."""

    seconds = 0.0

    def solve(self) -> object:
        """Solve, and add the time it took."""
        start = time.perf_counter()
        status = super().solve()
        _TimedFlow.seconds += time.perf_counter() - start
        return status


def bare_seconds(tables: Tables, plans: Plans) -> float:
    """Solve all stages on all pairs; give the seconds inside the solver alone."""
    _TimedFlow.seconds = 0.0
    solver, first = flow.min_cost_flow.SimpleMinCostFlow, flow.FIRST_PLANS
    flow.min_cost_flow.SimpleMinCostFlow, flow.FIRST_PLANS = _TimedFlow, len(plans) + 1
    try:
        for component in split(tables, plans):
            flow.solve_assignment(tables, plans, component.requests, seed=0)
    finally:
        flow.min_cost_flow.SimpleMinCostFlow, flow.FIRST_PLANS = solver, first
    return _TimedFlow.seconds


def measure(requests: int, places: int) -> dict[str, object]:
    """Measure one size.

    Parameters
    ----------
    requests, places : int
        Size of the night.

    Returns
    -------
    dict
        One row of the table.
    """
    problem = realistic_problem(requests, places, seed=0)
    solution = solve(problem)
    memory = peak_mib()
    tables = Tables(problem)
    plans = admissible_plans(tables, Residents(tables))
    bare = bare_seconds(tables, plans)
    engine = sum(solution.seconds[step] for step in ("candidates", "solve", "check"))
    waits = np.bincount(plans.request, minlength=requests)
    return {
        "requests × places": f"{requests} × {places}",
        "plans": len(plans),
        "median per request": int(np.median(waits)),
        "status": solution.status,
        "bare solve": f"{bare:.2f} s",
        "candidates + solve + check": f"{engine:.2f} s",
        "ratio": f"{engine / bare:.2f}",
        "greedy + explain": f"{solution.seconds['greedy'] + solution.seconds['explain']:.2f} s",
        "peak memory": f"{memory} MiB",
    }
