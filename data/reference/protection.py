"""The steps of the checklist of protection, read from `protection.toml`, which says what each field means."""

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("protection.toml")


class When(StrEnum):
    """What makes a step needed."""

    MINOR_ALONE = "minor_alone"
    MINOR = "minor"
    PLACEMENT_ORDER = "placement_order"
    INTERPRETER = "interpreter"
    CARE = "care"
    INTERVIEW = "interview"
    MINORITY_APPEAL = "minority_appeal"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    """One step that a request may need.

    Parameters
    ----------
    kind, owner : str
        Codes of `data.models.protection`.
    when : When
        What makes it needed.
    fr, en, source : str
        Its names, and where it comes from.
    valid_from : date
        First night it holds.
    days : int or None
        Days it is due after the filing, or after the step ``after`` is done; None: dated by hand.
    after : str or None
        Kind of the step whose date it follows.
    """

    kind: str
    when: When
    owner: str
    fr: str
    en: str
    source: str
    valid_from: date
    days: int | None = None
    after: str | None = None


@cache
def step_rules(on: date) -> tuple[StepRule, ...]:
    """Give the steps in force on a night, in their order."""
    with _FILE.open("rb") as file:
        rows = tomllib.load(file)["steps"]
    rules = (StepRule(**{**row, "when": When(row["when"])}) for row in rows)
    return tuple(rule for rule in rules if rule.valid_from <= on)
