"""What a year came to, in figures: nights in the street, who was sheltered, how evenly across départements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from api.services.simulation import Year
from data.simulation.world import World
from matcher.tables import Bools, Ints

CLASSES: Final = (1, 2, 3, 4)
COUNTED: Final = 300
"""Nights of need a département must have to be compared: with fewer, one household decides."""


@dataclass(frozen=True)
class Spread:
    """How evenly départements fare: the part of the nights of class-1 need that were sheltered, in each.

    Parameters
    ----------
    departements : int
        Those with `COUNTED` nights or more.
    worst, best : float
        Smallest and largest part, 0 to 1.
    ratio : float
        Worst over best; 1: all alike.
    gini : float
        Of the parts, each département counted once; 0: all alike.
    """

    departements: int
    worst: float
    best: float
    ratio: float
    gini: float


@dataclass(frozen=True)
class Figures:
    """One policy's year.

    Parameters
    ----------
    policy : str
        Its name.
    street_nights, street_person_nights : mapping of int to int
        Nights in the street by class: of households, and of their members.
    households, sheltered : mapping of int to int
        Households by class, and those sheltered at some time.
    sheltered_nights : mapping of int to int
        Nights of households in a place, by class.
    wait : mapping of int to float or None
        Mean nights from asking to the first night sheltered, among those sheltered; None: nobody was.
    share : float
        Class-1 nights sheltered, over the bound of the hindsight optimum.
    spread : Spread or None
        Between départements; None: fewer than two to compare, or nobody sheltered.
    refusals_by_facility, refusals_by_person : int
        Proposals that met a no.
    """

    policy: str
    street_nights: Mapping[int, int]
    street_person_nights: Mapping[int, int]
    households: Mapping[int, int]
    sheltered: Mapping[int, int]
    sheltered_nights: Mapping[int, int]
    wait: Mapping[int, float | None]
    share: float
    spread: Spread | None
    refusals_by_facility: int
    refusals_by_person: int


def figures(name: str, world: World, allowed: Sequence[Ints], year: Year, most: int) -> Figures:
    """Add up a year.

    Parameters
    ----------
    name : str
        Of the policy.
    world : World
        The year.
    allowed : sequence of ndarray of int64
        From `simulation.admissible`: a household that no place of the network may take is not counted.
    year : Year
        What happened.
    most : int
        Class-1 nights that no policy could exceed.
    """
    counts = np.array([len(places) > 0 for places in allowed], dtype=np.bool_)
    priority = np.array([one.request.priority for one in world.households], dtype=np.int64)
    people = np.array([len(one.request.members) for one in world.households], dtype=np.int64)
    arrives = np.array([one.arrives for one in world.households], dtype=np.int64)
    leaves = np.minimum(np.array([one.leaves for one in world.households], dtype=np.int64), world.nights)
    inside = year.since >= 0
    roof = np.where(inside, leaves - year.since, 0)
    street = leaves - arrives - roof
    of = {number: counts & (priority == number) for number in CLASSES}
    departement = np.array([one.request.departement for one in world.households])
    return Figures(
        policy=name,
        street_nights={number: int(street[own].sum()) for number, own in of.items()},
        street_person_nights={number: int((street * people)[own].sum()) for number, own in of.items()},
        households={number: int(own.sum()) for number, own in of.items()},
        sheltered={number: int((own & inside).sum()) for number, own in of.items()},
        sheltered_nights={number: int(roof[own].sum()) for number, own in of.items()},
        wait={number: _mean((year.since - arrives)[own & inside]) for number, own in of.items()},
        share=round(int(roof[of[1]].sum()) / most, 4) if most else 1.0,
        spread=_spread(departement, leaves - arrives, roof, of[1]),
        refusals_by_facility=year.refusals_by_facility,
        refusals_by_person=year.refusals_by_person,
    )


def _mean(values: Ints) -> float | None:
    return round(float(values.mean()), 2) if len(values) else None


def _spread(departement: np.ndarray, need: Ints, roof: Ints, counted: Bools) -> Spread | None:
    parts = []
    for code in np.unique(departement[counted]):
        own = counted & (departement == code)
        if need[own].sum() >= COUNTED:
            parts.append(float(roof[own].sum() / need[own].sum()))
    parts.sort()
    if len(parts) < 2 or parts[-1] == 0:
        return None
    values, rank = np.array(parts), np.arange(1, len(parts) + 1)
    gini = float((2 * rank - len(parts) - 1) @ values / (len(parts) * values.sum()))
    worst, best = parts[0], parts[-1]
    return Spread(len(parts), round(worst, 4), round(best, 4), round(worst / best, 4), round(gini, 4))
