"""What is best: ten integers, each strictly before the next, all to be minimised (`matching.md` §3)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.plans import Plans
from matcher.tables import Ints, Tables

ENTRIES: Final = 10
"""Unserved requests and nights without a roof of classes 1 to 4, seniority of the unserved, cost."""
SENIORITY: Final = 8
"""Position of the seniority of the unserved."""
COST: Final = 9
"""Position of the cost."""
UNSERVED: Final = -1
"""The row chosen for a request without a plan."""

Vector = tuple[int, ...]
"""An objective: `ENTRIES` integers, compared from the first."""


def plan_values(tables: Tables, plans: Plans) -> Ints:
    """Give what each plan adds to the objective; shape (plans, `ENTRIES`)."""
    values = np.zeros((len(plans), ENTRIES), dtype=np.int64)
    roofless_entry = 2 * tables.priority[plans.request] - 1
    values[np.arange(len(plans)), roofless_entry] = plans.roofless
    values[:, COST] = plans.cost
    return values


def unserved_values(tables: Tables) -> Ints:
    """Give what each request adds to the objective when it has no plan; shape (requests, `ENTRIES`)."""
    values = np.zeros((len(tables.requests), ENTRIES), dtype=np.int64)
    values[np.arange(len(tables.requests)), 2 * (tables.priority - 1)] = 1
    values[:, SENIORITY] = tables.seniority
    return values


def objective(tables: Tables, plans: Plans, chosen: Ints, requests: Ints | None = None) -> Vector:
    """Add up the objective of an answer.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Plans that ``chosen`` points into.
    chosen : ndarray of int64
        Per request, the row of its plan or `UNSERVED`.
    requests : ndarray of int64, optional
        Count these alone; by default all.

    Returns
    -------
    tuple of int
        The `ENTRIES` integers.
    """
    counted = np.arange(len(tables.requests)) if requests is None else requests
    own = chosen[counted]
    given = plan_values(tables, plans.take(own[own != UNSERVED])).sum(axis=0)
    missing = unserved_values(tables)[counted[own == UNSERVED]].sum(axis=0)
    return tuple(int(entry) for entry in given + missing)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a solver found for some requests.

    Parameters
    ----------
    chosen : ndarray of int64
        Per request of the whole problem, a row of the plans or `UNSERVED`.
    bound : tuple of int
        No answer is better than this, entry by entry up to the first that differs from the objective; the entries
        after it repeat the objective.
    proven : bool
        Whether the answer is the optimum.
    """

    chosen: Ints
    bound: Vector
    proven: bool
