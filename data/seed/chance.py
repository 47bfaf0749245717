"""Drawn by lot, the same for the same seed: the only module of Escale where chance is not secret."""

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - this is where chance comes from, always with a seed
from typing import TypeVar

_Value = TypeVar("_Value")


class Chance:
    """A source of draws that repeats itself.

    Parameters
    ----------
    seed : int
        Of this source.
    purpose : str
        What it is for: sources with another purpose draw apart, so that one more draw here changes nothing there.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        self._random = Random(f"{seed}/{purpose}")  # noqa: S311 - invented data, nothing to guess

    def happens(self, probability: float) -> bool:
        """Draw an event of a probability, 0 to 1."""
        return self._random.random() < probability

    def between(self, least: int, most: int) -> int:
        """Draw a whole number, both ends included."""
        return self._random.randint(least, most)

    def uniform(self, least: float, most: float) -> float:
        """Draw a number."""
        return self._random.uniform(least, most)

    def one(self, values: Sequence[_Value]) -> _Value:
        """Draw one of several, all alike."""
        return self._random.choice(values)

    def weighted(self, weights: Mapping[_Value, float]) -> _Value:
        """Draw one of several by their weights."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def some(self, values: Sequence[_Value], count: int) -> list[_Value]:
        """Draw so many different ones, or all of them when there are fewer."""
        return self._random.sample(values, min(count, len(values)))

    def each(self, probabilities: Mapping[str, float]) -> tuple[str, ...]:
        """Draw every code apart, by its own probability; sorted."""
        return tuple(sorted(code for code, probability in probabilities.items() if self.happens(probability)))

    def identifier(self) -> str:
        """Draw an identifier of the form of `data.base.new_id`."""
        return self._random.randbytes(16).hex()
