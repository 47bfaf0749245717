"""Writing a run's answer: under locks, checked again, all of it or nothing.

Rows are locked in one order (requests, facilities, places, each by identifier), so that two runs wait for each other
and never in a circle. What changed since the snapshot makes the answer void: the caller solves again.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.services.context import Context
from api.services.funnels import Funnel
from api.services.reference import answer_hours
from api.services.safety import dangers
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import Proposal, ProposalLeg, ProposalState
from data.models.request import Request
from data.models.request_codes import RequestState
from data.models.run import Run, RunOutcome, RunState, RunStatus
from data.queries.locks import lock
from data.snapshots import Snapshot
from matcher import place as matcher_place
from matcher.check_plan import PlanCheck
from matcher.encode import problem_to_json, value_to_json
from matcher.packing import Seat, pack
from matcher.place import Sharing
from matcher.rules import RULES
from matcher.solution import Option, Plan, Solution

_RUN_LOCK: Final = 0x657363616C65
"""Number of the advisory lock (PostgreSQL) under which runs write, one at a time ("escale" in ASCII)."""


@dataclass(frozen=True)
class Draft:
    """An answer that is not written yet.

    Parameters
    ----------
    snapshot : Snapshot
        What was solved, with the versions of the rows it was read from.
    solution : Solution
        The answer, verified.
    funnels : mapping
        Why each unserved request has no place, told on open places only.
    """

    snapshot: Snapshot
    solution: Solution
    funnels: Mapping[str, Funnel]


class Changed(Exception):  # noqa: N818 (a fact, handled by solving again)
    """Rows that the answer depends on are not what they were.

    Parameters
    ----------
    requests, facilities, places : int
        How many of each changed.
    """

    def __init__(self, *, requests: int, facilities: int, places: int) -> None:
        super().__init__(f"changed meanwhile: {requests} requests, {facilities} facilities, {places} places")
        self.requests, self.facilities, self.places = requests, facilities, places


class UnsafePlan(Exception):  # noqa: N818 (named for what it is)
    """A plan would send a household into danger: a defect, nothing is written.

    Parameters
    ----------
    rules : iterable of str
        Codes of the rules broken; identifiers are left out on purpose.
    """

    def __init__(self, rules: Iterable[str]) -> None:
        super().__init__(f"a plan breaks {', '.join(sorted(set(rules)))}")


def write(session: Session, context: Context, run_id: str, draft: Draft) -> Run:
    """Write proposals, holds and outcomes of a run, and end it.

    Parameters
    ----------
    session : Session
        A transaction of its own.
    context : Context
        Of that transaction.
    run_id : str
        A run that is running.
    draft : Draft
        Its answer.

    Returns
    -------
    Run
        Done.

    Raises
    ------
    Changed
        A request that is served, or a place or facility used, is not what was solved; nothing is written.
    UnsafePlan
        The independent check of the rows as they are now forbids a plan; nothing is written.
    """
    if session.get_bind().dialect.name == "postgresql":
        # SQLite has one writer anyway.
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _RUN_LOCK})
    rows = _Rows(session, draft)
    rows.refuse_changes(draft)
    _refuse_dangers(draft, rows)
    seats = _seats(draft)
    digest = hashlib.sha256(_canonical(problem_to_json(draft.snapshot.problem))).hexdigest()
    for plan in draft.solution.plans:
        session.add(_proposal(context, run_id, plan, draft, seats=seats, digest=digest))
        request = rows.requests[plan.request]
        request.state, request.updated_at = RequestState.PROPOSED, context.now
    _write_outcomes(session, context, run_id, draft, rows)
    run = session.get_one(Run, run_id)
    _end(run, context, draft, digest)
    session.flush()
    return run


class _Rows:
    """The rows an answer touches, locked, as they are now."""

    def __init__(self, session: Session, draft: Draft) -> None:
        facility_of = {place.id: place.facility for place in draft.snapshot.problem.places}
        used = {leg.place for plan in draft.solution.plans for leg in plan.given.legs}
        self.requests = lock(session, Request, draft.snapshot.request_versions)
        self.facilities = lock(session, Facility, {facility_of[place] for place in used})
        self.places = lock(session, Place, used | _neighbours(session, draft, facility_of))
        self.facility_of = facility_of

    def refuse_changes(self, draft: Draft) -> None:
        """Raise `Changed` when a row the plans depend on has another version than the snapshot's."""
        snapshot = draft.snapshot
        served = {plan.request for plan in draft.solution.plans}
        counts = [
            sum(identifier not in rows or rows[identifier].version != versions.get(identifier) for identifier in needed)
            for rows, versions, needed in (
                (self.requests, snapshot.request_versions, served),
                (self.facilities, snapshot.facility_versions, set(self.facilities)),
                (self.places, snapshot.place_versions, set(self.places)),
            )
        ]
        if any(counts):
            raise Changed(requests=counts[0], facilities=counts[1], places=counts[2])


def _neighbours(session: Session, draft: Draft, facility_of: Mapping[str, str]) -> set[str]:
    """Find the other places that a separation group or a quota ties to the plans: all of the same facilities."""
    apart = {request.id for request in draft.snapshot.problem.requests if request.separation_group is not None}
    limited = {facility_of[place] for quota in draft.snapshot.problem.quotas for place in quota.places}
    tied = {
        facility_of[leg.place]
        for plan in draft.solution.plans
        for leg in plan.given.legs
        if plan.request in apart or facility_of[leg.place] in limited
    }
    if not tied:
        return set()
    statement = select(Place.id).where(Place.facility_id.in_(tied), Place.closed_at.is_(None))
    return set(session.scalars(statement))


def _refuse_dangers(draft: Draft, rows: _Rows) -> None:
    night = draft.snapshot.problem.night
    for plan in draft.solution.plans:
        for leg in plan.given.legs:
            facility = rows.facilities[rows.facility_of[leg.place]]
            broken = dangers(rows.requests[plan.request], facility, night)
            if broken:
                raise UnsafePlan(broken)


def _seats(draft: Draft) -> Mapping[tuple[str, int], Seat]:
    """Choose the beds and cots that each leg takes: (request, number of the leg) → seat."""
    problem = draft.snapshot.problem
    requests = {request.id: request for request in problem.requests}
    places = {place.id: place for place in problem.places}
    together: dict[str, list[tuple[tuple[str, int], list[Seat]]]] = defaultdict(list)
    for plan in draft.solution.plans:
        ways = PlanCheck(problem, requests[plan.request], places).verify(plan.given)
        for number, (leg, seats) in enumerate(zip(plan.given.legs, ways, strict=True)):
            together[leg.place].append(((plan.request, number), seats))
    chosen: dict[tuple[str, int], Seat] = {}
    for place_id, households in together.items():
        place = places[place_id]
        if place.sharing is Sharing.PRIVATE:
            chosen |= {key: seats[0] for key, seats in households}
            continue
        packed = pack([seats for _, seats in households], _room(place))
        # The answer was verified: there is a way.
        chosen |= dict(zip((key for key, _ in households), packed or (), strict=True))
    return chosen


def _room(place: matcher_place.Place) -> dict[int, tuple[int, int]]:
    return {
        index: (
            place.beds if interval.beds is None else interval.beds,
            place.cots if interval.cots is None else interval.cots,
        )
        for index, interval in enumerate(place.free)
    }


def _proposal(
    context: Context,
    run_id: str,
    plan: Plan,
    draft: Draft,
    *,
    seats: Mapping[tuple[str, int], Seat],
    digest: str,
) -> Proposal:
    problem = draft.snapshot.problem
    kinds = {place.id: place.kind for place in problem.places}
    hours = answer_hours((kinds[leg.place] for leg in plan.given.legs), problem.night)
    return Proposal(
        request_id=plan.request,
        run_id=run_id,
        state=ProposalState.SENT,
        created_at=context.now,
        expires_at=context.now + timedelta(hours=hours),
        roofless_nights=plan.given.roofless_nights,
        cost=plan.given.cost,
        context=_frozen(plan, draft, digest),
        legs=[
            ProposalLeg(
                position=number,
                request_id=plan.request,
                place_id=leg.place,
                from_night=leg.start,
                until_night=leg.until,
                beds=seats[plan.request, number].beds,
                cots=seats[plan.request, number].cots,
                open=True,
            )
            for number, leg in enumerate(plan.given.legs)
        ],
    )


def _frozen(plan: Plan, draft: Draft, digest: str) -> dict[str, Any]:
    """Freeze what the proposal was decided on, so that it can be explained and solved again later."""
    problem, solution = draft.snapshot.problem, draft.solution
    request = next(row for row in problem.requests if row.id == plan.request)
    places = {place.id: place for place in problem.places}
    return {
        "night": problem.night.isoformat(),
        "horizon_nights": problem.horizon_nights,
        "request": value_to_json(request),
        "places": [value_to_json(places[leg.place]) for leg in plan.given.legs],
        "policy": value_to_json(problem.policy),
        "rules": [rule.code for rule in RULES],
        "fallback": [_option(option) for option in plan.fallback],
        "solver": solution.solver,
        "matcher_version": solution.version,
        "seed": solution.seed,
        "problem_digest": digest,
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "legs": [
            {"place": leg.place, "from": leg.start.isoformat(), "until": leg.until.isoformat()} for leg in option.legs
        ],
        "roofless_nights": option.roofless_nights,
        "cost": option.cost,
    }


def _write_outcomes(session: Session, context: Context, run_id: str, draft: Draft, rows: _Rows) -> None:
    for plan in draft.solution.plans:
        session.add(RunOutcome(run_id=run_id, request_id=plan.request, served=True))
    for missing in draft.solution.unserved:
        request = rows.requests[missing.request]
        if request.version != draft.snapshot.request_versions[missing.request]:
            # Amended or cancelled meanwhile: this answer is about other facts, the next run's will be about these.
            continue
        if request.state is RequestState.SUBMITTED:
            request.state, request.updated_at = RequestState.SEARCHING, context.now
        funnel = [list(step) for step in draft.funnels[missing.request]]
        session.add(RunOutcome(run_id=run_id, request_id=missing.request, served=False, funnel=funnel))
    for aside in draft.snapshot.set_aside:
        if aside.table == "request":
            # Left out, and somebody must look at it: its followers see why instead of a silence.
            session.add(RunOutcome(run_id=run_id, request_id=aside.id, served=False, funnel=[], reason=aside.why.value))


def _end(run: Run, context: Context, draft: Draft, digest: str) -> None:
    solution = draft.solution
    run.state, run.finished_at = RunState.DONE, context.now
    run.status = RunStatus(solution.status)
    run.objective, run.bound = list(solution.objective), list(solution.bound)
    run.greedy_objective = list(solution.greedy_objective)
    run.solver, run.matcher_version = solution.solver, solution.version
    run.seconds, run.digest = dict(solution.seconds), digest
    run.requests = len(solution.plans) + len(solution.unserved)
    run.served = len(solution.plans)


def _canonical(form: Mapping[str, Any]) -> bytes:
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
