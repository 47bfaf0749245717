"""Everything that is not a plain assignment: constraint programming on what bounds leave open.

1. The relaxed assignment (`matcher.solvers.relaxation`) has an optimum that bounds the true one. Where the whole
   problem has an answer on the face of that optimum, it is found among few plans, and proven.
2. Otherwise the entries are minimised one after another, each fixed before the next: those of a class without the
   requests of later ones, and without telling free intervals of one sort apart (`matcher.solvers.part`); the cost last,
   on all plans. A linear programme bounds an entry (`matcher.solvers.linear`, exact); an answer of value v can use only
   variables whose reduced cost is at most v − bound, and CP-SAT minimises the entry among those.

One worker and deterministic time limits make the answer the same on every machine.
"""

from typing import Final

import numpy as np

from matcher.greedy import give, serve
from matcher.ledger import Ledger
from matcher.objective import COST, ENTRIES, SENIORITY, UNSERVED, Outcome, Vector, objective
from matcher.plans import Plans
from matcher.residents import Residents
from matcher.solvers.linear import linear_bound
from matcher.solvers.model import Question, Reply, ask
from matcher.solvers.part import Part
from matcher.solvers.relaxation import relaxed_network, relaxed_optima
from matcher.tables import Bools, Ints, Tables

ATTEMPT_SHARE: Final = 0.1
"""Share of the time left that the relaxed face, or one linear programme, may take."""
MINIMISE_SHARE: Final = 0.5
"""Share of the time left that one entry may take."""
LAST_CLASS: Final = SENIORITY // 2
"""The classes are 1 to this one."""
RELAXED_PLANS: Final = 25_000
"""Plans up to which the relaxed assignment is worth a try."""
FIRST_RISE: Final = 256
"""The first search for a cost looks this part of the bound above it."""


def solve_component(
    tables: Tables, plans: Plans, requests: Ints, start: Ints, *, seed: int, deterministic_limit: float
) -> Outcome:
    """Solve one component entry by entry.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every admissible plan of the requests.
    requests : ndarray of int64
        The requests, ascending; each has a plan.
    start : ndarray of int64
        An answer to start from, per request of the whole problem: rows of ``plans`` or `UNSERVED`.
    seed : int
        Fixes the choice among equal answers.
    deterministic_limit : float
        Units of the solver's deterministic time for the whole component.

    Returns
    -------
    Outcome
        Never worse than ``start``.
    """
    search = _Search(tables, plans, requests, start, seed=seed, left=deterministic_limit)
    if not search.relaxed():
        for priority in range(1, LAST_CLASS + 1):
            search.serve(priority)
        search.cost()
    return search.outcome()


class _Search:
    """A component being solved: the best answer so far, what is proven of it, the time left."""

    def __init__(self, tables: Tables, plans: Plans, requests: Ints, start: Ints, *, seed: int, left: float) -> None:
        self._tables, self._plans, self._requests = tables, plans, requests
        self._residents = Residents(tables)
        self._chosen, self._seed, self._left = start, seed, left
        # Of each entry, what no answer that equals this one before it is below; as far as it is known.
        self._lower: list[int] = []
        self._fixed: list[int] = []
        # Plans that an answer as good in the entries fixed so far can use.
        self._open: Bools = np.ones(len(plans), dtype=np.bool_)

    def _vector(self, chosen: Ints) -> Vector:
        return objective(self._tables, self._plans, chosen, self._requests)

    def relaxed(self) -> bool:
        """Look for an answer among the optima of the relaxed assignment, which proves all entries."""
        if len(self._plans) > RELAXED_PLANS:
            return False
        tables, plans, requests = self._tables, self._plans, self._requests
        steps = list(relaxed_optima(tables, plans, requests, relaxed_network(tables, plans, requests), seed=self._seed))
        face, values = steps[-1].face, [step.value for step in steps]
        part = Part(tables, plans, requests, np.flatnonzero(face.plans), with_cost=True)
        allowed = np.ones(len(part.program.values), dtype=np.bool_)
        allowed[np.flatnonzero(~face.may_stay)] = False
        reply = self._ask(Question(part.program.within(values), allowed, part.point(self._chosen)), ATTEMPT_SHARE)
        if reply.point is not None:
            self._chosen, self._lower = part.read(reply.point), values
        return reply.point is not None

    def serve(self, priority: int) -> None:
        """Minimise the entries of a class; with those of the last one, the seniority of the unserved."""
        of_class = self._tables.priority[self._requests]
        entries = range(2 * priority - 2, 2 * priority + (priority == LAST_CLASS))
        if priority < LAST_CLASS and not (of_class == priority).any():
            for _ in entries:
                self._settle(0, 0)
            return
        members = self._requests[of_class <= priority]
        self._minimise(members, entries)

    def cost(self) -> None:
        """Minimise the cost."""
        self._minimise(self._requests, range(COST, COST + 1))

    def _minimise(self, members: Ints, entries: range) -> None:
        """Minimise some entries without the requests outside, fix them, and serve the others beside."""
        part = Part(self._tables, self._plans, members, np.flatnonzero(self._open), with_cost=COST in entries)
        allowed, chosen = np.ones(len(part.program.values), dtype=np.bool_), part.of_members(self._chosen)
        for number in entries:
            chosen, allowed = self._minimise_one(part, number, chosen, allowed)
        self._open &= part.open_rows(allowed)
        self._chosen = min(self._chosen, self._completed(chosen, part), key=self._vector)

    def _minimise_one(self, part: Part, number: int, chosen: Ints, allowed: Bools) -> tuple[Ints, Bools]:
        """Minimise the next entry; give the answer, and the variables that its equals can use."""
        value, lower = self._vector(chosen)[number], 0
        if value > lower and self._left > 0:
            rows, cost = part.program.within(self._fixed), part.program.values[:, number]
            bound = linear_bound(rows.matrix(allowed), cost, allowed, MINIMISE_SHARE * self._left)
            self._left -= bound.effort
            lower = max(lower, bound.least)
            rise = 1 + lower // FIRST_RISE if number == COST else value
            while lower < value and self._left > 0:
                target = min(lower + rise, value - 1)
                within = allowed & bound.within(target)
                reply = self._ask(Question(rows, within, part.point(chosen), cost, (lower, target)), MINIMISE_SHARE)
                if reply.point is not None:
                    chosen = part.read(reply.point)
                    value = self._vector(chosen)[number]
                lower = target + 1 if reply.least is None else min(reply.least, target + 1)
                if reply.least is not None:
                    break
                rise *= 4
            allowed = allowed & bound.within(value)
        self._settle(value, lower)
        return chosen, allowed

    def _settle(self, value: int, lower: int) -> None:
        self._fixed.append(value)
        self._lower.append(lower)

    def _completed(self, chosen: Ints, part: Part) -> Ints:
        """Serve the requests outside a part as greedy would, beside those inside."""
        whole = chosen.copy()
        outside = np.setdiff1d(self._requests, part.requests)
        if len(outside):
            ledger = Ledger(self._tables, self._residents)
            for row in chosen[chosen != UNSERVED].tolist():
                give(self._tables, ledger, self._plans, row)
            serve(self._tables, ledger, self._plans, outside, whole)
        return whole

    def outcome(self) -> Outcome:
        """Give the answer with its bound."""
        vector = self._vector(self._chosen)
        short = next((number for number in range(ENTRIES) if vector[number] > self._lower[number]), None)
        if short is None:
            return Outcome(self._chosen, vector, proven=True)
        return Outcome(self._chosen, (*vector[:short], self._lower[short], *vector[short + 1 :]), proven=False)

    def _ask(self, question: Question, share: float) -> Reply:
        reply = ask(question, seed=self._seed, limit=share * self._left)
        self._left -= reply.effort
        return reply
