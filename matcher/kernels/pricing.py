"""Which plans contradict prices: one pass over all pairs, without an array in between."""

import numpy as np

from matcher.kernels.compiler import compiled
from matcher.tables import Bools, Ints


@compiled
def negative(request: Ints, column: Ints, cost: Ints, allowed: Bools, price_r: Ints, price_c: Ints) -> Ints:  # noqa: PLR0917 -- compiled code takes arrays one by one
    """Give the allowed plans whose cost + price of the request - price of the column is negative, ascending."""
    count = 0
    for row in range(len(cost)):
        if allowed[row] and cost[row] + price_r[request[row]] < price_c[column[row]]:
            count += 1
    found = np.empty(count, dtype=np.int64)
    count = 0
    for row in range(len(cost)):
        if allowed[row] and cost[row] + price_r[request[row]] < price_c[column[row]]:
            found[count] = row
            count += 1
    return found
