"""Households already sheltered, who do not move: what they forbid to others."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.nights import number, number_or_far
from matcher.place import Audience
from matcher.tables import Bools, Ints, Tables


@dataclass(frozen=True, slots=True)
class Stay:
    """Nights [start, end) of somebody in a place, as offsets from the run night; minor and adult: who is there."""

    start: int
    end: int
    has_minor: bool
    has_adult: bool

    def clashes(self, has_minor: bool, has_adult: bool) -> bool:  # noqa: FBT001 -- the two facts the rule looks at
        """Tell whether sharing with such a household puts a minor beside an unrelated adult."""
        return (self.has_minor and has_adult) or (self.has_adult and has_minor)


def mixing_matters(tables: Tables, place: int) -> bool:
    """Tell whether `adult_with_minor` applies in a place: shared, and not for women with children."""
    return bool(tables.shared[place]) and tables.places[place].audience is not Audience.WOMEN_WITH_CHILDREN


class Residents:
    """What residents forbid, by facility and group and by shared place.

    Parameters
    ----------
    tables : Tables
        The problem, with its residents.
    """

    def __init__(self, tables: Tables) -> None:
        night = number(tables.problem.night)
        self._tables = tables
        self.by_group: dict[tuple[int, str], list[Stay]] = defaultdict(list)
        self.by_place: dict[int, list[Stay]] = defaultdict(list)
        for row in tables.problem.residents:
            stay = Stay(number(row.start) - night, number_or_far(row.until) - night, row.has_minor, row.has_adult)
            facility = tables.facility_index.get(row.facility)
            if row.separation_group is not None and facility is not None:
                self.by_group[facility, row.separation_group].append(stay)
            place = tables.place_index.get(row.place)
            if place is not None and mixing_matters(tables, place):
                self.by_place[place].append(stay)

    @property
    def forbid_anything(self) -> bool:
        """Tell whether some resident has a separation group or sleeps in a place where mixing matters."""
        return bool(self.by_group or self.by_place)

    def separation(self, request: int, place: Ints, start: Ints, end: Ints) -> Bools:
        """Tell which legs meet a resident of the same separation group in the same facility."""
        forbidden = np.zeros(len(place), dtype=np.bool_)
        group = self._tables.requests[request].separation_group
        if group is None:
            return forbidden
        facility = self._tables.facility[place]
        for (where, whose), stays in self.by_group.items():
            if whose == group:
                for stay in stays:
                    forbidden |= (facility == where) & (start < stay.end) & (stay.start < end)
        return forbidden

    def adult_with_minor(self, request: int, place: Ints, start: Ints, end: Ints) -> Bools:
        """Tell which legs put a minor beside an unrelated adult who is already there, or the reverse."""
        forbidden = np.zeros(len(place), dtype=np.bool_)
        household = self._tables.requests[request]
        for where in np.unique(place[self._tables.shared[place]]):
            for stay in self.by_place.get(int(where), ()):
                if stay.clashes(household.has_minor, household.has_adult):
                    forbidden |= (place == where) & (start < stay.end) & (stay.start < end)
        return forbidden

    def forbid(self, request: int, place: Ints, start: Ints, end: Ints) -> Bools:
        """Tell which legs of a request residents forbid.

        Parameters
        ----------
        request : int
            Which request.
        place, start, end : ndarray of int64
            Of each leg: where, first night and night after the last, counted from the run night.

        Returns
        -------
        ndarray of bool
            One per leg.
        """
        forbidden = np.zeros(len(place), dtype=np.bool_)
        for rule in RESIDENT_RULES.values():
            forbidden |= rule(self, request, place, start, end)
        return forbidden


RESIDENT_RULES: Final[dict[str, Callable[[Residents, int, Ints, Ints, Ints], Bools]]] = {
    "separation": Residents.separation,
    "adult_with_minor": Residents.adult_with_minor,
}
"""The rules that residents can break, by code."""
