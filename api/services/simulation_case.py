"""A year as its hindsight sees it: place groups, how many places each has every night, and who could stay there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from data.simulation.world import World
from matcher.tables import Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stay:
    """A household as the bound sees it: its groups, and the nights [first, last) on which it needs shelter."""

    groups: Ints
    first: int
    last: int


@dataclass(frozen=True)
class Case:
    """Places of a year in groups, and the households to count.

    Parameters
    ----------
    group : ndarray of int64
        Per place.
    places : ndarray of float64
        Places of each group without their first residents, night by night; shape (groups, nights).
    stays : list of Stay
        Households that have a group.
    """

    group: Ints
    places: Floats
    stays: list[Stay]


def case(world: World, allowed: Sequence[Ints], classes: frozenset[int]) -> Case:
    """Put a year in the form of the bound.

    Parameters
    ----------
    world : World
        The year.
    allowed : sequence of ndarray of int64
        Places that the rules allow each household.
    classes : frozenset of int
        Priority classes counted; the others are as if they did not ask.
    """
    keys = [replace(place, id="any") for place in world.places]
    number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    group = np.array([number[key] for key in keys], dtype=np.int64)
    places = np.zeros((len(number), world.nights))
    for own, vacant in zip(group.tolist(), world.vacant_from, strict=True):
        places[own, vacant:] += 1
    stays = []
    for household, positions in zip(world.households, allowed, strict=True):
        if household.request.priority in classes:
            willing = [one for one in positions.tolist() if world.places[one].facility not in household.never]
            if willing:
                last = min(household.leaves, world.nights)
                stays.append(Stay(np.unique(group[willing]), household.arrives, last))
    return Case(group, places, stays)
