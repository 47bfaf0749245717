"""Assignments by shortest augmenting paths, with the prices that prove them (see `matcher.solvers.augment`).

Nodes are columns, 0 to C - 1, and the sink, C; a request is walked through on the way between two of them. A column
reaches the requests matched to it at no reduced cost, a request the columns of its plans, and the sink by staying.

Arrays of a search: ``dist`` and ``via`` per node (``via`` of a column: the request that reached it, or -1 for the sink;
of the sink: the request that would stay, or -2 - column), ``arc`` per column: the plan used; ``state`` per node: 0 not
seen, 1 seen, 2 settled; ``seen`` lists the nodes seen, so that only they are cleared.
"""

from typing import Final, NamedTuple

from matcher.kernels.compiler import compiled, inlined
from matcher.kernels.heap import heap_pop, heap_push
from matcher.tables import Bools, Ints

STAYS: Final = -1
WAITS: Final = -2
FAR: Final = 2**62


class Graph(NamedTuple):
    """What is assigned: plans of request r are rows ``edges[r]`` to ``edges[r + 1]``."""

    edges: Ints
    column: Ints
    cost: Ints
    stay: Ints
    may_stay: Bools
    capacity: Ints
    must_fill: Bools


class State(NamedTuple):
    """The answer so far: plans, prices (sink last), and the requests of each column as linked lists.

    ``room`` says how many paths may end in each node (sink last): what it has been promised and not yet been given.
    """

    match: Ints
    price_r: Ints
    price_c: Ints
    usage: Ints
    first: Ints
    successor: Ints
    room: Ints


class Search(NamedTuple):
    """One search; ``counts`` holds how many nodes were seen, and how many wait at the distance reached."""

    dist: Ints
    via: Ints
    arc: Ints
    state: Ints
    seen: Ints
    waiting: Ints
    heap: Ints
    place: Ints
    counts: Ints


@inlined
def _reach(s: Search, node: int, distance: int, way: tuple[int, int], now: int) -> None:
    """Note a shorter way to a node: ``way`` is what goes in ``via`` and ``arc``."""
    if s.state[node] == 0:
        s.state[node] = 1
        s.seen[s.counts[0]] = node
        s.counts[0] += 1
    elif s.state[node] == 2 or s.dist[node] <= distance:
        return
    s.dist[node], s.via[node], s.arc[node] = distance, way[0], way[1]
    if distance == now and s.place[node] == 0:
        s.waiting[s.counts[1]] = node
        s.counts[1] += 1
    else:
        heap_push(s.heap, s.place, s.dist, node)


@inlined
def _leave(g: Graph, a: State, s: Search, request: int, span: tuple[int, int]) -> None:
    """Follow every way out of a request, from a distance and to nodes nearer than another (``span``)."""
    now, best = span
    sink = len(g.capacity)
    price = a.price_r[request]
    if g.may_stay[request] and a.match[request] != STAYS:
        distance = now + g.stay[request] + price - a.price_c[sink]
        if distance < best:
            _reach(s, sink, distance, (request, -1), now)
    columns, costs, prices, state, dist, own = g.column, g.cost, a.price_c, s.state, s.dist, a.match[request]
    for row in range(g.edges[request], g.edges[request + 1]):
        node = columns[row]
        distance = now + costs[row] + price - prices[node]
        if distance < best and row != own and (state[node] == 0 or (state[node] == 1 and distance < dist[node])):
            _reach(s, node, distance, (request, row), now)


@inlined
def _settle_column(g: Graph, a: State, s: Search, node: int, limit: int) -> None:
    now = s.dist[node]
    sink = len(g.capacity)
    if not g.must_fill[node] and a.usage[node] + a.room[node] < g.capacity[node]:
        distance = now + a.price_c[node] - a.price_c[sink]
        if distance < limit:
            _reach(s, sink, distance, (-2 - node, -1), now)
    ends = s.state[sink] == 1 and a.room[sink] > 0
    request = a.first[node]
    while request >= 0:
        _leave(g, a, s, request, (now, min(limit, s.dist[sink]) if ends else limit))
        request = a.successor[request]


@inlined
def _settle_sink(g: Graph, a: State, s: Search, limit: int) -> None:
    """Go on through a sink that is full: whoever reaches it must bring somebody back."""
    sink = len(g.capacity)
    now = s.dist[sink]
    for node in range(sink):
        distance = now + a.price_c[sink] - a.price_c[node]
        if a.usage[node] + a.room[node] > 0 and not g.must_fill[node] and distance < limit:
            _reach(s, node, distance, (-1, -1), now)
    for request in range(len(g.stay)):
        if a.match[request] == STAYS:
            _leave(g, a, s, request, (now, limit))


@inlined
def _search(g: Graph, a: State, s: Search, root: int, limit: int) -> int:
    """Find the node nearest to a request where a path may end; -1 when there is none nearer than ``limit``."""
    sink = len(g.capacity)
    _leave(g, a, s, root, (0, limit))
    while True:
        if s.counts[1] > 0:
            if s.state[sink] == 1 and a.room[sink] > 0 and s.dist[sink] == s.dist[s.waiting[s.counts[1] - 1]]:
                return sink
            s.counts[1] -= 1
            node = int(s.waiting[s.counts[1]])
        elif s.heap[0] > 0:
            node = heap_pop(s.heap, s.place, s.dist)
        else:
            return -1
        if s.state[node] == 2:
            continue
        if a.room[node] > 0:
            return int(node)
        s.state[node] = 2
        if node == sink:
            _settle_sink(g, a, s, limit)
        else:
            _settle_column(g, a, s, node, limit)


@inlined
def _reprice(g: Graph, a: State, s: Search, root: int, reached: int) -> None:
    """Lower the prices of everything settled, so that the path found costs nothing and no arc less than nothing."""
    sink = len(g.capacity)
    a.price_r[root] -= reached
    for number in range(s.counts[0]):
        node = s.seen[number]
        if s.state[node] != 2:
            continue
        change = s.dist[node] - reached
        a.price_c[node] += change
        if node == sink:
            for request in range(len(g.stay)):
                if a.match[request] == STAYS:
                    a.price_r[request] += change
        else:
            request = a.first[node]
            while request >= 0:
                a.price_r[request] += change
                request = a.successor[request]


@inlined
def _move(g: Graph, a: State, request: int, row: int) -> None:
    """Give a request another plan, or none."""
    old = a.match[request]
    if old >= 0:
        node = g.column[old]
        a.usage[node] -= 1
        if a.first[node] == request:
            a.first[node] = a.successor[request]
        else:
            other = a.first[node]
            while a.successor[other] != request:
                other = a.successor[other]
            a.successor[other] = a.successor[request]
    a.match[request] = row
    if row >= 0:
        node = g.column[row]
        a.usage[node] += 1
        a.successor[request] = a.first[node]
        a.first[node] = request


@inlined
def _augment(g: Graph, a: State, s: Search, root: int, target: int) -> None:
    """Walk the path back from its end, moving each request on it."""
    sink = len(g.capacity)
    a.room[target] -= 1
    node = target
    while True:
        via = s.via[node]
        if via == -1:
            node = sink
            continue
        if via < -1:
            node = -2 - via
            continue
        old = a.match[via]
        _move(g, a, via, STAYS if node == sink else s.arc[node])
        if via == root:
            return
        node = sink if old == STAYS else g.column[old]


@inlined
def _clear(s: Search) -> None:
    for number in range(s.counts[0]):
        node = s.seen[number]
        s.state[node] = 0
        s.place[node] = 0
    s.counts[0] = 0
    s.counts[1] = 0
    s.heap[0] = 0


@compiled
def place_all(g: Graph, a: State, s: Search, order: Ints) -> int:
    """Place requests one after another, each along a shortest path; give the first that cannot be placed, or -1."""
    sink = len(g.capacity)
    for request in order:
        least = FAR
        if g.may_stay[request]:
            least = g.stay[request] - a.price_c[sink]
        for row in range(g.edges[request], g.edges[request + 1]):
            least = min(least, g.cost[row] - a.price_c[g.column[row]])
        a.price_r[request] = -least
        target = _search(g, a, s, request, 1)  # most paths cost nothing: no heap is needed to find one
        if target < 0:
            _clear(s)
            target = _search(g, a, s, request, FAR)
        if target < 0:
            return int(request)
        _reprice(g, a, s, request, s.dist[target])
        _augment(g, a, s, request, target)
        _clear(s)
    return -1
