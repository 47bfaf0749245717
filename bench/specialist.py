"""The specialist night: two legs, shared places, separation, quotas. How long, and how far proven."""

from dataclasses import replace

from bench.clock import peak_mib
from data.seed.problems import realistic_problem
from matcher.objective import ENTRIES
from matcher.solve import Effort, solve


def measure(requests: int, places: int) -> dict[str, object]:
    """Measure one size.

    Parameters
    ----------
    requests, places : int
        Size of the night.

    Returns
    -------
    dict
        One row of the table; the gap is that of the first entry not proven.
    """
    problem = realistic_problem(requests, places, seed=0, specialist=True)
    problem = replace(problem, policy=replace(problem.policy, max_legs=2))
    solution = solve(problem, Effort(causes_limit=None))
    pairs = list(zip(solution.objective, solution.bound, strict=True))
    proven = next((number for number, (value, bound) in enumerate(pairs) if value != bound), ENTRIES)
    gap = "none" if proven == ENTRIES else f"{pairs[proven][0]} against {pairs[proven][1]}"
    return {
        "requests × places": f"{requests} × {places}",
        "shared places": sum(place.sharing == "shared" for place in problem.places),
        "unserved": len(solution.unserved),
        "solve": f"{solution.seconds['solve']:.1f} s",
        "entries proven": proven,
        "gap": gap,
        "peak memory": f"{peak_mib()} MiB",
    }
