"""From rows of columns back to values: plans with their costs and fallbacks, unserved requests with their funnels."""

import numpy as np

from matcher import costs
from matcher.explain import funnel
from matcher.fallback import fallback_rows
from matcher.greedy import give
from matcher.ledger import Ledger, legs_of
from matcher.nights import night, number
from matcher.objective import UNSERVED
from matcher.plans import NONE, Plans
from matcher.residents import Residents
from matcher.solution import Option, Plan, PlanLeg, Unserved
from matcher.tables import Ints, Tables


def ledger_of(tables: Tables, residents: Residents, plans: Plans, chosen: Ints) -> Ledger:
    """Enter an answer's plans in a ledger."""
    ledger = Ledger(tables, residents)
    for row in chosen[chosen != UNSERVED].tolist():
        give(tables, ledger, plans, row)
    return ledger


def describe(
    tables: Tables, ledger: Ledger, plans: Plans, chosen: Ints
) -> tuple[tuple[Plan, ...], tuple[Unserved, ...]]:
    """Put an answer in words: who is given what, and what stood in the way of the others.

    Parameters
    ----------
    tables : Tables
        The problem.
    ledger : Ledger
        Everyone's plans; unchanged afterwards.
    plans : Plans
        Every admissible plan.
    chosen : ndarray of int64
        Per request, the row of its plan or `UNSERVED`.

    Returns
    -------
    tuple
        Plans and unserved requests, each in the order of the requests' identifiers.
    """
    given, missing = [], []
    for request, row in enumerate(chosen.tolist()):
        identifier = tables.requests[request].id
        if row == UNSERVED:
            missing.append(Unserved(identifier, funnel(tables, ledger, request)))
        else:
            rows = fallback_rows(tables, ledger, plans, row, tables.problem.policy.fallbacks)
            fallback = tuple(option(tables, plans, other) for other in rows)
            given.append(Plan(identifier, option(tables, plans, row), fallback))
    return tuple(given), tuple(missing)


def option(tables: Tables, plans: Plans, row: int) -> Option:
    """Describe one plan."""
    origin = number(tables.problem.night)
    legs = tuple(
        PlanLeg(tables.places[leg.place].id, night(origin + leg.start), night(origin + leg.end))
        for leg in legs_of(tables, plans, row)
    )
    return Option(legs, int(plans.roofless[row]), cost_terms(tables, plans, row))


def cost_terms(tables: Tables, plans: Plans, row: int) -> dict[str, int]:
    """Break the cost of one plan down by term; terms that are zero are left out."""
    request = int(plans.request[row])
    second = int(plans.last_place[row]) != NONE
    place = np.array([plans.place[row], plans.last_place[row]][: 1 + second])
    interval = np.array([plans.interval[row], plans.last_interval[row]][: 1 + second])
    terms = {name: int(term(tables, request, place, interval).sum()) for name, term in costs.LEG_TERMS.items()}
    if second:
        terms["move"] = tables.problem.policy.weights.move
    one = slice(row, row + 1)
    terms["shortfall"] = int(costs.shortfall(tables, request, plans.start[one], plans.end[one])[0])
    terms["change"] = int(costs.change(tables, request, plans.place[one], plans.last_place[one])[0])
    return {name: value for name, value in terms.items() if value}
