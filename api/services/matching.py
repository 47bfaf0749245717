"""A run: read a snapshot, solve with no transaction open, write under locks, solve again what changed meanwhile."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api.services import access, leases, proposing, rematching
from api.services.actor import Actor
from api.services.alerts import AlertKind, raise_alert
from api.services.audit import record
from api.services.context import Context
from api.services.drafts import Draft, draft
from api.services.errors import Conflict, FieldError, Invalid
from api.services.leases import ContextOf
from api.services.proposing import Changed
from api.services.reasons import Reason
from api.services.rematching import Change, Concern
from api.services.runs import RunView, view
from data.models.facility import Disclosure, Facility
from data.models.request import Request
from data.models.run import Run, RunCause, RunState
from data.models.run_problem import RunProblem
from data.session import reading, retrying
from data.snapshots import SetAside, Snapshot, Why, load_snapshot
from matcher.optimise import Effort
from matcher.solve import solve

LEASE: Final = "matching"
"""Whoever holds it runs; nobody else does."""
WAIT_SECONDS: Final = 120.0
"""How long somebody who asks for a run waits for the one that is running."""
ROUNDS_MAX: Final = 5
"""How often a run solves again because something changed, before it gives up."""
AHEAD_NIGHTS_MAX: Final = 30
"""Latest night a run may look from, counted from tonight."""
RUN_EFFORT: Final = Effort(causes_limit=None)
"""A run sends proposals and does not wait for causes, which may take longer than the answer."""

_log = logging.getLogger("escale.matching")


def run(
    actor: Actor,
    engine: Engine,
    context_of: ContextOf,
    *,
    night: date | None = None,
    seed: int = 0,
    effort: Effort | None = None,
    done: Callable[[Context, RunView], None] | None = None,
) -> RunView:
    """Match all open requests with the places free, and send the proposals.

    Parameters
    ----------
    actor : Actor
        A coordination.
    engine : Engine
        Of the database; a run opens transactions of its own.
    context_of : callable
        Session → context, with the present instant.
    night : date, optional
        First night looked at; tonight by default.
    seed : int
        Fixes the choice among equal answers.
    effort : Effort, optional
        How hard to try.
    done : callable, optional
        Called inside the last transaction, with what was written: whatever it writes is committed with it.

    Returns
    -------
    RunView
        Done.

    Raises
    ------
    Forbidden, Invalid
        The caller does not coordinate; the night is past or too far.
    Conflict
        Another run is being made (`Reason.RUN_BUSY`); too much changed while it was computed (`Reason.RUN_LOST`).
        Nothing was written.
    """
    access.reach(actor, "runs.start")
    try:
        with leases.held(engine, context_of, LEASE, wait_seconds=WAIT_SECONDS):
            opened = retrying(engine, lambda session: open_run(actor, context_of(session), night, seed))
            return finish(engine, context_of, opened, effort=effort, done=done)
    except leases.Taken:
        raise Conflict(Reason.RUN_BUSY) from None


@dataclass(frozen=True)
class Sight:
    """What a run looks at.

    Parameters
    ----------
    snapshot : Snapshot
        The night, with the versions of its rows.
    hidden : frozenset of str
        Facilities whose address is not open.
    changes : tuple of Change
        What no run had looked at before this one.
    near : frozenset of str or None
        Places that plans of these requests go through, when it is about some requests only.
    """

    snapshot: Snapshot
    hidden: frozenset[str]
    changes: tuple[Change, ...]
    near: frozenset[str] | None = None

    def only(self, concern: Concern) -> "Sight":
        """Leave out all other requests; the places stay."""
        requests = concern.requests
        problem, versions = self.snapshot.problem, self.snapshot.request_versions
        kept = tuple(request for request in problem.requests if request.id in requests)
        narrowed = replace(
            self.snapshot,
            problem=replace(problem, requests=kept),
            request_versions={request.id: versions[request.id] for request in kept},
        )
        return replace(self, snapshot=narrowed, near=concern.places)


def look(engine: Engine, context_of: ContextOf, *, night: date, seed: int = 0) -> Sight:
    """Read a night from one consistent state of the database."""
    with reading(engine) as session:
        changes = rematching.pending(session)
        snapshot = load_snapshot(session, night=night, now=context_of(session).now, seed=seed)
        hidden = frozenset(session.scalars(select(Facility.id).where(Facility.disclosure != Disclosure.OPEN)))
    if snapshot.set_aside:
        _log.warning("%d requests or facilities could not take part in the run", len(snapshot.set_aside))
    return Sight(snapshot, hidden, changes)


def prepare(
    engine: Engine,
    context_of: ContextOf,
    *,
    night: date,
    seed: int = 0,
    effort: Effort | None = None,
) -> Draft:
    """Read a night, solve it and make the answer ready; no transaction is open while it works, nothing is written.

    Parameters
    ----------
    engine, context_of, night, seed, effort
        As in `run`.

    Returns
    -------
    Draft
        For `proposing.write`.
    """
    return _answer(look(engine, context_of, night=night, seed=seed), effort)


def _answer(sight: Sight, effort: Effort | None) -> Draft:
    if sight.near is not None:
        # What is written, frozen and kept of twenty thousand places takes longer than the answer itself.
        near = replace(sight.snapshot, problem=rematching.around(sight.snapshot.problem, sight.near))
        solution = solve(near.problem, RUN_EFFORT if effort is None else effort)
        if not solution.unserved:
            return draft(near, solution, sight.hidden)
    solution = solve(sight.snapshot.problem, RUN_EFFORT if effort is None else effort)
    return draft(sight.snapshot, solution, sight.hidden)


def _everything(sight: Sight) -> Sight:
    return sight


def finish(
    engine: Engine,
    context_of: ContextOf,
    opened: RunView,
    *,
    effort: Effort | None = None,
    first: Sight | None = None,
    narrow: Callable[[Sight], Sight] = _everything,
    done: Callable[[Context, RunView], None] | None = None,
) -> RunView:
    """Solve a run that is open, and write its answer; its caller holds `LEASE`.

    Parameters
    ----------
    engine, context_of, effort, done
        As in `run`.
    opened : RunView
        From `open_run`.
    first : Sight, optional
        What its caller has looked at just now, narrow already.
    narrow : callable
        Leaves out of what is looked at whatever the run is not about.

    Raises
    ------
    Conflict
        As in `run`; the run is then marked as failed.
    """

    def write(session: Session, sight: Sight, ready: Draft) -> tuple[RunView, tuple[Change, ...]]:
        context = context_of(session)
        written = view(_written(session, context, opened.id, ready))
        told = {"requests": written.requests, "served": written.served, "problem": ready.frozen.digest}
        record(context, None, "run.end", ("run", opened.id), told)
        _tell_left_out(context, sight.snapshot.set_aside)
        if done is not None:
            done(context, written)
        return written, rematching.settled(session, opened.id)

    def rounds() -> RunView:
        for number in range(ROUNDS_MAX):
            sight = first if number == 0 else None
            if sight is None:
                sight = narrow(look(engine, context_of, night=opened.night, seed=opened.seed))
            ready = _answer(sight, effort)
            try:
                written, own = retrying(engine, partial(write, sight=sight, ready=ready))
            except Changed as changed:
                _log.info("run solved again: %s", changed)
            else:
                retrying(engine, partial(rematching.forget, changes=[*sight.changes, *own]))
                return written
        raise Conflict(Reason.RUN_LOST)

    try:
        return rounds()
    except BaseException:
        retrying(engine, lambda session: _fail(context_of(session), opened.id))
        raise


def _written(session: Session, context: Context, run_id: str, ready: Draft) -> Run:
    if session.get_one(Run, run_id, with_for_update=True).state is not RunState.RUNNING:
        # This process was silent for so long that another has taken its turn.
        raise Conflict(Reason.RUN_LOST)
    # Kept with its answer, so that anybody may solve it again (services.replay).
    session.add(RunProblem(run_id=run_id, digest=ready.frozen.digest, problem=ready.frozen.body))
    return proposing.write(session, context, run_id, ready)


def _tell_left_out(context: Context, set_aside: tuple[SetAside, ...]) -> None:
    for aside in set_aside:
        if aside.why is Why.LAPSED:
            continue  # its end is a deadline's business
        kind = Request if aside.table == "request" else Facility
        owner = context.session.scalar(select(kind.organisation_id).where(kind.id == aside.id))
        raise_alert(context, AlertKind.LEFT_OUT_OF_RUN, (aside.table, aside.id), owner)


def open_run(
    actor: Actor | None, context: Context, night: date | None, seed: int, cause: RunCause = RunCause.ASKED
) -> RunView:
    """Write that a run has begun. Its caller holds `LEASE`: every other one still running was killed, and has failed.

    Parameters
    ----------
    actor : Actor or None
        Who asked; None: nobody, for a cause.
    context : Context
        A transaction.
    night, seed
        As in `run`.
    cause : RunCause
        Why.

    Raises
    ------
    Invalid
        The night is past or too far.
    """
    context.session.execute(
        update(Run).where(Run.state == RunState.RUNNING).values(state=RunState.FAILED, finished_at=context.now)
    )
    return new_run(actor, context, night, seed, cause=cause, state=RunState.RUNNING)


def new_run(
    actor: Actor | None, context: Context, night: date | None, seed: int, *, cause: RunCause, state: RunState
) -> RunView:
    """Write a run's row, running or waiting for its turn; parameters and errors as in `open_run`."""
    first = context.tonight if night is None else night
    last = context.tonight + timedelta(days=AHEAD_NIGHTS_MAX)
    if first < context.tonight:
        raise Invalid([FieldError("night", Reason.NIGHT_PAST, {"tonight": context.tonight.isoformat()})])
    if first > last:
        raise Invalid([FieldError("night", Reason.NIGHT_TOO_FAR, {"latest": last.isoformat()})])
    row = Run(
        night=first,
        state=state,
        cause=cause,
        requested_by=None if actor is None else actor.organisation_id,
        started_at=context.now,
        seed=seed,
    )
    context.session.add(row)
    context.session.flush()
    record(context, actor, "run.start", ("run", row.id), {"cause": cause.value, "night": first.isoformat()})
    return view(row)


def _fail(context: Context, run_id: str) -> None:
    row = context.session.get_one(Run, run_id)
    if row.state is RunState.RUNNING:
        row.state, row.finished_at = RunState.FAILED, context.now
        record(context, None, "run.fail", ("run", run_id))
