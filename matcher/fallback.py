"""Next best plans of a request that has one, beside everyone else's as they stand."""

from matcher.greedy import fits, give, open_rows, preferred_order, take_back
from matcher.ledger import Ledger
from matcher.plans import Plans
from matcher.tables import Tables


def fallback_rows(tables: Tables, ledger: Ledger, plans: Plans, row: int, most: int) -> list[int]:
    """List the next plans of a served request, best first.

    Parameters
    ----------
    tables : Tables
        The problem.
    ledger : Ledger
        Everyone's plans, this one included; unchanged afterwards.
    plans : Plans
        Every admissible plan.
    row : int
        The plan the request was given.
    most : int
        How many to list at most.

    Returns
    -------
    list of int
        Rows by nights without a roof, cost, places and dates, no two with the same places and dates.
    """
    take_back(tables, ledger, plans, row)
    seen = {_identity(plans, row)}
    found: list[int] = []
    rows = plans.rows_of(int(plans.request[row]))
    for candidate in open_rows(ledger, plans, preferred_order(plans, rows)):
        if len(found) == most:
            break
        identity = _identity(plans, int(candidate))
        if identity not in seen and fits(tables, ledger, plans, int(candidate)):
            seen.add(identity)
            found.append(int(candidate))
    give(tables, ledger, plans, row)
    return found


def _identity(plans: Plans, row: int) -> tuple[int, ...]:
    columns = (plans.place, plans.last_place, plans.start, plans.move, plans.end)
    return tuple(int(column[row]) for column in columns)
