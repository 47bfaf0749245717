"""Places that do not exist: copies of existing ones, free from the run night, to ask what one more would change."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from matcher.place import FreeInterval, Place
from matcher.problem import Problem

_PROFILE: Final = attrgetter(
    "beds", "cots", "sharing", "pair_is_one", "max_stay_nights", "admits", "ages", "audience", "requires", "decisions",
    "reserved_to", "serves", "services", "specialisms",
)  # fmt: skip
"""What a place is like, wherever it stands and whoever confirmed it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Places of one kind in one département, and the one that stands for them.

    Parameters
    ----------
    kind : str
        Their kind.
    departement : str or None
        Where they stand; None: unknown.
    place : Place
        The first, in the order of identifiers, of the most frequent sort.
    places : int
        How many there are.
    """

    kind: str
    departement: str | None
    place: Place
    places: int


def cells_of(problem: Problem, *, profiles: bool = False) -> tuple[Cell, ...]:
    """Sort the places of a problem into cells.

    Parameters
    ----------
    problem : Problem
        One run.
    profiles : bool
        One cell for each distinct sort of place (rooms, audience, admission, services…) instead of one per kind and
        département.

    Returns
    -------
    tuple of Cell
        By kind, then département, then identifier.
    """
    sorts: dict[tuple[str, str | None], dict[object, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for place in problem.places:
        sorts[place.kind, place.departement][_PROFILE(place)].append(place)
    cells = []
    for (kind, departement), groups in sorts.items():
        firsts = [(len(group), min(group, key=lambda place: place.id)) for group in groups.values()]
        if profiles:
            cells += [Cell(kind, departement, place, count) for count, place in firsts]
        else:
            _, place = min(firsts, key=lambda first: (-first[0], first[1].id))
            cells.append(Cell(kind, departement, place, sum(count for count, _ in firsts)))
    return tuple(sorted(cells, key=lambda cell: (cell.kind, cell.departement or "", cell.place.id)))


def new_places(problem: Problem, models: Sequence[Place]) -> tuple[Place, ...]:
    """Copy places as `matching.md` §6 says: every field but identifier, facility and free nights.

    Parameters
    ----------
    problem : Problem
        The run they are for.
    models : sequence of Place
        What to copy.

    Returns
    -------
    tuple of Place
        Each in a facility of its own, one interval from the run night without end, all beds and cots. Their
        identifiers come after every other, so that positions of existing places stay what they are, and name nothing
        that a request, resident or quota names.
    """
    places = _after(
        [place.id for place in problem.places]
        + [request.sent_place for request in problem.requests if request.sent_place is not None]
        + [row.place for row in problem.residents]
        + [place for quota in problem.quotas for place in quota.places]
    )
    facilities = _after(
        [place.facility for place in problem.places]
        + [facility for request in problem.requests for facility in request.refused_facilities]
        + [row.facility for row in problem.residents]
    )
    digits = len(str(len(models)))
    return tuple(
        replace(
            model,
            id=f"{places}+{number:0{digits}}",
            facility=f"{facilities}+{number:0{digits}}",
            free=(FreeInterval(problem.night),),
        )
        for number, model in enumerate(models)
    )


def _after(names: Iterable[str]) -> str:
    """Give the last name: what begins with it and goes on comes after all."""
    return max(names, default="")
