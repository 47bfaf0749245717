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
NOWHERE: Final = -1
GIVEN_UP: Final = -2
ENDS: Final = -2
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
    row: Ints
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
def _search(g: Graph, a: State, s: Search, limit: int, effort: int) -> int:
    """Go on from the nodes reached to the nearest where a path may end.

    `NOWHERE` when there is none nearer than ``limit``, `GIVEN_UP` when that many nodes are settled without.
    """
    sink = len(g.capacity)
    settled = 0
    while True:
        if s.counts[1] > 0:
            if s.state[sink] == 1 and a.room[sink] > 0 and s.dist[sink] == s.dist[s.waiting[s.counts[1] - 1]]:
                return sink
            s.counts[1] -= 1
            node = int(s.waiting[s.counts[1]])
        elif s.heap[0] > 0:
            node = heap_pop(s.heap, s.place, s.dist)
        else:
            return NOWHERE
        if s.state[node] == 2:
            continue
        if a.room[node] > 0:
            return int(node)
        if settled == effort:
            return GIVEN_UP
        settled += 1
        s.state[node] = 2
        if node == sink:
            _settle_sink(g, a, s, limit)
        else:
            _settle_column(g, a, s, node, limit)


@inlined
def _reprice(g: Graph, a: State, s: Search, roots: Ints, reached: int) -> None:
    """Lower the prices of everything settled, so that the path found costs nothing and no arc less than nothing."""
    sink = len(g.capacity)
    for root in roots:
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
def _augment(g: Graph, a: State, s: Search, target: int) -> None:
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
        if old == WAITS:
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


@inlined
def _price(g: Graph, a: State, request: int) -> None:
    """Price a request that waits by the best it could have."""
    least = FAR
    if g.may_stay[request]:
        least = g.stay[request] - a.price_c[len(g.capacity)]
    for row in range(g.edges[request], g.edges[request + 1]):
        least = min(least, g.cost[row] - a.price_c[g.column[row]])
    a.price_r[request] = -least


@compiled
def place_each(g: Graph, a: State, s: Search, order: Ints, effort: int) -> int:
    """Place requests one after another, each along a shortest path.

    Those whose path is not found among the ``effort`` nearest nodes go on waiting: they come first in ``order``
    afterwards, and what is given back is how many.
    """
    left = 0
    for number in range(len(order)):
        request = order[number]
        _price(g, a, request)
        target = NOWHERE
        for limit in (1, FAR):  # most paths cost nothing: no heap is needed to find one
            _leave(g, a, s, request, (0, limit))
            target = _search(g, a, s, limit, effort)
            if target != NOWHERE:
                break
            _clear(s)
        if target >= 0:
            _reprice(g, a, s, order[number : number + 1], s.dist[target])
            _augment(g, a, s, target)
        else:
            order[left] = request
            left += 1
        _clear(s)
    return left


@inlined
def _free_end(g: Graph, a: State, s: Search, request: int, span: tuple[int, int]) -> int:
    """Go on from a request, over what costs nothing, to the next column nobody came by in this round.

    ``span`` is where to look among its plans. Gives the plan followed, -1 when there is none, or `ENDS` when a path may
    end in the sink by staying.
    """
    price = a.price_r[request]
    sink = len(g.capacity)
    if a.room[sink] > 0 and g.may_stay[request] and g.stay[request] + price == a.price_c[sink]:
        return ENDS
    for row in range(span[0], span[1]):
        node = g.column[row]
        if s.state[node] == 0 and g.cost[row] + price == a.price_c[node]:
            return row
    return -1


@inlined
def _dig(g: Graph, a: State, s: Search, root: int) -> int:
    """Find a path of no cost from a request, depth first, past the columns others came by; `NOWHERE` without one."""
    sink = len(g.capacity)
    depth = 0
    s.waiting[0], s.row[0] = root, g.edges[root]
    while depth >= 0:
        request = s.waiting[depth]
        row = _free_end(g, a, s, request, (s.row[depth], g.edges[request + 1]))
        if row == ENDS:
            s.via[sink] = request
            return sink
        if row < 0:  # somebody else in the column may go instead
            other = a.successor[request] if depth > 0 else -1
            if other >= 0:
                s.waiting[depth], s.row[depth] = other, g.edges[other]
            else:
                depth -= 1
            continue
        s.row[depth] = row + 1
        node = g.column[row]
        s.state[node], s.via[node], s.arc[node] = 2, request, row
        if a.room[node] > 0:
            return int(node)
        if (
            a.room[sink] > 0
            and not g.must_fill[node]
            and a.usage[node] + a.room[node] < g.capacity[node]
            and a.price_c[node] == a.price_c[sink]
        ):
            s.via[sink] = -2 - node
            return sink
        if a.first[node] >= 0:
            depth += 1
            s.waiting[depth], s.row[depth] = a.first[node], g.edges[a.first[node]]
    return NOWHERE


@compiled
def place_together(g: Graph, a: State, s: Search, waiting: Ints, worth: int) -> int:
    """Place requests in rounds: raise what all would give until a path is free, then take every free path.

    Rounds end when they place fewer than ``worth`` requests each for a while, the longer the more wait. Those left come
    first in ``waiting`` afterwards, and what is given back is how many.
    """
    left, most = len(waiting), 8 * worth + len(waiting) // 4
    credit = most
    for request in waiting:
        _price(g, a, request)
    while left > 0 and credit >= 0:
        for request in waiting[:left]:
            _leave(g, a, s, request, (0, FAR))
        target = _search(g, a, s, FAR, FAR)
        if target < 0:
            return left
        _reprice(g, a, s, waiting[:left], s.dist[target])
        _augment(g, a, s, target)
        _clear(s)
        still = 0
        for request in waiting[:left]:
            if a.match[request] == WAITS:
                target = _dig(g, a, s, request)
                if target >= 0:
                    _augment(g, a, s, target)
                else:
                    waiting[still] = request
                    still += 1
        s.state[:] = 0
        credit = min(credit + left - still - worth, most)
        left = still
    return left
