"""Which plans contradict prices: one pass over all pairs, without an array in between."""

from matcher.kernels.compiler import compiled
from matcher.tables import Bools, Ints


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
