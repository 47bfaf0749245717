"""The whole matching of an assignment night against the bare solve.

The *bare solve* minimises the same stages by OR-Tools' minimum-cost flow on all pairs that the stages before leave,
nothing pruned or merged, and counts only the time inside the solver's ``solve()``.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from ortools.graph.python import min_cost_flow

from bench.clock import peak_mib, worked
from data.seed.problems import realistic_problem
from matcher.check import check
from matcher.components import split
from matcher.describe import option
from matcher.kernels import COMPILED
from matcher.objective import UNSERVED, objective
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.solution import Plan, Solution, Unserved
from matcher.solvers import augment, flow
from matcher.solvers.prices import Costs, Face, Network, Prices
from matcher.tables import Ints, Tables


class _TimedFlow(min_cost_flow.SimpleMinCostFlow):  # type: ignore[misc]  # OR-Tools ships no types for it
    """The solver, with the seconds it spent solving."""

    seconds = 0.0

    def solve(self) -> object:
        """Solve, and add the time it took."""
        start = time.process_time()
        status = super().solve()
        _TimedFlow.seconds += time.process_time() - start
        return status


@contextmanager
def compiled(wish: str) -> Iterator[None]:
    """Allow compiled code, or not."""
    before = os.environ.get("ESCALE_COMPILED")
    os.environ["ESCALE_COMPILED"] = wish
    try:
        yield
    finally:
        if before is None:
            del os.environ["ESCALE_COMPILED"]
        else:
            os.environ["ESCALE_COMPILED"] = before


def candidates(problem: Problem) -> tuple[Tables, Plans]:
    """Tabulate a problem and enumerate its plans."""
    tables = Tables(problem)
    return tables, admissible_plans(tables, Residents(tables))


def optimum(tables: Tables, plans: Plans) -> Ints:
    """Solve and prove an assignment night; give the plan of each request."""
    (component,) = split(tables, plans)
    return flow.solve_assignment(tables, plans, component.requests, seed=0).chosen


def bare_seconds(tables: Tables, plans: Plans) -> float:
    """Solve all stages on all pairs; give the seconds inside the solver alone."""
    _TimedFlow.seconds = 0.0
    solver, first = flow.min_cost_flow.SimpleMinCostFlow, flow.FIRST_PLANS
    flow.min_cost_flow.SimpleMinCostFlow, flow.FIRST_PLANS = _TimedFlow, len(plans) + 1
    try:
        with compiled("never"):
            optimum(tables, plans)
    finally:
        flow.min_cost_flow.SimpleMinCostFlow, flow.FIRST_PLANS = solver, first
    return _TimedFlow.seconds


def _answer(tables: Tables, plans: Plans, chosen: Ints) -> Solution:
    """Put an answer in the form that is checked, without fallbacks and funnels."""
    rows = list(enumerate(chosen.tolist()))
    total = objective(tables, plans, chosen)
    return Solution(
        status="optimal",
        objective=total,
        bound=total,
        plans=tuple(Plan(tables.requests[r].id, option(tables, plans, row), ()) for r, row in rows if row != UNSERVED),
        unserved=tuple(Unserved(tables.requests[r].id, ()) for r, row in rows if row == UNSERVED),
        greedy_objective=total,
        solver="flow",
        version="bench",
        seed=0,
        seconds={},
    )


class _Certificates:
    """Times one more verification of every stage's proof, on all pairs."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._narrow = flow._narrow  # noqa: SLF001 -- where a stage's proof passes by

    def __call__(self, network: Network, face: Face, costs: Costs, match: Ints, prices: Prices) -> Face:
        """Verify dual feasibility on all pairs and slackness on the answer, then go on."""
        seconds, proven = worked(lambda: self._holds(network, face, costs, match, prices))
        if not proven:
            raise AssertionError("a stage is not proven")
        self.seconds += seconds
        return self._narrow(network, face, costs, match, prices)

    @staticmethod
    def _holds(network: Network, face: Face, costs: Costs, match: Ints, prices: Prices) -> bool:
        served = match != UNSERVED
        taken = match[served]
        stay, column = prices.of_staying(costs.stay), prices.of_columns()
        tight = costs.plan[taken] + prices.request[served] <= prices.column[network.column[taken]]
        unused = (network.usage(match) == 0) & ~face.must_fill
        return (
            not len(augment.contradictions(network, face, costs, prices))
            and bool(tight.all())
            and bool((stay[~served] <= 0).all())
            and bool((stay[served & face.may_stay] >= 0).all())
            and bool((column[unused] == 0).all())
        )


def _first_call() -> float:
    """Load compiled code, or compile it when this is the first time on this machine."""
    problem = realistic_problem(300, 600, seed=1)
    with compiled("always"):
        first, share = flow.FIRST_PLANS, flow.REPAIRED_SHARE
        flow.FIRST_PLANS, flow.REPAIRED_SHARE = 2, 1.0
        try:
            return worked(lambda: optimum(*candidates(problem)))[0]
        finally:
            flow.FIRST_PLANS, flow.REPAIRED_SHARE = first, share


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
    loaded = _first_call() if COMPILED else float("nan")
    found, (tables, plans) = worked(lambda: candidates(problem))
    with compiled("auto"):
        fast, chosen = worked(lambda: optimum(tables, plans))
    memory = peak_mib()
    checked, _ = worked(lambda: check(problem, _answer(tables, plans, chosen)))
    with compiled("never"):
        plain, same = worked(lambda: optimum(tables, plans))
    if not np.array_equal(chosen, same):
        raise AssertionError("the two paths must choose the same places")
    certificates = _Certificates()
    flow._narrow = certificates  # noqa: SLF001
    with compiled("auto"):
        optimum(tables, plans)
    flow._narrow = certificates._narrow  # noqa: SLF001
    bare = bare_seconds(tables, plans)
    return {
        "requests × places": f"{requests} × {places}",
        "plans": f"{len(plans) / 1e6:.2f} M",
        "served": int(np.count_nonzero(chosen != UNSERVED)),
        "bare solve": f"{bare:.2f} s",
        "candidates": f"{found:.2f} s",
        "solve + proof, compiled": f"{fast:.2f} s",
        "solve + proof, NumPy": f"{plain:.2f} s",
        "check": f"{checked:.2f} s",
        "ratio, compiled": f"{(found + fast + checked) / bare:.2f}",
        "ratio, NumPy": f"{(found + plain + checked) / bare:.2f}",
        "certificate on all pairs": f"{100 * certificates.seconds / bare:.1f} %",
        "compiled code, first call": f"{loaded:.1f} s",
        "peak memory": f"{memory} MiB",
    }
