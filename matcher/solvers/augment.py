"""Stages by shortest augmenting paths, compiled.

A stage starts from an answer whose prices some requests contradict: that of the stage before, or nobody's, with every
column at price 0; later from prices that plans among all contradict. These requests alone are placed anew: each leaves
its place, its price rises until none of its plans contradicts it, and it goes back along a path of least reduced cost
(Jonker and Volgenant 1987, on sparse lists, with capacities, columns that must be filled and requests that may stay).
Its old column, dearer than the sink, is owed a household: a path may end there. Prices fall by what a search settled
nearer than the path's end, so that no residual arc gets a negative reduced cost; the prices left prove the answer,
and nothing is recovered from the residual graph.

Paths are taken one by one. In stages that count, searches for scarce places cross thousands of columns at equal prices:
there all who find none nearby search together (the Hungarian method, with the paths of no cost of each round found
depth first), as long as a round places many. Where many contradict the prices, starting the stage again on the plans
added is quicker than moving them through columns that are full.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from matcher.errors import MatcherError
from matcher.kernels import choice
from matcher.objective import UNSERVED
from matcher.solvers.prices import Costs, Face, Network, Prices
from matcher.tables import Bools, Ints

if TYPE_CHECKING:
    from matcher.kernels import paths

FEW_PLANS: Final = 200_000
"""With fewer plans, solving again is quicker than loading compiled code."""


LEVELS: Final = 256
"""Where the first `SAMPLE` plans have as few different costs, as in stages that count, paths tie: rounds then pay."""
SAMPLE: Final = 10_000
EFFORT: Final = 100
"""Columns among which a request is searched a path before it waits for a round."""
WORTH: Final = 8
"""Requests that a round must place for rounds to go on."""


def use(network: Network) -> bool:
    """Tell whether compiled code is there and worth loading."""
    return choice.use(large=len(network.request) >= FEW_PLANS)


def cheapest(network: Network, cost: Ints, allowed: Bools, most: int) -> Bools:
    """Mark the cheapest allowed plans of each request; among equals, scattered ones."""
    from matcher.kernels import pricing  # noqa: PLC0415 -- numba is optional, and takes a second to load

    marked = np.zeros(len(allowed), dtype=np.bool_)
    edges = np.searchsorted(network.request, np.arange(network.requests + 1))
    pricing.cheapest(edges, cost, allowed, np.zeros(most, dtype=np.int64), marked)
    return marked


def contradictions(network: Network, face: Face, costs: Costs, prices: Prices) -> Ints:
    """Give the plans of the face whose reduced cost is negative; none: the answer is proven on all pairs."""
    if use(network):
        from matcher.kernels.pricing import negative  # noqa: PLC0415 -- numba is optional, and takes a second to load

        found = np.zeros(len(network.request), dtype=np.int64)
        count = negative(network.request, network.column, costs.plan, face.plans, prices.request, prices.column, found)
        return found[:count].copy()
    return np.flatnonzero(face.plans & (prices.of_plans(network, costs.plan) < 0))


class NoPathError(MatcherError):
    """A request cannot go back to a place: the assignment given was not one of the face; a defect."""


class Broken(NamedTuple):
    """An assignment whose prices prove it but for some requests.

    Parameters
    ----------
    match : ndarray of int64
        Per request, its plan or `UNSERVED`.
    prices : Prices
        Among the plans that count, only those of the wrong requests have negative reduced costs.
    wrong : ndarray of bool
        Requests to place anew.
    """

    match: Ints
    prices: Prices
    wrong: Bools


def unpriced(network: Network, face: Face, costs: Costs, match: Ints) -> Broken:
    """Start a stage from an answer of its face: every column at price 0, and wrong whoever prefers something else."""
    cheapest = np.where(face.may_stay, costs.stay, np.iinfo(np.int64).max)
    rows = np.flatnonzero(face.plans)
    np.minimum.at(cheapest, network.request[rows], costs.plan[rows])
    served = match != UNSERVED
    given = costs.stay.copy()
    given[served] = costs.plan[match[served]]
    return Broken(match, Prices(-cheapest, np.zeros(network.columns, dtype=np.int64), 0), given > cheapest)


def repair(network: Network, face: Face, rows: Ints, costs: Costs, broken: Broken) -> tuple[Ints, Prices]:
    """Make an assignment optimal by placing some requests anew.

    Parameters
    ----------
    network : Network
        The whole network.
    face : Face
        Who may stay, and which columns must be filled.
    rows : ndarray of int64
        Plans that count, ascending; those of the assignment are among them.
    costs : Costs
        What is minimised; largest cost times nodes stays under `matcher.stages.COST_BOUND`.
    broken : Broken
        The assignment.

    Returns
    -------
    tuple
        The optimal assignment, and the prices that prove it among ``rows``.

    Raises
    ------
    NoPathError
        When the assignment given breaks the face.
    """
    from matcher.kernels import paths  # noqa: PLC0415 -- numba is optional, and takes a second to load

    match, prices, wrong = broken
    graph = paths.Graph(
        np.searchsorted(network.request[rows], np.arange(network.requests + 1)),
        network.column[rows],
        costs.plan[rows],
        costs.stay,
        face.may_stay,
        network.capacity,
        face.must_fill,
    )
    room = np.zeros(network.columns + 1, dtype=np.int64)
    leaves = network.column[match[wrong & (match != UNSERVED)]]
    owed = face.must_fill | (prices.column < prices.sink)
    np.add.at(room, leaves[owed[leaves]], 1)
    room[-1] = np.count_nonzero(wrong) - int(room.sum())
    local = np.where(match == UNSERVED, paths.STAYS, np.searchsorted(rows, match))
    placed = np.where(wrong, paths.WAITS, local)
    usage = np.bincount(graph.column[placed[placed >= 0]], minlength=network.columns)
    first, successor = _lists(graph.column, placed, network.columns)
    state = paths.State(
        placed, prices.request.copy(), np.append(prices.column, prices.sink), usage, first, successor, room
    )
    order = np.lexsort((-costs.stay, face.may_stay))
    order, search = order[wrong[order]], _search(network.columns)
    if len(np.unique(graph.cost[:SAMPLE])) <= LEVELS:
        order = order[: paths.place_each(graph, state, search, order, EFFORT)]
        order = order[: paths.place_together(graph, state, search, order, WORTH)]
    if paths.place_each(graph, state, search, order, network.columns + 2):
        raise NoPathError(f"request {order[0]} cannot go back to a place")
    sink = int(state.price_c[-1])
    column = state.price_c[:-1].copy()
    column[(state.usage == 0) & ~face.must_fill] = sink
    answer = np.full(network.requests, UNSERVED)
    served = state.match >= 0
    answer[served] = rows[state.match[served]]
    return answer, Prices(state.price_r, column, sink)


def _lists(columns: Ints, match: Ints, count: int) -> tuple[Ints, Ints]:
    """List the requests of each column: the first, and each one's successor; -1 ends a list."""
    served = np.flatnonzero(match >= 0)
    column = columns[match[served]]
    order = np.argsort(column, kind="stable")
    served, column = served[order], column[order]
    first, successor = np.full(count, -1), np.full(len(match), -1)
    first[column[::-1]] = served[::-1]
    together = np.flatnonzero(column[1:] == column[:-1])
    successor[served[together]] = served[together + 1]
    return first, successor


def _search(columns: int) -> "paths.Search":
    from matcher.kernels import paths  # noqa: PLC0415 -- see above

    dist, via, arc, state, seen, waiting, place, row = (np.zeros(columns + 1, dtype=np.int64) for _ in range(8))
    heap = np.zeros(columns + 2, dtype=np.int64)
    return paths.Search(dist, via, arc, state, seen, waiting, heap, place, row, np.zeros(2, dtype=np.int64))
