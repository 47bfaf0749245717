"""Everything that is not a plain assignment: constraint programming on what bounds leave open.

1. The relaxed assignment (`matcher.solvers.relaxation`) gives, entry by entry, a bound and the face of its optima.
   The deepest face on which the whole problem has an answer is found by bisection: that answer reaches the bound on
   all entries so far, which proves them.
2. The entries after it are minimised one after another, each fixed before the next. A linear programme bounds the entry
   (`matcher.solvers.linear`, exact); CP-SAT looks for an answer at the bound among the variables that such an answer
   can use, which are few; when there is none the bound rises, until there is one.

One worker and deterministic time limits make the answer the same on every machine.
"""

from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from matcher.objective import ENTRIES, Outcome, Vector
from matcher.plans import Plans
from matcher.solvers.flow import Optimum
from matcher.solvers.linear import linear_bound
from matcher.solvers.program import Program
from matcher.solvers.relaxation import relaxed_network, relaxed_optima
from matcher.solvers.rows import FREE, Row, Rows
from matcher.tables import Bools, Ints, Tables

ATTEMPT_SHARE: Final = 0.1
"""Share of the time left that one step of the bisection, or one linear programme, may take."""
MINIMISE_SHARE: Final = 0.5
"""Share of the time left that one search for an answer at a bound may take."""


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
    search = _Search(Program(tables, plans, requests), start, seed, deterministic_limit)
    network = relaxed_network(tables, plans, requests)
    steps = list(relaxed_optima(tables, plans, requests, network, seed=seed))
    depth = search.descend(steps)
    for number in range(depth, ENTRIES):
        search.minimise(steps[number].value if number == depth else None)
    return search.outcome(start)


class _Search:
    """A component being solved: what is still open, the best answer so far, the time left."""

    def __init__(self, program: Program, start: Ints, seed: int, left: float) -> None:
        self.program, self.chosen, self.seed, self.left = program, start, seed, left
        self.allowed: Bools = np.ones(len(program.values), dtype=np.bool_)
        self.fixed: list[int] = []
        self.trivial = np.minimum(program.values, 0).sum(axis=0)
        # Of each entry, what no answer that equals this one before it is below; as far as it is known.
        self.lower: list[int] = []
        self.proven = True

    def vector(self, chosen: Ints) -> Vector:
        """Give the objective of an answer over the component's requests."""
        return tuple(int(entry) for entry in self.program.values[self.program.point(chosen)].sum(axis=0))

    def descend(self, steps: list[Optimum]) -> int:
        """Go to the deepest face that holds an answer; give how many entries that proves."""
        low, high, depth = 0, len(steps), len(steps)
        while low < high:
            face, values = steps[depth - 1].face, [step.value for step in steps[:depth]]
            allowed = self.program.allowed(np.flatnonzero(face.plans), face.may_stay)
            _, found = self._solve(allowed, values, None, ATTEMPT_SHARE * self.left)
            if found is None:
                high = depth - 1
            else:
                low, self.allowed, self.fixed = depth, allowed, values
                self.chosen = min(found, self.chosen, key=self.vector)
            depth = (low + high + 1) // 2
        self.lower = list(self.fixed)
        return low

    def minimise(self, known: int | None) -> None:
        """Minimise the next entry and fix it; ``known`` is a bound of it that is known already."""
        number = len(self.fixed)
        value = self.vector(self.chosen)[number]
        lower = int(self.trivial[number]) if known is None else known
        if value > lower and self.left > 0:
            matrix = self._rows(self.fixed).matrix(self.allowed)
            cost = self.program.values[:, number]
            bound = linear_bound(matrix, cost, self.allowed, ATTEMPT_SHARE * self.left)
            lower, rise = max(lower, bound.least), 0
            while lower < value and self.left > 0:
                target = min(lower + rise, value - 1)
                allowed = self.allowed & bound.within(target)
                final, found = self._solve(allowed, self.fixed, (lower, target), MINIMISE_SHARE * self.left)
                if found is not None:
                    self.chosen = found
                    value = self.vector(found)[number]
                if not final:
                    break
                lower, rise = (value if found is not None else target + 1), max(1, 2 * rise)
            self.allowed = self.allowed & bound.within(value)
        self.fixed.append(value)
        self.lower.append(lower if self.proven else int(self.trivial[number]))
        self.proven &= value <= lower

    def outcome(self, start: Ints) -> Outcome:
        """Give the better of the answer and ``start``, with its bound."""
        chosen = min(self.chosen, start, key=self.vector)
        vector = self.vector(chosen)
        short = next((number for number in range(ENTRIES) if vector[number] > self.lower[number]), None)
        if short is None:
            return Outcome(chosen, vector, proven=True)
        return Outcome(chosen, (*vector[:short], self.lower[short], *vector[short + 1 :]), proven=False)

    def _rows(self, fixed: list[int]) -> Rows:
        """Give the rules, and the entries that must not grow."""
        rows = Rows(self.program.rows.rows)
        for number, value in enumerate(fixed):
            used = np.flatnonzero(self.program.values[:, number])
            rows.add(used, self.program.values[used, number], -FREE, value)
        return rows

    def _solve(
        self, allowed: Bools, fixed: list[int], span: tuple[int, int] | None, limit: float
    ) -> tuple[bool, Ints | None]:
        """Look for an answer; with a span, for the smallest next entry inside it. Tell whether that is final."""
        model = cp_model.CpModel()
        names = np.full(len(allowed), None, dtype=object)
        used = np.flatnonzero(allowed)
        names[used] = [model.new_bool_var("") for _ in used]
        for row in self._rows(fixed).rows:
            if not _state(model, row, names, allowed):
                return True, None
        if span is not None:
            cost = self.program.values[used, len(fixed)]
            entry = cp_model.LinearExpr.weighted_sum(names[used].tolist(), cost.tolist())
            model.add_linear_constraint(entry, *span)
            model.minimize(entry)
        for variable, hint in zip(names[used], self.program.point(self.chosen)[used].tolist(), strict=True):
            model.add_hint(variable, hint)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = self.seed % 2**31
        solver.parameters.max_deterministic_time = limit
        status = solver.solve(model)
        self.left -= solver.response_proto.deterministic_time
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return status == cp_model.INFEASIBLE, None
        point = np.zeros(len(allowed), dtype=np.bool_)
        point[used] = [solver.boolean_value(variable) for variable in names[used]]
        return status == cp_model.OPTIMAL, self.program.read(point)


def _state(model: cp_model.CpModel, row: Row, names: np.ndarray, allowed: Bools) -> bool:
    """State a row on the variables allowed; False when nothing can satisfy it."""
    keep = allowed[row.variables]
    variables, coefficients = names[row.variables[keep]].tolist(), row.coefficients[keep]
    if not variables:
        return row.low <= 0 <= row.high
    if row.high == 1 and (coefficients == 1).all() and row.low in {1, -FREE}:
        if row.low == 1:
            model.add_exactly_one(variables)
        else:
            model.add_at_most_one(variables)
    else:
        expression = cp_model.LinearExpr.weighted_sum(variables, coefficients.tolist())
        model.add_linear_constraint(expression, row.low, row.high)
    return True
