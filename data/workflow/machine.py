"""The form of a state machine: states, and the transitions that are all there is.

The database refuses every other change of state (`data.triggers`), services move rows through these alone, the drawing
in `api/README.md` and the watchdog read the same data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property


class Party(StrEnum):
    """Who makes something happen, or owes the next step."""

    REFERRER = "referrer"
    COORDINATOR = "coordinator"
    SHELTER = "shelter"
    DECIDER = "decider"
    PERSON = "person"
    """The household itself: said for it by those who follow its request."""
    TIME = "time"
    """A deadline has passed; done by a job, or by whoever needs what was held."""
    SERVICE = "service"
    """Follows from something else that happened."""


@dataclass(frozen=True, slots=True)
class State:
    """One state.

    Parameters
    ----------
    code : StrEnum
        As stored.
    owes : Party or None
        Who owes the next step; None: final.
    age_limit : timedelta or None
        How long a row may rest here before the watchdog raises an alert; None: final.
    """

    code: StrEnum
    owes: Party | None = None
    age_limit: timedelta | None = None

    @property
    def final(self) -> bool:
        """Whether nothing is awaited any more."""
        return self.owes is None


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from some states to another.

    Parameters
    ----------
    name : str
        The act: ``accept``. Unique within its machine.
    sources : tuple of StrEnum
        States it starts from; empty: the row is made by it.
    target : StrEnum
        State it leads to.
    by : tuple of Party
        Who may.
    follows : tuple of str
        What else happens in the same transaction, in words of the machine's page.
    tells : tuple of Party
        Whose organisations hear of it, the one that did it apart.
    """

    name: str
    sources: tuple[StrEnum, ...]
    target: StrEnum
    by: tuple[Party, ...]
    follows: tuple[str, ...] = ()
    tells: tuple[Party, ...] = ()


@dataclass(frozen=True)
class Machine:
    """All states of a noun and all ways between them.

    Parameters
    ----------
    noun : str
        Table whose ``state`` it governs.
    states : tuple of State
        In the order of the workflow.
    transitions : tuple of Transition
        In the order they usually happen.

    Raises
    ------
    ValueError
        A transition names a state that is not there; two bear one name; a state has an age limit and no owner.
    """

    noun: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]

    def __post_init__(self) -> None:
        """Refuse a machine that contradicts itself."""
        codes = {state.code for state in self.states}
        names = [transition.name for transition in self.transitions]
        if len(set(names)) != len(names):
            message = f"{self.noun}: two transitions bear one name"
            raise ValueError(message)
        for transition in self.transitions:
            if not {*transition.sources, transition.target} <= codes:
                message = f"{self.noun}.{transition.name}: names a state that is not there"
                raise ValueError(message)
        for state in self.states:
            if state.final is not (state.age_limit is None):
                message = f"{self.noun}.{state.code}: somebody owes the next step exactly while there is an age limit"
                raise ValueError(message)

    @cached_property
    def by_name(self) -> Mapping[str, Transition]:
        """Transitions by name."""
        return {transition.name: transition for transition in self.transitions}

    @cached_property
    def by_state(self) -> Mapping[StrEnum, State]:
        """States by code."""
        return {state.code: state for state in self.states}

    @cached_property
    def pairs(self) -> frozenset[tuple[StrEnum, StrEnum]]:
        """Every change of state there is, (from, to)."""
        return frozenset(
            (source, transition.target)
            for transition in self.transitions
            for source in transition.sources
            if source is not transition.target
        )

    @cached_property
    def initial(self) -> frozenset[StrEnum]:
        """States a row may be made in."""
        return frozenset(transition.target for transition in self.transitions if not transition.sources)
