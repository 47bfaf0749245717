"""What a run depends on is remembered when it changes; what a night was is not changed any more."""

from typing import Final

from data.models.rematch import Noun
from data.triggers.form import Trigger, act, refusal


def _changed(noun: Noun) -> Trigger:
    # A row written without the unit of work bumps no version, and then no run can have read it wrongly.
    remember = (
        f"INSERT INTO rematch (noun, row_id, version) VALUES ('{noun}', NEW.id, NEW.version) "  # noqa: S608 - our codes
        "ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version"
    )
    return act(f"{noun}_changed", noun.value, ("INSERT", "UPDATE OF version"), sqlite=remember, postgresql=remember)


CHANGED: Final = tuple(_changed(noun) for noun in Noun)
"""What a run depends on and has changed is remembered until a run has looked at it."""

FACT_STAYS: Final = refusal(
    "night_fact_stays", "night_fact", ("UPDATE",), sqlstate="restrict_violation", forbidden="TRUE"
)
"""A fact is written once; only retention takes it away."""
