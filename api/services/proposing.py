"""Writing a run's answer: under locks, checked again, all of it or nothing.

Rows are locked in one order (requests, facilities, places, each by identifier), so that two runs wait for each other
and never in a circle. What changed since the snapshot makes the answer void: the caller solves again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.services import moves
from api.services.context import Context
from api.services.drafts import Draft, Sending
from api.services.safety import dangers, refused
from api.services.sending import proposal_of, send
from data.errors import ConstraintBroken
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import Proposal
from data.models.request import Request
from data.models.request_codes import RequestState
from data.models.run import Run, RunOutcome, RunState, RunStatus
from data.queries.locks import lock
from data.workflow.machine import Party

_RUN_LOCK: Final = 0x657363616C65
"""Number of the advisory lock (PostgreSQL) under which runs write, one at a time ("escale" in ASCII)."""


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
    try:
        send(context, None, [_proposal(context, run_id, sending, rows) for sending in draft.sendings])
    except ConstraintBroken as broken:
        if (broken.constraint or "").startswith("booking_"):
            # The snapshot did not see what the database does: solved again, on what is there.
            raise Changed(requests=0, facilities=0, places=1) from None
        raise
    _write_outcomes(session, context, run_id, draft, rows)
    run = session.get_one(Run, run_id)
    _end(run, context, draft)
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
            request = rows.requests[plan.request]
            broken = dangers(request, facility, night)
            if broken or refused(request, facility):
                raise UnsafePlan(broken or ["refused_before"])


def _proposal(context: Context, run_id: str, sending: Sending, rows: _Rows) -> Proposal:
    facilities = {leg.place: rows.facilities[rows.facility_of[leg.place]] for leg in sending.plan.given.legs}
    return proposal_of(
        context,
        sending.plan.request,
        sending.plan.given,
        sending.seats,
        facilities=facilities,
        basis=sending.context,
        run_id=run_id,
    )


def _write_outcomes(session: Session, context: Context, run_id: str, draft: Draft, rows: _Rows) -> None:
    for plan in draft.solution.plans:
        session.add(RunOutcome(run_id=run_id, request_id=plan.request, served=True))
    for missing in draft.solution.unserved:
        request = rows.requests[missing.request]
        if request.version != draft.snapshot.request_versions[missing.request]:
            # Amended or cancelled meanwhile: this answer is about other facts, the next run's will be about these.
            continue
        if request.state is RequestState.SUBMITTED:
            moves.move(context, None, request, "search", by=Party.SERVICE)
        funnel = [list(step) for step in draft.funnels[missing.request]]
        cause = None if missing.cause is None else asdict(missing.cause)
        session.add(RunOutcome(run_id=run_id, request_id=missing.request, served=False, funnel=funnel, cause=cause))
    for aside in draft.snapshot.set_aside:
        if aside.table == "request":
            # Left out, and somebody must look at it: its followers see why instead of a silence.
            session.add(RunOutcome(run_id=run_id, request_id=aside.id, served=False, funnel=[], reason=aside.why.value))


def _end(run: Run, context: Context, draft: Draft) -> None:
    solution = draft.solution
    run.state, run.finished_at = RunState.DONE, context.now
    run.status = RunStatus(solution.status)
    run.objective, run.bound = list(solution.objective), list(solution.bound)
    run.greedy_objective = list(solution.greedy_objective)
    run.solver, run.matcher_version = solution.solver, solution.version
    run.seconds, run.digest = dict(solution.seconds), draft.digest
    run.requests = len(solution.plans) + len(solution.unserved)
    run.served = len(solution.plans)
