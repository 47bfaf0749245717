"""The constraints of a component for CP-SAT.

Two stays that meet are both present on the first night of the later one, so separation and mixing need rows for
those nights alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from ortools.sat.python import cp_model

from matcher.ledger import Leg, legs_of, quotas_of
from matcher.legs import bed_demand
from matcher.objective import UNSERVED, plan_values, unserved_values
from matcher.plans import Plans
from matcher.residents import mixing_matters
from matcher.tables import Bools, Ints, Tables


class Model:
    """One boolean per plan, and the rules that look at several households as linear rows.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        The plans to choose among.
    requests : ndarray of int64
        The requests, ascending.
    may_stay : ndarray of bool
        Per request, whether it may stay unserved.
    """

    def __init__(self, tables: Tables, plans: Plans, requests: Ints, may_stay: Bools) -> None:
        self.tables, self.plans, self.requests = tables, plans, requests
        self.model = cp_model.CpModel()
        self.use = [self.model.new_bool_var(f"plan{row}") for row in range(len(plans))]
        self.unserved = {int(request): self.model.new_bool_var(f"unserved{request}") for request in requests}
        self.legs: list[tuple[int, Leg]] = [
            (row, leg) for row in range(len(plans)) for leg in legs_of(tables, plans, row)
        ]
        for request in requests[~may_stay]:
            self.model.add(self.unserved[int(request)] == 0)
        self._one_plan_each()
        self._beds()
        self._separation()
        self._mixing()
        self._quotas()

    def _one_plan_each(self) -> None:
        for request, unserved in self.unserved.items():
            rows = self.plans.rows_of(request)
            self.model.add_exactly_one([*self.use[rows], unserved])

    def _beds(self) -> None:
        by_interval: dict[int, list[tuple[int, Leg]]] = defaultdict(list)
        for row, leg in self.legs:
            by_interval[leg.interval].append((row, leg))
        for interval, users in by_interval.items():
            if not self.tables.shared[users[0][1].place]:
                self.model.add_at_most_one(self.use[row] for row, _ in users)
                continue
            demand = [bed_demand(self.tables, leg.request, np.array([interval])) for _, leg in users]
            free = self.tables.intervals
            for room, need in ((free.beds, 0), (free.cots, 1)):
                self.model.add(
                    sum(int(each[need][0]) * self.use[row] for (row, _), each in zip(users, demand, strict=True))
                    <= int(room[interval])
                )

    def _separation(self) -> None:
        together: dict[tuple[int, str], list[tuple[int, Leg]]] = defaultdict(list)
        for row, leg in self.legs:
            group = self.tables.requests[leg.request].separation_group
            if group is not None:
                together[int(self.tables.facility[leg.place]), group].append((row, leg))
        for users in together.values():
            for present in _present(users):
                self.model.add_at_most_one(self.use[row] for row, _ in present)

    def _mixing(self) -> None:
        shared: dict[int, list[tuple[int, Leg]]] = defaultdict(list)
        for row, leg in self.legs:
            if mixing_matters(self.tables, leg.place):
                shared[leg.place].append((row, leg))
        for users in shared.values():
            for present in _present(users):
                self._one_company(present)

    def _one_company(self, present: list[tuple[int, Leg]]) -> None:
        """On one night a shared place holds minors, or adults, or one household that has both."""
        household = self.tables.requests
        minors, adults = self.model.new_bool_var(""), self.model.new_bool_var("")
        families = []
        for row, leg in present:
            has_minor, has_adult = household[leg.request].has_minor, household[leg.request].has_adult
            if has_minor and has_adult:
                families.append(self.use[row])
            else:
                self.model.add_implication(self.use[row], minors if has_minor else adults)
        self.model.add_at_most_one([minors, adults, *families])

    def _quotas(self) -> None:
        for quota in quotas_of(self.tables):
            rows = {row for row, leg in self.legs if quota.counts(self.tables, leg.request, leg.place)}
            self.model.add(sum(self.use[row] for row in sorted(rows)) <= quota.quota.remaining)

    def entry(self, number: int) -> cp_model.LinearExpr:
        """Give one entry of the objective as a linear expression."""
        plan = plan_values(self.tables, self.plans)[:, number]
        alone = unserved_values(self.tables)[:, number]
        terms = [(int(plan[row]), self.use[row]) for row in np.flatnonzero(plan)]
        terms += [(int(alone[request]), variable) for request, variable in self.unserved.items() if alone[request]]
        coefficients, variables = [term[0] for term in terms], [term[1] for term in terms]
        return cp_model.LinearExpr.weighted_sum(variables, coefficients)

    def least(self, number: int) -> int:
        """Give the value of one entry if every request had what is best for that entry alone."""
        best = unserved_values(self.tables)[:, number].copy()
        np.minimum.at(best, self.plans.request, plan_values(self.tables, self.plans)[:, number])
        return int(best[self.requests].sum())

    def hint(self, chosen: Ints) -> None:
        """Tell the solver where to start."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        taken = set(chosen[self.requests].tolist())
        for row, variable in enumerate(self.use):
            self.model.add_hint(variable, row in taken)
        for request, variable in self.unserved.items():
            self.model.add_hint(variable, bool(chosen[request] == UNSERVED))

    def read(self, solver: cp_model.CpSolver) -> Ints:
        """Read the answer, per request of the whole problem."""
        chosen = np.full(len(self.tables.requests), UNSERVED)
        for row, variable in enumerate(self.use):
            if solver.boolean_value(variable):
                chosen[self.plans.request[row]] = row
        return chosen


def _present(users: Iterable[tuple[int, Leg]]) -> Iterator[list[tuple[int, Leg]]]:
    """Give, for each first night of a stay, the stays of that night; single ones meet nobody and are left out."""
    listed = list(users)
    for night in sorted({leg.start for _, leg in listed}):
        present = [(row, leg) for row, leg in listed if leg.start <= night < leg.end]
        if len({leg.request for _, leg in present}) > 1:
            yield present
