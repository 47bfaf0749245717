"""One more place in every cell at once against one more solve per cell."""

from bench.clock import peak_mib, timed
from data.seed.problems import realistic_problem
from matcher.cells import cells_of
from matcher.marginal import marginal_values
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
        One row of the table. A solve per cell is one solve (candidates and optimum, nothing else) times the cells.
    """
    effort = Effort()
    found = optimise(realistic_problem(requests, places, seed=0), effort)
    solve = found.seconds["candidates"] + found.seconds["solve"]
    row: dict[str, object] = {"requests × places": f"{requests} × {places}", "one solve": f"{solve:.2f} s"}
    for name, profiles in (("kind, département", False), ("distinct sort of place", True)):
        cells = cells_of(found.tables.problem, profiles=profiles)
        seconds, values = timed(lambda cells=cells: marginal_values(found, cells, effort))  # type: ignore[misc]
        row[f"cells: {name}"] = len(cells)
        row[f"that help: {name}"] = sum(any(value.change) for value in values)
        row[f"all of them: {name}"] = f"{seconds:.2f} s"
        row[f"ratio: {name}"] = f"{len(cells) * solve / seconds:.0f} ×"
    row["peak memory"] = f"{peak_mib()} MiB"
    return row
