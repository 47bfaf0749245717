"""The whole matching of an assignment night against the bare solve.

The *bare solve* minimises the same stages by OR-Tools' minimum-cost flow on all pairs that the stages before leave,
nothing pruned or merged, and counts only the time inside the solver's ``solve()``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.graph.python import min_cost_flow

from bench.clock import peak_mib, worked
from data.seed.problems import realistic_problem
from matcher.check import check
from matcher.components import split
from matcher.describe import option
from matcher.objective import UNSERVED, objective
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.solution import Plan, Solution, Unserved
from matcher.solvers import augment, flow
from matcher.solvers.prices import Costs, Face, Network, Prices
from matcher.tables import Bools, Ints, Tables

PLAIN_MOST: Final = 10_000
"""Requests up to which the NumPy path is measured too; it takes minutes beyond."""


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


@dataclass
class _Referee:
    """Looks at every stage as it ends: verifies its proof once more, and lets OR-Tools alone solve it on all pairs.

    Parameters
    ----------
    certificate, bare : float
        Seconds so far: of verifying, and inside the solver's ``solve()``.
    """

    certificate: float = 0.0
    bare: float = 0.0

    def watch(self, tables: Tables, plans: Plans) -> None:
        """Solve a night, each stage seen by the referee."""
        minimise = flow._minimise  # noqa: SLF001 -- where a stage passes by

        def seen(
            network: Network, face: Face, active: Bools, costs: Costs, before: Ints | None = None
        ) -> tuple[Ints, Prices]:
            match, prices = minimise(network, face, active, costs, before)
            self._judge(network, face, costs, match, prices)
            return match, prices

        flow._minimise = seen  # noqa: SLF001
        try:
            optimum(tables, plans)
        finally:
            flow._minimise = minimise  # noqa: SLF001

    def _judge(self, network: Network, face: Face, costs: Costs, match: Ints, prices: Prices) -> None:
        seconds, proven = worked(lambda: _holds(network, face, costs, match, prices))
        self.certificate += seconds
        seconds, value = _bare(network, face, costs)
        self.bare += seconds
        served = match != UNSERVED
        if not proven or value != int(costs.plan[match[served]].sum() + costs.stay[~served].sum()):
            raise AssertionError("a stage is not proven")


def _holds(network: Network, face: Face, costs: Costs, match: Ints, prices: Prices) -> bool:
    """Verify dual feasibility on all pairs and slackness on the answer."""
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


def _bare(network: Network, face: Face, costs: Costs) -> tuple[float, int]:
    """Solve one stage by OR-Tools on all pairs that the stages before leave; give the seconds and the optimum."""
    rows = np.flatnonzero(face.plans)
    stays, free = np.flatnonzero(face.may_stay), np.flatnonzero(~face.must_fill)
    sink = network.requests + network.columns
    solver = min_cost_flow.SimpleMinCostFlow()
    none = np.zeros(len(free), dtype=np.int64)
    solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([network.request[rows], stays, network.requests + free]),
        np.concatenate([network.requests + network.column[rows], np.full(len(stays) + len(free), sink)]),
        np.ones(len(rows) + len(stays) + len(free), dtype=np.int64),
        np.concatenate([costs.plan[rows], costs.stay[stays], none]),
    )
    supply = np.ones(sink + 1, dtype=np.int64)
    supply[network.requests : sink] = np.where(face.must_fill, -1, 0)
    supply[sink] = -int(supply[:sink].sum())
    solver.set_nodes_supplies(np.arange(sink + 1), supply)
    seconds, status = worked(solver.solve)
    if status != solver.OPTIMAL:
        raise AssertionError("the reference found no optimum")
    return seconds, int(solver.optimal_cost())


def first_call() -> float:
    """Load compiled code, or compile it when this is the first time on this machine; give the seconds."""
    problem = realistic_problem(300, 600, seed=1)
    with compiled("always"):
        return worked(lambda: optimum(*candidates(problem)))[0]


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
    loaded = first_call()
    found, (tables, plans) = worked(lambda: candidates(problem))
    fast, chosen = worked(lambda: optimum(tables, plans))
    checked, _ = worked(lambda: check(problem, _answer(tables, plans, chosen)))
    memory = peak_mib()
    referee = _Referee()
    referee.watch(tables, plans)
    bare = referee.bare
    with compiled("never"):
        plainly, _ = worked(lambda: candidates(problem))
    plain = float("nan")
    if requests <= PLAIN_MOST:
        with compiled("never"):
            plain, same = worked(lambda: optimum(tables, plans))
        if not np.array_equal(chosen, same):
            raise AssertionError("the two paths must choose the same places")
    return {
        "requests × places": f"{requests} × {places}",
        "plans": f"{len(plans) / 1e6:.2f} M",
        "served": int(np.count_nonzero(chosen != UNSERVED)),
        "bare solve": f"{bare:.2f} s",
        "candidates, compiled": f"{found:.2f} s",
        "candidates, NumPy": f"{plainly:.2f} s",
        "solve + proof, compiled": f"{fast:.2f} s",
        "solve + proof, NumPy": f"{plain:.2f} s",
        "check": f"{checked:.2f} s",
        "ratio, compiled": f"{(found + fast + checked) / bare:.2f}",
        "ratio, NumPy": f"{(plainly + plain + checked) / bare:.2f}",
        "certificate on all pairs": f"{100 * referee.certificate / bare:.1f} %",
        "compiled code, first call": f"{loaded:.1f} s",
        "peak memory": f"{memory} MiB",
    }
