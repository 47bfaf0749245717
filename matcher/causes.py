"""Why a request has no place, and what would have to be different for it alone (`matching.md` §6).

**Binding sets.** Lifting the rules of a set S for r alone allows exactly those of its plans p whose broken rules V(p)
lie in S. r uses one plan, so the optimum gets better under S iff some p with V(p) ⊆ S *improves*: the best answer in
which r is given p is better than the one shown in entries 1 to 9. A smallest S is therefore V(p) of an improving p, and
the binding sets are the smallest such V(p). Plans are tried by the number of rules they break; the first number with an
improving plan ends the search.

**Whether p improves** costs one path: those who make room for it (`matcher.rerouting`). It is the exact answer for
one leg in the private place of an assignment part, beside nobody's separation or quota; elsewhere it proves
that p does not improve, or the ledger accepts p beside everyone as they stand, which always improves (one more is
served), or what p touches is solved again (`matcher.retrial`).
"""

from collections.abc import Mapping

import numpy as np

from matcher.ledger import Ledger, legs_of, quotas_of
from matcher.lifted import MOST_RULES, LiftedPlans, Lifting, broken_by, keep, rules_of
from matcher.objective import UNSERVED
from matcher.optimise import Optimum
from matcher.plans import NONE
from matcher.retrial import Retrial
from matcher.room import Room
from matcher.rules import TAKEN
from matcher.solution import Cause, Reason
from matcher.tables import Bools


def causes(found: Optimum, ledger: Ledger, limit: float) -> Mapping[str, Cause]:
    """Find the binding sets, or the reason, of every unserved request.

    Parameters
    ----------
    found : Optimum
        The answer.
    ledger : Ledger
        Everyone's plans.
    limit : float
        Deterministic time for what has to be solved again, for all requests together.

    Returns
    -------
    mapping of str to Cause
        Request → its cause.
    """
    unserved = np.flatnonzero(found.outcome.chosen == UNSERVED).tolist()
    if not unserved:
        return {}
    search = _Search(found, ledger, limit)
    return {found.tables.requests[request].id: search.cause(request) for request in unserved}


class _Search:
    def __init__(self, found: Optimum, ledger: Ledger, limit: float) -> None:
        self._found, self._ledger = found, ledger
        self._lifting = Lifting(found.tables, found.residents)
        self._room = Room(found)
        self._retrial = Retrial(found, self._room, limit)
        self._used_up = [quota for quota in quotas_of(found.tables) if quota.quota.remaining == 0]

    def cause(self, request: int) -> Cause:
        unproven = not self._found.outcome.proven
        for size in range(1, MOST_RULES + 1):
            lifted = self._lifting.plans(request, size)
            lifted = keep(lifted, self._room.may_improve(request, lifted.plans) & ~self._used_up_by(lifted))
            binding, undecided = self._binding(request, lifted)
            unproven |= undecided
            if binding:
                return Cause(tuple(rules_of(mask) for mask in binding), None, unproven)
        return Cause((), self._reason(request), unproven)

    def _binding(self, request: int, lifted: LiftedPlans) -> tuple[list[int], bool]:
        """Give the masks that bind, and whether some could not be decided."""
        plans = lifted.plans
        certain = self._ledger.only_beds_matter(plans) & self._room.exact[plans.interval]
        binding = set(lifted.mask[certain].tolist())
        hard: dict[int, LiftedPlans] = {}
        for mask in broken_by(lifted.mask[~certain]):
            if mask not in binding:
                left = self._refused(keep(lifted, lifted.mask == mask))
                if left is None:
                    binding.add(mask)
                else:
                    hard[mask] = left
        undecided = False
        for mask in self._worth_asking(request, lifted, hard):
            verdict = self._retrial.improves(request, hard[mask].plans)
            undecided |= verdict is None
            if verdict:
                binding.add(mask)
        return broken_by(np.array(sorted(binding), dtype=np.int64)), undecided

    def _worth_asking(self, request: int, lifted: LiftedPlans, hard: dict[int, LiftedPlans]) -> list[int]:
        """Leave hard masks out together when all their plans at once do not improve."""
        masks = list(hard)
        together = keep(lifted, np.isin(lifted.mask, masks))
        if len(masks) > 1 and self._retrial.improves(request, together.plans) is False:
            return []
        return masks

    def _refused(self, lifted: LiftedPlans) -> LiftedPlans | None:
        """Give the plans that others stand in the way of; None when one is accepted, so that it improves.

        On an `exact` free interval others can be moved at the price already found worth while, by moves among
        requests that no separation or quota concerns: there `TAKEN` is no refusal.
        """
        plans = lifted.plans
        for row in range(len(plans)):
            legs = legs_of(self._found.tables, plans, row)
            movable = len(legs) == 1 and bool(self._room.exact[plans.interval[row]])
            accepted = {None, TAKEN} if movable else {None}
            if all(self._ledger.refusal(leg) in accepted for leg in legs):
                return None
        return lifted

    def _used_up_by(self, lifted: LiftedPlans) -> Bools:
        """Tell which plans count against a quota that allows nobody."""
        plans, tables = lifted.plans, self._found.tables
        full = np.zeros(len(plans), dtype=np.bool_)
        for quota in self._used_up:
            for row in range(len(plans)):
                places = {int(plans.place[row]), int(plans.last_place[row])} - {NONE}
                full[row] |= any(quota.counts(tables, int(plans.request[row]), place) for place in places)
        return full

    def _reason(self, request: int) -> Reason:
        rows = self._found.plans.rows_of(request)
        plans = self._found.plans.take(np.arange(rows.start, rows.stop))
        own = LiftedPlans(plans, np.zeros(len(plans), dtype=np.int64))
        if (~self._used_up_by(own)).any():
            return "outranked"
        return "all_taken" if self._lifting.some_place_passes(request) else "no_place"
