"""Which plans a stage starts from and which contradict its prices: one pass over all pairs, no array in between."""

from typing import Final

from matcher.kernels.compiler import compiled, inlined
from matcher.tables import Bools, Ints

SCATTER: Final = 40_503
"""Odd: multiplied by it, neighbours among 65 536 numbers lie far apart."""


@compiled
def negative(  # noqa: PLR0917 -- compiled code takes arrays one by one
    request: Ints, column: Ints, cost: Ints, allowed: Bools, price_r: Ints, price_c: Ints, found: Ints
) -> int:
    """List the allowed plans whose cost + price of the request - price of the column is negative, ascending.

    They are written to ``found`` as far as it goes; what is given back is how many there are.
    """
    count = 0
    for row in range(len(cost)):
        if allowed[row] and cost[row] + price_r[request[row]] < price_c[column[row]]:
            if count < len(found):
                found[count] = row
            count += 1
    return count


@inlined
def _after(cost: Ints, one: int, other: int) -> bool:
    """Tell whether a plan comes after another: by cost, and among equals scattered, so that requests differ."""
    if cost[one] != cost[other]:
        return bool(cost[one] > cost[other])
    return (one * SCATTER) & 0xFFFF > (other * SCATTER) & 0xFFFF


@compiled
def cheapest(edges: Ints, cost: Ints, allowed: Bools, kept: Ints, marked: Bools) -> None:
    """Mark the cheapest allowed plans of each request, as many as ``kept`` has room for."""
    for request in range(len(edges) - 1):
        count, last = 0, 0  # ``last`` is where the plan stands that leaves next
        for row in range(edges[request], edges[request + 1]):
            if not allowed[row]:
                continue
            if count < len(kept):
                kept[count] = row
                count += 1
            elif _after(cost, kept[last], row):
                kept[last] = row
            else:
                continue
            if count == len(kept):
                for other in range(count):
                    if _after(cost, kept[other], kept[last]):
                        last = other
        for number in range(count):
            marked[kept[number]] = True
