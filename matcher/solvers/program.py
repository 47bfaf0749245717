"""A component as an integer linear programme: one 0/1 variable a choice, the rules as rows.

A plan of two legs is a bridge (a free interval, left on night m) and a lasting leg (a free interval, of a plan that
began on night a). Whether the two make a plan depends on a and m alone, except that their places differ
(`plans.bridge_pairs`); nights without a roof and cost are sums over the two. So one row per request and (a, m), bridges
in = lasting legs out, replaces every pair by its two halves.

Two stays that meet are both present on the first night of the later one: separation and mixing need rows for those
nights alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matcher import costs
from matcher.ledger import quotas_of
from matcher.legs import bed_demand
from matcher.objective import COST, ENTRIES, UNSERVED, plan_values, unserved_values
from matcher.plans import NONE, Plans
from matcher.residents import mixing_matters
from matcher.solvers.rows import Rows
from matcher.tables import Bools, Ints, Tables


@dataclass(frozen=True, slots=True)
class _Stay:
    """A variable that puts a request in a place on nights [start, end)."""

    variable: int
    request: int
    place: int
    interval: int
    start: int
    end: int


class Program:
    """The choices of a component, what each adds to the objective, and the rows that tie them.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every plan of the component.
    requests : ndarray of int64
        The requests, ascending; each has a plan.

    Attributes
    ----------
    values : ndarray of int64
        Shape (variables, `ENTRIES`): what each variable adds to the objective.
    rows : Rows
        The constraints.
    """

    def __init__(self, tables: Tables, plans: Plans, requests: Ints) -> None:
        self._tables, self._plans, self._requests = tables, plans, requests
        self._values: list[Ints] = []
        self._stays: list[_Stay] = []
        self.rows = Rows()
        # Of each plan: its variable, or those of its bridge and its lasting leg (twice the same for one leg).
        self._first = np.zeros(len(plans), dtype=np.int64)
        self._second = np.zeros(len(plans), dtype=np.int64)
        values, alone = plan_values(tables, plans), unserved_values(tables)
        self._unserved = {request: self._variable(alone[request]) for request in requests.tolist()}
        for request in requests.tolist():
            self._choose(request, plans.rows_of(request), values)
        self._beds()
        self._separation()
        self._mixing()
        self._quotas()
        self.values = np.array(self._values, dtype=np.int64).reshape(len(self._values), ENTRIES)

    def _variable(self, values: Ints | None = None) -> int:
        self._values.append(np.zeros(ENTRIES, dtype=np.int64) if values is None else values)
        return len(self._values) - 1

    def _choose(self, request: int, rows: slice, values: Ints) -> None:
        """Make a request's variables: exactly one plan, or unserved."""
        plans = self._plans
        begins = [self._unserved[request]]
        own = np.arange(rows.start, rows.stop)
        for row in own[plans.last_place[own] == NONE].tolist():
            variable = self._variable(values[row])
            self._first[row] = self._second[row] = variable
            place, interval = int(plans.place[row]), int(plans.interval[row])
            self._stays.append(_Stay(variable, request, place, interval, int(plans.start[row]), int(plans.end[row])))
            begins.append(variable)
        begins += self._choose_two(request, own[plans.last_place[own] != NONE], values)
        self.rows.exactly_one(begins)

    def _choose_two(self, request: int, rows: Ints, values: Ints) -> list[int]:
        """Make the halves of a request's plans of two legs and tie them; give the bridges' variables."""
        plans = self._plans
        bridges: dict[tuple[int, int], _Stay] = {}
        lasts: dict[tuple[int, int], _Stay] = {}
        tied = defaultdict[tuple[int, int], tuple[list[_Stay], list[_Stay]]](lambda: ([], []))
        columns = (
            plans.place,
            plans.interval,
            plans.last_place,
            plans.last_interval,
            plans.start,
            plans.move,
            plans.end,
        )
        costs_of_bridges = _bridge_cost(self._tables, request, plans.place[rows], plans.interval[rows])
        table = zip(
            rows.tolist(), *(column[rows].tolist() for column in columns), costs_of_bridges.tolist(), strict=True
        )
        for row, place, interval, last_place, last_interval, start, move, end, cost in table:
            pair = tied[start, move]
            if (interval, move) not in bridges:
                value = np.zeros(ENTRIES, dtype=np.int64)
                value[COST] = cost
                stay = bridges[interval, move] = _Stay(self._variable(value), request, place, interval, start, move)
                pair[0].append(stay)
            if (last_interval, start) not in lasts:
                value = values[row].copy()
                value[COST] -= cost
                stay = _Stay(self._variable(value), request, last_place, last_interval, move, end)
                lasts[last_interval, start] = stay
                pair[1].append(stay)
            self._first[row] = bridges[interval, move].variable
            self._second[row] = lasts[last_interval, start].variable
        for into, out in tied.values():
            self.rows.equal([stay.variable for stay in into], [stay.variable for stay in out])
            for bridge in into:
                for last in out:
                    if bridge.place == last.place:
                        self.rows.at_most_one([bridge.variable, last.variable])
            self._stays += [*into, *out]
        return [stay.variable for stay in bridges.values()]

    def _beds(self) -> None:
        by_interval: dict[int, list[_Stay]] = defaultdict(list)
        for stay in self._stays:
            by_interval[stay.interval].append(stay)
        free = self._tables.intervals
        for interval, stays in by_interval.items():
            variables = [stay.variable for stay in stays]
            if not self._tables.shared[stays[0].place]:
                self.rows.at_most_one(variables)
                continue
            demand = [bed_demand(self._tables, stay.request, np.array([interval])) for stay in stays]
            for room, need in ((free.beds, 0), (free.cots, 1)):
                self.rows.at_most(variables, [int(each[need][0]) for each in demand], int(room[interval]))

    def _separation(self) -> None:
        together: dict[tuple[int, str], list[_Stay]] = defaultdict(list)
        for stay in self._stays:
            group = self._tables.requests[stay.request].separation_group
            if group is not None:
                together[int(self._tables.facility[stay.place]), group].append(stay)
        for stays in together.values():
            for present in _present(stays):
                self.rows.at_most_one([stay.variable for stay in present])

    def _mixing(self) -> None:
        shared: dict[int, list[_Stay]] = defaultdict(list)
        for stay in self._stays:
            if mixing_matters(self._tables, stay.place):
                shared[stay.place].append(stay)
        for stays in shared.values():
            for present in _present(stays):
                self._one_company(present)

    def _one_company(self, present: list[_Stay]) -> None:
        """On one night a shared place holds minors, or adults, or one household that has both."""
        minors, adults = self._variable(), self._variable()
        families = []
        for stay in present:
            household = self._tables.requests[stay.request]
            if household.has_minor and household.has_adult:
                families.append(stay.variable)
            else:
                self.rows.implies(stay.variable, minors if household.has_minor else adults)
        self.rows.at_most_one([minors, adults, *families])

    def _quotas(self) -> None:
        for quota in quotas_of(self._tables):
            counted: dict[int, int] = {}
            for stay in self._stays:
                if quota.counts(self._tables, stay.request, stay.place):
                    if stay.request not in counted:
                        counted[stay.request] = self._variable()
                    self.rows.implies(stay.variable, counted[stay.request])
            if counted:
                self.rows.at_most(list(counted.values()), [1] * len(counted), quota.quota.remaining)

    def allowed(self, rows: Ints, may_stay: Bools) -> Bools:
        """Tell which variables some open plan, or a request that may stay unserved, uses; helpers always."""
        allowed = np.ones(len(self.values), dtype=np.bool_)
        allowed[[stay.variable for stay in self._stays]] = False
        allowed[self._first[rows]] = True
        allowed[self._second[rows]] = True
        allowed[[self._unserved[request] for request in self._requests[~may_stay].tolist()]] = False
        return allowed

    def point(self, chosen: Ints) -> Bools:
        """Give the variables that an answer sets, helpers left out."""
        point = np.zeros(len(self.values), dtype=np.bool_)
        own = chosen[self._requests]
        point[self._first[own[own != UNSERVED]]] = True
        point[self._second[own[own != UNSERVED]]] = True
        point[[self._unserved[request] for request in self._requests[own == UNSERVED].tolist()]] = True
        return point

    def read(self, point: Bools) -> Ints:
        """Read an answer: per request of the whole problem, a row of the plans or `UNSERVED`."""
        chosen = np.full(len(self._tables.requests), UNSERVED)
        used = np.flatnonzero(point[self._first] & point[self._second])
        chosen[self._plans.request[used]] = used
        return chosen


def _bridge_cost(tables: Tables, request: int, place: Ints, interval: Ints) -> Ints:
    """Give the bridge's part of the cost of plans: its terms, less the change it spares when it is the place sent."""
    sent = tables.place_index.get(tables.requests[request].sent_place or "", NONE)
    spared = tables.problem.policy.weights.change * (place == sent)
    cost: Ints = costs.leg_cost(tables, request, place, interval) - spared
    return cost


def _present(stays: Sequence[_Stay]) -> Iterator[list[_Stay]]:
    """Give, for each first night of a stay, the stays of that night; a request alone meets nobody and is left out."""
    for night in sorted({stay.start for stay in stays}):
        present = [stay for stay in stays if stay.start <= night < stay.end]
        if len({stay.request for stay in present}) > 1:
            yield present
