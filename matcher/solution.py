"""The answer of a run, as frozen values (`matching.md` §5)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from matcher.objective import Vector

Reason = Literal["no_place", "all_taken", "outranked"]
"""Why a request without a binding set has no plan (`matching.md` §6)."""


@dataclass(frozen=True, slots=True)
class PlanLeg:
    """Nights [start, until) of one household in one place; ``start`` is ``from`` in the JSON form."""

    place: str
    start: date
    until: date


@dataclass(frozen=True, slots=True)
class Option:
    """A way to shelter a household.

    Parameters
    ----------
    legs : tuple of PlanLeg
        One, or a bridge and a lasting one.
    roofless_nights : int
        Secured nights that no leg covers.
    cost : dict of str to int
        Terms of the cost that are not zero.
    """

    legs: tuple[PlanLeg, ...]
    roofless_nights: int
    cost: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one request is given, and the next best options beside everyone else's plans."""

    request: str
    given: Option
    fallback: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """What would have to be different for one request to be served (`matching.md` §6).

    Parameters
    ----------
    binding : tuple of tuple of str
        The smallest sets of rules whose lifting for this request alone makes the answer better, in the order of the
        rules.
    reason : str or None
        ``no_place``, ``all_taken`` or ``outranked``, when there is no such set.
    unproven : bool
        Whether some set could not be decided in time, or the answer itself is not proven.
    """

    binding: tuple[tuple[str, ...], ...]
    reason: Reason | None
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class Unserved:
    """A request without a plan.

    Parameters
    ----------
    request : str
        Which.
    funnel : tuple of tuple of str and int
        Per rule, in order, how many places still stand after it; last, `rules.TAKEN`.
    cause : Cause or None
        Binding sets or reason; None when the run was told to leave causes out.
    """

    request: str
    funnel: tuple[tuple[str, int], ...]
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """A verified answer.

    Parameters
    ----------
    status : str
        ``optimal``, or ``feasible`` when time ran out before the proof.
    objective, bound : tuple of int
        The ten entries, and what no answer can be better than.
    plans : tuple of Plan
        In the order of the requests' identifiers.
    unserved : tuple of Unserved
        In the order of the requests' identifiers.
    greedy_objective : tuple of int
        What serving one after another would have given.
    solver : str
        Which methods were used.
    version : str
        Version of the matcher.
    seed : int
        What fixed the choice among equal answers.
    seconds : dict of str to float
        Time spent by step; says nothing about the answer and takes no part in comparisons.
    """

    status: Literal["optimal", "feasible"]
    objective: Vector
    bound: Vector
    plans: tuple[Plan, ...]
    unserved: tuple[Unserved, ...]
    greedy_objective: Vector
    solver: str
    version: str
    seed: int
    seconds: dict[str, float] = field(default_factory=dict, compare=False)
