"""The problem of one run: requests, places, residents, quotas and the policy, as frozen values.

The form is generic: kinds, neighbours, régions and agreements are resolved into plain fields before it
(`data.snapshots`). Every value checks itself when made and raises `ProblemError` naming the field.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from matcher.place import Place
from matcher.policy import Policy
from matcher.request import Request
from matcher.validation import require


class QuotaFact(StrEnum):
    """What a quota counts."""

    HAS_PARTNER = "has_partner"
    OUTSIDE_DEPARTEMENT = "outside_departement"


@dataclass(frozen=True, slots=True)
class Resident:
    """A household already in a place, on the nights [start, until); ``start`` is ``from`` in the JSON form.

    One whose composition is unknown counts as having both a minor and an adult.
    """

    facility: str
    place: str
    start: date
    until: date | None = None
    separation_group: str | None = None
    has_minor: bool = True
    has_adult: bool = True


@dataclass(frozen=True, slots=True)
class Quota:
    """At most ``max`` households with ``fact`` in ``places``, ``already`` of them there."""

    id: str
    places: frozenset[str]
    fact: QuotaFact
    max: int
    already: int = 0

    def __post_init__(self) -> None:
        require(holds=bool(self.places), path="places", message="a quota names at least one place")
        require(holds=self.max >= 0, path="max", message="a quota is 0 or more")
        require(holds=self.already >= 0, path="already", message="households already counted are 0 or more")

    @property
    def remaining(self) -> int:
        """Households that this run may still place."""
        return max(0, self.max - self.already)


def _check_unique(name: str, identifiers: list[str]) -> None:
    seen: set[str] = set()
    for index, identifier in enumerate(identifiers):
        require(
            holds=identifier not in seen,
            path=f"{name}[{index}].id",
            message=f"{identifier!r} is already used",
        )
        seen.add(identifier)


@dataclass(frozen=True)
class Problem:
    """One run: who needs shelter, what is free, who is there already, under which policy.

    Parameters
    ----------
    night : date
        The run night t0.
    requests, places, residents, quotas : tuple
        Identifiers are unique among requests, places and quotas.
    horizon_nights : int
        Nights looked ahead, 1 to 400.
    seed : int
        Fixes the choice among equal answers.
    policy : Policy
        Weights, secured nights, legs, fallbacks.
    """

    night: date
    requests: tuple[Request, ...]
    places: tuple[Place, ...]
    residents: tuple[Resident, ...] = ()
    quotas: tuple[Quota, ...] = ()
    horizon_nights: int = 28
    seed: int = 0
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        require(
            holds=1 <= self.horizon_nights <= 400,
            path="horizon_nights",
            message="a horizon is 1 to 400 nights",
        )
        require(holds=self.seed >= 0, path="seed", message="a seed is 0 or more")
        for name, identifiers in (
            ("requests", [request.id for request in self.requests]),
            ("places", [place.id for place in self.places]),
            ("quotas", [quota.id for quota in self.quotas]),
        ):
            _check_unique(name, identifiers)
        for index, request in enumerate(self.requests):
            require(
                holds=request.from_night >= self.night,
                path=f"requests[{index}].from_night",
                message=f"the first night is not before the run night {self.night.isoformat()}",
            )

    @property
    def end(self) -> date:
        """E, the night after the horizon's last."""
        return self.night + timedelta(days=self.horizon_nights)
