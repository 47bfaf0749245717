"""A run's answer made ready to be written, while no transaction is open: seats, frozen contexts, digest."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.services.frozen_problems import FrozenProblem, freeze
from api.services.funnels import Funnel, open_funnels
from api.services.reference import answer_hours
from data.snapshots import Snapshot
from matcher.check_plan import PlanCheck
from matcher.encode import option_to_json, problem_to_json, value_to_json
from matcher.packing import Seat, pack
from matcher.place import Place, Sharing
from matcher.problem import Problem
from matcher.request import Request
from matcher.rules import RULES
from matcher.solution import Plan, Solution


@dataclass(frozen=True)
class Sending:
    """A plan to send.

    Parameters
    ----------
    plan : Plan
        For whom, and where.
    seats : tuple of Seat
        Beds and cots that each leg takes.
    answer_hours : int
        How long the proposal waits for its answer.
    context : dict
        Everything it was decided on, frozen.
    """

    plan: Plan
    seats: tuple[Seat, ...]
    answer_hours: int
    context: dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """An answer that is not written yet.

    Parameters
    ----------
    snapshot : Snapshot
        What was solved, with the versions of the rows it was read from.
    solution : Solution
        The answer, verified.
    digest : str
        SHA-256 of the canonical form of the problem.
    frozen : FrozenProblem
        What its answer depends on, to be kept.
    sendings : tuple of Sending
        One for each request served.
    funnels : mapping
        Why each unserved request has no place, told on open places only.
    """

    snapshot: Snapshot
    solution: Solution
    digest: str
    frozen: FrozenProblem
    sendings: tuple[Sending, ...]
    funnels: Mapping[str, Funnel]


def draft(snapshot: Snapshot, solution: Solution, hidden: frozenset[str]) -> Draft:
    """Make an answer ready.

    Parameters
    ----------
    snapshot : Snapshot
        What was solved.
    solution : Solution
        Its answer.
    hidden : frozenset of str
        Facilities whose address is not open.
    """
    problem = snapshot.problem
    requests = {request.id: request for request in problem.requests}
    places = {place.id: place for place in problem.places}
    seats = _seats(problem, solution, requests, places)
    form = json.dumps(problem_to_json(problem), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(form.encode()).hexdigest()
    common = {
        "night": problem.night.isoformat(),
        "horizon_nights": problem.horizon_nights,
        "policy": value_to_json(problem.policy),
        "rules": [rule.code for rule in RULES],
        "solver": solution.solver,
        "matcher_version": solution.version,
        "seed": solution.seed,
        "problem_digest": digest,
    }
    sendings = tuple(
        Sending(
            plan=plan,
            seats=tuple(seats[plan.request, number] for number in range(len(plan.given.legs))),
            answer_hours=answer_hours((places[leg.place].kind for leg in plan.given.legs), problem.night),
            context={
                **common,
                "request": value_to_json(requests[plan.request]),
                "places": [value_to_json(places[leg.place]) for leg in plan.given.legs],
                "fallback": [option_to_json(option) for option in plan.fallback],
            },
        )
        for plan in solution.plans
    )
    return Draft(snapshot, solution, digest, freeze(problem), sendings, open_funnels(problem, solution, hidden))


def _seats(
    problem: Problem, solution: Solution, requests: Mapping[str, Request], places: dict[str, Place]
) -> Mapping[tuple[str, int], Seat]:
    """Choose the beds and cots that each leg takes: (request, number of the leg) → seat."""
    together: dict[str, list[tuple[tuple[str, int], list[Seat]]]] = defaultdict(list)
    for plan in solution.plans:
        ways = PlanCheck(problem, requests[plan.request], places).verify(plan.given)
        for number, (leg, seats) in enumerate(zip(plan.given.legs, ways, strict=True)):
            together[leg.place].append(((plan.request, number), seats))
    chosen: dict[tuple[str, int], Seat] = {}
    for place_id, households in together.items():
        place = places[place_id]
        if place.sharing is Sharing.PRIVATE:
            chosen |= {key: seats[0] for key, seats in households}
            continue
        packed = pack([seats for _, seats in households], dict(enumerate(map(place.offered, place.free))))
        # The answer was verified: there is a way.
        chosen |= dict(zip((key for key, _ in households), packed or (), strict=True))
    return chosen
