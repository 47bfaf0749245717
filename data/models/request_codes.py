"""Closed lists of codes that requests use, in the order of the workflow where there is one."""

from enum import StrEnum


class RequestState(StrEnum):
    """Where a request is in its workflow."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    TO_COMPLETE = "to_complete"
    SEARCHING = "searching"
    PROPOSED = "proposed"
    AGREED_IN_PRINCIPLE = "agreed_in_principle"
    ADMITTED = "admitted"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


MATCHED_STATES = (RequestState.SUBMITTED, RequestState.SEARCHING)
"""States in which a request without an open proposal takes part in a run."""


class SleepingTonight(StrEnum):
    """Where the household sleeps tonight if nothing is found."""

    STREET = "street"
    STATION = "station"
    MATERNITY = "maternity"
    EMERGENCY_115 = "emergency_115"
    EXPLOITER = "exploiter"
    THIRD_PARTY = "third_party"
    FACILITY = "facility"


class AgeUnit(StrEnum):
    """Unit an age is given in: years, months under 3 years, days under 3 months."""

    YEARS = "years"
    MONTHS = "months"
    DAYS = "days"


class MinorityStatus(StrEnum):
    """What is known of the minority of a person whose age is, or was, in doubt."""

    DECLARED = "declared"
    IN_EVALUATION = "in_evaluation"
    RECOGNISED = "recognised"
    CONTESTED_PENDING_APPEAL = "contested_pending_appeal"
    JUDGED_MINOR = "judged_minor"
    JUDGED_ADULT = "judged_adult"


class ZoneKind(StrEnum):
    """Shape of a danger zone."""

    DEPARTEMENT = "departement"
    CIRCLE = "circle"


class RefusedBy(StrEnum):
    """Who refused."""

    FACILITY = "facility"
    PERSON = "person"
    DECIDER = "decider"


class RefusalReason(StrEnum):
    """Why a proposal was refused; `of` tells which reasons are whose."""

    FULL_IN_FACT = "full_in_fact"
    PROFILE_OUTSIDE_PROJECT = "profile_outside_project"
    HOUSEHOLD_TOO_LARGE = "household_too_large"
    UNSAFE_FOR_PERSON = "unsafe_for_person"
    UNSAFE_FOR_RESIDENTS = "unsafe_for_residents"
    CARE_NOT_AVAILABLE = "care_not_available"
    NO_ANSWER = "no_answer"
    """Nobody chose it: the deadline passed."""
    WORKS = "works"
    TOO_FAR = "too_far"
    TOO_CLOSE_TO_DANGER = "too_close_to_danger"
    SCHOOL_OR_WORK = "school_or_work"
    FAMILY_TIES = "family_ties"
    CONDITIONS = "conditions"
    FOUND_SOLUTION = "found_solution"
    UNREACHABLE = "unreachable"
    NO_DECISION = "no_decision"
    DECLINED = "declined"
    OTHER = "other"

    @classmethod
    def of(cls, who: RefusedBy) -> tuple["RefusalReason", ...]:
        """Give the reasons somebody may refuse for, in a fixed order."""
        members = tuple(cls)
        if who is RefusedBy.DECIDER:
            return (cls.NO_DECISION, cls.DECLINED)
        first, last = (cls.FULL_IN_FACT, cls.WORKS) if who is RefusedBy.FACILITY else (cls.TOO_FAR, cls.UNREACHABLE)
        return (*members[members.index(first) : members.index(last) + 1], cls.OTHER)
