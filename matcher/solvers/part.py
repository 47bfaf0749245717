"""A programme for some requests of a component, and the answers of the component in its terms.

Entries 1 to 9 are decided class after class, without the requests of later classes: nothing forces these to be served,
so they can always be left out, and nothing they do counts yet. Costs do not count either, so free intervals of one sort
are one (`matcher.solvers.sorts`). The cost is decided on all plans.
"""

from collections import defaultdict

import numpy as np

from matcher.objective import UNSERVED
from matcher.plans import NONE, Plans
from matcher.solvers.program import Program
from matcher.solvers.sorts import as_they_are, sorts_of
from matcher.solvers.ties import keep_legs
from matcher.tables import Bools, Ints, Tables


class Part:
    """A programme and its answers.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every plan of the component.
    requests : ndarray of int64
        Those of the component that the programme is about, ascending.
    among : ndarray of int64
        Rows of the plans to choose among, ascending; those of other requests are left out.
    with_cost : bool
        False, for entries 1 to 9 alone: one free interval of each sort is stated, and needless plans are left out.

    Attributes
    ----------
    requests : ndarray of int64
        As given.
    program : Program
        The choices.
    """

    def __init__(self, tables: Tables, plans: Plans, requests: Ints, among: Ints, *, with_cost: bool) -> None:
        self._tables, self._plans, self.requests = tables, plans, requests
        member = np.zeros(len(tables.requests), dtype=np.bool_)
        member[requests] = True
        self._among = among = among[member[plans.request[among]]]
        self._sorts = (as_they_are if with_cost else sorts_of)(tables, plans.take(among))
        self.program = Program(tables, plans.take(among[self._sorts.rows]), requests, self._sorts.room)

    def point(self, chosen: Ints) -> Bools:
        """Give the variables that an answer of the component sets; what it does needlessly is left out.

        Parameters
        ----------
        chosen : ndarray of int64
            Per request of the problem, a row of the component's plans or `UNSERVED`.
        """
        own = chosen[self.requests]
        served = own != UNSERVED
        position = np.minimum(np.searchsorted(self._among, own), len(self._among) - 1)
        known = served & (self._among[position] == own) if len(self._among) else np.zeros_like(served)
        rows = np.full(len(own), UNSERVED)
        rows[known] = self._sorts.image[position[known]]
        point = self.program.point(rows)
        point[np.flatnonzero(served & ~known)] = False
        return point

    def open_rows(self, allowed: Bools) -> Bools:
        """Tell which plans of the component an answer within these variables can use; those outside the part, too.

        An answer stays one, and no worse, when its needless plans give way to those that spare them.
        """
        is_open = np.ones(len(self._plans), dtype=np.bool_)
        is_open[self._among] = self.program.uses_only(allowed)[self._sorts.image]
        two = np.flatnonzero(self._plans.last_place != NONE)
        is_open[two] = keep_legs(self._plans, two, is_open[two])
        return is_open

    def of_members(self, chosen: Ints) -> Ints:
        """Leave the requests outside the part unserved."""
        own = np.full(len(chosen), UNSERVED)
        own[self.requests] = chosen[self.requests]
        return own

    def read(self, point: Bools) -> Ints:
        """Read an answer, handing out the free intervals of each sort.

        Returns
        -------
        ndarray of int64
            Per request of the problem, a row of the component's plans, or `UNSERVED`.
        """
        alike: dict[int, list[int]] = defaultdict(list)
        for interval, stands in enumerate(self._sorts.stands.tolist()):
            if self._sorts.room[stands] > 1:
                alike[stands].append(interval)
        chosen = np.full(len(self._tables.requests), UNSERVED)
        for request, *legs in zip(
            self.requests.tolist(), *(each.tolist() for each in self.program.read(point)), strict=True
        ):
            first, last = (alike[leg].pop() if leg in alike else leg for leg in legs)
            if first != NONE:
                rows = self._plans.rows_of(request)
                same = (self._plans.interval[rows] == first) & (self._plans.last_interval[rows] == last)
                chosen[request] = rows.start + np.flatnonzero(same)[0]
        return chosen
