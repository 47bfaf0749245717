"""Parts of a problem that cannot touch each other, and which of them are plain assignments.

Two requests belong together when their plans can meet: in a free interval of a private place, in a shared place, in a
facility where both carry the same separation group, or in a quota. The objective is a sum over requests, so the
lexicographic optimum of the whole is the sum of the parts'.
"""

from dataclasses import dataclass

import numpy as np

from matcher.ledger import quotas_of
from matcher.plans import NONE, Plans
from matcher.tables import Bools, Ints, Tables


@dataclass(frozen=True, slots=True)
class Component:
    """Requests that are solved together.

    Parameters
    ----------
    requests : ndarray of int64
        Ascending.
    assignment : bool
        Whether every plan is one leg in a private place, with neither separation nor quota.
    """

    requests: Ints
    assignment: bool


def _group_resources(tables: Tables, plans: Plans) -> tuple[Ints, Ints]:
    """Give (row, resource) for plans of requests that share a separation group with another request."""
    groups: dict[str, list[int]] = {}
    for index, request in enumerate(tables.requests):
        if request.separation_group is not None:
            groups.setdefault(request.separation_group, []).append(index)
    rows, resources = [], []
    shared_groups = [members for members in groups.values() if len(members) > 1]
    for number, members in enumerate(shared_groups):
        own = np.flatnonzero(np.isin(plans.request, members))
        second = own[plans.last_place[own] != NONE]
        rows += [own, second]
        base = number * len(tables.places)
        resources += [base + tables.facility[plans.place[own]], base + tables.facility[plans.last_place[second]]]
    return _joined(rows), _joined(resources)


def _quota_resources(tables: Tables, plans: Plans) -> tuple[Ints, Ints]:
    """Give (row, resource) for plans that count against a quota."""
    rows, resources = [], []
    for number, quota in enumerate(quotas_of(tables)):
        for place in (plans.place, plans.last_place):
            inside = np.flatnonzero(np.isin(place, list(quota.places)))
            pairs = zip(plans.request[inside], place[inside], strict=True)
            counted = [row for row, pair in zip(inside, pairs, strict=True) if quota.counts(tables, *map(int, pair))]
            rows.append(np.array(counted, dtype=np.int64))
            resources.append(np.full(len(counted), number))
    return _joined(rows), _joined(resources)


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def split(tables: Tables, plans: Plans) -> list[Component]:
    """Split the requests that have plans into components.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every admissible plan.

    Returns
    -------
    list of Component
        All assignment parts as one component first, when there are any; then the others.
    """
    if not len(plans):
        return []
    rows, resources, tied = _uses(tables, plans)
    special = np.zeros(len(tables.requests), dtype=np.bool_)
    special[plans.request[tied]] = True
    special[plans.request[tables.shared[plans.place]]] = True
    if not special.any():
        return [Component(np.unique(plans.request), assignment=True)]
    labels = _labels(plans.request[rows], resources, len(tables.requests))
    return _components(labels, special, np.unique(plans.request))


def touched(tables: Tables, plans: Plans, requests: Bools, places: Bools) -> Ints:
    """Find the requests whose answer may change when some rows have changed and all others are as they were.

    Parameters
    ----------
    tables : Tables
        The problem as it is now.
    plans : Plans
        Every admissible plan.
    requests, places : ndarray of bool
        Which have changed, by index.

    Returns
    -------
    ndarray of int64
        Ascending; every request with a plan that is one of them, has a plan through one of these places, or is in the
        same component as one that is or has.
    """
    if not len(plans):
        return np.zeros(0, dtype=np.int64)
    second = plans.last_place != NONE
    hit = requests[plans.request] | places[plans.place]
    hit[second] |= places[plans.last_place[second]]
    rows, resources, _ = _uses(tables, plans)
    labels = _labels(plans.request[rows], resources, len(tables.requests))
    with_plans = np.unique(plans.request)
    return with_plans[np.isin(labels[with_plans], labels[plans.request[hit]])]


def _uses(tables: Tables, plans: Plans) -> tuple[Ints, Ints, Ints]:
    """Give (row, resource) for all that plans share, and the rows that make of their request no plain assignment."""
    first_shared = len(tables.intervals)
    first_group = first_shared + len(tables.places)
    group_rows, groups = _group_resources(tables, plans)
    quota_rows, quotas = _quota_resources(tables, plans)
    first_quota = first_group + (int(groups.max()) + 1 if len(groups) else 0)
    second = np.flatnonzero(plans.last_place != NONE)
    rows = [np.arange(len(plans)), second, group_rows, quota_rows]
    resources = [
        np.where(tables.shared[plans.place], first_shared + plans.place, plans.interval),
        np.where(
            tables.shared[plans.last_place[second]],
            first_shared + plans.last_place[second],
            plans.last_interval[second],
        ),
        first_group + groups,
        first_quota + quotas,
    ]
    return _joined(rows), _joined(resources), _joined([second, group_rows, quota_rows])


def _labels(request: Ints, resource: Ints, requests: int) -> Ints:
    """Label each request with the smallest one of its connected component."""
    _, resource = np.unique(resource, return_inverse=True)
    label = np.arange(requests)
    while True:
        smallest = np.full(int(resource.max()) + 1, requests)
        np.minimum.at(smallest, resource, label[request])
        better = label.copy()
        np.minimum.at(better, request, smallest[resource])
        better = better[better]
        if np.array_equal(better, label):
            return label
        label = better


def _components(labels: Ints, special: Bools, requests: Ints) -> list[Component]:
    is_special = np.zeros(len(labels), dtype=np.bool_)
    is_special[labels[special]] = True
    plain = requests[~is_special[labels[requests]]]
    others = requests[is_special[labels[requests]]]
    components = [Component(plain, assignment=True)] if len(plain) else []
    return components + [
        Component(others[labels[others] == label], assignment=False) for label in np.unique(labels[others])
    ]
