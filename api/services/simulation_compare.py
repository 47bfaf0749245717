"""The same year under five policies, beside what hindsight could have reached (docs/simulation.md, with its source)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from api.services.simulation import Manner, admissible, by_optimum, by_telephone, live
from api.services.simulation_case import Floats, case
from api.services.simulation_figures import Figures, figures
from api.services.simulation_nights import missed, most_nights
from data.simulation.world import Size, World, other_future, world
from matcher.tables import Ints

FIRST: Final = frozenset({1})
"""The class that hindsight and prices count."""
COST_OF_A_NIGHT: Final = 3_000
"""Opportunity price of a place that somebody of class 1 would miss every night, in units of cost (km): more than any
distance in metropolitan France, so that the distance decides only between places missed about as often."""
POLICIES: Final = 5
"""How many `manners` gives."""
KEPT_ABOVE: Final = 0.0
"""A place missed on more than this part of the nights of sampled futures is kept for class 1 by the reserve."""


@dataclass(frozen=True)
class Prices:
    """How often one more place would have sheltered one more household of class 1, place by place, 0 to 1."""

    of: dict[str, float]

    def costs(self) -> dict[str, int]:
        """Give the prices in units of the matcher's cost."""
        return {place: round(COST_OF_A_NIGHT * often) for place, often in self.of.items()}

    def kept(self) -> frozenset[str]:
        """Give the places that the reserve keeps for class 1."""
        return frozenset(place for place, often in self.of.items() if often > KEPT_ABOVE)


@dataclass(frozen=True)
class Comparison:
    """One seed.

    Parameters
    ----------
    seed, nights, places : int
        Of the year.
    households : int
        Who asked, those included whom no place of the network may take.
    outside : int
        Those.
    most : int
        Class-1 nights that no policy could exceed (a bound of the hindsight optimum).
    need : int
        Class-1 nights of need.
    prices : mapping of str to float
        Mean price by kind of place, 0 to 1.
    policies : tuple of Figures
        In the order of `manners`.
    """

    seed: int
    nights: int
    places: int
    households: int
    outside: int
    most: int
    need: int
    prices: dict[str, float]
    policies: tuple[Figures, ...]

    def plain(self) -> dict[str, Any]:
        """Give it as plain values; the same seed gives the same."""
        return asdict(self)


def steps(size: Size, futures: int) -> int:
    """Count the steps that `compare` tells of."""
    return 1 + futures + POLICIES * size.nights


def compare(seed: int, size: Size, futures: int, step_done: Callable[[], None] = lambda: None) -> Comparison:
    """Live the same year under each policy.

    Parameters
    ----------
    seed : int
        Of every draw.
    size : Size
        How large a year.
    futures : int
        Years sampled for the prices; the year that comes true is not among them.
    step_done : callable
        Called `steps` times.
    """
    made = world(seed, size)
    allowed = admissible(made)
    truth = case(made, allowed, FIRST)
    most = most_nights(truth, missed(truth))
    step_done()
    prices = sampled_prices(made, truth.group, _futures(made, seed, size, futures), step_done)
    lived = tuple(
        figures(manner.name, made, allowed, live(made, allowed, manner, step_done), most) for manner in manners(prices)
    )
    first = lived[0]
    return Comparison(
        seed=seed,
        nights=made.nights,
        places=len(made.places),
        households=len(made.households),
        outside=sum(not len(places) for places in allowed),
        most=most,
        need=first.sheltered_nights[1] + first.street_nights[1],
        prices=_by_kind(made, prices),
        policies=lived,
    )


def manners(prices: Prices) -> Sequence[Manner]:
    """Give the policies compared.

    The first three are within the matcher's contract: nobody is left in the street tonight for somebody who may come.
    The last two are experiments that do just that to classes 2 to 4, to see what it would bring to class 1.
    """
    costs = prices.costs()
    return (
        Manner("greedy", by_telephone),
        Manner("nightly", by_optimum),
        Manner("prices", by_optimum, costs),
        Manner("prices, reserve", by_optimum, costs, prices.kept()),
        Manner("prices, class 1 alone", by_optimum, costs, frozenset(prices.of)),
    )


def sampled_prices(
    made: World, group: Ints, futures: Iterator[World], step_done: Callable[[], None] = lambda: None
) -> Prices:
    """Average what a place would have been worth over the nights of sampled futures.

    Parameters
    ----------
    made : World
        The network.
    group : ndarray of int64
        Group of each of its places.
    futures : iterator of World
        Years that could come, for that network.
    step_done : callable
        Called after each.
    """
    means: list[Floats] = []
    for future in futures:
        means.append(missed(case(future, admissible(future), FIRST)).mean(axis=1))
        step_done()
    often = np.mean(means, axis=0)[group] if means else np.zeros(len(group))
    return Prices({place.id: float(value) for place, value in zip(made.places, often, strict=True)})


def _futures(made: World, seed: int, size: Size, count: int) -> Iterator[World]:
    return (other_future(made, seed, number, size) for number in range(1, count + 1))


def _by_kind(made: World, prices: Prices) -> dict[str, float]:
    kinds: dict[str, list[float]] = {}
    for place in made.places:
        kinds.setdefault(place.kind, []).append(prices.of[place.id])
    return {kind: round(sum(values) / len(values), 3) for kind, values in sorted(kinds.items())}
