"""What room is worth once everybody may move: shortest paths in the residual graph of an assignment.

The answer is an optimal flow, so its residual graph has no cycle that improves it (flow duality). Then

- taking one unit of room from a column costs the shortest path that starts with the column's occupant moving away and
  ends on free room or with somebody unserved (`taking`);
- one unit of room more in a column gains the shortest path that ends in it (`giving`).

Both are exact for a whole unit, whatever ties there are: the optimum of a minimum-cost flow after one unit more or less
is the old one plus a shortest path (successive shortest paths). Dual prices are not that: they are only bounds.

Distances are vectors (`matcher.lanes`), found lane by lane: the shortest paths of a lane are exactly the paths of
arcs that are tight in it, and the next lane looks at those alone.
"""

from dataclasses import dataclass

import numpy as np

from matcher.errors import MatcherError
from matcher.lanes import FAR, Lanes
from matcher.objective import UNSERVED
from matcher.plans import Plans
from matcher.tables import Bools, Ints, Tables


class NotOptimalError(MatcherError):
    """The residual graph has a cycle that improves the answer: it was not optimal."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Arcs by which a node reaches the end of a path.

    Parameters
    ----------
    tail, head : ndarray of int64
        Nodes of each arc, from where to where.
    cost : ndarray of int64
        Shape (lanes, arcs).
    base : ndarray of int64
        Shape (lanes, nodes): what ending there costs; `FAR` where no path ends.
    """

    tail: Ints
    head: Ints
    cost: Ints
    base: Ints


def distances(graph: Graph) -> Ints:
    """Give the least cost from every node to an end, lane by lane.

    Parameters
    ----------
    graph : Graph
        Without a cycle of negative cost.

    Returns
    -------
    ndarray of int64
        Shape (lanes, nodes); `FAR` where no end can be reached.

    Raises
    ------
    NotOptimalError
        When there is a cycle of negative cost.
    """
    order = np.argsort(graph.head, kind="stable")
    tail, head, cost = graph.tail[order], graph.head[order], graph.cost[:, order]
    found = np.empty_like(graph.base)
    base = graph.base[0]
    for lane in range(len(cost)):
        least = _settle(tail, head, cost[lane], base)
        found[lane] = least
        if lane + 1 < len(cost):
            tight = (least[head] < FAR) & (cost[lane] + least[head] == least[tail])
            tail, head, cost = tail[tight], head[tight], cost[:, tight]
            base = np.where((base == least) & (base < FAR), graph.base[lane + 1], FAR)
    return found


def _settle(tail: Ints, head: Ints, cost: Ints, base: Ints) -> Ints:
    """Relax the arcs into nodes that changed until none does (Bellman and Ford's method); arcs are sorted by head.

    A node helps no tail unless its distance is under the most that base − cost reaches among its arcs: distances only
    fall from their base.
    """
    least = base.copy()
    edges = np.searchsorted(head, np.arange(len(base) + 1))
    helpful = np.full(len(base), -FAR)
    heads = np.flatnonzero(edges[1:] > edges[:-1])
    if len(heads):
        helpful[heads] = np.maximum.reduceat(base[tail] - cost, edges[heads])
    changed = np.flatnonzero(least < FAR)
    for _ in range(len(base) + 1):
        changed = changed[least[changed] < helpful[changed]]
        arcs = _ranges(edges[changed], edges[changed + 1])
        if not len(arcs):
            return least
        reached = tail[arcs]
        candidate = cost[arcs] + least[head[arcs]]
        better = candidate < least[reached]
        reached, candidate = reached[better], candidate[better]
        np.minimum.at(least, reached, candidate)
        changed = np.unique(reached)
    raise NotOptimalError("the residual graph has a negative cycle")


def _ranges(low: Ints, high: Ints) -> Ints:
    """Put the whole numbers of several ranges [low, high) one after another."""
    length = high - low
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(low - ends + length, length) + np.arange(total)


@dataclass(frozen=True, slots=True)
class Flow:
    """An optimal answer as a flow: each plan uses one unit of one column (a free interval).

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        What requests may be given.
    column : ndarray of int64
        Per plan, the free interval it uses.
    capacity : ndarray of int64
        Per free interval, how many households it takes.
    chosen : ndarray of int64
        Per request, the row of its plan or `UNSERVED`.
    """

    tables: Tables
    plans: Plans
    column: Ints
    capacity: Ints
    chosen: Ints

    @property
    def served(self) -> Ints:
        """Requests that have a plan."""
        return np.flatnonzero(self.chosen != UNSERVED)

    @property
    def full(self) -> Bools:
        """Columns without room."""
        usage = np.bincount(self.column[self.chosen[self.served]], minlength=len(self.capacity))
        full: Bools = usage >= self.capacity
        return full


def taking(flow: Flow, lanes: Lanes) -> Ints:
    """Give what one unit of room of each column costs those who have it, in entries 1 to 9.

    Parameters
    ----------
    flow : Flow
        An optimum.
    lanes : Lanes
        Of the first nine entries: cost must not weigh, or plans left out below could matter.

    Returns
    -------
    ndarray of int64
        Shape (lanes, columns); 0 where there is room.
    """
    tables, served, full = flow.tables, flow.served, flow.full
    rows = _worth_moving(flow, full)
    requests, current = len(tables.requests), flow.chosen[served]
    own = lanes.of_plans(tables, flow.plans, current)
    columns = requests + flow.column
    crowded = full[flow.column[current]]
    base = np.full((len(lanes), requests + len(full)), FAR)
    base[:, served] = lanes.of_staying(tables)[:, served]
    base[:, requests:][:, ~full] = 0
    graph = Graph(
        np.concatenate([flow.plans.request[rows], columns[current[crowded]]]),
        np.concatenate([columns[rows], served[crowded]]),
        np.concatenate([lanes.of_plans(tables, flow.plans, rows), -own[:, crowded]], axis=1),
        base,
    )
    return distances(graph)[:, requests:]


def _worth_moving(flow: Flow, full: Bools) -> Ints:
    """Give the rows that a served request may move to on a cheapest path.

    In entries 1 to 9 the plans of one request differ by their nights without a roof alone, and making room costs
    nothing or more. So a plan on free room with the fewest nights is enough, and plans on full columns count only
    where they have fewer.
    """
    plans = flow.plans
    moves = np.flatnonzero((flow.chosen != UNSERVED)[plans.request])
    roomy = moves[~full[flow.column[moves]]]
    fewest = np.full(len(flow.tables.requests), FAR)
    np.minimum.at(fewest, plans.request[roomy], plans.roofless[roomy])
    roomy = roomy[plans.roofless[roomy] == fewest[plans.request[roomy]]]
    _, first = np.unique(plans.request[roomy], return_index=True)
    crowded = moves[full[flow.column[moves]]]
    crowded = crowded[plans.roofless[crowded] < fewest[plans.request[crowded]]]
    return np.concatenate([roomy[first], crowded])


def giving(flow: Flow, lanes: Lanes) -> Ints:
    """Give what each request gains the others and itself by leaving what it has for something new, free of charge.

    Parameters
    ----------
    flow : Flow
        An optimum.
    lanes : Lanes
        Of any entries.

    Returns
    -------
    ndarray of int64
        Shape (lanes, requests): minus what the request has now, plus the best use that others make of the room it
        leaves. With the worth of a new plan added: the change of the optimum when the request moves there.
    """
    tables, full = flow.tables, flow.full
    requests, current = len(tables.requests), flow.chosen[flow.served]
    into = np.flatnonzero(full[flow.column])
    base = np.full((len(lanes), requests + len(full)), FAR)
    base[:, requests:] = 0
    unserved = flow.chosen == UNSERVED
    base[:, :requests][:, unserved] = -lanes.of_staying(tables)[:, unserved]
    worth, own = lanes.of_plans(tables, flow.plans, into), lanes.of_plans(tables, flow.plans, current)
    graph = Graph(
        np.concatenate([requests + flow.column[into], flow.served]),
        np.concatenate([flow.plans.request[into], requests + flow.column[current]]),
        np.concatenate([worth, -own], axis=1),
        base,
    )
    return distances(graph)[:, :requests]
