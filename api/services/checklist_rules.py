"""Which steps of protection a household needs (data/reference/protection.toml)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from data.households import member
from data.models.protection import Owner, StepKind
from data.models.request import Request
from data.models.request_codes import MinorityStatus
from data.reference.protection import StepRule, When, step_rules
from matcher.request import Role

CARE: Final = frozenset(
    {
        "addiction_care",
        "child_psychiatry",
        "disability_support",
        "medical_bed",
        "midwife_pmi",
        "paediatric_care",
        "psychotrauma_care",
    }
)
"""Needs that somebody already cares for, and that must survive a move."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A step that a request needs.

    Parameters
    ----------
    kind : StepKind
        What is to be done.
    service : str or None
        Kind of care, for a hand-over.
    owner : Owner
        Who owes it unless somebody says otherwise.
    due_on : date or None
        By when; None: dated by hand.
    """

    kind: StepKind
    service: str | None
    owner: Owner
    due_on: date | None


def needed(request: Request, on: date, *, interview: bool) -> list[Needed]:
    """List the steps a request needs.

    Parameters
    ----------
    request : Request
        With its members.
    on : date
        The night it is asked for.
    interview : bool
        A shelter wants to see the household before it admits it.

    Returns
    -------
    list of Needed
        In the order of the rules.
    """
    filed = request.created_at.date()
    conditions = set(_conditions(request, on))
    if interview:
        conditions.add(When.INTERVIEW)
    found = []
    for rule in step_rules(on):
        if rule.when in conditions:
            found += [
                Needed(StepKind(rule.kind), service, Owner(rule.owner), _due(rule, filed))
                for service in _services(request, rule)
            ]
    return found


def days_after(kind: StepKind, on: date) -> Iterator[tuple[StepKind, int]]:
    """Give the steps whose date follows that another was done, with the days between."""
    for rule in step_rules(on):
        if rule.after == kind.value and rule.days is not None:
            yield StepKind(rule.kind), rule.days


def _due(rule: StepRule, filed: date) -> date | None:
    return None if rule.days is None else filed + timedelta(days=rule.days)


def _services(request: Request, rule: StepRule) -> list[str | None]:
    return [*sorted(CARE & set(request.needs))] if rule.when is When.CARE else [None]


def _conditions(request: Request, on: date) -> Iterator[When]:
    people = [member(each, on) for each in request.members]
    principal = next(each for each in people if each.role is Role.PRINCIPAL)
    if principal.is_minor:
        yield When.MINOR
        if not any(each is not principal and not each.is_minor for each in people):
            yield When.MINOR_ALONE
    if "opp" in request.decisions:
        yield When.PLACEMENT_ORDER
    if "interpreter" in request.needs:
        yield When.INTERPRETER
    if CARE & set(request.needs):
        yield When.CARE
    if any(each.minority_status is MinorityStatus.CONTESTED_PENDING_APPEAL for each in request.members):
        yield When.MINORITY_APPEAL
