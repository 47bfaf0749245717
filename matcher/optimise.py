"""From a problem to its proven optimum: candidates, components, the exact solver of each."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from matcher.components import Component, split
from matcher.greedy import greedy
from matcher.objective import ENTRIES, UNSERVED, Outcome, Vector, objective
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.solvers.cpsat import solve_component
from matcher.solvers.flow import solve_assignment
from matcher.tables import Ints, Tables


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try.

    Parameters
    ----------
    deterministic_limit : float
        Units of the constraint solver's deterministic time per component; roughly seconds of one core, but the
        same on every machine.
    causes_limit : float or None
        For the causes of all unserved requests together, in the units of `matcher.retrial`; None: causes are left out.
    """

    deterministic_limit: float = 60.0
    causes_limit: float | None = 3.0


class Stopwatch:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Enter the time since the last lap."""
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 4)
        self._last = now


@dataclass(frozen=True, slots=True)
class Optimum:
    """A problem with its best answer, as columns.

    Parameters
    ----------
    tables : Tables
        The problem.
    residents : Residents
        Who is there already.
    plans : Plans
        Every admissible plan.
    by_phone : ndarray of int64
        Greedy's answer, per request the row of its plan or `UNSERVED`.
    components : tuple of Component
        What was solved apart.
    outcome : Outcome
        The best answer found, of all requests.
    solver : str
        Which methods were used.
    seconds : dict of str to float
        Time spent by step.
    """

    tables: Tables
    residents: Residents
    plans: Plans
    by_phone: Ints
    components: tuple[Component, ...]
    outcome: Outcome
    solver: str
    seconds: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def objective(self) -> Vector:
        """The ten entries of the answer."""
        return objective(self.tables, self.plans, self.outcome.chosen)


def optimise(problem: Problem, effort: Effort, lifted: frozenset[str] = frozenset()) -> Optimum:
    """Find the best joint assignment; nothing is verified or explained yet.

    Parameters
    ----------
    problem : Problem
        One run.
    effort : Effort
        How hard to try.
    lifted : frozenset of str
        Rules not to apply, to anyone (what-if).

    Returns
    -------
    Optimum
        Never worse than greedy.

    Raises
    ------
    ProblemError
        When the problem's weights are too large.
    """
    clock = Stopwatch()
    tables = Tables(problem)
    residents = Residents(tables)
    plans = admissible_plans(tables, residents, lifted)
    clock.lap("candidates")
    by_phone = greedy(tables, residents, plans)
    clock.lap("greedy")
    components = split(tables, plans)
    outcome, solver = _optimise(tables, plans, components, by_phone, effort)
    clock.lap("solve")
    return Optimum(tables, residents, plans, by_phone, tuple(components), outcome, solver, clock.seconds)


def _optimise(
    tables: Tables, plans: Plans, components: list[Component], by_phone: Ints, effort: Effort
) -> tuple[Outcome, str]:
    """Solve every component apart and put the answers together."""
    chosen = np.full(len(tables.requests), UNSERVED)
    gap = np.zeros(ENTRIES, dtype=np.int64)
    proven = True
    used: set[str] = set()
    for component, rows in rows_by_component(plans, components, len(tables.requests)):
        own, requests, seed = plans.take(rows), component.requests, tables.problem.seed
        if component.assignment:
            outcome = solve_assignment(tables, own, requests, seed=seed)
            used.add("flow")
        else:
            start = _local(by_phone, rows, requests)
            limit = effort.deterministic_limit
            outcome = solve_component(tables, own, requests, start, seed=seed, deterministic_limit=limit)
            used.add("cpsat")
        proven &= outcome.proven
        gap += np.subtract(objective(tables, own, outcome.chosen, requests), outcome.bound)
        served = requests[outcome.chosen[requests] != UNSERVED]
        chosen[served] = rows[outcome.chosen[served]]
    bound = _joint_bound(objective(tables, plans, chosen), gap)
    return Outcome(chosen, bound, proven), "+".join(sorted(used)) or "none"


def rows_by_component(plans: Plans, components: list[Component], requests: int) -> Iterator[tuple[Component, Ints]]:
    """Give each component with the rows of its plans, ascending."""
    number = np.zeros(requests, dtype=np.int64)
    for index, component in enumerate(components):
        number[component.requests] = index
    whose = number[plans.request]
    order = np.argsort(whose, kind="stable")
    edges = np.searchsorted(whose[order], np.arange(len(components) + 1))
    for index, component in enumerate(components):
        yield component, order[edges[index] : edges[index + 1]]


def _local(chosen: Ints, rows: Ints, requests: Ints) -> Ints:
    """Translate an answer to positions in a component's rows."""
    local = np.full(len(chosen), UNSERVED)
    served = requests[chosen[requests] != UNSERVED]
    local[served] = np.searchsorted(rows, chosen[served])
    return local


def _joint_bound(total: Vector, gap: Ints) -> Vector:
    """Subtract the components' gaps up to the first entry that has one; the entries after it repeat the objective."""
    first = int(np.argmax(gap != 0)) if gap.any() else ENTRIES
    return tuple(entry - int(gap[index]) if index <= first else entry for index, entry in enumerate(total))
