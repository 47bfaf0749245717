"""A year of nights: who waits, what the matcher proposes, who says no, who moves in, night after night.

The year itself (`data.simulation`) is the same for every policy. A night has up to `ROUNDS` rounds, as an evening at
the telephone has: whoever meets a refusal is matched again with what is left. A household keeps its place until it has
found a lasting way out; nobody is moved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import numpy as np

from data.simulation.world import World
from matcher.greedy import greedy
from matcher.objective import UNSERVED
from matcher.optimise import Effort, optimise
from matcher.place import FreeInterval, Place, Reservation
from matcher.plans import Plans, admissible_plans
from matcher.policy import Policy
from matcher.problem import Problem
from matcher.request import Request
from matcher.residents import Residents
from matcher.tables import Bools, Ints, Tables

ROUNDS: Final = 3
"""Times a night that those who met a refusal are matched again."""
KEPT: Final = "priority class 1"
"""Contingent of the requests of class 1, for whom a reserve keeps places."""
POLICY: Final = Policy(fallbacks=0)
"""The matcher's own, but no list of next plans: a refusal is matched again, which is better than the list."""

Assign = Callable[[Problem], Mapping[str, str]]
"""Answers one round: request → place."""


@dataclass(frozen=True)
class Manner:
    """How a year is matched.

    Parameters
    ----------
    name : str
        What reports call it.
    assign : callable
        Answers a round.
    prices : mapping of str to int
        Opportunity price of each place, in units of cost; empty: none.
    reserve : frozenset of str
        Places offered to class 1 alone; outside the contract of the matcher.
    """

    name: str
    assign: Assign
    prices: Mapping[str, int] = field(default_factory=dict)
    reserve: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Year:
    """What a year came to.

    Parameters
    ----------
    since : ndarray of int64
        Per household, the night it was sheltered, or -1.
    place : ndarray of int64
        Where, or -1.
    refusals_by_facility, refusals_by_person : int
        Proposals that met a no.
    """

    since: Ints
    place: Ints
    refusals_by_facility: int
    refusals_by_person: int


def by_optimum(problem: Problem) -> Mapping[str, str]:
    """Match a round by the proven optimum of the contract."""
    found = optimise(problem, Effort())
    return _named(found.tables, found.plans, found.outcome.chosen)


def by_telephone(problem: Problem) -> Mapping[str, str]:
    """Match a round one household after another, each given the best place left."""
    tables = Tables(problem)
    residents = Residents(tables)
    plans = admissible_plans(tables, residents)
    return _named(tables, plans, greedy(tables, residents, plans))


def _named(tables: Tables, plans: Plans, chosen: Ints) -> Mapping[str, str]:
    rows = chosen[chosen != UNSERVED]
    pairs = zip(plans.request[rows].tolist(), plans.place[rows].tolist(), strict=True)
    return {tables.requests[request].id: tables.places[place].id for request, place in pairs}


def admissible(world: World) -> list[Ints]:
    """Give, for every household of a year, the places that the matcher's rules allow it, refusals apart.

    Returns
    -------
    list of ndarray of int64
        Positions in ``world.places``, ascending.
    """
    if not world.households:
        return []
    night = world.places[0].free[0].start
    requests = tuple(replace(one.request, from_night=night, waiting_since=night) for one in world.households)
    tables = Tables(Problem(night=night, requests=requests, places=world.places, policy=POLICY))
    plans = admissible_plans(tables, Residents(tables))
    where = {request.id: number for number, request in enumerate(tables.requests)}
    order = {place.id: number for number, place in enumerate(world.places)}
    position = np.array([order[place.id] for place in tables.places], dtype=np.int64)
    return [np.unique(position[plans.place[plans.rows_of(where[one.request.id])]]) for one in world.households]


def live(
    world: World,
    allowed: Sequence[Ints],
    manner: Manner,
    night_done: Callable[[], None] = lambda: None,
) -> Year:
    """Live through a year.

    Parameters
    ----------
    world : World
        The year.
    allowed : sequence of ndarray of int64
        From `admissible`.
    manner : Manner
        How it is matched.
    night_done : callable
        Called after every night.
    """
    year = _Diary(world, allowed, manner)
    for night in range(world.nights):
        year.live(night)
        night_done()
    return Year(year.since, year.place, year.no_from_facility, year.no_from_person)


class _Diary:
    """The state of a year, between two nights."""

    def __init__(self, world: World, allowed: Sequence[Ints], manner: Manner) -> None:
        self._world, self._allowed, self._manner = world, allowed, manner
        self._vacant_from = np.array(world.vacant_from)
        self._refused: dict[int, set[str]] = {}
        self._waiting: list[int] = []
        self._next = 0
        self._everyone = np.ones(len(world.places), dtype=np.bool_)
        self._unreserved = np.array([place.id not in manner.reserve for place in world.places], dtype=np.bool_)
        self._places = [self._offered(place) for place in world.places]
        self._number = {place.id: number for number, place in enumerate(world.places)}
        self.since = np.full(len(world.households), -1)
        self.place = np.full(len(world.households), -1)
        self.no_from_facility = self.no_from_person = 0

    def live(self, night: int) -> None:
        """Live through one night."""
        households = self._world.households
        while self._next < len(households) and households[self._next].arrives <= night:
            if len(self._allowed[self._next]):
                self._waiting.append(self._next)
            self._next += 1
        asking = [one for one in self._waiting if households[one].leaves > night]
        self._waiting = asking
        for _ in range(ROUNDS):
            asking = self._round(night, asking)
            if not asking:
                break
        self._waiting = [one for one in self._waiting if self.since[one] < 0]

    def _round(self, night: int, asking: list[int]) -> list[int]:
        """Match once; give those who are still to be matched, when somebody said no."""
        vacant = self._vacant_from <= night
        offered = [self._places[number] for number in np.flatnonzero(vacant)]
        # Who has no vacant place that the rules allow would stay unserved, and changes nothing for the others.
        hopeful = [one for one in asking if (vacant & self._open_to(one))[self._allowed[one]].any()]
        if not hopeful or not offered:
            return []
        given = self._manner.assign(self._problem(night, hopeful, offered))
        number = {self._world.households[one].request.id: one for one in hopeful}
        heard_no = False
        for request, place in sorted(given.items()):
            heard_no |= not self._answered(night, number[request], self._number[place])
        return [one for one in hopeful if self.since[one] < 0] if heard_no else []

    def _open_to(self, one: int) -> Bools:
        return self._everyone if self._world.households[one].request.priority == 1 else self._unreserved

    def _answered(self, night: int, one: int, place: int) -> bool:
        """Ask both sides; move in when both say yes."""
        household, facility = self._world.households[one], self._world.places[place].facility
        self.no_from_facility += facility in household.refused_by
        self.no_from_person += facility in household.refuses and facility not in household.refused_by
        if facility in household.never:
            self._refused.setdefault(one, set()).add(facility)
            return False
        self.since[one], self.place[one] = night, place
        self._vacant_from[place] = household.leaves
        return True

    def _problem(self, night: int, asking: Sequence[int], offered: Sequence[Place]) -> Problem:
        tonight = offered[0].free[0].start + timedelta(night)
        free = (FreeInterval(tonight),)
        return Problem(
            night=tonight,
            requests=tuple(self._asking(one, tonight.toordinal()) for one in asking),
            places=tuple(replace(place, free=free) for place in offered),
            policy=POLICY,
        )

    def _asking(self, one: int, tonight: int) -> Request:
        request = self._world.households[one].request
        waited = tonight - request.from_night.toordinal()
        kept = frozenset({KEPT}) if request.priority == 1 else frozenset()
        return replace(
            request,
            from_night=request.from_night + timedelta(waited),
            refused_facilities=request.refused_facilities | self._refused.get(one, set()),
            contingents=request.contingents | kept,
        )

    def _offered(self, place: Place) -> Place:
        reserved = Reservation(contingents=frozenset({KEPT})) if place.id in self._manner.reserve else None
        return replace(place, reserved_to=reserved, opportunity=self._manner.prices.get(place.id, 0))
