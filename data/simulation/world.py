"""One invented year: a network of rare places, who asks for them night after night, who says no to whom.

What happens outside is the same whatever the matching does: who comes when, until when shelter is needed (after that
night a lasting way out is found), and which shelter and household would say no to each other. So policies are
compared on the same year, and a hindsight optimum means something.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from math import ceil, log
from pathlib import Path
from typing import Any, Final

from data.seed.chance import Chance
from data.seed.problems import NIGHT, night_problem
from matcher.place import FreeInterval, Place, Sharing
from matcher.request import Request

FILE: Final = Path(__file__).with_name("year.toml")
INVENTORY: Final = 0
"""Seed of the invented country, the same for every year: few facilities are open to all of France, and another
country may have none of a kind."""
OPEN_TO: Final = 90
"""A place that takes from so many départements takes from all of France, but perhaps its own."""
LONGEST: Final = 400
"""Nights a need lasts at most."""


@dataclass(frozen=True, slots=True)
class Household:
    """One household of the year.

    Parameters
    ----------
    request : Request
        As it first asked, on the night of its arrival; ages stay what they were then.
    arrives, leaves : int
        The first night it needs shelter, and the night from which it has found a lasting way out; counted from the
        year's first night. ``leaves`` may lie after the year.
    refused_by, refuses : frozenset of str
        Facilities that would say no to it, and those it would say no to: true whenever they are asked.
    """

    request: Request
    arrives: int
    leaves: int
    refused_by: frozenset[str]
    refuses: frozenset[str]

    @property
    def never(self) -> frozenset[str]:
        """Facilities where it can never go, whoever says no."""
        return self.refused_by | self.refuses


@dataclass(frozen=True, slots=True)
class World:
    """A network and one year of it.

    Parameters
    ----------
    nights : int
        Length of the year.
    places : tuple of Place
        Private, each free without end from the first night on which its first resident is gone.
    vacant_from : tuple of int
        That night, place by place; 0 for a place that is free when the year begins.
    households : tuple of Household
        By night of arrival.
    """

    nights: int
    places: tuple[Place, ...]
    vacant_from: tuple[int, ...]
    households: tuple[Household, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a year.

    Parameters
    ----------
    nights : int
        1 to 366.
    scale : float
        Of places and arrivals together; 1: about 400 places and 12 households a night.
    load : float
        Of arrivals alone.
    """

    nights: int = 365
    scale: float = 1.0
    load: float = 1.0


def world(seed: int, size: Size) -> World:
    """Invent the network and the year that comes true.

    Parameters
    ----------
    seed : int
        Of every draw.
    size : Size
        How large.

    Returns
    -------
    World
        The same for the same arguments.
    """
    places = _network(seed, size.scale)
    chance = Chance(seed, "residents of the year")
    stays = {code: figures["stay"] for code, figures in _figures()["kinds"].items()}
    occupied = _figures()["occupied"]
    vacant = tuple(_nights(chance, stays[place.kind]) if chance.happens(occupied) else 0 for place in places)
    return World(size.nights, places, vacant, _households(seed, 0, places, size))


def other_future(made: World, seed: int, number: int, size: Size) -> World:
    """Invent another year that could come, for the same network on the same first night.

    Parameters
    ----------
    made : World
        The network.
    seed : int
        Of every draw.
    number : int
        Which future, 1 or more.
    size : Size
        As for `world`.
    """
    return replace(made, households=_households(seed, number, made.places, size))


@cache
def _figures() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def _network(seed: int, scale: float) -> tuple[Place, ...]:
    """Choose facilities of each kind, whole but for the last, among those of the invented inventory."""
    found: list[Place] = []
    inside: dict[str, list[Place]] = {}
    for place in night_problem(INVENTORY, requests=0).places:
        everywhere = place.serves is None or len(place.serves) >= OPEN_TO
        if place.sharing is Sharing.PRIVATE and place.reserved_to is None and everywhere:
            inside.setdefault(place.kind, []).append(place)
    for kind, figures in _figures()["kinds"].items():
        chance = Chance(seed, f"network of {kind}")
        own = inside[kind]
        facilities = sorted({place.facility for place in own})
        order = {facility: rank for rank, facility in enumerate(chance.some(facilities, len(facilities)))}
        own.sort(key=lambda place: (order[place.facility], place.id))
        found += own[: max(1, round(figures["places"] * scale))]
    free = (FreeInterval(NIGHT),)
    # How fresh a confirmation is changes every day: over a year it says nothing, and would only break ties.
    made = (replace(place, free=free, confirmed_hours_ago=0) for place in found)
    return tuple(sorted(made, key=lambda place: place.id))


def _households(seed: int, future: int, places: Iterable[Place], size: Size) -> tuple[Household, ...]:
    chance = Chance(seed, f"arrivals of future {future}")
    count = round(_figures()["arrivals"] * size.nights * size.scale * size.load)
    # Each future draws its own households: the seeds of two futures, or of two years, never meet.
    asked = night_problem(seed * 1_000 + future, requests=count, scale=0.001).requests
    facilities = {place.facility: place.kind for place in places}
    made = []
    for request in asked:
        arrives = chance.between(0, size.nights - 1)
        leaves = arrives + _nights(chance, _need(request))
        refused_by, refuses = _answers(Chance(seed, f"answers to {request.id} in future {future}"), facilities)
        made.append(Household(_asking(request, arrives), arrives, leaves, refused_by, refuses))
    return tuple(sorted(made, key=lambda household: (household.arrives, household.request.id)))


def _asking(request: Request, arrives: int) -> Request:
    night = NIGHT + timedelta(arrives)
    # No separation groups: with private places alone every night is then an assignment, and so is the hindsight.
    return replace(
        request, from_night=night, waiting_since=night, latest_night=None, nights=None, separation_group=None
    )


def _answers(chance: Chance, facilities: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    kinds, person = _figures()["kinds"], _figures()["person"]["refuses"]
    refused_by, refuses = set(), set()
    for facility in sorted(facilities):
        if chance.happens(kinds[facilities[facility]]["refuses"]):
            refused_by.add(facility)
        if chance.happens(person):
            refuses.add(facility)
    return frozenset(refused_by), frozenset(refuses)


def _need(request: Request) -> float:
    """Give the mean nights for which a household needs shelter."""
    needs = _figures()["need"]
    victim, minor = "trafficking_victim" in request.statuses, request.principal.is_minor
    young = min(member.months for member in request.members) < 36 or request.pregnant_weeks is not None
    cases = {
        "minor_victim": victim and minor,
        "victim": victim,
        "newborn": young,
        "minor": minor,
        "violence": "violence_victim" in request.statuses,
        "other": True,
    }
    return float(needs[next(name for name, holds in cases.items() if holds)])


def _nights(chance: Chance, mean: float) -> int:
    """Draw how many nights, at least one, without memory: every night it ends with the same probability."""
    return min(LONGEST, max(1, ceil(-mean * log(1 - chance.uniform(0, 1)))))
