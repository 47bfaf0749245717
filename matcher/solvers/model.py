"""One question to CP-SAT: an answer within rows, the smallest of an entry inside a span.

One worker and a deterministic time limit make the reply the same on every machine.
"""

from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from matcher.solvers.rows import FREE, Row, Rows
from matcher.tables import Bools, Ints


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Parameters
    ----------
    rows : Rows
        The constraints.
    allowed : ndarray of bool
        Variables that may be used.
    hint : ndarray of bool
        The variables of an answer close to one.
    cost : ndarray of int64 or None
        Per variable, what to minimise, if anything.
    span : tuple of int
        The least and the most that the cost may be.
    """

    rows: Rows
    allowed: Bools
    hint: Bools
    cost: Ints | None = None
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was found.

    Parameters
    ----------
    point : ndarray of bool or None
        The variables used by the best answer found.
    least : int or None
        No answer inside the span costs less; None when there is no answer inside it.
    effort : float
        Deterministic time taken.
    """

    point: Bools | None
    least: int | None
    effort: float


def ask(question: Question, *, seed: int, limit: float) -> Reply:
    """Ask CP-SAT.

    Parameters
    ----------
    question : Question
        What is asked.
    seed : int
        Of its choices.
    limit : float
        Deterministic time.

    Returns
    -------
    Reply
        The same on every machine.
    """
    model = cp_model.CpModel()
    allowed = question.allowed
    names = np.full(len(allowed), None, dtype=object)
    used = np.flatnonzero(allowed)
    names[used] = [model.new_bool_var("") for _ in used]
    for row in question.rows.rows:
        if not _state(model, row, names, allowed):
            return Reply(None, None, 0.0)
    least = question.span[0]
    if question.cost is not None:
        cost = cp_model.LinearExpr.weighted_sum(names[used].tolist(), question.cost[used].tolist())
        model.add_linear_constraint(cost, *question.span)
        model.minimize(cost)
    for variable, hint in zip(names[used], question.hint[used].tolist(), strict=True):
        model.add_hint(variable, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    # Probing costs more than it finds: what it could fix, reduced costs have fixed before.
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    effort = solver.response_proto.deterministic_time
    if status == cp_model.INFEASIBLE:
        return Reply(None, None, effort)
    if question.cost is not None:
        least = round(max(least, solver.best_objective_bound))
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return Reply(None, least, effort)
    point = np.zeros(len(allowed), dtype=np.bool_)
    point[used] = [solver.boolean_value(variable) for variable in names[used]]
    return Reply(point, least, effort)


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
