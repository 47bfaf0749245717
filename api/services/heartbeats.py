"""Signs of life of those who do the work that happens later."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from api.services.alerts import AlertKind, raise_alert, resolve
from api.services.context import Context
from api.services.errors import NotReady
from api.services.reasons import Reason
from data.models.lease import Heartbeat

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""A worker that was silent for so long is not awaited any more."""


def beat(context: Context, worker: str, started_at: datetime) -> None:
    """Say that a worker has gone through its round.

    Parameters
    ----------
    context : Context
        A transaction.
    worker : str
        From `leases.new_holder`.
    started_at : datetime
        When it began, UTC.
    """
    insert = sqlite.insert if context.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    said = insert(Heartbeat).values(worker=worker, started_at=started_at, beat_at=context.now)
    context.session.execute(
        said.on_conflict_do_update(index_elements=[Heartbeat.worker], set_={"beat_at": context.now})
    )


def leave(context: Context, worker: str) -> None:
    """Say that a worker stops on purpose: nobody waits for it."""
    context.session.execute(delete(Heartbeat).where(Heartbeat.worker == worker))
    resolve(context, AlertKind.WORKER_SILENT, ("worker", worker))


def watch(context: Context, silent_seconds: float) -> int:
    """Raise an alert for each worker that has fallen silent; settle those of workers that speak again.

    Parameters
    ----------
    context : Context
        A transaction.
    silent_seconds : float
        How long a worker may be silent.

    Returns
    -------
    int
        Workers silent now.
    """
    silent = 0
    for row in context.session.scalars(select(Heartbeat)).all():
        age = context.now - row.beat_at
        if age > FORGOTTEN_AFTER:
            leave(context, row.worker)
        elif age > timedelta(seconds=silent_seconds):
            raise_alert(context, AlertKind.WORKER_SILENT, ("worker", row.worker), None)
            silent += 1
        else:
            resolve(context, AlertKind.WORKER_SILENT, ("worker", row.worker))
    return silent


def require_working(context: Context, silent_seconds: float) -> None:
    """Do nothing while somebody does the work that happens later.

    Raises
    ------
    NotReady
        No worker has given a sign of life within that time.
    """
    last = context.session.scalar(select(func.max(Heartbeat.beat_at)))
    if last is None or context.now - last > timedelta(seconds=silent_seconds):
        raise NotReady(Reason.JOBS_SILENT)
