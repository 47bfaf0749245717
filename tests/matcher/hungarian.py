"""An assignment solved by the Hungarian method on whole vectors: the reference for flow, written without it.

A cost is one arbitrarily large integer (`brute_force.encode`), so that no stage, scale or overflow can matter.
"""

import numpy as np

from matcher.objective import ENTRIES, Vector, plan_values, unserved_values
from matcher.plans import Plans
from matcher.tables import Tables
from tests.matcher.brute_force import BASE, encode


def best_assignment(tables: Tables, plans: Plans) -> Vector:
    """The lexicographic optimum of private places and single legs, over all requests."""
    requests = len(tables.requests)
    columns = sorted(set(plans.interval.tolist()))
    values, alone = plan_values(tables, plans), unserved_values(tables)
    never = BASE ** (ENTRIES + 1)
    cost = [[never] * (len(columns) + requests) for _ in range(requests)]
    for row in range(len(plans)):
        request, column = int(plans.request[row]), columns.index(int(plans.interval[row]))
        cost[request][column] = encode(values[row].tolist())
    for request in range(requests):
        cost[request][len(columns) + request] = encode(alone[request].tolist())
    match = minimum(cost)
    total = np.zeros(ENTRIES, dtype=object)
    for request, column in enumerate(match):
        if column >= len(columns):
            total += alone[request]
        else:
            (row,) = np.flatnonzero((plans.request == request) & (plans.interval == columns[column]))
            total += values[row]
    return tuple(int(entry) for entry in total)


def minimum(cost: list[list[int]]) -> list[int]:
    """Column of each row in a minimum-cost assignment; at least as many columns as rows."""
    rows, columns = len(cost), len(cost[0])
    row_price, column_price = [0] * (rows + 1), [0] * (columns + 1)
    owner = [0] * (columns + 1)
    for row in range(1, rows + 1):
        owner[0] = row
        _augment(cost, row_price, column_price, owner)
    match = [0] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            match[owner[column] - 1] = column - 1
    return match


def _augment(cost: list[list[int]], row_price: list[int], column_price: list[int], owner: list[int]) -> None:
    """Give the row waiting in column 0 a column of its own, along a shortest path."""
    columns = len(owner) - 1
    slack: list[int | None] = [None] * (columns + 1)
    came_from, done, at = [0] * (columns + 1), [False] * (columns + 1), 0
    while owner[at]:
        done[at] = True
        row, step, following = owner[at], None, 0
        for column in range(1, columns + 1):
            if done[column]:
                continue
            reduced = cost[row - 1][column - 1] - row_price[row] - column_price[column]
            known = slack[column]
            if known is None or reduced < known:
                slack[column], came_from[column], known = reduced, at, reduced
            if step is None or known < step:
                step, following = known, column
        assert step is not None
        for column in range(columns + 1):
            if done[column]:
                row_price[owner[column]] += step
                column_price[column] -= step
            elif (known := slack[column]) is not None:
                slack[column] = known - step
        at = following
    while at:
        owner[at], at = owner[came_from[at]], came_from[at]
