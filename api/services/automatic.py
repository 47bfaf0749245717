"""Runs that nobody waits for on the line: asked for and queued, every night, and because something changed.

Each is derived from what the database holds, so that it is made once however often one looks, and by the next look when
this one is lost.
"""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.services import access, leases, rematching
from api.services.actor import Actor
from api.services.context import Context
from api.services.leases import ContextOf
from api.services.matching import LEASE, Sight, finish, look, new_run, open_run
from api.services.nights import tonight
from api.services.runs import RunView, view
from data.models.run import Run, RunCause, RunState
from data.session import reading, retrying
from matcher.optimise import Effort

_PARIS: Final = ZoneInfo("Europe/Paris")
_NOON: Final = 12

EVENT_EFFORT: Final = Effort(deterministic_limit=2.0, causes_limit=None)
"""When something has changed somebody waits for the answer; the run of the night tries harder."""


def queue(actor: Actor, context: Context, night: date | None, seed: int) -> RunView:
    """Ask for a run that a job makes; its state tells how far it is.

    Raises
    ------
    Forbidden, Invalid
        As in `matching.run`.
    """
    access.reach(actor, "runs.start")
    return new_run(actor, context, night, seed, cause=RunCause.ASKED, state=RunState.QUEUED)


def make_queued(engine: Engine, context_of: ContextOf) -> int:
    """Make the runs that were asked for and wait, the oldest first; those whose night has passed fail.

    Returns
    -------
    int
        How many were made; none while another run is being made.
    """
    made = 0
    with reading(engine) as session:
        waiting = session.scalars(select(Run.id).where(Run.state == RunState.QUEUED).order_by(Run.started_at)).all()
    for run_id in waiting:
        try:
            with leases.held(engine, context_of, LEASE):
                opened = retrying(engine, partial(_begin, context_of=context_of, run_id=run_id))
                if opened is not None:
                    finish(engine, context_of, opened)
                    made += 1
        except leases.Taken:
            break
    return made


def _begin(session: Session, context_of: ContextOf, run_id: str) -> RunView | None:
    context = context_of(session)
    row = context.session.get_one(Run, run_id, with_for_update=True)
    if row.state is not RunState.QUEUED:
        return None
    if row.night < context.tonight:
        row.state, row.finished_at = RunState.FAILED, context.now
        return None
    row.state = RunState.RUNNING
    context.session.flush()
    return view(row)


def nightly(engine: Engine, context_of: ContextOf, hour: int) -> int:
    """Make the run of the night once its hour has come: all requests, with the causes of what stays unmet.

    Parameters
    ----------
    engine, context_of
        Of the database.
    hour : int
        In Paris, 0 to 23; from noon on it is that of the evening on which the night begins, else of the morning after.

    Returns
    -------
    int
        1 when it was made now; 0 when it is not time, was made already or is being made.
    """
    with reading(engine) as session:
        if not _is_nightly_due(context_of(session), hour):
            return 0
    try:
        with leases.held(engine, context_of, LEASE):

            def begin(session: Session) -> RunView | None:
                # Looked at again under the lease: another host may have made it meanwhile.
                context = context_of(session)
                due = _is_nightly_due(context, hour)
                return open_run(None, context, None, 0, RunCause.NIGHTLY) if due else None

            opened = retrying(engine, begin)
            if opened is None:
                return 0
            finish(engine, context_of, opened, effort=Effort())
    except leases.Taken:
        return 0
    return 1


def _is_nightly_due(context: Context, hour: int) -> bool:
    night = tonight(context.now)
    day = night if hour >= _NOON else night + timedelta(days=1)
    if context.now < datetime.combine(day, time(hour), _PARIS):
        return False
    made = select(Run.id).where(Run.night == night, Run.cause == RunCause.NIGHTLY, Run.state == RunState.DONE)
    return context.session.scalar(made) is None


def rematch(engine: Engine, context_of: ContextOf) -> int:
    """Run for whom something has changed since a run looked: an urgent request, a freed place, a facility's agreement.

    However many changes there are, they are looked at together.

    Returns
    -------
    int
        1 when a run was made; 0 when nothing can come of what has changed, or another run is being made.
    """
    with reading(engine) as session:
        if not rematching.pending(session):
            return 0
        night = context_of(session).tonight
    try:
        with leases.held(engine, context_of, LEASE):
            seen = look(engine, context_of, night=night)
            first = _narrow(seen)
            if not first.snapshot.problem.requests:
                retrying(engine, lambda session: rematching.forget(session, seen.changes))
                return 0
            opened = retrying(engine, lambda session: open_run(None, context_of(session), None, 0, RunCause.EVENT))
            finish(engine, context_of, opened, effort=EVENT_EFFORT, first=first, narrow=_narrow)
    except leases.Taken:
        return 0
    return 1


def _narrow(sight: Sight) -> Sight:
    return sight.only(rematching.concerned(sight.snapshot.problem, sight.changes))
