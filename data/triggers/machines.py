"""A state changes only as its machine says (`data.workflow`), and a row begins where the machine begins."""

from collections.abc import Iterator
from typing import Final

from data.base import codes
from data.triggers.form import Trigger, refusal
from data.workflow.machine import Machine
from data.workflow.proposal import PROPOSAL
from data.workflow.request import REQUEST
from data.workflow.stay import STAY

MACHINES: Final = (REQUEST, PROPOSAL, STAY)
"""Those whose noun has a column ``state``."""


def _rules(machine: Machine) -> Iterator[Trigger]:
    yield refusal(
        f"{machine.noun}_begins",
        machine.noun,
        ("INSERT",),
        sqlstate="check_violation",
        forbidden=f"NEW.state NOT IN ({codes(sorted(machine.initial))})",
    )
    pairs = ", ".join(f"'{source.value}>{target.value}'" for source, target in sorted(machine.pairs))
    yield refusal(
        f"{machine.noun}_moves",
        machine.noun,
        ("UPDATE OF state",),
        sqlstate="check_violation",
        forbidden=f"NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ({pairs})",
    )


STATES: Final = tuple(rule for machine in MACHINES for rule in _rules(machine))
"""Two rules a machine."""
