"""A bound from linear programming that no rounding can spoil.

GLOP works in floating point, so its answer proves nothing. But *any* prices π of the rows give a bound: for 0/1
variables, Σ cost·x ≥ Σ π·(the row's bound) + Σ min(0, cost − π·column). So the prices are rounded to whole multiples of
1/`SCALE`, signs that a one-sided row does not allow are dropped, and the bound is added up in exact integers
(Neumaier and Shcherbina's safe bound, without intervals). The reduced costs say, just as exactly, what using a variable
adds at least.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.linear_solver import linear_solver_pb2, pywraplp

from matcher.solvers.rows import FREE, Matrix
from matcher.tables import Bools, Floats, Ints

SCALE: Final = 2**20
"""Prices are whole multiples of 1/SCALE."""
EFFORT: Final = 1.5e-9
"""Deterministic time of one iteration of GLOP on one entry of the matrix, in CP-SAT's units: measured, then fixed."""


@dataclass(frozen=True, slots=True)
class LinearBound:
    """What a linear programme proves about an integer one.

    Parameters
    ----------
    scaled : int
        `SCALE` times a number that no answer is below.
    reduced : ndarray of int64
        Per variable, `SCALE` times what using it adds to that number at least (0 or more).
    effort : float
        Deterministic time taken.
    """

    scaled: int
    reduced: Ints
    effort: float

    @property
    def least(self) -> int:
        """Give the smallest value an answer may have."""
        return -(-self.scaled // SCALE)

    def within(self, value: int) -> Bools:
        """Tell which variables an answer of at most ``value`` can use."""
        within: Bools = self.scaled + self.reduced <= value * SCALE
        return within


def linear_bound(matrix: Matrix, cost: Ints, allowed: Bools, deterministic_limit: float) -> LinearBound:
    """Bound the minimum of a cost over 0/1 variables from below.

    Parameters
    ----------
    matrix : Matrix
        Rows on the allowed variables.
    cost : ndarray of int64
        Per variable.
    allowed : ndarray of bool
        Variables that may be used.
    deterministic_limit : float
        Units of deterministic time for GLOP; stopped early, its prices still give a bound, a lower one.

    Returns
    -------
    LinearBound
        Exact; as strong as the linear programme when that was solved.
    """
    prices, effort = _prices(matrix, cost, allowed, deterministic_limit)
    scaled = np.rint(prices * SCALE).astype(np.int64)
    scaled[(scaled > 0) & (matrix.low <= -FREE)] = 0
    scaled[(scaled < 0) & (matrix.high >= FREE)] = 0
    reduced = cost * SCALE
    np.subtract.at(reduced, matrix.variable, matrix.coefficient * scaled[matrix.row])
    reduced[~allowed] = 0
    of_rows = int((scaled * np.where(scaled > 0, matrix.low, matrix.high)).sum())
    return LinearBound(of_rows + int(np.minimum(reduced, 0).sum()), np.maximum(reduced, 0), effort)


def _prices(matrix: Matrix, cost: Ints, allowed: Bools, deterministic_limit: float) -> tuple[Floats, float]:
    """Solve the relaxation; give the price of each row, zeros when there is no answer, and the effort."""
    used = np.flatnonzero(allowed)
    position = np.zeros(len(allowed), dtype=np.int64)
    position[used] = np.arange(len(used))
    model = linear_solver_pb2.MPModelProto()
    for coefficient in cost[used].tolist():
        model.variable.add(lower_bound=0, upper_bound=1, objective_coefficient=coefficient)
    edges = np.searchsorted(matrix.row, np.arange(len(matrix.low) + 1)).tolist()
    variables, coefficients = position[matrix.variable].tolist(), matrix.coefficient.tolist()
    for row, (low, high) in enumerate(zip(matrix.low.tolist(), matrix.high.tolist(), strict=True)):
        constraint = model.constraint.add(
            lower_bound=low if low > -FREE else -np.inf, upper_bound=high if high < FREE else np.inf
        )
        constraint.var_index.extend(variables[edges[row] : edges[row + 1]])
        constraint.coefficient.extend(coefficients[edges[row] : edges[row + 1]])
    solver = pywraplp.Solver.CreateSolver("GLOP")
    solver.SetSolverSpecificParametersAsString(f"max_deterministic_time: {deterministic_limit}")
    solver.LoadModelFromProto(model)
    status = solver.Solve()
    effort = EFFORT * solver.iterations() * len(matrix.row)
    if status not in {solver.OPTIMAL, solver.FEASIBLE}:
        return np.zeros(len(matrix.low)), effort
    prices = np.array([row.dual_value() for row in solver.constraints()], dtype=np.float64)
    return np.nan_to_num(prices), effort
