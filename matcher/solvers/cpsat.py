"""Everything that is not a plain assignment: constraint programming on what a relaxed assignment leaves open.

1. The relaxed assignment (`matcher.solvers.relaxation`) gives, entry by entry, a bound and the face of its optima.
2. The deepest face on which the whole problem has an answer is found by bisection: that answer reaches the bound on
   all entries so far, which proves them.
3. The entries after it are minimised by CP-SAT on that face, one after another, each fixed before the next. Once the
   first of them is known to miss its bound by some gap, plans whose reduced cost exceeds the gap are dropped: an
   answer that used one would be worse.

One worker and a deterministic time limit make the answer the same on every machine.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from matcher.objective import ENTRIES, UNSERVED, Outcome, objective, plan_values, unserved_values
from matcher.plans import Plans
from matcher.solvers.flow import Optimum
from matcher.solvers.model import Model
from matcher.solvers.prices import Network
from matcher.solvers.relaxation import relaxed_network, relaxed_optima
from matcher.tables import Bools, Ints, Tables

ATTEMPT_SHARE: Final = 0.1
"""Share of the time left that one step of the bisection may take."""


def solve_component(
    tables: Tables, plans: Plans, requests: Ints, start: Ints, *, seed: int, deterministic_limit: float
) -> Outcome:
    """Solve one component entry by entry.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every admissible plan of the requests.
    requests : ndarray of int64
        The requests, ascending; each has a plan.
    start : ndarray of int64
        An answer to start from, per request of the whole problem: rows of ``plans`` or `UNSERVED`.
    seed : int
        Fixes the choice among equal answers.
    deterministic_limit : float
        Units of the solver's deterministic time for the whole component.

    Returns
    -------
    Outcome
        Never worse than ``start``.
    """
    component = _Component(tables, plans, requests, seed)
    clock = _Clock(deterministic_limit)
    network = relaxed_network(tables, plans, requests)
    steps = list(relaxed_optima(tables, plans, requests, network, seed=seed))
    where = _Where(np.arange(len(plans)), np.ones(len(requests), dtype=np.bool_), ())
    lower = component.least()
    depth, where, chosen = _descend(component, steps, where, start, clock)
    lower[:depth] = where.fixed
    if depth < ENTRIES:
        lower[depth] = steps[depth].value
    for number in range(depth, ENTRIES):
        chosen, bound = _minimise(component, where, chosen, int(lower[number]), clock)
        value = component.value(chosen, number)
        if tuple(lower[:number]) == where.fixed:
            lower[number] = bound
        where = replace(where, fixed=(*where.fixed, value))
        if number == depth:
            where = _drop(network, steps[number], where, value - steps[number].value)
    return component.outcome(min(start, chosen, key=component.vector), lower)


@dataclass(frozen=True)
class _Component:
    """What is solved."""

    tables: Tables
    plans: Plans
    requests: Ints
    seed: int

    def vector(self, chosen: Ints) -> tuple[int, ...]:
        return objective(self.tables, self.plans, chosen, self.requests)

    def value(self, chosen: Ints, number: int) -> int:
        return self.vector(chosen)[number]

    def least(self) -> Ints:
        """Give, per entry, what it would be if every request had what is best for that entry alone."""
        best = unserved_values(self.tables)
        np.minimum.at(best, self.plans.request, plan_values(self.tables, self.plans))
        least: Ints = best[self.requests].sum(axis=0)
        return least

    def everyone(self, match: Ints) -> Ints:
        """Translate a match of the component's requests to all requests."""
        chosen = np.full(len(self.tables.requests), UNSERVED)
        chosen[self.requests] = match
        return chosen

    def outcome(self, chosen: Ints, lower: Ints) -> Outcome:
        """Put the bound beside the answer: lower on the first entry that is not proven."""
        vector = self.vector(chosen)
        short = [number for number in range(ENTRIES) if vector[number] > lower[number]]
        if not short:
            return Outcome(chosen, vector, proven=True)
        bound = (*vector[: short[0]], int(lower[short[0]]), *vector[short[0] + 1 :])
        return Outcome(chosen, bound, proven=False)


@dataclass(frozen=True)
class _Where:
    """What is still open: rows of plans, requests that may stay unserved, values of the first entries."""

    rows: Ints
    may_stay: Bools
    fixed: tuple[int, ...]

    def model(self, component: _Component, hint: Ints) -> Model:
        """State the constraints on what is open, warm-started."""
        model = Model(component.tables, component.plans.take(self.rows), component.requests, self.may_stay)
        for number, value in enumerate(self.fixed):
            model.model.add(model.entry(number) <= value)
        position = np.full(len(component.plans) + 1, UNSERVED)  # the last one stands for `UNSERVED`
        position[self.rows] = np.arange(len(self.rows))
        model.hint(position[hint])
        return model

    def read(self, model: Model, solver: cp_model.CpSolver) -> Ints:
        """Read an answer as rows of the component's plans."""
        chosen = model.read(solver)
        served = chosen != UNSERVED
        chosen[served] = self.rows[chosen[served]]
        return chosen


@dataclass
class _Clock:
    """Deterministic time left."""

    left: float

    def run(self, model: Model, seed: int, limit: float) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
        """Run CP-SAT for ``limit`` at most."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = seed % 2**31
        solver.parameters.max_deterministic_time = limit
        status = solver.solve(model.model)
        self.left -= solver.response_proto.deterministic_time
        return solver, status


def _descend(
    component: _Component, steps: list[Optimum], everywhere: _Where, start: Ints, clock: _Clock
) -> tuple[int, _Where, Ints]:
    """Find the deepest face that holds an answer; give how many entries that proves, the face, and the answer."""
    low, high, depth = 0, len(steps), len(steps)
    where, chosen = everywhere, start
    while low < high:
        step = steps[depth - 1]
        trial = _Where(np.flatnonzero(step.face.plans), step.face.may_stay, tuple(each.value for each in steps[:depth]))
        model = trial.model(component, component.everyone(step.match))
        solver, status = clock.run(model, component.seed, max(ATTEMPT_SHARE * clock.left, 0.0))
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            low, where, chosen = depth, trial, trial.read(model, solver)
        else:
            high = depth - 1
        depth = (low + high + 1) // 2
    return low, where, chosen


def _minimise(component: _Component, where: _Where, chosen: Ints, least: int, clock: _Clock) -> tuple[Ints, int]:
    """Minimise the next entry, known to be ``least`` or more; give the answer and the best bound known."""
    number = len(where.fixed)
    value = component.value(chosen, number)
    if value == least or clock.left <= 0:
        return chosen, least
    model = where.model(component, chosen)
    expression = model.entry(number)
    model.model.add(expression >= least)
    model.model.minimize(expression)
    solver, status = clock.run(model, component.seed, clock.left)
    if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        chosen = where.read(model, solver)
    if status == cp_model.OPTIMAL:
        return chosen, component.value(chosen, number)
    return chosen, max(least, int(np.ceil(solver.best_objective_bound - 1e-6)))


def _drop(network: Network, step: Optimum, where: _Where, gap: int) -> _Where:
    """Keep what an answer within ``gap`` of the relaxed optimum can use."""
    plan = step.prices.of_plans(network, step.costs.plan) <= gap
    stay = step.prices.of_staying(step.costs.stay) <= gap
    return replace(where, rows=where.rows[plan[where.rows]], may_stay=where.may_stay & stay)
