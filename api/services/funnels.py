"""Why requests found no place, told without the places whose address is hidden.

A count that includes a hidden place moves when a danger zone reaches it: three circles would locate it (security.md).
So what is kept and shown is counted again on the places whose address is open, and on those only.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from matcher.explain import funnel
from matcher.ledger import Ledger, legs_of
from matcher.plans import request_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.rules import RULES, TAKEN
from matcher.solution import Solution
from matcher.tables import Tables

Funnel = tuple[tuple[str, int], ...]


def open_funnels(problem: Problem, solution: Solution, hidden: frozenset[str]) -> Mapping[str, Funnel]:
    """Count, for every unserved request, the places that stand after each rule, hidden facilities left out.

    Parameters
    ----------
    problem : Problem
        As it was solved.
    solution : Solution
        Its answer.
    hidden : frozenset of str
        Facilities whose address is not open.

    Returns
    -------
    mapping of str to tuple
        Request → (rule, places still standing), in the order of the rules; last, those left beside the others' plans.
    """
    places = tuple(place for place in problem.places if place.facility not in hidden)
    if len(places) == len(problem.places):
        return {row.request: row.funnel for row in solution.unserved}
    if not solution.unserved or not places:
        empty = tuple((code, 0) for code in (*(rule.code for rule in RULES), TAKEN))
        return {row.request: empty for row in solution.unserved}
    kept = replace(
        problem,
        places=places,
        residents=tuple(row for row in problem.residents if row.facility not in hidden),
        quotas=tuple(
            replace(quota, places=shown)
            for quota in problem.quotas
            if (shown := quota.places & {place.id for place in places})
        ),
    )
    tables = Tables(kept)
    residents = Residents(tables)
    ledger = Ledger(tables, residents)
    _enter(tables, residents, ledger, solution)
    position = {request.id: index for index, request in enumerate(tables.requests)}
    return {row.request: funnel(tables, ledger, position[row.request]) for row in solution.unserved}


def _enter(tables: Tables, residents: Residents, ledger: Ledger, solution: Solution) -> None:
    """Enter in the ledger the plans given in places that are left."""
    position = {request.id: index for index, request in enumerate(tables.requests)}
    origin = tables.problem.night
    for plan in solution.plans:
        wanted = [
            (tables.place_index[leg.place], (leg.start - origin).days, (leg.until - origin).days)
            for leg in plan.given.legs
            if leg.place in tables.place_index
        ]
        if not wanted:
            continue
        plans = request_plans(tables, residents, position[plan.request])
        for row in np.flatnonzero(plans.place == wanted[0][0]):
            legs = legs_of(tables, plans, int(row))
            if [(leg.place, leg.start, leg.end) for leg in legs] == wanted:
                for leg in legs:
                    ledger.add(leg)
                break
