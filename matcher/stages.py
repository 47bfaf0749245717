"""Several entries of the objective in one integer cost, as many as 64 bits hold.

With weights w(e) = Π over later entries f of the same stage of (1 + range of f), the smallest sum of costs is
the lexicographic smallest: what all later entries together can change is less than one unit of e. The range of an entry
is Σ over requests of (its largest option − its smallest). Bound kept: a solver may multiply a cost by the number of
nodes and add that many of them, so (largest cost) × (nodes + 2) stays under `COST_BOUND`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.errors import ProblemError
from matcher.objective import COST, SENIORITY
from matcher.plans import Plans
from matcher.tables import Ints, Tables

COST_BOUND: Final = 2**61
"""Costs times nodes stay below this."""
GROUP_BOUND: Final = COST_BOUND
"""Entries share a stage while costs times nodes stay below this."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One minimisation.

    Parameters
    ----------
    entries : tuple of int
        Positions in the objective, in order.
    plan_cost : ndarray of int64
        Per plan.
    unserved_cost : ndarray of int64
        Per request, 0 for those outside the component.
    """

    entries: tuple[int, ...]
    plan_cost: Ints
    unserved_cost: Ints


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    plan: Ints
    unserved: Ints
    span: int
    largest: int


def _entry(tables: Tables, plans: Plans, requests: Ints, number: int) -> _Entry:
    zero_plan = np.zeros(len(plans), dtype=np.int64)
    unserved = np.zeros(len(tables.requests), dtype=np.int64)
    if number == COST:
        plan = plans.cost
    elif number == SENIORITY:
        plan = zero_plan
        unserved[requests] = tables.seniority[requests]
    else:
        of_class = tables.priority == number // 2 + 1
        if number % 2:
            plan = np.where(of_class[plans.request], plans.roofless, 0)
        else:
            plan = zero_plan
            unserved[requests] = of_class[requests]
    first = np.searchsorted(plans.request, requests)
    high = np.maximum(unserved[requests], np.maximum.reduceat(plan, first))
    low = np.minimum(unserved[requests], np.minimum.reduceat(plan, first))
    largest = max((int(np.abs(values).max()) for values in (plan, unserved) if len(values)), default=0)
    return _Entry(number, plan, unserved, int((high - low).sum()), largest)


def stages(tables: Tables, plans: Plans, requests: Ints, nodes: int) -> Iterator[Stage]:
    """Pack the entries of the objective into stages.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Plans of these requests alone.
    requests : ndarray of int64
        Requests of the component, ascending; each has a plan.
    nodes : int
        Nodes of the solver's network.

    Yields
    ------
    Stage
        In order; entries that no choice can change are left out.

    Raises
    ------
    ProblemError
        When an entry alone would exceed the bound: from two million nodes on, at the dearest plans allowed.
    """
    group: list[_Entry] = []
    for number in range(COST + 1):
        entry = _entry(tables, plans, requests, number)
        if entry.span == 0:
            continue
        if _largest_cost([entry]) * (nodes + 2) >= COST_BOUND:
            raise ProblemError(
                "requests", f"entry {number} of the objective alone leaves 64-bit integers on {nodes} nodes"
            )
        if group and _largest_cost([*group, entry]) * (nodes + 2) >= GROUP_BOUND:
            yield _stage(group)
            group = []
        group.append(entry)
    if group:
        yield _stage(group)


def _weights(group: list[_Entry]) -> list[int]:
    weights = [1]
    for entry in reversed(group[1:]):
        weights.append(weights[-1] * (entry.span + 1))
    return weights[::-1]


def _largest_cost(group: list[_Entry]) -> int:
    return sum(weight * entry.largest for weight, entry in zip(_weights(group), group, strict=True))


def _stage(group: list[_Entry]) -> Stage:
    weighted = list(zip(_weights(group), group, strict=True))
    plan = np.zeros_like(group[0].plan)
    unserved = np.zeros_like(group[0].unserved)
    for weight, entry in weighted:
        plan += weight * entry.plan
        unserved += weight * entry.unserved
    return Stage(tuple(entry.number for entry in group), plan, unserved)
