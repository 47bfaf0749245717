"""Why a request has no place: how many places still stand after each rule."""

from typing import Final

import numpy as np
import numpy.typing as npt

from matcher.ledger import Ledger, legs_of
from matcher.legs import feasible_legs
from matcher.plans import NONE, Plans, plans_of_legs
from matcher.rules import RULE_INDEX, RULES, TAKEN
from matcher.standing import excluded_by
from matcher.tables import Bools, Tables

Codes = npt.NDArray[np.str_]
_CODE: Final = f"U{max(len(rule.code) for rule in RULES)}"
_AVAILABLE = RULE_INDEX["not_available"]
_BESIDE = frozenset({"separation", "adult_with_minor", "quota_full"})


def funnel(tables: Tables, ledger: Ledger, request: int) -> tuple[tuple[str, int], ...]:
    """Count the places that stand after each rule, for one request without a plan.

    A place stands while one plan using it passes the rules so far on all its legs.

    Parameters
    ----------
    tables : Tables
        The problem.
    ledger : Ledger
        Everyone else's plans.
    request : int
        Which request.

    Returns
    -------
    tuple of tuple of str and int
        One row per rule in the order of `RULES`, zeros included, and a last row `TAKEN`.
    """
    places = np.arange(len(tables.places))
    roomy = ~excluded_by(tables, RULES[0].code, request, places)
    legs = feasible_legs(tables, request, np.flatnonzero(roomy[tables.intervals.place]))
    plans = plans_of_legs(tables, request, legs)
    rows = [(RULES[0].code, int(roomy.sum()))]
    for rule in RULES[_AVAILABLE:]:
        if rule.code not in _BESIDE and rule.code != "not_available":
            excluded = excluded_by(tables, rule.code, request, places)
            plans = plans.take(~_touch(plans, excluded))
        if rule.code == "separation":
            refusals = _refusals(tables, ledger, plans)
        if rule.code in _BESIDE:
            plans, refusals = plans.take(refusals != rule.code), refusals[refusals != rule.code]
        rows.append((rule.code, _standing(tables, plans)))
    rows.append((TAKEN, _standing(tables, plans.take(refusals != TAKEN))))
    return tuple(rows)


def _touch(plans: Plans, excluded: Bools) -> Bools:
    """Tell which plans have a leg in an excluded place."""
    touched: Bools = excluded[plans.place] | ((plans.last_place != NONE) & excluded[plans.last_place])
    return touched


def _standing(tables: Tables, plans: Plans) -> int:
    """Count the places that some plan uses."""
    used = np.zeros(len(tables.places) + 1, dtype=np.bool_)  # the last one stands for no second leg
    used[plans.place] = True
    used[plans.last_place] = True
    return int(used[:-1].sum())


def _refusals(tables: Tables, ledger: Ledger, plans: Plans) -> Codes:
    """Give, per plan, the earliest rule by which the ledger refuses one of its legs; empty when it accepts them."""
    order = [*sorted(_BESIDE, key=RULE_INDEX.__getitem__), TAKEN]
    plain = ledger.only_beds_matter(plans)
    found = np.where(plain & ledger.private_taken[plans.interval], TAKEN, "").astype(_CODE)
    for row in np.flatnonzero(~plain):
        codes = [code for leg in legs_of(tables, plans, int(row)) if (code := ledger.refusal(leg)) is not None]
        found[row] = min(codes, key=order.index, default="")
    return found
