"""Whether other plans for one unserved request would make the answer better, by solving again what they touch.

For what no shortest path decides: shared places, two legs, separation, quotas. Only the components that the new
plans touch are solved, without costs: entries 1 to 9 alone decide. The time is limited in the constraint
solver's deterministic units, so that the same problem always gets the same verdicts.
"""

from typing import Final

import numpy as np

from matcher.ledger import quotas_of
from matcher.objective import SENIORITY, UNSERVED, objective
from matcher.optimise import Optimum
from matcher.plans import NONE, Plans, concatenate
from matcher.room import UNUSED, Room, costless
from matcher.solvers.cpsat import solve_component
from matcher.tables import Ints

ONE_LIMIT: Final = 0.5
"""Most deterministic time of one question."""
PLANS_PER_UNIT: Final = 25_000
"""Stating a question takes time too: so many plans count as one unit against the limit."""
MOST_PLANS: Final = 20_000
"""A question about more plans than this is left undecided: a component of a whole country."""


class Retrial:
    """Solves again, within one limit for all questions.

    Parameters
    ----------
    found : Optimum
        The answer.
    room : Room
        What it leaves.
    limit : float
        Deterministic time for all questions together.
    """

    def __init__(self, found: Optimum, room: Room, limit: float) -> None:
        self._found, self._room = found, room
        # Where the answer itself is not proven in entries 1 to 9, a question would only take up that search again.
        counted = slice(SENIORITY + 1)
        self._left = limit if found.outcome.bound[counted] == found.objective[counted] else 0.0
        self._quotas = quotas_of(found.tables)

    def improves(self, request: int, plans: Plans) -> bool | None:
        """Tell whether an unserved request's new plans make entries 1 to 9 better.

        Parameters
        ----------
        request : int
            Which request.
        plans : Plans
            Of that request alone.

        Returns
        -------
        bool or None
            None when it could not be decided within the limits.
        """
        found = self._found
        touched = sorted(self._touched(request, plans))
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *(self._room.rows[number] for number in touched)])
        rows = np.sort(rows[found.plans.request[rows] != request])
        if self._left <= 0 or len(rows) + len(plans) > MOST_PLANS:
            return None
        before, after = np.split(rows, [int(np.searchsorted(found.plans.request[rows], request))])
        own = costless(concatenate([found.plans.take(before), plans, found.plans.take(after)]))
        members = [found.components[number].requests for number in touched]
        requests = np.unique(np.concatenate([np.array([request]), *members]))
        return self._decide(requests, own, rows, len(before), len(plans))

    def _decide(self, requests: Ints, plans: Plans, rows: Ints, position: int, new: int) -> bool | None:
        tables = self._found.tables
        local = np.searchsorted(rows, self._found.outcome.chosen)
        local[local >= position] += new
        start = np.full(len(tables.requests), UNSERVED)
        served = requests[self._found.outcome.chosen[requests] != UNSERVED]
        start[served] = local[served]
        outcome = solve_component(
            tables, plans, requests, start, seed=tables.problem.seed, deterministic_limit=min(ONE_LIMIT, self._left)
        )
        shown = objective(tables, plans, start, requests)[: SENIORITY + 1]
        if objective(tables, plans, outcome.chosen, requests)[: SENIORITY + 1] < shown:
            verdict: bool | None = True
        else:
            verdict = None if outcome.bound[: SENIORITY + 1] < shown else False
        self._left -= len(plans) / PLANS_PER_UNIT + (ONE_LIMIT if verdict is None else 0.0)
        return verdict

    def _touched(self, request: int, plans: Plans) -> set[int]:
        """Give the components that plans meet: in a free interval, a shared place, a quota, a separated facility."""
        tables, room = self._found.tables, self._room
        second = plans.last_place != NONE
        place = np.concatenate([plans.place, plans.last_place[second]])
        interval = np.concatenate([plans.interval, plans.last_interval[second]])
        shared = tables.shared[place]
        touched = set(room.of_interval[interval].tolist()) | set(room.of_place[place[shared]].tolist())
        touched |= self._quota_mates(request, np.unique(place))
        touched |= self._group_mates(request, np.unique(tables.facility[place]))
        return touched - {UNUSED}

    def _quota_mates(self, request: int, places: Ints) -> set[int]:
        mates: set[int] = set()
        for quota in self._quotas:
            if any(quota.counts(self._found.tables, request, place) for place in places.tolist()):
                mates |= set(self._room.of_place[list(quota.places)].tolist())
        return mates

    def _group_mates(self, request: int, facilities: Ints) -> set[int]:
        """Give the components in which others of the same group could come to the same facilities."""
        tables, plans = self._found.tables, self._found.plans
        group = tables.requests[request].separation_group
        mates: set[int] = set()
        for other, household in enumerate(tables.requests):
            if group is not None and household.separation_group == group and other != request:
                rows = plans.rows_of(other)
                last = plans.last_place[rows]
                meets = np.isin(tables.facility[plans.place[rows]], facilities)
                meets |= (last != NONE) & np.isin(tables.facility[last], facilities)
                mates |= set(self._room.of_interval[plans.interval[rows][meets]].tolist())
        return mates
