"""A run: read a snapshot, solve with no transaction open, write under locks, solve again what changed meanwhile."""

import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api.services import access, proposing
from api.services.actor import Actor
from api.services.context import Context
from api.services.drafts import Draft, draft
from api.services.errors import Conflict, FieldError, Invalid
from api.services.proposing import Changed
from api.services.reasons import Reason
from api.services.runs import RunView, view
from data.models.facility import Disclosure, Facility
from data.models.run import Run, RunState
from data.session import reading, retrying
from data.snapshots import load_snapshot
from matcher.optimise import Effort
from matcher.solve import solve

ROUNDS_MAX: Final = 5
"""How often a run solves again because something changed, before it gives up."""
AHEAD_NIGHTS_MAX: Final = 30
"""Latest night a run may look from, counted from tonight."""
LOST_AFTER: Final = timedelta(hours=1)
"""A run still "running" after this long was killed: nothing of it was written."""

RUN_EFFORT: Final = Effort(causes_limit=None)
"""A run sends proposals and does not wait for causes, which may take longer than the answer."""

_log = logging.getLogger("escale.matching")


def run(
    actor: Actor,
    engine: Engine,
    context_of: Callable[[Session], Context],
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
        Too much changed while it was computed (`Reason.RUN_LOST`); nothing was written.
    """
    access.reach(actor, "runs.start")
    opened = retrying(engine, lambda session: open_run(actor, context_of(session), night, seed))
    try:
        return _rounds(engine, context_of, opened, effort, done)
    except BaseException:
        retrying(engine, lambda session: _fail(context_of(session), opened.id))
        raise


def prepare(
    engine: Engine,
    context_of: Callable[[Session], Context],
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
    with reading(engine) as session:
        snapshot = load_snapshot(session, night=night, now=context_of(session).now, seed=seed)
        hidden = frozenset(session.scalars(select(Facility.id).where(Facility.disclosure != Disclosure.OPEN)))
    if snapshot.set_aside:
        _log.warning("%d requests or facilities could not take part in the run", len(snapshot.set_aside))
    solution = solve(snapshot.problem, RUN_EFFORT if effort is None else effort)
    return draft(snapshot, solution, hidden)


def _rounds(
    engine: Engine,
    context_of: Callable[[Session], Context],
    opened: RunView,
    effort: Effort | None,
    done: Callable[[Context, RunView], None] | None,
) -> RunView:
    for _ in range(ROUNDS_MAX):
        ready = prepare(engine, context_of, night=opened.night, seed=opened.seed, effort=effort)

        def write(session: Session, ready: Draft = ready) -> RunView:
            context = context_of(session)
            written = view(proposing.write(session, context, opened.id, ready))
            if done is not None:
                done(context, written)
            return written

        try:
            return retrying(engine, write)
        except Changed as changed:
            _log.info("run solved again: %s", changed)
    raise Conflict(Reason.RUN_LOST)


def open_run(actor: Actor, context: Context, night: date | None, seed: int) -> RunView:
    """Write that a run has begun; runs that were killed while running are marked as failed.

    Parameters
    ----------
    actor, night, seed
        As in `run`.
    context : Context
        A transaction.

    Raises
    ------
    Invalid
        The night is past or too far.
    """
    first = context.tonight if night is None else night
    last = context.tonight + timedelta(days=AHEAD_NIGHTS_MAX)
    if first < context.tonight:
        raise Invalid([FieldError("night", Reason.NIGHT_PAST, {"tonight": context.tonight.isoformat()})])
    if first > last:
        raise Invalid([FieldError("night", Reason.NIGHT_TOO_FAR, {"latest": last.isoformat()})])
    context.session.execute(
        update(Run)
        .where(Run.state == RunState.RUNNING, Run.started_at < context.now - LOST_AFTER)
        .values(state=RunState.FAILED, finished_at=context.now)
    )
    row = Run(
        night=first,
        state=RunState.RUNNING,
        requested_by=actor.organisation_id,
        started_at=context.now,
        seed=seed,
    )
    context.session.add(row)
    context.session.flush()
    return view(row)


def _fail(context: Context, run_id: str) -> None:
    row = context.session.get_one(Run, run_id)
    if row.state is RunState.RUNNING:
        row.state, row.finished_at = RunState.FAILED, context.now
