"""The independent verifier: every answer, from scratch, before anyone sees it.

It uses neither OR-Tools nor the columns the answer was made from. An answer that breaks a rule, or whose objective is
not what its plans add up to, raises `AnswerError` and is never shown.
"""

from collections import defaultdict
from datetime import date, timedelta

from matcher.check_plan import PlanCheck
from matcher.errors import AnswerError
from matcher.packing import Seat, pack
from matcher.place import Audience, Place, Sharing
from matcher.problem import Problem, QuotaFact
from matcher.request import Request
from matcher.solution import PlanLeg, Solution

_Given = tuple[Request, PlanLeg, list[Seat]]


def check(problem: Problem, solution: Solution) -> None:
    """Verify an answer against the problem it answers.

    Parameters
    ----------
    problem : Problem
        What was asked.
    solution : Solution
        What was answered.

    Raises
    ------
    AnswerError
        Naming the first thing found wrong.
    """
    requests = {request.id: request for request in problem.requests}
    places = {place.id: place for place in problem.places}
    answered = sorted([plan.request for plan in solution.plans] + [row.request for row in solution.unserved])
    if answered != sorted(requests):
        raise AnswerError("every request is answered exactly once")
    given: list[_Given] = []
    for plan in solution.plans:
        request = requests[plan.request]
        verifier = PlanCheck(problem, request, places)
        given += [
            (request, leg, seats) for leg, seats in zip(plan.given.legs, verifier.verify(plan.given), strict=True)
        ]
        for option in plan.fallback:
            verifier.verify(option)
    _check_beds(places, given)
    _check_separation(problem, places, given)
    _check_mixing(problem, places, given)
    _check_quotas(problem, places, given)
    _check_objective(problem, solution, requests)


def _check_beds(places: dict[str, Place], given: list[_Given]) -> None:
    """Verify that some choice of intervals gives every bed and cot at most once."""
    by_place: dict[str, list[list[Seat]]] = defaultdict(list)
    for _, leg, seats in given:
        by_place[leg.place].append(seats)
    for identifier, households in by_place.items():
        place = places[identifier]
        if place.sharing is Sharing.PRIVATE:
            used = [seats[0].interval for seats in households]
            fits = len(set(used)) == len(used)
        else:
            room = dict(enumerate(map(place.offered, place.free)))
            fits = pack(households, room) is not None
        if not fits:
            raise AnswerError(f"{identifier} is given twice")


def _meet(first: PlanLeg, start: date, until: date | None) -> bool:
    return first.start < (until or date.max) and start < first.until


def _check_separation(problem: Problem, places: dict[str, Place], given: list[_Given]) -> None:
    present: dict[tuple[str, str], list[tuple[str | None, date, date | None]]] = defaultdict(list)
    for row in problem.residents:
        if row.separation_group is not None:
            present[row.facility, row.separation_group].append((None, row.start, row.until))
    for request, leg, _ in given:
        if request.separation_group is not None:
            key = places[leg.place].facility, request.separation_group
            present[key].append((request.id, leg.start, leg.until))
    for request, leg, _ in given:
        if request.separation_group is None:
            continue
        for who, start, until in present[places[leg.place].facility, request.separation_group]:
            if who != request.id and _meet(leg, start, until):
                raise AnswerError(f"{request.id} meets its separation group in {places[leg.place].facility}")


def _check_mixing(problem: Problem, places: dict[str, Place], given: list[_Given]) -> None:
    present: dict[str, list[tuple[str | None, date, date | None, bool, bool]]] = defaultdict(list)
    for row in problem.residents:
        present[row.place].append((None, row.start, row.until, row.has_minor, row.has_adult))
    for request, leg, _ in given:
        minors = [member.months < 216 for member in request.members]
        present[leg.place].append((request.id, leg.start, leg.until, any(minors), not all(minors)))
    for request, leg, _ in given:
        place = places[leg.place]
        if place.sharing is Sharing.PRIVATE or place.audience is Audience.WOMEN_WITH_CHILDREN:
            continue
        minors = [member.months < 216 for member in request.members]
        for who, start, until, has_minor, has_adult in present[leg.place]:
            unrelated = (any(minors) and has_adult) or (not all(minors) and has_minor)
            if who != request.id and unrelated and _meet(leg, start, until):
                raise AnswerError(f"{leg.place} mixes a minor and an unrelated adult")


def _check_quotas(problem: Problem, places: dict[str, Place], given: list[_Given]) -> None:
    for quota in problem.quotas:
        counted = set()
        for request, leg, _ in given:
            partner = any(member.role == "partner" for member in request.members)
            outside = request.departement != places[leg.place].departement
            fact = partner if quota.fact is QuotaFact.HAS_PARTNER else outside
            if leg.place in quota.places and fact:
                counted.add(request.id)
        if len(counted) > max(0, quota.max - quota.already):
            raise AnswerError(f"quota {quota.id} is exceeded")


def _check_objective(problem: Problem, solution: Solution, requests: dict[str, Request]) -> None:
    expected = [0] * 10
    for plan in solution.plans:
        expected[2 * requests[plan.request].priority - 1] += plan.given.roofless_nights
        expected[9] += sum(plan.given.cost.values())
    for row in solution.unserved:
        request = requests[row.request]
        expected[2 * (request.priority - 1)] += 1
        expected[8] += (problem.night - request.waiting_since) // timedelta(days=1)
    if tuple(expected) != solution.objective:
        raise AnswerError(f"the plans add up to {expected}, not {list(solution.objective)}")
    if solution.objective > solution.greedy_objective or solution.bound > solution.objective:
        raise AnswerError("an answer lies between its bound and greedy's")
    if (solution.status == "optimal") != (solution.bound == solution.objective):
        raise AnswerError("an optimum is its own bound, and nothing else is")
