"""Causes of all unserved requests against one solve of the same night."""

from bench.clock import peak_mib, timed
from data.seed.problems import realistic_problem
from matcher.causes import causes
from matcher.describe import ledger_of
from matcher.optimise import Effort, optimise


def measure(requests: int, places: int) -> dict[str, object]:
    """Measure one size.

    Parameters
    ----------
    requests, places : int
        Size of the night.

    Returns
    -------
    dict
        One row of the table. One solve: candidates and optimum; check, greedy and explanations apart.
    """
    effort = Effort()
    found = optimise(realistic_problem(requests, places, seed=0), effort)
    solve = found.seconds["candidates"] + found.seconds["solve"]
    ledger = ledger_of(found.tables, found.residents, found.plans, found.outcome.chosen)
    seconds, why = timed(lambda: causes(found, ledger, effort.causes_limit or 0.0))
    return {
        "requests × places": f"{requests} × {places}",
        "unserved": len(why),
        "with a binding set": sum(bool(one.binding) for one in why.values()),
        "undecided": sum(one.unproven for one in why.values()),
        "one solve": f"{solve:.2f} s",
        "all causes": f"{seconds:.2f} s",
        "ratio": f"{seconds / solve:.2f}",
        "peak memory": f"{peak_mib()} MiB",
    }
