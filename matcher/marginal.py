"""What one more place would change: the exact difference of the optimum, for many places at once (`matching.md` §6).

A new private place takes one household. Whoever takes it leaves what it has, which may help others: the best such
chain is a shortest path in the residual graph that ends in the new place. One sweep (`rerouting.giving`) gives, for
every request, the best that can follow from its leaving; each place is then a minimum over the requests that it could
receive. That is exact for requests in assignment parts, and for unserved ones anywhere: nobody depends on what they do
not have. Dual prices are never used: under ties they are not the value of a whole place.

Where a served request of another part could come, that part is solved again with the new place, from the answer as it
stands; since the place takes one household, the best over the parts is the best of all. A shared place takes several,
and a bridge joins two places: there, all parts that it touches are solved again together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from matcher.cells import Cell, cells_of, new_places
from matcher.components import split
from matcher.lanes import FAR, Lanes, path_lanes
from matcher.objective import ENTRIES, UNSERVED, Vector, objective
from matcher.optimise import Effort, Optimum, optimise, rows_by_component
from matcher.place import Place, Sharing
from matcher.plans import Plans, admissible_plans, concatenate, request_plans
from matcher.problem import Problem
from matcher.rerouting import Flow, giving
from matcher.residents import Residents
from matcher.solvers.cpsat import solve_component
from matcher.standing import standing_intervals
from matcher.tables import Ints, Tables

NO_CHANGE: Vector = (0,) * ENTRIES


@dataclass(frozen=True, slots=True)
class Marginal:
    """What one more place of a cell would change.

    Parameters
    ----------
    cell : Cell
        The places, and the one copied.
    change : tuple of int
        Objective with the new place minus objective without, the ten entries; never positive.
    proven : bool
        False when time ran out: the change is then that of the best answer found, and the base answer's bound holds.
    """

    cell: Cell
    change: Vector
    proven: bool


def marginal(
    problem: Problem, cells: Sequence[Cell] | None = None, effort: Effort | None = None
) -> tuple[Vector, tuple[Marginal, ...]]:
    """Tell what one more place would change, for every cell.

    Parameters
    ----------
    problem : Problem
        One run.
    cells : sequence of Cell, optional
        Which; by default one per kind and département.
    effort : Effort, optional
        How hard to try.

    Returns
    -------
    tuple
        The objective without a new place, and one row per cell, in their order.
    """
    effort = effort or Effort()
    found = optimise(problem, effort)
    return found.objective, marginal_values(found, cells_of(problem) if cells is None else cells, effort)


def marginal_values(found: Optimum, cells: Sequence[Cell], effort: Effort) -> tuple[Marginal, ...]:
    """Tell what one more place would change, for every cell, beside an optimum already found."""
    if not cells:
        return ()
    question = _Question(found, new_places(found.tables.problem, [cell.place for cell in cells]), effort)
    return tuple(
        Marginal(cell, change, proven) for cell, (change, proven) in zip(cells, question.answers(), strict=True)
    )


class _Question:
    """All new places beside one optimum.

    Parameters
    ----------
    found : Optimum
        The answer without them.
    copies : tuple of Place
        The new places.
    effort : Effort
        How hard to try.
    """

    def __init__(self, found: Optimum, copies: tuple[Place, ...], effort: Effort) -> None:
        self._found, self._copies, self._effort = found, copies, effort
        self._part: Ints = np.full(len(found.tables.requests), -1)
        for number, component in enumerate(found.components):
            if not component.assignment:
                self._part[component.requests] = number

    def answers(self) -> list[tuple[Vector, bool]]:
        """Give the change and whether it is proven, per new place."""
        problem = self._found.tables.problem
        one_leg = replace(problem.policy, max_legs=1)
        alone = Tables(replace(problem, places=self._copies, residents=(), quotas=(), policy=one_leg))
        plans = admissible_plans(alone, Residents(alone))
        if problem.policy.max_legs > 1:
            return [self._solved_again(number, None) for number in range(len(self._copies))]
        quick = self._by_paths(alone, plans)
        served_elsewhere = (self._part >= 0) & (self._found.outcome.chosen != UNSERVED)
        hard = plans.take(served_elsewhere[plans.request])
        found = []
        for number, copy in enumerate(self._copies):
            if copy.sharing is Sharing.SHARED:
                found.append(self._solved_again(number, np.unique(plans.request[plans.place == number])))
                continue
            parts = np.unique(self._part[hard.request[hard.place == number]]).tolist()
            found.append(self._best(quick[number], number, parts))
        return found

    def _best(self, quick: Vector, number: int, parts: list[int]) -> tuple[Vector, bool]:
        """Take the best of the paths and of the parts solved again with the new place."""
        best, proven = quick, self._found.outcome.proven
        for part in parts:
            change, sure = self._solved_again(number, self._found.components[part].requests)
            best, proven = min(best, change), proven and sure
        return best, proven

    def _by_paths(self, alone: Tables, plans: Plans) -> list[Vector]:
        """Give the best path into every new place, from requests of assignment parts and unserved ones."""
        found = self._found
        rows = np.flatnonzero(self._part[found.plans.request] < 0)
        simple = found.plans if len(rows) == len(found.plans) else found.plans.take(rows)
        chosen = found.outcome.chosen.copy()
        movable = (self._part < 0) | (chosen == UNSERVED)
        chosen[self._part >= 0] = UNSERVED
        chosen[chosen != UNSERVED] = np.searchsorted(rows, chosen[chosen != UNSERVED])
        flow = Flow(found.tables, simple, simple.interval, np.ones(len(found.tables.intervals), dtype=np.int64), chosen)
        lanes = path_lanes(found.tables, simple, ENTRIES, extra_cost=int(plans.cost.max(initial=0)))
        leaving = giving(flow, lanes)
        return _least(lanes, alone, plans.take(movable[plans.request]), leaving)

    @cached_property
    def _wider(self) -> tuple[Tables, Residents]:
        """The problem with all new places; positions of the others are what they were."""
        problem = self._found.tables.problem
        tables = Tables(replace(problem, places=(*problem.places, *self._copies)))
        return tables, Residents(tables)

    def _solved_again(self, number: int, requests: Ints | None) -> tuple[Vector, bool]:
        """Solve again what one new place touches, when these requests (None: any) may come."""
        found, (tables, residents) = self._found, self._wider
        place = len(found.tables.places) + number
        exists = np.ones(len(tables.places) + 1, dtype=np.bool_)  # the last one stands for no second leg
        exists[len(found.tables.places) : -1] = False
        exists[place] = True
        new = []
        for request in range(len(tables.requests)) if requests is None else requests.tolist():
            if (tables.intervals.place[standing_intervals(tables, request)] == place).any():
                own = request_plans(tables, residents, request)
                uses = (own.place == place) | (own.last_place == place)
                new.append(own.take(uses & exists[own.place] & exists[own.last_place]))
        return self._with(tables, concatenate([found.plans, *new]), place)

    def _with(self, tables: Tables, plans: Plans, place: int) -> tuple[Vector, bool]:
        """Solve the parts in which some plan uses the new place."""
        order = np.argsort(plans.request, kind="stable")
        where = np.argsort(order)
        plans = plans.take(order)
        chosen = self._found.outcome.chosen.copy()
        chosen[chosen != UNSERVED] = where[chosen[chosen != UNSERVED]]
        uses = (plans.place == place) | (plans.last_place == place)
        change, proven = np.zeros(ENTRIES, dtype=np.int64), self._found.outcome.proven
        for component, rows in rows_by_component(plans, split(tables, plans), len(tables.requests)):
            if uses[rows].any():
                requests, own = component.requests, plans.take(rows)
                start = np.full(len(chosen), UNSERVED)
                served = requests[chosen[requests] != UNSERVED]
                start[served] = np.searchsorted(rows, chosen[served])
                outcome = solve_component(
                    tables,
                    own,
                    requests,
                    start,
                    seed=tables.problem.seed,
                    deterministic_limit=self._effort.deterministic_limit,
                )
                proven &= outcome.proven
                change += np.subtract(
                    objective(tables, own, outcome.chosen, requests), objective(tables, own, start, requests)
                )
        return tuple(change.tolist()), proven


def _least(lanes: Lanes, tables: Tables, plans: Plans, leaving: Ints) -> list[Vector]:
    """Give per place the least change, nothing when no plan there is worth while."""
    change = lanes.of_plans(tables, plans) + leaving[:, plans.request]
    open_rows = np.flatnonzero(change[0] < FAR // 2)
    best = np.zeros((len(lanes), len(tables.places)), dtype=np.int64)
    tied = np.ones(len(tables.places), dtype=np.bool_)
    for lane in range(len(lanes)):
        least = np.where(tied, 0, FAR)
        np.minimum.at(least, plans.place[open_rows], change[lane, open_rows])
        best[lane] = least
        tied &= least == 0
        open_rows = open_rows[change[lane, open_rows] == least[plans.place[open_rows]]]
    return [lanes.vector(column) for column in best.T]
