"""Plans that a request would have if some rules were lifted for it alone, by the rules they break.

A *mask* is a whole number with one bit per liftable rule, in the order of `rules.RULES`. Rules that cannot be lifted
(room, dates, other households) still apply to every plan given here.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.legs import feasible_legs
from matcher.plans import NONE, Plans, beside_residents, plans_of_legs
from matcher.residents import Residents
from matcher.rules import RULES
from matcher.standing import MEASURED, excluded_by
from matcher.tables import Bools, Ints, Tables

LIFTABLE: Final = tuple(rule.code for rule in RULES if rule.liftable)
"""The rules that may be lifted, in order: bit n of a mask is the n-th."""
MOST_RULES: Final = 3
"""Largest binding set (`matching.md` §6)."""
_TOO_LARGE: Final = 1 << len(LIFTABLE)
_SIZE: Final = np.array([mask.bit_count() for mask in range(2 * _TOO_LARGE)], dtype=np.int64)


def rules_of(mask: int) -> tuple[str, ...]:
    """Name the rules of a mask, in order."""
    return tuple(code for bit, code in enumerate(LIFTABLE) if mask >> bit & 1)


@dataclass(frozen=True, slots=True)
class LiftedPlans:
    """Plans of one request, with what each breaks.

    Parameters
    ----------
    plans : Plans
        Dates, room and residents allow them.
    mask : ndarray of int64
        Per plan, the rules broken by its legs together.
    """

    plans: Plans
    mask: Ints


class Lifting:
    """What each request's places break.

    Parameters
    ----------
    tables : Tables
        The problem.
    residents : Residents
        Who is there already.
    """

    def __init__(self, tables: Tables, residents: Residents) -> None:
        self._tables, self._residents = tables, residents
        self._codes = [code for code in tables.exclusions if code in LIFTABLE or code == RULES[0].code]
        facets = np.array([tables.exclusions[code].place_facet for code in self._codes], dtype=np.int64)
        self._facets, profile = np.unique(facets, axis=1, return_inverse=True)
        self._profile: Ints = profile.ravel()
        self._known: dict[tuple[int, ...], Ints] = {}

    def by_facets(self, request: int) -> Ints:
        """Give the mask of every place by the rules that are read from facets; places too small carry a bit more."""
        tables = [self._tables.exclusions[code] for code in self._codes]
        key = tuple(int(table.request_facet[request]) for table in tables)
        if key not in self._known:
            mask = np.zeros(self._facets.shape[1], dtype=np.int64)
            for code, table, row, facet in zip(self._codes, tables, key, self._facets, strict=True):
                bit = 1 << LIFTABLE.index(code) if code in LIFTABLE else _TOO_LARGE
                mask |= np.where(table.values[row][facet], bit, 0)
            self._known[key] = mask
        masks: Ints = self._known[key][self._profile]
        return masks

    def masks(self, request: int, most: int) -> tuple[Ints, Ints]:
        """Give the places that hold the household and break few rules, with what they break.

        Parameters
        ----------
        request : int
            Which request.
        most : int
            Most rules broken.

        Returns
        -------
        tuple of ndarray of int64
            Places, ascending, and the mask of each.
        """
        mask = self.by_facets(request)
        places = np.flatnonzero((mask < _TOO_LARGE) & (_SIZE[mask] <= most))
        mask = mask[places]
        for code in MEASURED:
            mask |= np.where(excluded_by(self._tables, code, request, places), 1 << LIFTABLE.index(code), 0)
            few = _SIZE[mask] <= most
            places, mask = places[few], mask[few]
        return places, mask

    def plans(self, request: int, size: int) -> LiftedPlans:
        """Enumerate the plans of a request that break exactly so many rules.

        Parameters
        ----------
        request : int
            Which request.
        size : int
            1 to `MOST_RULES`.

        Returns
        -------
        LiftedPlans
            Beside residents.
        """
        tables = self._tables
        places, of_place = self.masks(request, size)
        by_place = np.zeros(len(tables.places) + 1, dtype=np.int64)  # the last one stands for no second leg
        by_place[places] = of_place
        kept = np.zeros(len(tables.places), dtype=np.bool_)
        kept[places if tables.problem.policy.max_legs == 2 else places[_SIZE[of_place] == size]] = True
        legs = feasible_legs(tables, request, np.flatnonzero(kept[tables.intervals.place]))
        plans = plans_of_legs(tables, request, legs)
        mask = by_place[plans.place] | np.where(plans.last_place == NONE, 0, by_place[plans.last_place])
        plans = beside_residents(self._residents, request, plans.take(_SIZE[mask] == size))
        return LiftedPlans(
            plans, by_place[plans.place] | np.where(plans.last_place == NONE, 0, by_place[plans.last_place])
        )

    def some_place_passes(self, request: int) -> bool:
        """Tell whether a place, free or taken, holds the household and breaks no rule that could be lifted."""
        return len(self.masks(request, 0)[0]) > 0


def broken_by(masks: Ints) -> list[int]:
    """Give the distinct masks in the order of the contract: compared rule by rule."""
    return sorted(set(masks.tolist()), key=lambda mask: [LIFTABLE.index(code) for code in rules_of(mask)])


def keep(lifted: LiftedPlans, rows: Bools) -> LiftedPlans:
    """Give some of the plans."""
    return LiftedPlans(lifted.plans.take(rows), lifted.mask[rows])
