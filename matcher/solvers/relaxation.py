"""A component with its difficult rules left out: an assignment, so solved and proven in no time.

Left out are separation, mixing, quotas, beds in shared places (a free interval takes as many households as
the smallest one would allow) and the bridge of a plan of two legs (its lasting leg counts). Whatever the whole problem
allows the relaxed one does, so its optimum bounds the true one entry by entry; and while the true optimum reaches the
bound, it lies on the relaxed optimum's face, which is small.
"""

from collections.abc import Iterator

import numpy as np

from matcher.legs import bed_demand
from matcher.objective import ENTRIES, plan_values, unserved_values
from matcher.plans import NONE, Plans
from matcher.solvers.flow import Optimum, optima
from matcher.solvers.prices import Costs, Network
from matcher.tables import Ints, Tables


def relaxed_network(tables: Tables, plans: Plans, requests: Ints) -> Network:
    """Build the relaxed assignment of a component.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every admissible plan of the requests.
    requests : ndarray of int64
        The requests, ascending.

    Returns
    -------
    Network
        One column per free interval that some plan ends in.
    """
    interval = last_interval(plans)
    columns, column = np.unique(interval, return_inverse=True)
    capacity, _ = capacities(tables, plans, interval)
    return Network(np.searchsorted(requests, plans.request), column, len(requests), capacity[columns])


def last_interval(plans: Plans) -> Ints:
    """Give the free interval in which each plan ends."""
    last: Ints = np.where(plans.last_place == NONE, plans.interval, plans.last_interval)
    return last


def capacities(tables: Tables, plans: Plans, column: Ints) -> tuple[Ints, Ints]:
    """Count the households that each free interval takes at most.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Who could come.
    column : ndarray of int64
        Per plan, the free interval.

    Returns
    -------
    tuple of ndarray of int64
        Per free interval: households, one where it is private; and the fewest beds that a plan takes there.
    """
    free = tables.intervals
    shared = tables.shared[free.place]
    unknown = np.iinfo(np.int64).max
    smallest = np.full(len(free), unknown)
    rows = np.flatnonzero(shared[column])
    for request in np.unique(plans.request[rows]).tolist():
        own = rows[plans.request[rows] == request]
        beds, _ = bed_demand(tables, request, column[own])
        np.minimum.at(smallest, column[own], beds)
    everybody = len(tables.requests) + 1
    many = np.where(smallest == 0, everybody, free.beds // np.maximum(smallest, 1))
    many = np.where(smallest == unknown, everybody, many)
    return np.where(shared, many, 1), np.where(smallest == unknown, 0, smallest)


def relaxed_optima(tables: Tables, plans: Plans, requests: Ints, network: Network, *, seed: int) -> Iterator[Optimum]:
    """Minimise the entries of the objective one after another on the relaxed assignment.

    Yields
    ------
    Optimum
        Of each entry of the objective, in order, among the optima of those before.
    """
    of_plans, of_staying = plan_values(tables, plans), unserved_values(tables)[requests]
    costs = (Costs(of_plans[:, number], of_staying[:, number]) for number in range(ENTRIES))
    yield from optima(network, costs, seed=seed)
