"""Assignment components: integer minimum-cost flow, stage by stage, each proven on every pair.

A stage minimises some entries of the objective (`matcher.stages`). Its optimum is proven by prices that leave no
residual arc a negative reduced cost (`matcher.solvers.prices`): primal equals dual in exact integers. The next
stage keeps exactly the assignments that are optimal so far, which complementary slackness tells from the prices:
plans of reduced cost 0, and those that every optimal assignment uses.

Each stage starts from a few plans of each request and adds plans that the prices find worth while until none is:
the flow stays small, and the proof covers all pairs.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from matcher.errors import MatcherError
from matcher.objective import UNSERVED, Outcome, objective
from matcher.plans import Plans
from matcher.solvers import augment
from matcher.solvers.prices import Costs, Face, Network, Prices, residual_prices
from matcher.stages import stages
from matcher.tables import Bools, Ints, Tables

FIRST_PLANS: Final = 24
"""Plans of each request that a stage starts from; the pricing loop adds what is missing."""

REPAIRED_SHARE: Final = 0.04
"""Share of requests that may contradict the prices for them alone to be placed anew (compiled code alone)."""
HASH_BITS: Final = 32
"""Bits of the draw among equal answers: two share a draw once in 10 000 nights of 100 000 open plans."""


class FlowError(MatcherError):
    """The flow solver refused a network that was stated correctly; a defect, never the caller's fault."""


def solve_assignment(tables: Tables, plans: Plans, requests: Ints, *, seed: int) -> Outcome:
    """Find and prove the lexicographic optimum of assignment components.

    Parameters
    ----------
    tables : Tables
        The problem.
    plans : Plans
        Every admissible plan of the requests: one leg, in a private place.
    requests : ndarray of int64
        The requests, ascending; each has a plan.
    seed : int
        Fixes the choice among equal answers.

    Returns
    -------
    Outcome
        Always proven.

    Raises
    ------
    FlowError, NotProvenError
        When the solver fails, or its answer is not optimal: defects.
    """
    used = np.bincount(plans.interval, minlength=len(tables.intervals)) > 0
    columns = np.flatnonzero(used)
    local = (np.cumsum(np.bincount(requests, minlength=len(tables.requests))) - 1)[plans.request]
    network = Network(
        local, (np.cumsum(used) - 1)[plans.interval], len(requests), np.ones(len(columns), dtype=np.int64)
    )
    nodes = len(requests) + len(columns) + 1
    costs = (Costs(stage.plan_cost, stage.unserved_cost[requests]) for stage in stages(tables, plans, requests, nodes))
    match = np.full(len(requests), UNSERVED)
    for step in optima(network, chain(costs, _draw(tables, plans, len(requests), seed)), seed=seed):
        match = step.match
    chosen = np.full(len(tables.requests), UNSERVED)
    chosen[requests] = match
    return Outcome(chosen, objective(tables, plans, chosen, requests), proven=True)


def _draw(tables: Tables, plans: Plans, requests: int, seed: int) -> Iterator[Costs]:
    """Choose among equal answers: the smallest sum of a hash of seed and identifiers, whatever solver finds it."""
    of_request = _hashes((request.id for request in tables.requests), seed)
    mixed: npt.NDArray[np.uint64] = of_request[plans.request] ^ _of_intervals(tables, seed)[plans.interval]
    for shift in (30, 27, 31):  # the finaliser of splitmix64
        mixed = np.multiply(mixed ^ (mixed >> np.uint64(shift)), _ODD)
    draw: Ints = (mixed >> np.uint64(64 - HASH_BITS)).astype(np.int64)
    yield Costs(draw, np.zeros(requests, dtype=np.int64))


def _of_intervals(tables: Tables, seed: int) -> npt.NDArray[np.uint64]:
    """Hash each free interval by its place and its number there."""
    of_place = _hashes((place.id for place in tables.places), seed)
    place = tables.intervals.place
    number = np.arange(len(place)) - np.searchsorted(place, place)
    return np.multiply(of_place[place] + number.astype(np.uint64), _ODD)


def _hashes(identifiers: Iterable[str], seed: int) -> npt.NDArray[np.uint64]:
    digests = (hashlib.blake2b(f"{seed} {identifier}".encode(), digest_size=8).digest() for identifier in identifiers)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Optimum:
    """The proven optimum of one stage.

    Parameters
    ----------
    match : ndarray of int64
        Per request of the network, its plan or `UNSERVED`.
    costs : Costs
        What was minimised.
    prices : Prices
        The proof.
    face : Face
        The assignments optimal for this stage and those before.
    """

    match: Ints
    costs: Costs
    prices: Prices
    face: Face

    @property
    def value(self) -> int:
        """Add up the costs of the match."""
        served = self.match != UNSERVED
        return int(self.costs.plan[self.match[served]].sum() + self.costs.stay[~served].sum())


def optima(network: Network, stage_costs: Iterable[Costs], *, seed: int) -> Iterator[Optimum]:
    """Minimise stage after stage, each among the optima of those before.

    Parameters
    ----------
    network : Network
        Requests, columns, plans.
    stage_costs : iterable of Costs
        What each stage minimises.
    seed : int
        Fixes the choice among equal answers.

    Yields
    ------
    Optimum
        One per stage.
    """
    face = Face(
        np.ones(len(network.request), dtype=np.bool_),
        np.ones(network.requests, dtype=np.bool_),
        np.zeros(network.columns, dtype=np.bool_),
    )
    kept = np.zeros(len(network.request), dtype=np.bool_)
    match: Ints | None = None
    chance = np.random.default_rng(seed)
    for costs in stage_costs:
        active = kept | _cheapest(network, costs.plan, face.plans, chance)
        match, prices = _minimise(network, face, active, costs, match)
        face = _narrow(network, face, costs, match, prices)
        kept = np.zeros(len(active), dtype=np.bool_)  # the next stage has an answer at hand
        kept[match[match != UNSERVED]] = True
        yield Optimum(match, costs, prices, face)


def _cheapest(network: Network, cost: Ints, allowed: Bools, chance: np.random.Generator) -> Bools:
    """Mark the `FIRST_PLANS` cheapest allowed plans of each request; among equals, scattered ones."""
    if augment.use(network):
        return augment.cheapest(network, cost, allowed, FIRST_PLANS)
    marked = np.zeros(len(allowed), dtype=np.bool_)
    edges = np.searchsorted(network.request, np.arange(network.requests + 1))
    for low, high in pairwise(edges.tolist()):
        rows = low + np.flatnonzero(allowed[low:high])
        if len(rows) > FIRST_PLANS:
            rows = chance.permuted(rows)
            rows = rows[np.argpartition(cost[rows], FIRST_PLANS)[:FIRST_PLANS]]
        marked[rows] = True
    return marked


def _minimise(
    network: Network, face: Face, active: Bools, costs: Costs, before: Ints | None = None
) -> tuple[Ints, Prices]:
    """Minimise on a growing set of plans, until the prices prove the optimum on all plans of the face.

    ``active`` grows by what was added; ``before`` is the answer of the stage before, where there was one.
    """
    start = None
    if augment.use(network):
        nobody = np.full(network.requests, UNSERVED)
        start = augment.unpriced(network, face, costs, nobody if before is None else before)
    match, prices = _optimum(network, face, np.flatnonzero(active), costs, start)
    while True:
        missing = augment.contradictions(network, face, costs, prices)
        if not len(missing):
            return match, prices
        active[missing] = True
        wrong = np.zeros(network.requests, dtype=np.bool_)
        wrong[network.request[missing]] = True
        few = np.count_nonzero(wrong) <= REPAIRED_SHARE * network.requests
        broken = augment.Broken(match, prices, wrong) if few and start is not None else start
        match, prices = _optimum(network, face, np.flatnonzero(active), costs, broken)


def _optimum(
    network: Network, face: Face, rows: Ints, costs: Costs, broken: augment.Broken | None
) -> tuple[Ints, Prices]:
    """Minimise among ``rows``: by compiled code from an answer that some contradict, else by OR-Tools from nothing."""
    if broken is not None:
        return augment.repair(network, face, rows, costs, broken)
    match = _flow(network, face, rows, costs)
    return match, residual_prices(network, face, rows, costs, match)


def _flow(network: Network, face: Face, rows: Ints, costs: Costs) -> Ints:
    """Assign every request to a plan among ``rows`` or to staying, at the smallest cost."""
    requests = np.arange(network.requests)
    columns = np.arange(network.columns)
    sink = network.requests + network.columns
    stays = requests[face.may_stay]
    free = columns[~face.must_fill]
    solver = min_cost_flow.SimpleMinCostFlow()
    tails = np.concatenate([network.request[rows], stays, network.requests + free])
    heads = np.concatenate([network.requests + network.column[rows], np.full(len(stays) + len(free), sink)])
    cost = np.concatenate([costs.plan[rows], costs.stay[stays], np.zeros(len(free), dtype=np.int64)])
    capacity = np.concatenate([np.ones(len(rows) + len(stays), dtype=np.int64), network.capacity[free]])
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tails, heads, capacity, cost)
    supply = np.ones(sink + 1, dtype=np.int64)
    supply[network.requests : sink] = np.where(face.must_fill, -network.capacity, 0)
    supply[sink] = -int(supply[:sink].sum())
    solver.set_nodes_supplies(np.arange(sink + 1), supply)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise FlowError(f"minimum-cost flow answered {status}")
    used = rows[np.flatnonzero(solver.flows(arcs[: len(rows)]))]
    match = np.full(network.requests, UNSERVED)
    match[network.request[used]] = used
    return match


def _narrow(network: Network, face: Face, costs: Costs, match: Ints, prices: Prices) -> Face:
    """Keep the assignments that are optimal for the stage just solved (complementary slackness)."""
    reduced, reduced_stay = prices.of_plans(network, costs.plan), prices.of_staying(costs.stay)
    served = np.flatnonzero(match != UNSERVED)
    plans = face.plans & (reduced <= 0)
    may_stay = face.may_stay & (reduced_stay <= 0)
    fixed = served[reduced[match[served]] < 0]
    may_stay[fixed] = False
    settled = np.zeros(network.requests, dtype=np.bool_)
    settled[fixed] = True
    settled[(match == UNSERVED) & (reduced_stay < 0)] = True
    plans &= ~settled[network.request]
    plans[match[fixed]] = True
    used = network.usage(match) > 0
    return Face(plans, may_stay, face.must_fill | (used & (prices.of_columns() < 0)))
