"""A place: where it is, what it offers, whom it may receive, when it is free."""

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from matcher.validation import check_latitude, check_longitude, require

BEDS_MAX = 1_000_000
"""Most beds of a place: times the largest weight, a cost then stays far inside 64 bits."""
OPPORTUNITY_MAX = 1_000_000
"""Largest opportunity price, as for any weight."""


class Audience(StrEnum):
    """Whom a place receives, in the words of its agreement."""

    MINORS = "minors"
    WOMEN = "women"
    WOMEN_WITH_CHILDREN = "women_with_children"
    FAMILIES = "families"
    MEN = "men"
    MIXED = "mixed"


class Sharing(StrEnum):
    """Whether a place goes to one household at a time or bed by bed."""

    PRIVATE = "private"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class FreeInterval:
    """Nights a place is free, [start, until); beds and cots free then (None: all the place's).

    ``start`` is ``from`` in the JSON form.
    """

    start: date
    until: date | None = None
    beds: int | None = None
    cots: int | None = None

    def __post_init__(self) -> None:
        require(
            holds=self.until is None or self.until > self.start,
            path="until",
            message="a free interval ends after it begins",
        )
        require(holds=self.beds is None or self.beds >= 0, path="beds", message="free beds are 0 or more")
        require(holds=self.cots is None or self.cots >= 0, path="cots", message="free cots are 0 or more")


@dataclass(frozen=True, slots=True)
class Clause:
    """One way of being admissible; it holds when everything given in it does.

    Parameters
    ----------
    principal_age : tuple of int or None
        Youngest and oldest age of the principal, whole years, inclusive.
    pregnant_weeks_min : int or None
        Weeks of pregnancy at least.
    youngest_child_months_below : int or None
        Some child of the household is younger than this (months).
    statuses : frozenset of str
        All held by the request.
    minor_principal, has_partner : bool or None
        What they must be.
    """

    principal_age: tuple[int, int] | None = None
    pregnant_weeks_min: int | None = None
    youngest_child_months_below: int | None = None
    statuses: frozenset[str] = frozenset()
    minor_principal: bool | None = None
    has_partner: bool | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """For whom a place is kept: départements (codes) or contingents (names)."""

    departements: frozenset[str] = frozenset()
    contingents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """A place that can shelter a household, or several bed by bed.

    Parameters
    ----------
    id, facility, kind : str
        The place, who runs it, and its kind.
    beds, cots : int
        In the empty place.
    free : tuple of FreeInterval
        When it is free; those of a private place do not overlap. Empty for a full place.
    departement, lat, lon : str, float, float or None
        Where it stands; None: unknown, and then closed to anyone with a danger zone that needs it.
    precision_km : float
        How far the coordinates may be off.
    sharing : Sharing
        ``private``: one household at a time. ``shared``: bed by bed.
    pair_is_one : bool
        Mother and infant count as one: infants need neither bed nor cot.
    max_stay_nights : int or None
        Longest stay.
    admits : tuple of Clause or None
        Who is admissible (one clause is enough); None: anyone.
    ages : tuple of int or None
        Youngest and oldest age of principal and partner, whole years, inclusive.
    audience : Audience
        Whom the place receives.
    requires : frozenset of str
        Statuses all required.
    decisions : frozenset of str
        One of them is required when there are any.
    reserved_to : Reservation or None
        Kept for; None: for nobody in particular.
    serves : frozenset of str or None
        Départements (codes) requests may come from; None: anywhere.
    services, specialisms : frozenset of str
        What is offered; what the place is rare for.
    confirmed_hours_ago : int
        Hours since somebody confirmed that this is true.
    opportunity : int
        Cost of using the place for a household that needs none of its specialisms: what somebody else is expected to
        lose by it (`api.services.simulation_nights`). Not in the JSON form; 0 unless a policy sets prices.
    """

    id: str
    facility: str
    kind: str
    beds: int
    free: tuple[FreeInterval, ...]
    departement: str | None = None
    lat: float | None = None
    lon: float | None = None
    precision_km: float = 0.0
    cots: int = 0
    sharing: Sharing = Sharing.PRIVATE
    pair_is_one: bool = False
    max_stay_nights: int | None = None
    admits: tuple[Clause, ...] | None = None
    ages: tuple[int, int] | None = None
    audience: Audience = Audience.MIXED
    requires: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    reserved_to: Reservation | None = None
    serves: frozenset[str] | None = None
    services: frozenset[str] = frozenset()
    specialisms: frozenset[str] = frozenset()
    confirmed_hours_ago: int = 0
    opportunity: int = 0

    def __post_init__(self) -> None:
        for name in ("id", "facility"):
            require(holds=bool(getattr(self, name)), path=name, message="an identifier is not empty")
        require(holds=1 <= self.beds <= BEDS_MAX, path="beds", message=f"a place has 1 to {BEDS_MAX} beds")
        require(holds=self.cots >= 0, path="cots", message="a place has 0 cots or more")
        require(
            holds=math.isfinite(self.precision_km) and self.precision_km >= 0,
            path="precision_km",
            message="a precision is 0 km or more",
        )
        if self.lat is not None:
            check_latitude(self.lat)
        if self.lon is not None:
            check_longitude(self.lon)
        require(
            holds=self.max_stay_nights is None or self.max_stay_nights >= 1,
            path="max_stay_nights",
            message="a longest stay is 1 night or more",
        )
        require(
            holds=self.confirmed_hours_ago >= 0,
            path="confirmed_hours_ago",
            message="hours since confirmation are 0 or more",
        )
        require(
            holds=0 <= self.opportunity <= OPPORTUNITY_MAX,
            path="opportunity",
            message=f"an opportunity price is 0 to {OPPORTUNITY_MAX}",
        )
        if self.sharing is Sharing.PRIVATE:
            self._check_no_overlap()

    def _check_no_overlap(self) -> None:
        ordered = sorted(self.free, key=lambda interval: interval.start)
        for earlier, later in pairwise(ordered):
            require(
                holds=earlier.until is not None and earlier.until <= later.start,
                path="free",
                message=f"free intervals of a private place overlap on {later.start.isoformat()}",
            )

    def offered(self, interval: FreeInterval) -> tuple[int, int]:
        """Give the beds and cots free in one of its intervals: all the place's, where nothing else is said."""
        beds = self.beds if interval.beds is None else interval.beds
        return beds, self.cots if interval.cots is None else interval.cots

    @property
    def located(self) -> bool:
        """Whether the place has coordinates."""
        return self.lat is not None and self.lon is not None
