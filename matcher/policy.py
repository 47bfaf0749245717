"""What a run is told to prefer: weights of the cost terms, secured nights, legs and fallbacks."""

from dataclasses import dataclass, field, fields

from matcher.errors import ProblemError

WEIGHT_MAX = 1_000_000
"""Largest weight: a plan's cost then stays far inside 64-bit integers (`matcher.stages` checks the sums)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Integer weights of the cost terms (`matching.md` §4); the unit is one kilometre from the origin.

    Parameters
    ----------
    scarcity : int
        A specialised place given to a household that needs none of its specialisms.
    per_km_anchor, per_km_origin : int
        Per whole kilometre.
    unknown_km : int
        Kilometres counted for a place without coordinates.
    spare_bed : int
        Per bed of a private place beyond those the household needs.
    preference : int
        Per preference the place does not offer.
    stale_hour, stale_hours_max : int
        Per hour since confirmation, and the most hours counted.
    move : int
        A plan of two legs.
    shortfall_night : int
        Per night wanted that the plan does not cover.
    change : int
        Leaving the place already proposed.
    """

    scarcity: int = 500
    per_km_anchor: int = 4
    per_km_origin: int = 1
    unknown_km: int = 300
    spare_bed: int = 20
    preference: int = 50
    stale_hour: int = 1
    stale_hours_max: int = 168
    move: int = 300
    shortfall_night: int = 3
    change: int = 200

    def __post_init__(self) -> None:
        for term in fields(self):
            value = getattr(self, term.name)
            if not 0 <= value <= WEIGHT_MAX:
                raise ProblemError(term.name, f"a weight is 0 to {WEIGHT_MAX}, not {value}")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a run decides.

    Parameters
    ----------
    max_legs : int
        Legs a plan may have, 1 or 2 (a bridge, then a lasting place).
    secure_nights : int
        First nights on which being without a roof is counted, 1 or more.
    fallbacks : int
        Next plans listed for each request, 0 or more.
    weights : Weights
        Of the cost terms.
    """

    max_legs: int = 1
    secure_nights: int = 14
    fallbacks: int = 3
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        if self.max_legs not in {1, 2}:
            raise ProblemError("max_legs", "a plan has 1 or 2 legs")
        if self.secure_nights < 1:
            raise ProblemError("secure_nights", "secured nights are 1 or more")
        if self.fallbacks < 0:
            raise ProblemError("fallbacks", "fallbacks are 0 or more")
