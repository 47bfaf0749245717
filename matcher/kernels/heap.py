"""A binary heap of numbered nodes whose keys may decrease, on arrays made once."""

from matcher.kernels.compiler import inlined
from matcher.tables import Ints

# state: heap[0] holds how many nodes there are, heap[1:] the nodes; place[node] is its position in heap, 0 when absent.


@inlined
def heap_push(heap: Ints, place: Ints, key: Ints, node: int) -> None:
    """Put a node in the heap, or move it up after its key fell."""
    at = place[node]
    if at == 0:
        heap[0] += 1
        at = heap[0]
    while at > 1:
        parent = at >> 1
        other = heap[parent]
        if key[other] <= key[node]:
            break
        heap[at] = other
        place[other] = at
        at = parent
    heap[at] = node
    place[node] = at


@inlined
def heap_pop(heap: Ints, place: Ints, key: Ints) -> int:
    """Take the node with the smallest key out of a heap that is not empty."""
    first, last = int(heap[1]), heap[heap[0]]
    heap[0] -= 1
    place[first] = 0
    size = heap[0]
    if size == 0:
        return first
    at = 1
    while True:
        child = 2 * at
        if child > size:
            break
        if child < size and key[heap[child + 1]] < key[heap[child]]:
            child += 1
        if key[last] <= key[heap[child]]:
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = last
    place[last] = at
    return first
