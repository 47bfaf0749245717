"""Prices that prove an assignment optimal, recovered from its residual graph.

A price d per node with cost + d(tail) − d(head) ≥ 0 on every residual arc exists exactly when the residual graph has
no negative cycle, that is when the assignment is optimal (linear-programming duality; all integers, so no rounding).
They are shortest distances from a source linked to every node at cost 0, by Bellman and Ford's method on arrays.
"""

from dataclasses import dataclass

import numpy as np

from matcher.errors import MatcherError
from matcher.objective import UNSERVED
from matcher.tables import Bools, Ints


class NotProvenError(MatcherError):
    """No prices exist: the assignment given is not optimal."""


@dataclass(frozen=True, slots=True)
class Network:
    """Requests, columns (free intervals) and plans between them; every request and column also reaches a sink.

    Parameters
    ----------
    request, column : ndarray of int64
        Ends of each plan.
    requests : int
        How many requests.
    capacity : ndarray of int64
        Per column, how many households it takes.
    """

    request: Ints
    column: Ints
    requests: int
    capacity: Ints

    @property
    def columns(self) -> int:
        """Count the columns."""
        return len(self.capacity)

    def usage(self, match: Ints) -> Ints:
        """Count the households of each column."""
        return np.bincount(self.column[match[match != UNSERVED]], minlength=self.columns)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a stage minimises: the cost of every plan, and of leaving each request unserved."""

    plan: Ints
    stay: Ints


@dataclass(frozen=True, slots=True)
class Face:
    """The assignments still optimal after the stages so far.

    Parameters
    ----------
    plans : ndarray of bool
        Plans that may be used.
    may_stay : ndarray of bool
        Requests that may stay unserved.
    must_fill : ndarray of bool
        Columns that every such assignment fills.
    """

    plans: Bools
    may_stay: Bools
    must_fill: Bools


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of requests, columns and the sink."""

    request: Ints
    column: Ints
    sink: int

    def of_plans(self, network: Network, cost: Ints) -> Ints:
        """Give the reduced cost of every plan."""
        reduced: Ints = cost + self.request[network.request] - self.column[network.column]
        return reduced

    def of_staying(self, cost: Ints) -> Ints:
        """Give the reduced cost of staying unserved, per request."""
        reduced: Ints = cost + self.request - self.sink
        return reduced

    def of_columns(self) -> Ints:
        """Give the reduced cost of the arc from each column to the sink."""
        reduced: Ints = self.column - self.sink
        return reduced


def residual_prices(network: Network, face: Face, active: Ints, costs: Costs, match: Ints) -> Prices:
    """Find prices that prove ``match`` optimal among the active plans of the face.

    Parameters
    ----------
    network : Network
        The whole network.
    face : Face
        Who may stay, and which columns must be filled.
    active : ndarray of int64
        Plans that count; those of the match are among them.
    costs : Costs
        What is minimised.
    match : ndarray of int64
        Per request, its plan or `UNSERVED`.

    Returns
    -------
    Prices
        Unused columns are priced like the sink, the lowest price that proves.

    Raises
    ------
    NotProvenError
        When the residual graph has a negative cycle.
    """
    served = np.flatnonzero(match != UNSERVED)
    stays = np.flatnonzero(match == UNSERVED)
    used = network.column[match[served]]
    price_r, price_c = np.zeros(network.requests, dtype=np.int64), np.zeros(network.columns, dtype=np.int64)
    price_t = 0
    tail, head, cost = network.request[active], network.column[active], costs.plan[active]
    may_leave = served[face.may_stay[served]]
    usage = network.usage(match)
    may_free = np.flatnonzero((usage > 0) & ~face.must_fill)
    spare = (usage < network.capacity) & ~face.must_fill
    changed = np.ones(network.requests, dtype=np.bool_)
    for _ in range(2 * (network.requests + network.columns) + 4):
        rows = np.flatnonzero(changed[tail])
        before_r, before_t = price_r.copy(), price_t
        np.minimum.at(price_c, head[rows], price_r[tail[rows]] + cost[rows])
        price_t = min(
            price_t, int(price_c[spare].min(initial=0)), int((price_r + costs.stay)[may_leave].min(initial=0))
        )
        price_c[may_free] = np.minimum(price_c[may_free], price_t)
        price_r[served] = np.minimum(price_r[served], price_c[used] - costs.plan[match[served]])
        price_r[stays] = np.minimum(price_r[stays], price_t - costs.stay[stays])
        changed = price_r != before_r
        if not changed.any() and price_t == before_t:
            price_c[usage == 0] = price_t
            return Prices(price_r, price_c, price_t)
    raise NotProvenError("the residual graph has a negative cycle: the assignment is not optimal")
