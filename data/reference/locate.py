"""Own coordinates of communes: the GeoNames towns that are theirs, and their town hall.

Two witnesses that know nothing of each other. Both are wrong at times, by hundreds of kilometres even: each is
believed only where the communes of the same postal code and grouping make it plausible.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from data.reference.estimate import Estimate, Neighbourhoods, Point, distance_km
from data.reference.names import fold
from data.reference.sources import OfficialCommune, Town

FARTHEST_SPREADS: Final = 5.0
"""A witness farther from its commune's estimate than so many spreads is another place's (2.6: the 99th percentile)."""

PASSES: Final = 3
"""Rounds of refusal: each is judged by neighbours already cleaned."""

Witness = Literal["town", "town_hall"]


class Position(NamedTuple):
    """Where a commune's own witnesses put it.

    Parameters
    ----------
    point : Point
        The position taken.
    witness : {"town", "town_hall"}
        Whose position it is.
    town_hall : Point or None
        Where the town hall stands, if that is known.
    """

    point: Point
    witness: Witness
    town_hall: Point | None


def own_points(
    communes: Mapping[str, OfficialCommune], towns: Sequence[Town], town_halls: Mapping[str, Point]
) -> dict[str, Position]:
    """Give a position to every commune that has a GeoNames town or a town hall.

    Towns first, judged by each other: they are the fewer but the cleaner. Then town halls, judged by the towns;
    then town halls again, judged by all.

    Parameters
    ----------
    communes : mapping of str to OfficialCommune
        By INSEE code; arrondissements municipaux included.
    towns : sequence of Town
        Sorted by key.
    town_halls : mapping of str to Point
        By INSEE code.

    Returns
    -------
    dict of str to Position
        By INSEE code, in the order of `communes`.
    """
    centres = town_centres(communes, towns)
    known = dict(centres)
    halls: dict[str, Point] = {}
    for _ in range(1 + PASSES):
        around = Neighbourhoods(communes, known)
        halls = {
            insee: town_halls[insee]
            for insee, commune in communes.items()
            if insee in town_halls and _plausible(town_halls[insee], around.estimate(commune))
        }
        known = halls | centres
    return {
        insee: Position(known[insee], "town" if insee in centres else "town_hall", halls.get(insee))
        for insee in communes
        if insee in known
    }


def town_centres(communes: Mapping[str, OfficialCommune], towns: Sequence[Town]) -> dict[str, Point]:
    """Give a position to every commune that has a GeoNames town.

    By INSEE code first (of the commune or of one merged into it), then by name inside the région for towns
    without a code, or with that of a commune of another name; a town that stands too far from where its
    neighbours put the commune is refused.

    Parameters
    ----------
    communes : mapping of str to OfficialCommune
        By INSEE code; arrondissements municipaux included.
    towns : sequence of Town
        Sorted by key.

    Returns
    -------
    dict of str to Point
        By INSEE code, in the order of `communes`.
    """
    theirs = _by_code(communes, towns)
    _add_by_name(communes, towns, theirs)
    for _ in range(PASSES):
        located = {insee: _centre(communes[insee], theirs[insee]) for insee in communes if theirs.get(insee)}
        around = Neighbourhoods(communes, located)
        theirs = {
            insee: [town for town in found if _plausible(Point(town.lat, town.lon), around.estimate(communes[insee]))]
            for insee, found in theirs.items()
        }
    return {insee: _centre(communes[insee], theirs[insee]) for insee in communes if theirs.get(insee)}


def _by_code(communes: Mapping[str, OfficialCommune], towns: Iterable[Town]) -> dict[str, list[Town]]:
    now = _successors(communes)
    theirs: defaultdict[str, list[Town]] = defaultdict(list)
    for town in towns:
        insee = now.get(town.insee or "")
        if insee:
            theirs[insee].append(town)
    return dict(theirs)


def _successors(communes: Mapping[str, OfficialCommune]) -> dict[str, str]:
    """INSEE code of today's commune by code, today's or that of a commune merged into it."""
    merged = {former: commune.insee for commune in communes.values() for former in sorted(commune.former_codes)}
    return merged | {insee: insee for insee in communes}


def _add_by_name(communes: Mapping[str, OfficialCommune], towns: Iterable[Town], theirs: dict[str, list[Town]]) -> None:
    """Match towns to communes without a town by name inside the région, where the neighbours make it plausible.

    Towns without a code, and those that bear the code of a commune of another name: GeoNames keeps the code of
    merged communes that have parted since (Bihorel), or files a town with its neighbour (Tassin-la-Demi-Lune).
    """
    around = Neighbourhoods(communes, {insee: _centre(communes[insee], found) for insee, found in theirs.items()})
    now = _successors(communes)
    nameless: defaultdict[tuple[str, str], list[OfficialCommune]] = defaultdict(list)
    for commune in communes.values():
        if commune.insee not in theirs:
            nameless[commune.region, squeeze(commune.name)].append(commune)
    for town in towns:
        coded = now.get(town.insee or "")
        if coded and squeeze(communes[coded].name) == town.name:
            continue
        for commune in nameless.get((town.region, town.name), ()):
            if _plausible(Point(town.lat, town.lon), around.estimate(commune)):
                theirs.setdefault(commune.insee, []).append(town)
                if coded and town in theirs[coded]:
                    theirs[coded].remove(town)


def squeeze(name: str) -> str:
    """Fold a name and drop its spaces: GeoNames drops some apostrophes (« dAunis » for « d'Aunis »)."""
    return fold(name).replace(" ", "")


def _plausible(point: Point, estimate: Estimate | None) -> bool:
    return estimate is None or distance_km(point, estimate.point) <= FARTHEST_SPREADS * estimate.spread_km


def _centre(commune: OfficialCommune, towns: Sequence[Town]) -> Point:
    """Position of a commune: the town of its name, else the mean of its towns weighted by inhabitants."""
    name = squeeze(commune.name)
    for named in (
        [town for town in towns if town.name == name],
        [town for town in towns if name in town.other_names],
    ):
        if named:
            town = max(named, key=lambda one: (one.population, -one.key))
            return Point(town.lat, town.lon)
    weight = float(sum(max(town.population, 1) for town in towns))
    lat = sum(max(town.population, 1) * town.lat for town in towns) / weight
    lon = sum(max(town.population, 1) * town.lon for town in towns) / weight
    return Point(lat, lon)
