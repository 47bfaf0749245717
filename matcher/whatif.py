"""What if: the optimum as it is and as it would be, and who gains or loses."""

from dataclasses import dataclass

import numpy as np

from matcher.errors import AnswerError
from matcher.objective import UNSERVED, Vector
from matcher.optimise import Effort, Optimum, optimise
from matcher.problem import Problem
from matcher.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two optima side by side.

    Parameters
    ----------
    before, after : tuple of int
        The ten entries, as it is and under the scenario.
    proven : bool
        Whether both are optimal; otherwise they are the best found in time.
    newly_served, no_longer_served : tuple of str
        Requests.
    fewer_nights, more_nights : tuple of tuple of str and int
        Requests served both times, with the change of their nights without a roof.
    """

    before: Vector
    after: Vector
    proven: bool
    newly_served: tuple[str, ...]
    no_longer_served: tuple[str, ...]
    fewer_nights: tuple[tuple[str, int], ...]
    more_nights: tuple[tuple[str, int], ...]


def what_if(problem: Problem, scenario: Scenario, effort: Effort | None = None) -> Comparison:
    """Compare the optimum of a problem with that under a scenario.

    Parameters
    ----------
    problem : Problem
        One run.
    scenario : Scenario
        What would be different.
    effort : Effort, optional
        How hard to try.

    Returns
    -------
    Comparison
        Who gains and who loses is told of one optimum each time; where several are equally good, another one could name
        other requests. The vectors do not depend on that.

    Raises
    ------
    ProblemError
        When the scenario makes a place that cannot be.
    """
    effort = effort or Effort()
    before = optimise(problem, effort)
    after = optimise(scenario.applied_to(problem), effort, lifted=scenario.lift)
    names = [request.id for request in before.tables.requests]
    if names != [request.id for request in after.tables.requests]:
        raise AnswerError("a scenario changes places and rules, never requests")
    was, will = _nights(before), _nights(after)
    both = (was >= 0) & (will >= 0)
    change = [(name, int(now - then)) for name, then, now in zip(names, was, will, strict=True)]
    return Comparison(
        before.objective,
        after.objective,
        before.outcome.proven and after.outcome.proven,
        tuple(name for name, then, now in zip(names, was, will, strict=True) if then < 0 <= now),
        tuple(name for name, then, now in zip(names, was, will, strict=True) if now < 0 <= then),
        tuple(row for row, served in zip(change, both, strict=True) if served and row[1] < 0),
        tuple(row for row, served in zip(change, both, strict=True) if served and row[1] > 0),
    )


def _nights(found: Optimum) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Give each request's nights without a roof, -1 for the unserved."""
    chosen = found.outcome.chosen
    nights = np.full(len(chosen), -1)
    served = chosen != UNSERVED
    nights[served] = found.plans.roofless[chosen[served]]
    return nights
