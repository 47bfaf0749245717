"""One household and every place: the best places for it, at once, while places change.

A run answers for everyone together; a coordinator looks at one request and wants its candidates now. An index is built
once from the places of a problem and then asked and changed as often as one likes. What it answers is what
`matcher.plans.request_plans` would list first beside the residents and with the quotas as they stand, in the order of
`matcher.greedy.preferred_order`.

Places changed since it was built are compiled apart: a change takes time by how many have changed, not by how many
there are. Nights, hours since confirmation and the policy are those of the problem: build it again for another evening.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from matcher.greedy import preferred_order
from matcher.ledger import QuotaPlaces
from matcher.nights import night, number
from matcher.place import Place
from matcher.plans import Plans, single_leg_plans
from matcher.problem import Problem, Quota, Resident
from matcher.request import Request
from matcher.residents import Residents
from matcher.stock import Asked, Stock
from matcher.tables import Bools, Ints

FIRST_LOOK: Final = 2
"""Plans put in order at first, as a multiple of those asked for: residents refuse few."""
DEARER: Final = 2**44
"""More than any plan costs."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to shelter a household in one place.

    Parameters
    ----------
    place : str
        Where.
    start, until : date
        Nights [start, until).
    roofless_nights, cost : int
        Secured nights without a roof, and the sum of the cost terms (`matching.md` §§1, 4).
    """

    place: str
    start: date
    until: date
    roofless_nights: int
    cost: int

    @property
    def rank(self) -> tuple[int, int, str, date, date]:
        """What orders candidates, best first."""
        return self.roofless_nights, self.cost, self.place, self.start, self.until


@dataclass(frozen=True, slots=True)
class _Company:
    """Who is there already: residents by separation group and by place; quotas that are full, by place."""

    by_group: Mapping[str, Sequence[Resident]]
    by_place: Mapping[str, Sequence[Resident]]
    full: Mapping[str, Sequence[Quota]]

    @classmethod
    def of(cls, residents: Iterable[Resident], quotas: Iterable[Quota]) -> "_Company":
        by_group, by_place, full = defaultdict(list), defaultdict(list), defaultdict(list)
        for resident in residents:
            by_place[resident.place].append(resident)
            if resident.separation_group is not None:
                by_group[resident.separation_group].append(resident)
        for quota in quotas:
            for place in quota.places if quota.remaining == 0 else ():
                full[place].append(quota)
        return cls(by_group, by_place, full)

    def forbid(self, asked: Asked, place: Ints, start: Ints, end: Ints) -> Bools:
        """Tell which legs of the request residents or full quotas forbid."""
        names = {index: asked.places[index].id for index in np.unique(place).tolist()}
        group = asked.requests[0].separation_group
        near = [one for name in names.values() for one in self.by_place.get(name, ())]
        near += () if group is None else self.by_group.get(group, ())
        forbidden = np.array(
            [self._counted_out(asked, index, names[index]) for index in place.tolist()], dtype=np.bool_
        )
        if near:
            asked.problem = replace(asked.problem, residents=tuple(near))
            forbidden |= Residents(asked).forbid(0, place, start, end)
        return forbidden

    def _counted_out(self, asked: Asked, index: int, name: str) -> bool:
        quotas = self.full.get(name, ())
        return any(QuotaPlaces(quota, frozenset({index})).counts(asked, 0, index) for quota in quotas)


@dataclass(frozen=True, slots=True)
class _State:
    """Everything a question looks at; a change makes a new one, so that questions under way end on the old."""

    built: Stock
    present: Bools
    recent: Stock
    changed: Mapping[str, Place]
    company: _Company

    @property
    def parts(self) -> tuple[tuple[Stock, Bools], ...]:
        """The stocks, and which of their places count."""
        return (self.built, self.present), (self.recent, np.ones(len(self.changed), dtype=np.bool_))


class OnlineIndex:
    """Places ready for one question at a time.

    Parameters
    ----------
    problem : Problem
        Places, residents, quotas, night, horizon and policy; its requests play no part.
    """

    def __init__(self, problem: Problem) -> None:
        self._frame = replace(problem, requests=(), places=(), residents=(), quotas=())
        self._residents, self._quotas = problem.residents, problem.quotas
        self._state = _State(
            built=Stock(problem),
            present=np.ones(len(problem.places), dtype=np.bool_),
            recent=Stock(self._frame),
            changed={},
            company=_Company.of(problem.residents, problem.quotas),
        )

    @property
    def changed(self) -> int:
        """Places put in since the index was built: when there are thousands, build it again."""
        return len(self._state.changed)

    def change(
        self,
        places: Iterable[Place] = (),
        *,
        closed: Iterable[str] = (),
        residents: Iterable[Resident] | None = None,
        quotas: Iterable[Quota] | None = None,
    ) -> None:
        """Open, replace or close places; one writer at a time, questions go on meanwhile.

        Parameters
        ----------
        places : iterable of Place
            As they are now: new ones, or other facts of known ones.
        closed : iterable of str
            Identifiers of places no longer there; unknown ones are passed over.
        residents, quotas : iterable or None
            All of them as they are now; None: unchanged.
        """
        state, new = self._state, {place.id: place for place in places}
        closed = set(closed) - new.keys()
        changed = {name: place for name, place in (*state.changed.items(), *new.items()) if name not in closed}
        known, present = state.built.tables.place_index, state.present.copy()
        present[[known[name] for name in (*new, *closed) if name in known]] = False
        self._residents = self._residents if residents is None else tuple(residents)
        self._quotas = self._quotas if quotas is None else tuple(quotas)
        company = state.company
        if residents is not None or quotas is not None:
            company = _Company.of(self._residents, self._quotas)
        recent = Stock(replace(self._frame, places=tuple(changed.values())))
        self._state = _State(state.built, present, recent, changed, company)

    def best(self, request: Request, most: int = 20) -> tuple[Candidate, ...]:
        """Give the best plans of one leg for a request, no two with the same place and nights.

        Parameters
        ----------
        request : Request
            Who asks; ``from_night`` is not before the night of the index.
        most : int
            How many at most.

        Returns
        -------
        tuple of Candidate
            By nights without a roof, cost, identifier of the place and dates.

        Raises
        ------
        ProblemError
            When the request begins before the night of the index.
        """
        state, problem = self._state, replace(self._frame, requests=(request,))
        found = [
            candidate
            for stock, present in state.parts
            for candidate in _best(Asked(stock, problem), stock, present, state.company, most)
        ]
        return tuple(sorted(found, key=lambda candidate: candidate.rank)[:most])

    def eligible(self, request: Request) -> int:
        """Count the places that a plan of one leg could use, residents and full quotas counted.

        Raises
        ------
        ProblemError
            When the request begins before the night of the index.
        """
        state, problem = self._state, replace(self._frame, requests=(request,))
        return sum(_eligible(Asked(stock, problem), stock, present, state.company) for stock, present in state.parts)


def _eligible(asked: Asked, stock: Stock, present: Bools, company: _Company) -> int:
    legs = stock.legs(asked, present)
    allowed = ~company.forbid(asked, legs.place, legs.start, legs.end)
    return len(np.unique(legs.place[allowed]))


def _best(asked: Asked, stock: Stock, present: Bools, company: _Company, most: int) -> list[Candidate]:
    plans = single_leg_plans(asked, 0, stock.legs(asked, present))
    look = FIRST_LOOK * most
    while True:
        foremost = _foremost(plans, look)
        allowed = foremost.take(~company.forbid(asked, foremost.place, foremost.start, foremost.end))
        found = _candidates(asked, allowed)
        if len(found) >= most or look >= len(plans):
            return found[:most]
        look *= 4


def _foremost(plans: Plans, look: int) -> Plans:
    """Give so many plans, best first; those equal to the last come along, so that identifiers decide among all."""
    if look < len(plans):
        value = plans.roofless.astype(np.int64) * DEARER + plans.cost
        plans = plans.take(value <= np.partition(value, look - 1)[look - 1])
    return plans.take(preferred_order(plans, slice(0, len(plans))))


def _candidates(asked: Asked, plans: Plans) -> list[Candidate]:
    """Describe plans in their order, the first of those with the same place and nights."""
    tonight = number(asked.problem.night)
    columns = (plans.place, plans.start, plans.end, plans.roofless, plans.cost)
    found: dict[tuple[int, int, int], Candidate] = {}
    for place, start, end, roofless, cost in zip(*(column.tolist() for column in columns), strict=True):
        if (place, start, end) not in found:
            dates = night(tonight + start), night(tonight + end)
            found[place, start, end] = Candidate(asked.places[place].id, *dates, roofless, cost)
    return list(found.values())
