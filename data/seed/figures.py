"""Figures of the invented inventory, read from `inventory.toml` and shared out."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("inventory.toml")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one kind of place looks like; the fields are those explained at the head of `inventory.toml`."""

    source: str
    rooms: tuple[tuple[int, int, float], ...]
    places: int | None = None
    national: int | None = None
    share: float = 1.0
    facility: tuple[int, int] = (1, 1)
    facilities: int | None = None
    runs: str = "operator"
    spread: str = "need"
    departements: tuple[str, ...] | None = None
    shared_share: float = 0.0
    dormitory: tuple[int, int] = (1, 1)
    audiences: Mapping[str, float] = field(default_factory=lambda: {"mixed": 1.0})
    ages: tuple[tuple[int, int, float], ...] = ()
    free: float = 0.0
    soon: float = 0.0
    short: float = 0.1
    services: Mapping[str, float] = field(default_factory=dict)
    specialisms: tuple[str, ...] = ()
    local: float = 0.0
    open: float = 0.0
    open_services: Mapping[str, float] = field(default_factory=dict)
    regional: float = 0.0
    contingents: Mapping[str, float] = field(default_factory=dict)
    disclosure: float = 0.0
    unlocated: float = 0.0


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def _frozen(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


@cache
def figures() -> Mapping[str, Figures]:
    """Give the figures of each kind of place, in the order of the file.

    Raises
    ------
    ValueError
        A kind names a source that is not in the file.
    """
    content = _content()
    found = {}
    for code, given in content["kinds"].items():
        if given["source"] not in content["sources"]:
            message = f"{FILE.name}, {code}: no source is called {given['source']}"
            raise ValueError(message)
        found[code] = Figures(**{name: _frozen(value) for name, value in given.items()})
    return found


def need(departement: str) -> float:
    """Tell how much more than its population a département weighs."""
    return float(_content()["need"].get(departement, 1.0))


def counts(scale: float = 1.0) -> dict[str, int]:
    """Count the places of each kind.

    Fixed counts first; what is left under the total is shared out in proportion to the national figures, the largest
    remainders rounded up, so that the sum is the total exactly.

    Parameters
    ----------
    scale : float
        Of the whole inventory, more than 0; every kind keeps at least one place.

    Returns
    -------
    dict of str to int
        By kind, in the order of `figures`.
    """
    kinds = figures()
    found = {code: kind.places or 0 for code, kind in kinds.items()}
    weights = {code: kind.national * kind.share for code, kind in kinds.items() if kind.national is not None}
    left = int(_content()["total"]) - sum(found.values())
    exact = {code: left * weight / sum(weights.values()) for code, weight in weights.items()}
    found |= {code: int(share) for code, share in exact.items()}
    missing = left - sum(int(share) for share in exact.values())
    for code in sorted(exact, key=lambda code: int(exact[code]) - exact[code])[:missing]:
        found[code] += 1
    return {code: max(1, round(count * scale)) for code, count in found.items()}
