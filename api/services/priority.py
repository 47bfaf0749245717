"""Priority class of a request, from what is known of the household and where it sleeps tonight.

Source: grid used in Île-de-France since 2024, as written in domain.md §4:

- **1** child under 3 months, 6 months pregnant or more, violence or trafficking with immediate danger, unaccompanied
  minor with nowhere to sleep;
- **2** child under 3 years, 18–25 in the street, other violence, health;
- **3** over 65, strong vulnerability, families with a child over 3;
- **4** everyone else.

A coordinator may override the class, with a reason that is kept beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from matcher.request import Role as Part

PREGNANT_WEEKS = 24
"""Six months of pregnancy, in weeks: as the perinatal places count them (`place_kinds.toml`), so that both agree."""
NOWHERE = frozenset({"street", "station", "exploiter"})
"""Where nobody is sheltered: leaving the exploiter means sleeping outside."""
VIOLENCE = frozenset({"trafficking_victim", "sexual_exploitation", "violence_victim"})
DANGER = "immediate_danger"
HEALTH = "health_problem"
VULNERABLE = "strong_vulnerability"
ALONE = "unaccompanied"


@dataclass(frozen=True)
class Person:
    """A member as the grid looks at it.

    Parameters
    ----------
    months : int
        Age on the day of the calculation, whole months, at its younger end.
    part : Part
        Principal, partner, child or other.
    presumed_minor : bool
        Minority declared, in evaluation, recognised or on appeal: a minor whatever the age written.
    """

    months: int
    part: Part
    presumed_minor: bool = False

    @property
    def minor(self) -> bool:
        """Whether the person is, or must be taken for, under 18."""
        return self.presumed_minor or self.months < 18 * 12


@dataclass(frozen=True)
class Situation:
    """Everything the grid looks at.

    Parameters
    ----------
    people : tuple of Person
        The household.
    pregnant_weeks : int or None
        Weeks of pregnancy on the day of the calculation.
    statuses : frozenset of str
        Codes of the reference vocabulary.
    sleeping_tonight : str
        Where they sleep tonight.
    sleeping_until : date or None
        Last night of that shelter, when it is one.
    night : date
        First night asked for.
    """

    people: tuple[Person, ...]
    pregnant_weeks: int | None
    statuses: frozenset[str]
    sleeping_tonight: str
    sleeping_until: date | None
    night: date

    @property
    def nowhere(self) -> bool:
        """Whether nobody shelters them on the first night asked for."""
        ended = self.sleeping_until is not None and self.sleeping_until < self.night
        return self.sleeping_tonight in NOWHERE or ended


def priority_class(situation: Situation) -> int:
    """Return the priority class, 1 (first) to 4."""
    for number, holds in ((1, _first), (2, _second), (3, _third)):
        if holds(situation):
            return number
    return 4


def _first(case: Situation) -> bool:
    # "Unaccompanied": nobody in the household is an adult, or the principal is a minor and no representative is known.
    minor_principal = any(person.minor for person in case.people if person.part is Part.PRINCIPAL)
    alone = all(person.minor for person in case.people) or (minor_principal and ALONE in case.statuses)
    return (
        any(person.months < 3 for person in case.people)
        or (case.pregnant_weeks or 0) >= PREGNANT_WEEKS
        or (DANGER in case.statuses and bool(VIOLENCE & case.statuses))
        or (alone and case.nowhere)
    )


def _second(case: Situation) -> bool:
    young = any(18 * 12 <= person.months < 26 * 12 for person in _adults(case.people))
    return (
        any(person.months < 3 * 12 for person in case.people)
        or (young and case.nowhere)
        or bool(VIOLENCE & case.statuses)
        or HEALTH in case.statuses
    )


def _third(case: Situation) -> bool:
    return (
        any(person.months >= 65 * 12 for person in case.people)
        or VULNERABLE in case.statuses
        or DANGER in case.statuses
        or any(person.minor for person in case.people)
    )


def _adults(people: Iterable[Person]) -> list[Person]:
    return [person for person in people if not person.minor and person.part in {Part.PRINCIPAL, Part.PARTNER}]
