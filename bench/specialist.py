"""The specialist night: two legs, shared places, separation, quotas. How long, and how far proven."""

from dataclasses import fields, replace

from bench.clock import peak_mib, worked
from data.seed.problems import realistic_problem
from matcher.check import check
from matcher.objective import ENTRIES
from matcher.optimise import Effort, optimise
from matcher.policy import Weights
from matcher.problem import Problem
from matcher.solve import explained


def measure(requests: int, places: int) -> dict[str, object]:
    """Measure one size.

    Parameters
    ----------
    requests, places : int
        Size of the night.

    Returns
    -------
    dict
        One row of the table: processor time of candidates and optimum, without a weight on any cost and with them;
        the gap is that of the first entry not proven.
    """
    problem = realistic_problem(requests, places, seed=0, specialist=True)
    problem = replace(problem, policy=replace(problem.policy, max_legs=2))
    effort = Effort(causes_limit=None)
    counted, _ = worked(lambda: optimise(_without_costs(problem), effort))
    seconds, found = worked(lambda: optimise(problem, effort))
    solution = explained(found, effort)
    check(problem, solution)
    pairs = list(zip(solution.objective, solution.bound, strict=True))
    proven = next((number for number, (value, bound) in enumerate(pairs) if value != bound), ENTRIES)
    gap = "none" if proven == ENTRIES else f"{pairs[proven][0]} against {pairs[proven][1]}"
    return {
        "requests × places": f"{requests} × {places}",
        "shared places": sum(place.sharing == "shared" for place in problem.places),
        "unserved": len(solution.unserved),
        "entries 1 to 9 alone": f"{counted:.1f} s",
        "all ten": f"{seconds:.1f} s",
        "entries proven": proven,
        "gap": gap,
        "peak memory": f"{peak_mib()} MiB",
    }


def _without_costs(problem: Problem) -> Problem:
    """Give the same night with nothing to pay: its tenth entry is 0."""
    free = Weights(**{term.name: 0 for term in fields(Weights)})
    return replace(problem, policy=replace(problem.policy, weights=free))
