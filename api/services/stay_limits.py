"""What ends a stay, and when what comes after it must be looked for (domain.md §5: an end of stay is a beginning)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from data.ages import is_presumed_minor, reaches
from data.models.facility import Facility
from data.models.follow_on import LimitKind
from data.models.request import Request, RequestMember
from data.models.request_codes import AgeUnit
from data.models.stay import Stay
from data.reference.loader import PlaceKind
from matcher.request import MINOR_MONTHS, Role

LEAD_NIGHTS: Final = 30
"""Nights before a limit at which the next place is looked for, where the kind does not say."""
RENEWAL_NIGHTS: Final = 7
"""The same before a renewal, which the kind allows: mostly it is renewed."""
_NIGHT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a stay.

    Parameters
    ----------
    kind : LimitKind
        What ends it.
    night : date
        First night that is not slept there any more.
    opens_on : date
        From this night on the next place is looked for.
    ends : bool
        Whether it ends the stay; turning 18 does not.
    """

    kind: LimitKind
    night: date
    opens_on: date
    ends: bool = True


def limits(
    stay: Stay, facility: Facility, kind: PlaceKind | None, request: Request, order_until: date | None
) -> list[Limit]:
    """List the limits of a stay, the nearest first.

    Parameters
    ----------
    stay : Stay
        Filed as a request.
    facility : Facility
        Where it is.
    kind : PlaceKind or None
        Rules of the facility's kind; None: a kind that is not in force.
    request : Request
        With its members.
    order_until : date or None
        When the order it rests on expires.
    """
    lead = LEAD_NIGHTS if kind is None else kind.follow_on_nights

    def limit(what: LimitKind, night: date, nights: int = lead, *, ends: bool = True) -> Limit:
        # "At once" is from the first night on, as for a stay shorter than the lead.
        first = stay.from_night if lead == 0 else max(stay.from_night, night - timedelta(days=nights))
        return Limit(what, night, first, ends)

    found = []
    longest = longest_nights(facility, kind)
    latest = None if longest is None else stay.from_night + timedelta(days=longest)
    if stay.leaving_night is not None:
        found.append(Limit(LimitKind.LEAVING, stay.leaving_night, stay.from_night))
    elif stay.until_night is not None and (latest is None or stay.until_night < latest):
        found.append(limit(LimitKind.RENEWAL_DUE, stay.until_night, min(lead, RENEWAL_NIGHTS)))
    if latest is not None:
        found.append(limit(LimitKind.MAXIMUM_STAY, latest))
    if order_until is not None:
        found.append(limit(LimitKind.DECISION_EXPIRES, order_until + _NIGHT))
    if kind is not None and kind.child_limit_months is not None:
        children = [_earliest(each, kind.child_limit_months) for each in request.members if each.role is Role.CHILD]
        if children:
            found.append(limit(LimitKind.CHILD_AGE, max(children)))
    principal = next(each for each in request.members if each.role is Role.PRINCIPAL)
    if kind is not None and kind.age_limit_years is not None:
        found.append(limit(LimitKind.PRINCIPAL_AGE, _at_latest(principal, kind.age_limit_years * 12)))
    majority = _at_latest(principal, MINOR_MONTHS)
    if majority > stay.from_night and not is_presumed_minor(principal.minority_status):
        found.append(limit(LimitKind.MAJORITY, majority, ends=False))
    return sorted(found, key=lambda each: (each.night, each.kind.value))


def longest_nights(facility: Facility, kind: PlaceKind | None) -> int | None:
    """Give the longest stay that a facility's agreement and its kind allow, renewals included; None: open."""
    if kind is None:
        return facility.max_stay_nights
    return kind.longest_nights if kind.renewable else facility.max_stay_nights or kind.max_stay_nights


def ends_on(found: list[Limit]) -> date | None:
    """Give the night a stay ends on as things are; None: nothing ends it."""
    return min((each.night for each in found if each.ends), default=None)


def due(found: list[Limit], tonight: date) -> Limit | None:
    """Return the nearest limit before which the next place must be looked for now."""
    opened = [each for each in found if each.ends and each.opens_on <= tonight]
    return min(opened, key=lambda each: each.night, default=None)


def _at_latest(person: RequestMember, months: int) -> date:
    # An age in years is too vague to end a stay early: the birthday is as late as it can be.
    return reaches(person.age, person.age_unit, person.age_as_of, months)


def _earliest(person: RequestMember, months: int) -> date:
    # In months it may be reached up to a month earlier, and the next place must be looked for in time.
    if person.age_unit is AgeUnit.MONTHS:
        return reaches(person.age + 1, person.age_unit, person.age_as_of, months)
    return _at_latest(person, months)
