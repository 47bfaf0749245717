"""A component as an integer linear programme: one 0/1 variable a choice, the rules as rows.

A plan of two legs is a bridge (a free interval, left on night m) and a lasting leg (a free interval, of a plan that
began on night a). Whether the two make a plan depends on a and m alone, except that their places differ
(`plans.bridge_pairs`); nights without a roof and cost are sums over the two. So rows per request and (a, m) tie bridges
to lasting legs, instead of a variable a pair (`matcher.solvers.ties`).

Two stays that meet are both present on the first night of the later one: separation and mixing need rows for those
nights alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from matcher.ledger import quotas_of
from matcher.legs import bed_demand
from matcher.objective import ENTRIES, UNSERVED, plan_values, unserved_values
from matcher.plans import NONE, Plans
from matcher.residents import mixing_matters
from matcher.solvers.rows import FREE, Rows
from matcher.solvers.ties import Ties
from matcher.tables import Bools, Ints, Tables


class Program:
    """The choices of a component, what each adds to the objective, and the rows that tie them.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every plan of the component, or one of each sort (`matcher.solvers.sorts`).
    requests : ndarray of int64
        The requests, ascending; each has a plan.
    room : ndarray of int64, optional
        Per free interval of a private place, how many like it there are; by default one.

    Attributes
    ----------
    values : ndarray of int64
        Shape (variables, `ENTRIES`): what each variable adds to the objective.
    rows : Rows
        The constraints.
    """

    def __init__(self, tables: Tables, plans: Plans, requests: Ints, room: Ints | None = None) -> None:
        self._tables, self._requests = tables, requests
        self._room = np.ones(len(tables.intervals), dtype=np.int64) if room is None else room
        self._ties = Ties(tables, plans, len(requests))
        self.rows = Rows()
        self._helpers = 0
        values = [unserved_values(tables)[requests], self._ties.values(plan_values(tables, plans))]
        self._stated = sum(map(len, values))
        self._choose()
        self._ties.state(self.rows)
        self._beds()
        self._separation()
        self._mixing()
        self._quotas()
        values.append(np.zeros((self._helpers, ENTRIES), dtype=np.int64))
        self.values = np.concatenate(values)

    def _helper(self) -> int:
        self._helpers += 1
        return self._stated + self._helpers - 1

    def _choose(self) -> None:
        """Exactly one plan a request, or unserved."""
        begins = np.flatnonzero(self._ties.stays.begins)
        whose = np.searchsorted(self._requests, self._ties.stays.request[begins])
        variable = self._ties.stays.variable[begins]
        order = np.argsort(whose, kind="stable")
        edges = np.searchsorted(whose[order], np.arange(len(self._requests) + 1))
        for number in range(len(self._requests)):
            own = variable[order[edges[number] : edges[number + 1]]]
            self.rows.exactly_one([number, *own.tolist()])

    def _beds(self) -> None:
        free = self._tables.intervals
        for interval, stays in _grouped(self._ties.stays.interval):
            variables = self._ties.stays.variable[stays].tolist()
            if not self._tables.shared[free.place[interval]]:
                self.rows.at_most(variables, [1] * len(variables), int(self._room[interval]))
                continue
            demand = bed_demand(self._tables, self._ties.stays.request[stays], np.full(len(stays), interval))
            for room, need in zip((free.beds, free.cots), demand, strict=True):
                self.rows.at_most(variables, need.tolist(), int(room[interval]))

    def _separation(self) -> None:
        stays = self._ties.stays
        together: dict[tuple[int, str], list[int]] = defaultdict(list)
        for request in self._requests.tolist():
            group = self._tables.requests[request].separation_group
            if group is not None:
                for stay in np.flatnonzero(stays.request == request).tolist():
                    together[int(self._tables.facility[stays.place[stay]]), group].append(stay)
        for members in together.values():
            for present in self._present(np.array(members)):
                self.rows.at_most_one(np.unique(stays.variable[present]).tolist())

    def _mixing(self) -> None:
        stays = self._ties.stays
        for place, inside in _grouped(stays.place):
            if mixing_matters(self._tables, place):
                for present in self._present(inside):
                    self._one_company(present)

    def _one_company(self, present: Ints) -> None:
        """On one night a shared place holds minors, or adults, or one household that has both."""
        stays = self._ties.stays
        companies: dict[bool, list[int]] = {True: [], False: []}
        families = []
        for stay in present.tolist():
            household = self._tables.requests[stays.request[stay]]
            if household.has_minor and household.has_adult:
                families.append(int(stays.variable[stay]))
            else:
                companies[household.has_minor].append(stay)
        helpers = [self._only(np.array(stays)) for stays in companies.values() if stays]
        self.rows.at_most_one([*helpers, *families])

    def _only(self, company: Ints) -> int:
        """Make a variable that says whether some of these are there: each request by itself, and the beds of all."""
        stays, there = self._ties.stays, self._helper()
        for _, own in _grouped(stays.request[company]):
            self.rows.at_most_as_many(stays.variable[company[own]].tolist(), [there])
        for interval, own in _grouped(stays.interval[company]):
            inside = company[own]
            beds, _ = bed_demand(self._tables, stays.request[inside], stays.interval[inside])
            room = int(self._tables.intervals.beds[interval])
            self.rows.at_most([*stays.variable[inside].tolist(), there], [*beds.tolist(), -room], 0)
        return there

    def _present(self, stays: Ints) -> Iterator[Ints]:
        """Give, for each first night of a stay, the stays of that night; a request alone meets nobody: left out."""
        start, end, request = (
            column[stays] for column in (self._ties.stays.start, self._ties.stays.end, self._ties.stays.request)
        )
        for night in np.unique(start).tolist():
            here = (start <= night) & (night < end)
            if len(np.unique(request[here])) > 1:
                yield stays[here]

    def _quotas(self) -> None:
        stays, tables = self._ties.stays, self._tables
        for quota in quotas_of(tables):
            inside = np.flatnonzero(np.isin(stays.place, list(quota.places)))
            counted = []
            for request, own in _grouped(stays.request[inside]):
                legs = [
                    stay for stay in inside[own].tolist() if quota.counts(self._tables, request, int(stays.place[stay]))
                ]
                if legs:
                    counted.append(self._helper())
                for begins in (True, False):
                    same = [int(stays.variable[stay]) for stay in legs if stays.begins[stay] == begins]
                    if same:
                        self.rows.at_most_as_many(same, [counted[-1]])
            if counted:
                self.rows.at_most(counted, [1] * len(counted), quota.quota.remaining)

    def within(self, most: Sequence[int]) -> Rows:
        """Give the rules, and the first entries that must not grow beyond ``most``."""
        rows = Rows(self.rows.rows)
        for number, value in enumerate(most):
            used = np.flatnonzero(self.values[:, number])
            rows.add(used, self.values[used, number], -FREE, value)
        return rows

    def point(self, rows: Ints) -> Bools:
        """Give the variables that an answer sets, helpers left out; ``rows``: each request's, or `UNSERVED`."""
        point = np.zeros(len(self.values), dtype=np.bool_)
        point[self._ties.first[rows[rows != UNSERVED]]] = True
        point[self._ties.second[rows[rows != UNSERVED]]] = True
        point[np.flatnonzero(rows == UNSERVED)] = True
        return point

    def uses_only(self, allowed: Bools) -> Bools:
        """Tell which plans are made of allowed variables alone."""
        only: Bools = allowed[self._ties.first] & allowed[self._ties.second]
        return only

    def read(self, point: Bools) -> tuple[Ints, Ints]:
        """Read an answer: the free intervals of each request's first and last leg, `NONE` where there is none."""
        stays = self._ties.stays
        used = point[stays.variable]
        first, last = np.full(len(self._requests), NONE), np.full(len(self._requests), NONE)
        whose = np.searchsorted(self._requests, stays.request)
        for interval, chosen in ((first, used & stays.begins), (last, used & ~stays.begins)):
            interval[whose[chosen]] = stays.interval[chosen]
        return first, last


def _grouped(keys: Ints) -> Iterator[tuple[int, Ints]]:
    """Give each distinct key with its positions, ascending."""
    order = np.argsort(keys, kind="stable")
    distinct, edges = np.unique(keys[order], return_index=True)
    for key, (low, high) in zip(distinct.tolist(), pairwise([*edges.tolist(), len(keys)]), strict=True):
        yield key, order[low:high]
