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
    interval = np.where(plans.last_place == NONE, plans.interval, plans.last_interval)
    columns, column = np.unique(interval, return_inverse=True)
    return Network(
        np.searchsorted(requests, plans.request), column, len(requests), _capacity(tables, plans, columns, column)
    )


def _capacity(tables: Tables, plans: Plans, columns: Ints, column: Ints) -> Ints:
    """Count the households each column takes at most: one, or in a shared place as many as the smallest one allows."""
    shared = tables.shared[tables.intervals.place[columns]]
    smallest = np.full(len(columns), np.iinfo(np.int64).max)
    for row in np.flatnonzero(shared[column]):
        beds, _ = bed_demand(tables, int(plans.request[row]), columns[column[row] : column[row] + 1])
        smallest[column[row]] = min(smallest[column[row]], beds[0])
    many = np.where(smallest == 0, len(tables.requests), tables.intervals.beds[columns] // np.maximum(smallest, 1))
    capacity: Ints = np.where(shared, many, 1)
    return capacity


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
