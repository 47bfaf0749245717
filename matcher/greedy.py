"""What is done by telephone today: one request after another, each given the best plan still free.

Always computed: it is the yardstick shown beside the optimum, the solvers' warm start, and the last resort.
"""

import numpy as np

from matcher.ledger import Ledger, legs_of
from matcher.objective import UNSERVED
from matcher.plans import NONE, Plans
from matcher.residents import Residents
from matcher.tables import Ints, Tables


def preferred_order(plans: Plans, rows: slice) -> Ints:
    """Order plans of one request, best first.

    By nights without a roof, cost, identifiers of the places, dates, then interval; places are numbered in the order
    of their identifiers.

    Returns
    -------
    ndarray of int64
        Rows of ``plans``.
    """
    keys = (plans.end, plans.move, plans.start, plans.last_place, plans.place, plans.cost, plans.roofless)
    order = np.lexsort(tuple(key[rows] for key in (plans.last_interval, plans.interval, *keys)))
    ordered: Ints = order + rows.start
    return ordered


def open_rows(ledger: Ledger, plans: Plans, rows: Ints) -> Ints:
    """Drop plans that use a free interval of a private place already given: a quick sieve before `Ledger.refusal`."""
    taken = ledger.private_taken
    second = plans.last_interval[rows]
    is_open: Ints = rows[~(taken[plans.interval[rows]] | ((second != NONE) & taken[second]))]
    return is_open


def fits(tables: Tables, ledger: Ledger, plans: Plans, row: int) -> bool:
    """Tell whether a plan has all its legs accepted by the ledger."""
    return all(ledger.refusal(leg) is None for leg in legs_of(tables, plans, row))


def give(tables: Tables, ledger: Ledger, plans: Plans, row: int) -> None:
    """Enter a plan's legs in the ledger."""
    for leg in legs_of(tables, plans, row):
        ledger.add(leg)


def take_back(tables: Tables, ledger: Ledger, plans: Plans, row: int) -> None:
    """Remove a plan's legs from the ledger."""
    for leg in legs_of(tables, plans, row):
        ledger.remove(leg)


def greedy(tables: Tables, residents: Residents, plans: Plans) -> Ints:
    """Serve requests one after another: by class, then longest waiting, then identifier.

    Parameters
    ----------
    tables : Tables
        The problem.
    residents : Residents
        Who is there already.
    plans : Plans
        Every admissible plan.

    Returns
    -------
    ndarray of int64
        Per request, the row of its plan or `UNSERVED`.
    """
    ledger = Ledger(tables, residents)
    chosen = np.full(len(tables.requests), UNSERVED)
    serve(tables, ledger, plans, np.arange(len(chosen)), chosen)
    return chosen


def serve(tables: Tables, ledger: Ledger, plans: Plans, requests: Ints, chosen: Ints) -> None:
    """Serve some requests in greedy's order beside what the ledger holds, and enter their plans in ``chosen``."""
    order = np.lexsort((-tables.seniority[requests], tables.priority[requests]))
    for request in requests[order].tolist():
        rows = plans.rows_of(request)
        candidates = open_rows(ledger, plans, preferred_order(plans, rows))
        for row in candidates:
            if fits(tables, ledger, plans, int(row)):
                chosen[request] = row
                give(tables, ledger, plans, int(row))
                break
