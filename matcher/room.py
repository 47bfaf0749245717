"""What the answer leaves of every free interval, and what taking one unit of it would cost in entries 1 to 9.

Exact in assignment parts and where nobody has a plan. In other parts it is a lower bound: what their *relaxed*
assignment says (one column per free interval, a shared one with as many units as its smallest household allows;
separation, mixing, quotas and bridges left out), as long as the answer is an optimum of that relaxation too. Where
it is not, the bound is 0, which excludes nothing.
"""

from dataclasses import replace
from itertools import islice

import numpy as np

from matcher.lanes import is_less, path_lanes
from matcher.legs import bed_demand
from matcher.objective import SENIORITY, UNSERVED, objective
from matcher.optimise import Optimum, rows_by_component
from matcher.plans import NONE, Plans
from matcher.rerouting import Flow, taking
from matcher.solvers.relaxation import capacities, last_interval, relaxed_network, relaxed_optima
from matcher.tables import Bools, Ints

UNUSED = -1
"""Component of a free interval, or of a shared place, in which nobody has a plan."""


class Room:
    """Room left, and its price.

    Parameters
    ----------
    found : Optimum
        The answer.

    Attributes
    ----------
    rows : list of ndarray of int64
        Per component, the rows of its plans.
    of_interval, of_place : ndarray of int64
        Component of each free interval and of each place, or `UNUSED`.
    exact : ndarray of bool
        Per free interval of a private place, whether its price is exact.
    """

    def __init__(self, found: Optimum) -> None:
        tables, plans = found.tables, found.plans
        self._found = found
        self.rows = [rows for _, rows in rows_by_component(plans, list(found.components), len(tables.requests))]
        self.of_interval = np.full(len(tables.intervals), UNUSED)
        self.of_place = np.full(len(tables.places), UNUSED)
        for number, rows in enumerate(self.rows):
            second = rows[plans.last_place[rows] != NONE]
            self.of_interval[plans.interval[rows]] = self.of_interval[plans.last_interval[second]] = number
            self.of_place[plans.place[rows]] = self.of_place[plans.last_place[second]] = number
        plain = np.array([*(component.assignment for component in found.components), True])
        self.exact: Bools = plain[self.of_interval] & ~tables.shared[tables.intervals.place]
        self._smallest = np.zeros(len(tables.intervals), dtype=np.int64)
        self._lanes = path_lanes(tables, plans, SENIORITY + 1)
        self._staying = self._lanes.of_staying(tables)
        self._price = taking(self._flow(), self._lanes)

    def _flow(self) -> Flow:
        """State the answer as an optimal flow, parts whose relaxation is better than the answer left out."""
        found, kept = self._found, []
        for component, rows in zip(found.components, self.rows, strict=True):
            plans = found.plans.take(rows)
            if component.assignment or self._is_relaxed_optimum(plans, component.requests):
                kept.append(rows)
        rows = np.sort(np.concatenate(kept)) if kept else np.zeros(0, dtype=np.int64)
        plans, column = found.plans.take(rows), last_interval(found.plans)[rows]
        chosen = found.outcome.chosen.copy()
        chosen[~np.isin(chosen, rows)] = UNSERVED
        served = chosen != UNSERVED
        chosen[served] = np.searchsorted(rows, chosen[served])
        capacity, self._smallest = capacities(found.tables, plans, column)
        return Flow(found.tables, plans, column, capacity, chosen)

    def _is_relaxed_optimum(self, plans: Plans, requests: Ints) -> bool:
        """Tell whether no relaxed answer of a component is better in entries 1 to 9."""
        tables = self._found.tables
        network = relaxed_network(tables, plans, requests)
        steps = relaxed_optima(tables, plans, requests, network, seed=tables.problem.seed)
        least = tuple(step.value for step in islice(steps, SENIORITY + 1))
        shown = objective(tables, self._found.plans, self._found.outcome.chosen, requests)
        return least == shown[: SENIORITY + 1]

    def may_improve(self, request: int, plans: Plans) -> Bools:
        """Tell which plans of an unserved request could make entries 1 to 9 better.

        Parameters
        ----------
        request : int
            Which request.
        plans : Plans
            Its plans, possible beside residents; no rule need have allowed them.

        Returns
        -------
        ndarray of bool
            False only where it is proven that they do not. True proves that they do for one leg on an `exact` free
            interval, when neither separation nor quota stands in the way.
        """
        gain = self._lanes.of_plans(self._found.tables, plans) - self._staying[:, request : request + 1]
        possible = is_less(gain + self._price_for(request, last_interval(plans)), 0)
        bridges = plans.last_place != NONE
        possible[bridges] &= is_less(gain + self._price_for(request, plans.interval), 0)[bridges]
        return possible

    def _price_for(self, request: int, interval: Ints) -> Ints:
        """Price one unit of room; 0 where the household is smaller than any that the capacity was counted with."""
        tables = self._found.tables
        beds, _ = bed_demand(tables, request, interval)
        smaller = tables.shared[tables.intervals.place[interval]] & (beds < self._smallest[interval])
        price: Ints = np.where(smaller, 0, self._price[:, interval])
        return price


def costless(plans: Plans) -> Plans:
    """Give the plans without their cost: what remains are entries 1 to 9."""
    return replace(plans, cost=np.zeros_like(plans.cost))
