"""What one more place would have been worth, night by night, if everybody could be moved every night.

Without the constraint that a household stays where it is, the nights of a year are matchings of their own: households
that need shelter on that night, and place groups with so many places. A largest matching is kept from one night to the
next and repaired by augmenting paths. A group that an alternating path reaches from a household left out is *missed*:
one more place there would shelter one more household, and no other place would (Dulmage and Mendelsohn; König: the
missed groups and the households that reach none of them cover every pair, which proves the matching largest).
"""

from collections import deque

import numpy as np

from api.services.simulation_case import Case, Floats


def missed(case: Case) -> Floats:
    """Mark the groups where one more place would shelter one more household, night by night.

    Parameters
    ----------
    case : Case
        A year.

    Returns
    -------
    ndarray of float64
        1 where it would, else 0; shape (groups, nights).
    """
    groups, nights = case.places.shape
    matching = _Matching(groups, [tuple(stay.groups.tolist()) for stay in case.stays])
    arrivals: list[list[int]] = [[] for _ in range(nights + 1)]
    departures: list[list[int]] = [[] for _ in range(nights + 1)]
    for number, stay in enumerate(case.stays):
        arrivals[stay.first].append(number)
        departures[stay.last].append(number)
    found = np.zeros((groups, nights))
    for night in range(nights):
        for number in departures[night]:
            matching.leave(number)
        matching.left_out.update(dict.fromkeys(arrivals[night]))
        found[sorted(matching.repair(case.places[:, night].astype(np.int64).tolist())), night] = 1
    return found


def most_nights(case: Case, prices: Floats) -> int:
    """Bound the nights that any policy can shelter, whatever it knows of the year.

    Every night of every household is worth 1 and pays the price λ of its group: with λ ≥ 0 instead of the limits,

        Σ_gt places_gt λ_gt + Σ_h Σ_t max(0, max_g (1 − λ_gt))

    is never below what can be sheltered (weak duality), for any λ. With those of `missed` it is equal to the largest
    matchings, and so the best bound that lets everybody be moved every night.

    Parameters
    ----------
    case : Case
        A year.
    prices : ndarray of float64
        λ, whole numbers; shape (groups, nights).
    """
    total = float((case.places * prices).sum())
    for stay in case.stays:
        cheapest = prices[stay.groups, stay.first : stay.last].min(axis=0)
        total += float(np.maximum(0, 1 - cheapest).sum())
    return round(total)


class _Matching:
    """Households in groups, as many as there can be."""

    def __init__(self, groups: int, accepted: list[tuple[int, ...]]) -> None:
        self._accepted = accepted
        self._inside: list[dict[int, None]] = [{} for _ in range(groups)]  # in the order they came in: no chance
        self._where: dict[int, int] = {}
        self.left_out: dict[int, None] = {}

    def leave(self, household: int) -> None:
        """Take a household out."""
        group = self._where.pop(household, None)
        if group is None:
            self.left_out.pop(household, None)
        else:
            del self._inside[group][household]

    def repair(self, places: list[int]) -> set[int]:
        """Shelter as many as can be; give the groups that are missed."""
        while True:
            came_by, end = self._search(places)
            if end is None:
                return set(came_by)
            self._shift(came_by, end)

    def _search(self, places: list[int]) -> tuple[dict[int, int], int | None]:
        """Look for a group with room that those left out could reach by moving others."""
        came_by: dict[int, int] = {}
        queue: deque[int] = deque()

        def look(household: int) -> None:
            for group in self._accepted[household]:
                if group not in came_by:
                    came_by[group] = household
                    queue.append(group)

        for household in self.left_out:
            look(household)
        while queue:
            group = queue.popleft()
            if len(self._inside[group]) < places[group]:
                return came_by, group
            for household in self._inside[group]:
                look(household)
        return came_by, None

    def _shift(self, came_by: dict[int, int], end: int) -> None:
        """Move households along the path found, the last one from outside."""
        group = end
        while True:
            household = came_by[group]
            before = self._where.get(household)
            self._where[household] = group
            self._inside[group][household] = None
            if before is None:
                del self.left_out[household]
                return
            del self._inside[before][household]
            group = before
