"""A request: one household, what it needs, and where it is in danger.

Nationality, papers and names cannot matter, because there is no field for them.
"""

import math
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from matcher.validation import check_latitude, check_longitude, require

INFANT_MONTHS = 24
"""Below this age (months) a member sleeps in a cot when there is one."""
MINOR_MONTHS = 216
"""Below this age (months) a member is a minor."""
PRESUMED_MINOR_MONTHS = 215
"""A presumed minor counts as this age (months) at most, in every rule: in doubt, a child."""


class Sex(StrEnum):
    """What audience rules look at; X passes everywhere."""

    F = "F"
    M = "M"
    X = "X"


class Role(StrEnum):
    """A member's part in the household."""

    PRINCIPAL = "principal"
    PARTNER = "partner"
    CHILD = "child"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Point:
    """A point on the Earth, degrees (WGS 84)."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        check_latitude(self.lat)
        check_longitude(self.lon)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a household needs to stay near: maternity, PMI, siblings' school.

    Parameters
    ----------
    lat, lon : float
        Degrees (WGS 84).
    max_km : float or None
        Farther than this (kilometres, great circle) is too far; None: no limit, only a cost.
    """

    lat: float
    lon: float
    max_km: float | None = None

    def __post_init__(self) -> None:
        check_latitude(self.lat)
        check_longitude(self.lon)
        require(
            holds=self.max_km is None or (math.isfinite(self.max_km) and self.max_km > 0),
            path="max_km",
            message="a maximum distance is more than 0 km",
        )


@dataclass(frozen=True, slots=True)
class Circle:
    """A danger circle: centre in degrees, radius in km that already holds the centre's own uncertainty."""

    lat: float
    lon: float
    km: float

    def __post_init__(self) -> None:
        check_latitude(self.lat)
        check_longitude(self.lon)
        require(holds=math.isfinite(self.km) and self.km > 0, path="km", message="a radius is more than 0 km")


@dataclass(frozen=True, slots=True)
class Zones:
    """Where a household is in danger: whole départements (codes) and circles."""

    departements: frozenset[str] = frozenset()
    circles: tuple[Circle, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a household: age in whole months on the run night, sex, role; nothing else is known.

    Parameters
    ----------
    age_months : int
        Declared age, 0 to 1440 months.
    sex : Sex
        F, M or X.
    role : Role
        Exactly one member of a household is its principal.
    presumed_minor : bool
        Minority declared, in evaluation, or on appeal: counts as 215 months at most.
    """

    age_months: int
    sex: Sex
    role: Role
    presumed_minor: bool = False

    def __post_init__(self) -> None:
        require(holds=0 <= self.age_months <= 1440, path="age_months", message="an age is 0 to 1440 months")

    @property
    def months(self) -> int:
        """Age that every rule uses, in months: a presumed minor is under 18."""
        return min(self.age_months, PRESUMED_MINOR_MONTHS) if self.presumed_minor else self.age_months

    @property
    def years(self) -> int:
        """Age that every rule uses, in whole years."""
        return self.months // 12

    @property
    def is_minor(self) -> bool:
        """Whether the member is under 18."""
        return self.months < MINOR_MONTHS


@dataclass(frozen=True)
class Request:
    """One household, kept together, that needs shelter.

    Parameters
    ----------
    id : str
        Unique among requests.
    priority : int
        Priority class, 1 (first) to 4; ``class`` in the JSON form.
    waiting_since : date
        First day of waiting; counts inside a class.
    from_night, latest_night : date
        First night asked for, and the last on which a plan may begin (None: the horizon's last night).
    nights : int or None
        Nights asked for; None: open-ended.
    departement : str
        Code of the authority in charge.
    members : tuple of Member
        At least one; exactly one principal.
    pregnant_weeks : int or None
        Weeks of pregnancy, 1 to 45.
    contingents, statuses, decisions, needs, preferences, refused_facilities : frozenset of str
        What a place's fields are compared with.
    kinds : frozenset of str or None
        Kinds of place looked for; None: any. An empty set is given, and excludes every place.
    zones : Zones
        Danger zones; no night is ever spent inside.
    origin, anchor : Point, Anchor or None
        Where the household is, and what it must stay near.
    separation_group : str or None
        Opaque: households of the same group are never in the same facility on the same night.
    sent_place : str or None
        A place already proposed, which it costs to change.
    """

    id: str
    priority: int
    waiting_since: date
    from_night: date
    departement: str
    members: tuple[Member, ...]
    latest_night: date | None = None
    nights: int | None = None
    contingents: frozenset[str] = frozenset()
    pregnant_weeks: int | None = None
    statuses: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    preferences: frozenset[str] = frozenset()
    kinds: frozenset[str] | None = None
    zones: Zones = field(default_factory=Zones)
    origin: Point | None = None
    anchor: Anchor | None = None
    refused_facilities: frozenset[str] = frozenset()
    separation_group: str | None = None
    sent_place: str | None = None

    def __post_init__(self) -> None:
        require(holds=bool(self.id), path="id", message="an identifier is not empty")
        require(holds=self.priority in {1, 2, 3, 4}, path="class", message="a priority class is 1, 2, 3 or 4")
        require(holds=self.nights is None or self.nights >= 1, path="nights", message="a stay is 1 night or more")
        require(
            holds=self.pregnant_weeks is None or 1 <= self.pregnant_weeks <= 45,
            path="pregnant_weeks",
            message="a pregnancy is 1 to 45 weeks",
        )
        principals = sum(member.role is Role.PRINCIPAL for member in self.members)
        require(
            holds=principals == 1,
            path="members",
            message=f"exactly one member is the principal, not {principals}",
        )

    @cached_property
    def principal(self) -> Member:
        """The member the request is about."""
        return next(member for member in self.members if member.role is Role.PRINCIPAL)

    @cached_property
    def infants(self) -> int:
        """Members under 24 months."""
        return sum(member.months < INFANT_MONTHS for member in self.members)

    @cached_property
    def heads(self) -> int:
        """Members who always need a bed of their own."""
        return len(self.members) - self.infants

    @cached_property
    def has_minor(self) -> bool:
        """Whether some member is under 18."""
        return any(member.is_minor for member in self.members)

    @cached_property
    def has_adult(self) -> bool:
        """Whether some member is 18 or over."""
        return any(not member.is_minor for member in self.members)

    @cached_property
    def has_partner(self) -> bool:
        """Whether some member is a partner."""
        return any(member.role is Role.PARTNER for member in self.members)

    @cached_property
    def has_child(self) -> bool:
        """Whether some member is a child of the household, of any age."""
        return any(member.role is Role.CHILD for member in self.members)

    @cached_property
    def youngest_child_months(self) -> int | None:
        """Age in months of the youngest child of the household, None without one."""
        return min((member.months for member in self.members if member.role is Role.CHILD), default=None)
