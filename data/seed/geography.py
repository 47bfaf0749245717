"""Where invented things stand: real communes, by their population."""

from collections.abc import Sequence
from functools import cache

from data.reference.loader import Commune, communes, departements
from data.seed.chance import Chance
from data.seed.figures import need

SMALLEST = 2_000
"""Fewest inhabitants of a commune where an invented facility stands."""
MAINLAND = tuple(code for code in departements() if not code.startswith("97"))
"""Codes of the départements that one reaches without a plane, Corsica included."""


@cache
def towns(departement: str) -> dict[Commune, float]:
    """Give the communes of a département where there may be a facility, with their population.

    Arrondissements municipaux stand for Paris, Lyon and Marseille; where no commune is large enough, all of them do.
    """
    everything = communes().values()
    divided = {one.parent for one in everything if one.parent is not None}
    own = {one: float(one.population) for one in everything if one.departement == departement}
    whole = {one: people for one, people in own.items() if one.insee not in divided and people > 0}
    return {one: people for one, people in whole.items() if people >= SMALLEST} or whole


@cache
def population(departement: str) -> float:
    """Count the inhabitants of a département, of its towns only."""
    return sum(towns(departement).values())


def town(chance: Chance, departement: str) -> Commune:
    """Draw a commune of a département by population."""
    return chance.weighted(towns(departement))


def weights(codes: Sequence[str], *, by_need: bool) -> dict[str, float]:
    """Weigh départements by population, and by need too when asked."""
    return {code: population(code) * (need(code) if by_need else 1.0) for code in codes}


def spread(chance: Chance, manner: str, codes: Sequence[str], count: int) -> list[str]:
    """Draw the départements of so many facilities of a kind.

    Parameters
    ----------
    chance : Chance
        Draws.
    manner : str
        ``population``; ``need``: by population and need; ``everywhere``: so too, but one in each before any other.
    codes : sequence of str
        Codes of the départements where there may be one.
    count : int
        Facilities.

    Returns
    -------
    list of str
        Codes of départements, one for each facility.
    """
    weighed = weights(codes, by_need=manner != "population")
    drawn = []
    if manner == "everywhere":
        drawn = sorted(codes, key=lambda code: (-weighed[code], code))[:count]
    return drawn + [chance.weighted(weighed) for _ in range(count - len(drawn))]
