"""What a run has given so far, and which rule refuses one more leg beside it.

The rules that look at other households live here: `separation`, `adult_with_minor`, `quota_full`, and whether beds
are left. Greedy, fallback lists and funnels ask the ledger; the solvers state the same rules as constraints.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.legs import bed_demand, feasible_legs
from matcher.packing import Seat, pack
from matcher.plans import NONE, Plans
from matcher.problem import Quota, QuotaFact
from matcher.residents import Residents, Stay, mixing_matters
from matcher.rules import TAKEN
from matcher.tables import Bools, Tables


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg given to a request.

    Parameters
    ----------
    request, place : int
        Whose, and where.
    interval : int
        Free interval it was enumerated with; in a shared place another may serve.
    start, end : int
        Nights [start, end), counted from the run night.
    wanted_until : int
        Night after the last that the whole plan would cover, if the place allowed.
    bridge : bool
        Whether another leg follows, so that this one may end before it must.
    """

    request: int
    place: int
    interval: int
    start: int
    end: int
    wanted_until: int
    bridge: bool

    def meets(self, start: int, end: int) -> bool:
        """Tell whether the leg has a night in [start, end)."""
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class QuotaPlaces:
    """A quota with its places as positions."""

    quota: Quota
    places: frozenset[int]

    def counts(self, tables: Tables, request: int, place: int) -> bool:
        """Tell whether placing the request in the place counts against the quota."""
        if place not in self.places:
            return False
        household = tables.requests[request]
        if self.quota.fact is QuotaFact.HAS_PARTNER:
            return household.has_partner
        return household.departement != tables.places[place].departement


def quotas_of(tables: Tables) -> list[QuotaPlaces]:
    """Give the quotas in the order of their identifiers, with the positions of the places they name."""
    index = tables.place_index
    return [
        QuotaPlaces(quota, frozenset(index[place] for place in quota.places if place in index))
        for quota in sorted(tables.problem.quotas, key=lambda quota: quota.id)
    ]


class Ledger:
    """Legs given so far.

    Parameters
    ----------
    tables : Tables
        The problem.
    residents : Residents
        Who is there already.
    """

    def __init__(self, tables: Tables, residents: Residents) -> None:
        self._tables = tables
        self._residents = residents
        self._quotas = quotas_of(tables)
        self._by_place: dict[int, list[Leg]] = defaultdict(list)
        self._by_group: dict[tuple[int, str], list[Leg]] = defaultdict(list)
        self._counted: list[dict[int, int]] = [defaultdict(int) for _ in self._quotas]
        free = tables.intervals
        self._first_interval = np.searchsorted(free.place, np.arange(len(tables.places) + 1))
        self.private_taken = np.zeros(len(free), dtype=np.bool_)
        self._in_quota = np.zeros(len(tables.places), dtype=np.bool_)
        for quota in self._quotas:
            self._in_quota[list(quota.places)] = True
        grouped = [request.separation_group is not None for request in tables.requests]
        self._grouped = np.array(grouped, dtype=np.bool_)

    def add(self, leg: Leg) -> None:
        """Give a leg."""
        self._by_place[leg.place].append(leg)
        self._register(leg, step=1)

    def remove(self, leg: Leg) -> None:
        """Take a leg back."""
        self._by_place[leg.place].remove(leg)
        self._register(leg, step=-1)

    def _register(self, leg: Leg, step: int) -> None:
        key = self._group_key(leg)
        if key is not None:
            self._by_group[key].append(leg) if step > 0 else self._by_group[key].remove(leg)
        for quota, counted in zip(self._quotas, self._counted, strict=True):
            if quota.counts(self._tables, leg.request, leg.place):
                counted[leg.request] += step
        if not self._tables.shared[leg.place]:
            self.private_taken[leg.interval] = step > 0

    def _group_key(self, leg: Leg) -> tuple[int, str] | None:
        group = self._tables.requests[leg.request].separation_group
        return None if group is None else (int(self._tables.facility[leg.place]), group)

    def refusal(self, leg: Leg) -> str | None:
        """Tell which rule refuses a leg beside those already given, the request's own apart.

        Parameters
        ----------
        leg : Leg
            One that the rules on request and place allow.

        Returns
        -------
        str or None
            The first of `separation`, `adult_with_minor`, `quota_full` and `rules.TAKEN`, or None when it fits.
        """
        for code, refuses in _REFUSALS.items():
            if refuses(self, leg):
                return code
        return None

    def only_beds_matter(self, plans: Plans) -> Bools:
        """Tell which plans of one request only `taken` can refuse: one leg, private, no group, no quota."""
        plain = (plans.last_place == NONE) & ~self._tables.shared[plans.place] & ~self._in_quota[plans.place]
        alone: Bools = plain & ~self._grouped[plans.request]
        return alone

    def separation(self, leg: Leg) -> bool:
        """Tell whether somebody of the same separation group is in the facility on a night of the leg."""
        key = self._group_key(leg)
        if key is None:
            return False
        others = (other for other in self._by_group.get(key, ()) if other.request != leg.request)
        residents = self._residents.by_group.get(key, ())
        return any(leg.meets(other.start, other.end) for other in (*others, *residents))

    def adult_with_minor(self, leg: Leg) -> bool:
        """Tell whether the leg puts a minor beside an unrelated adult."""
        if not mixing_matters(self._tables, leg.place):
            return False
        household = self._tables.requests[leg.request]
        others = (self._stay(other) for other in self._by_place[leg.place] if other.request != leg.request)
        residents = self._residents.by_place.get(leg.place, ())
        return any(
            leg.meets(stay.start, stay.end) and stay.clashes(household.has_minor, household.has_adult)
            for stay in (*others, *residents)
        )

    def _stay(self, leg: Leg) -> Stay:
        household = self._tables.requests[leg.request]
        return Stay(leg.start, leg.end, household.has_minor, household.has_adult)

    def quota_full(self, leg: Leg) -> bool:
        """Tell whether the leg counts against a quota that the other households have used up."""
        for quota, counted in zip(self._quotas, self._counted, strict=True):
            if quota.counts(self._tables, leg.request, leg.place):
                others = sum(legs > 0 for request, legs in counted.items() if request != leg.request)
                if others >= quota.quota.remaining:
                    return True
        return False

    def taken(self, leg: Leg) -> bool:
        """Tell whether the beds the leg needs are given to others, whatever interval each one uses."""
        others = [other for other in self._by_place[leg.place] if other.request != leg.request]
        if not others or not self._tables.shared[leg.place]:
            return any(other.interval == leg.interval for other in others)
        low, high = self._first_interval[leg.place : leg.place + 2]
        free = self._tables.intervals
        room = {interval: (int(free.beds[interval]), int(free.cots[interval])) for interval in range(low, high)}
        return pack([seats(self._tables, each, low, high) for each in (*others, leg)], room) is None


def legs_of(tables: Tables, plans: Plans, row: int) -> tuple[Leg, ...]:
    """Give the legs of one plan."""
    request, start = int(plans.request[row]), int(plans.start[row])
    move, end = int(plans.move[row]), int(plans.end[row])
    wanted_until = start + min(int(tables.nights[request]), tables.horizon - start)
    last_place = int(plans.last_place[row])
    place, interval = int(plans.place[row]), int(plans.interval[row])
    first = Leg(request, place, interval, start, move, wanted_until, bridge=last_place != NONE)
    if last_place == NONE:
        return (first,)
    return first, Leg(request, last_place, int(plans.last_interval[row]), move, end, wanted_until, bridge=False)


def seats(tables: Tables, leg: Leg, low: int, high: int) -> list[Seat]:
    """Give the intervals of a shared place that a leg could use, with what it takes there.

    Parameters
    ----------
    tables : Tables
        The problem.
    leg : Leg
        Of an admissible plan.
    low, high : int
        The place's free intervals.

    Returns
    -------
    list of Seat
        Those that give the request this first night there and this end.
    """
    fits = feasible_legs(tables, leg.request, np.arange(low, high))
    stay_until = np.minimum(tables.intervals.until[fits.interval], leg.start + tables.max_stay[leg.place])
    reach = np.minimum(stay_until, min(leg.wanted_until, tables.horizon))
    fits = fits.take((fits.start == leg.start) & ((reach >= leg.end) if leg.bridge else (reach == leg.end)))
    beds, cots = bed_demand(tables, leg.request, fits.interval)
    return [
        Seat(int(interval), int(bed), int(cot)) for interval, bed, cot in zip(fits.interval, beds, cots, strict=True)
    ]


_REFUSALS: Final = {
    "separation": Ledger.separation,
    "adult_with_minor": Ledger.adult_with_minor,
    "quota_full": Ledger.quota_full,
    TAKEN: Ledger.taken,
}
