"""Plans as stays, and the rows that tie the bridge of a plan to its lasting leg.

Let a request's plans begin on night a. L(m) are its lasting legs from night m, B(m) its bridges left on night m.
One row Σ B(m) = Σ L(m) per m replaces every pair, except that the places of the two differ: so, per place u where both
could be, Σ B(m) in u + Σ L(m) in u ≤ Σ L(m). Together they are *all* that pairs would say, even of fractions: a
transport from bridges to lasting legs that forbids pairs of the same place exists iff no set of bridges is larger
than what it can reach (Hall), a set in two places reaches everything, and a set in u all but u.

A bridge whose last night nobody else notices (a private place, no separation group) need not say when it ends. It is
one variable F(e), e the last night it could be left on, and can reach every L(m) with m ≤ e. The sets of
lasting legs reached are nested, so Hall's condition is one row per night t:
Σ L(m ≥ t) ≤ Σ F(e ≥ t) + Σ B(m ≥ t), with equality over all nights, and Σ B(m) ≤ Σ L(m) for bridges that say when.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher import costs
from matcher.objective import COST
from matcher.plans import NONE, Plans
from matcher.residents import mixing_matters
from matcher.solvers.rows import Rows
from matcher.tables import Bools, Ints, Tables

_WIDEST: Final = 2**62
"""Numbers that stand for rows stay below this."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Requests in places, as columns of equal length.

    Parameters
    ----------
    variable : ndarray of int64
        Which choice makes the stay.
    request, place, interval : ndarray of int64
        Who and where.
    start, end : ndarray of int64
        Nights [start, end); of a bridge that does not say when it ends, the latest end.
    begins : ndarray of bool
        Whether it is the first leg of its plan.
    """

    variable: Ints
    request: Ints
    place: Ints
    interval: Ints
    start: Ints
    end: Ints
    begins: Bools


class Ties:
    """The choices that plans are made of: whole plans, bridges, lasting legs.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Of some requests.
    offset : int
        Number of the first variable.

    Attributes
    ----------
    stays : Stays
        Of all choices.
    first, second : ndarray of int64
        Per plan, the variables of its legs; twice the same where one variable is the plan.
    """

    def __init__(self, tables: Tables, plans: Plans, offset: int) -> None:
        self._tables, self._plans = tables, plans
        two = np.flatnonzero(plans.last_place != NONE)
        apart = is_product(plans, two)
        # Where some pair is missing (plans asked about one by one), pairs stay pairs.
        self._whole = np.sort(np.concatenate([np.flatnonzero(plans.last_place == NONE), two[~apart]]))
        pairs = two[apart]
        loose = _is_loose(tables, plans, pairs)
        said = np.where(loose, NONE, plans.move[pairs])
        bridges, of_bridge = distinct(plans.request[pairs], plans.interval[pairs], said)
        lasts, of_last = distinct(plans.request[pairs], plans.start[pairs], plans.last_interval[pairs])
        self._bridges, self._lasts, self._loose = pairs[bridges], pairs[lasts], loose[bridges]
        self._reach = np.full(len(bridges), NONE)
        np.maximum.at(self._reach, of_bridge, plans.move[pairs])
        self._first_bridge = offset + len(self._whole)
        self._first_last = self._first_bridge + len(bridges)
        self.first, self.second = np.zeros(len(plans), dtype=np.int64), np.zeros(len(plans), dtype=np.int64)
        self.first[self._whole] = self.second[self._whole] = offset + np.arange(len(self._whole))
        self.first[pairs], self.second[pairs] = self._first_bridge + of_bridge, self._first_last + of_last
        self.stays = self._stays()

    def _stays(self) -> Stays:
        plans, whole = self._plans, self._whole
        again = whole[plans.last_place[whole] != NONE]
        first = np.concatenate([whole, self._bridges])
        last = np.concatenate([self._lasts, again])
        rows = np.concatenate([first, last])
        begins = np.arange(len(rows)) < len(first)
        return Stays(
            np.concatenate([self.first[first], self.second[last]]),
            plans.request[rows],
            np.where(begins, plans.place[rows], plans.last_place[rows]),
            np.where(begins, plans.interval[rows], plans.last_interval[rows]),
            np.where(begins, plans.start[rows], plans.move[rows]),
            np.concatenate([plans.move[whole], self._reach, plans.end[last]]),
            begins,
        )

    def values(self, of_plans: Ints) -> Ints:
        """Share what plans add to the objective among their choices; ``of_plans``: per plan, all entries."""
        bridges = np.zeros((len(self._bridges), of_plans.shape[1]), dtype=np.int64)
        bridges[:, COST] = self._bridge_cost(self._bridges)
        lasts = of_plans[self._lasts]
        lasts[:, COST] -= self._bridge_cost(self._lasts)
        return np.concatenate([of_plans[self._whole], bridges, lasts])

    def _bridge_cost(self, rows: Ints) -> Ints:
        """Give the bridge's part of the cost: its terms, less the change it spares when it is the place sent."""
        request, place = self._plans.request[rows], self._plans.place[rows]
        spared = self._tables.problem.policy.weights.change * (place == self._tables.sent[request])
        cost: Ints = costs.leg_cost(self._tables, request, place, self._plans.interval[rows]) - spared
        return cost

    def state(self, rows: Rows) -> None:
        """Add the rows that tie bridges to lasting legs."""
        plans = self._plans
        examples = np.concatenate([self._bridges, self._lasts])
        _, group = distinct(plans.request[examples], plans.start[examples])
        order = np.argsort(group, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            if len(members):
                into = members[members < len(self._bridges)]
                self._state_together(rows, into, members[members >= len(self._bridges)] - len(self._bridges))

    def _state_together(self, rows: Rows, into: Ints, out: Ints) -> None:
        """Tie the bridges of one request and first night to the lasting legs."""
        move = self._plans.move[self._lasts[out]]
        bridges, lasts = self._first_bridge + into, self._first_last + out
        loose, reach = self._loose[into], self._reach[into]
        moves = np.unique(move).tolist()
        for night in moves:
            says = ~loose & (reach == night)
            self._apart(rows, into[says], out[move == night])
            if not loose.any():
                rows.equal(bridges[says].tolist(), lasts[move == night].tolist())
                continue
            if says.any():
                rows.at_most_as_many(bridges[says].tolist(), lasts[move == night].tolist())
            if night == moves[0]:
                rows.equal(bridges.tolist(), lasts.tolist())
            elif (reach < night).any():
                rows.at_most_as_many(lasts[move >= night].tolist(), bridges[reach >= night].tolist())

    def _apart(self, rows: Rows, into: Ints, out: Ints) -> None:
        """Keep bridge and lasting leg of one plan in different places."""
        from_place, to_place = self._plans.place[self._bridges[into]], self._plans.last_place[self._lasts[out]]
        for place in np.intersect1d(from_place, to_place).tolist():
            here = self._first_bridge + into[from_place == place]
            rows.at_most_as_many(here.tolist(), (self._first_last + out[to_place != place]).tolist())


def is_product(plans: Plans, rows: Ints) -> Bools:
    """Tell of plans of two legs whether any bridge and lasting leg of the same nights make a plan, places apart."""
    _, group = distinct(plans.request[rows], plans.start[rows], plans.move[rows])
    groups = int(group.max(initial=-1)) + 1
    bridge, _ = distinct(group, plans.interval[rows])
    last, _ = distinct(group, plans.last_interval[rows])
    many = len(plans) and int(max(plans.place.max(), plans.last_place.max())) + 1
    here = np.bincount(group[bridge] * many + plans.place[rows[bridge]], minlength=groups * many)
    there = np.bincount(group[last] * many + plans.last_place[rows[last]], minlength=groups * many)
    pairs = np.bincount(group[bridge], minlength=groups) * np.bincount(group[last], minlength=groups)
    same = (here * there).reshape(groups, many).sum(axis=1) if groups else pairs
    complete: Bools = (np.bincount(group, minlength=groups) == pairs - same)[group]
    return complete


def keep_legs(plans: Plans, rows: Ints, keep: Bools) -> Bools:
    """Keep of plans of two legs also those whose two legs are both kept for others, so that any two still pair."""
    kept = keep.copy()
    complete = is_product(plans, rows)
    request = plans.request[rows]
    _, bridge = distinct(request, plans.interval[rows])
    _, last = distinct(request, plans.start[rows], plans.last_interval[rows])
    used = [np.bincount(leg, weights=keep, minlength=len(rows)) > 0 for leg in (bridge, last)]
    kept[complete] = (used[0][bridge] & used[1][last])[complete]
    return kept


def _is_loose(tables: Tables, plans: Plans, pairs: Ints) -> Bools:
    """Tell whose bridge need not say when it ends: nobody minds, and it reaches every night before its last."""
    request, place = plans.request[pairs], plans.place[pairs]
    several = np.bincount(tables.intervals.place, minlength=len(tables.places)) > 1
    nights, of_night = distinct(request, plans.start[pairs], plans.move[pairs])
    _, bridge = distinct(request, plans.interval[pairs])
    reach = np.full(int(bridge.max(initial=-1)) + 1, NONE)
    np.maximum.at(reach, bridge, plans.move[pairs])
    left, _ = distinct(bridge, plans.move[pairs])
    # The how-manieth night of its request and first night each move is.
    _, group = distinct(request[nights], plans.start[pairs][nights])
    rank = np.arange(len(nights)) - np.searchsorted(group, group)
    furthest = np.flatnonzero(plans.move[pairs] == reach[bridge])
    most = np.zeros(len(reach), dtype=np.int64)
    most[bridge[furthest]] = rank[of_night[furthest]] + 1
    nested = np.bincount(bridge[left], minlength=len(reach)) == most
    loose: Bools = nested[bridge] & ~several[place] & ~minding(tables, request, place)
    return loose


def minding(tables: Tables, request: Ints, place: Ints) -> Bools:
    """Tell of stays whether the nights they take could matter to somebody else than by the free interval."""
    mixed = np.array([mixing_matters(tables, each) for each in range(len(tables.places))], dtype=np.bool_)
    grouped = np.array([household.separation_group is not None for household in tables.requests], dtype=np.bool_)
    minds: Bools = mixed[place] | grouped[request]
    return minds


def distinct(*columns: Ints) -> tuple[Ints, Ints]:
    """Give, of rows, the first of each distinct one in sorted order, and of each row which of them it equals."""
    code, many = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        low = int(column.min(initial=0))
        width = int(column.max(initial=0)) - low + 1
        if many * width >= _WIDEST:
            kinds, code = np.unique(code, return_inverse=True)
            many = len(kinds)
        code, many = code * width + column - low, many * width
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    return first, inverse
