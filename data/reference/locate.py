"""Own coordinates of communes: the GeoNames towns that are theirs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from data.reference.estimate import Neighbourhoods, Point, distance_km
from data.reference.names import fold
from data.reference.sources import OfficialCommune, Town

FARTHEST_SPREADS: Final = 5.0
"""A town farther from its commune's estimate than this many spreads is another place's (2.6 is the 99th percentile)."""

PASSES: Final = 3
"""Rounds of refusal: each is judged by neighbours already cleaned."""


def own_points(communes: Mapping[str, OfficialCommune], towns: Sequence[Town]) -> dict[str, Point]:
    """Give a position to every commune that has a GeoNames town.

    By INSEE code first (of the commune or of one merged into it), then by name inside the région for towns
    without a code; a town that stands too far from where its neighbours put the commune is refused.

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
            insee: [town for town in found if _plausible(town, communes[insee], around)]
            for insee, found in theirs.items()
        }
    return {insee: _centre(communes[insee], theirs[insee]) for insee in communes if theirs.get(insee)}


def _by_code(communes: Mapping[str, OfficialCommune], towns: Iterable[Town]) -> dict[str, list[Town]]:
    now = {former: commune.insee for commune in communes.values() for former in sorted(commune.former_codes)}
    theirs: defaultdict[str, list[Town]] = defaultdict(list)
    for town in towns:
        insee = town.insee if town.insee in communes else now.get(town.insee or "")
        if insee:
            theirs[insee].append(town)
    return dict(theirs)


def _add_by_name(communes: Mapping[str, OfficialCommune], towns: Iterable[Town], theirs: dict[str, list[Town]]) -> None:
    """Match towns without a code to communes without a town, by name inside the région, where one fits best."""
    around = Neighbourhoods(communes, {insee: _centre(communes[insee], found) for insee, found in theirs.items()})
    nameless: defaultdict[tuple[str, str], list[OfficialCommune]] = defaultdict(list)
    for commune in communes.values():
        if commune.insee not in theirs:
            nameless[commune.region, squeeze(commune.name)].append(commune)
    for town in towns:
        if town.insee is not None:
            continue
        for commune in nameless.get((town.region, town.name), ()):
            if _plausible(town, commune, around):
                theirs.setdefault(commune.insee, []).append(town)


def squeeze(name: str) -> str:
    """Fold a name and drop its spaces: GeoNames drops some apostrophes (« dAunis » for « d'Aunis »)."""
    return fold(name).replace(" ", "")


def _plausible(town: Town, commune: OfficialCommune, around: Neighbourhoods) -> bool:
    estimate = around.estimate(commune)
    if estimate is None:
        return True
    return distance_km(Point(town.lat, town.lon), estimate.point) <= FARTHEST_SPREADS * estimate.spread_km


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
