"""Things that one process at a time does, whichever host it runs on: a row in the database says which."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.services.context import Context
from data.errors import DatabaseBusy
from data.models.lease import Lease
from data.session import retrying

LEASE_SECONDS: Final = 15.0
"""How long a lease outlives the last sign of life of its holder."""
_RENEWALS: Final = 3
"""Signs of life within that time."""
_LOOK_SECONDS: Final = 0.2
"""How often somebody who waits looks again."""

ContextOf = Callable[[Session], Context]
"""Session → context, with the present instant."""


class Taken(Exception):  # noqa: N818 (named for what it says)
    """Somebody else does it now."""


def new_holder() -> str:
    """Name this process, so that no other ever bears the name: ``host:pid:random``."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def take(context: Context, name: str, holder: str, seconds: float = LEASE_SECONDS) -> str | None:
    """Take a lease, or renew one's own.

    Parameters
    ----------
    context : Context
        A transaction.
    name : str
        What is done alone.
    holder : str
        From `new_holder`.
    seconds : float
        How long it lasts unless renewed.

    Returns
    -------
    str or None
        Who held it before: the caller itself when it is renewed, another who has fallen silent, an empty text when
        it was free. None: somebody else holds it.
    """
    session = context.session
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(Lease).values(name=name).on_conflict_do_nothing())
    before = session.get_one(Lease, name, with_for_update=True, populate_existing=True)
    past = before.holder
    if past not in {None, holder} and before.expires_at is not None and before.expires_at > context.now:
        return None
    before.holder, before.expires_at = holder, context.now + timedelta(seconds=seconds)
    session.flush()
    return past or ""


def release(context: Context, name: str, holder: str) -> None:
    """Give a lease back; nothing happens when somebody else has it."""
    context.session.execute(
        update(Lease).where(Lease.name == name, Lease.holder == holder).values(holder=None, expires_at=None)
    )


@contextmanager
def held(
    engine: Engine, context_of: ContextOf, name: str, *, seconds: float = LEASE_SECONDS, wait_seconds: float = 0
) -> Iterator[None]:
    """Do something alone: take a lease, renew it from a thread while the block lasts, give it back.

    Parameters
    ----------
    engine, context_of
        Of the database; the lease has transactions of its own.
    name : str
        What is done alone.
    seconds : float
        How long others wait after this process has died or frozen.
    wait_seconds : float
        How long to wait for one's turn.

    Raises
    ------
    Taken
        Somebody else does it, and went on for as long as one waited.
    """
    holder = new_holder()
    until = time.monotonic() + wait_seconds

    def renew() -> bool:
        return retrying(engine, lambda session: take(context_of(session), name, holder, seconds)) is not None

    while not renew():
        if time.monotonic() >= until:
            raise Taken(name)
        time.sleep(_LOOK_SECONDS)
    over = threading.Event()
    thread = threading.Thread(target=_keep, args=(over, renew, seconds / _RENEWALS), name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        retrying(engine, lambda session: release(context_of(session), name, holder))


def _keep(over: threading.Event, renew: Callable[[], bool], every_seconds: float) -> None:
    while not over.wait(every_seconds):
        try:
            if not renew():
                return
        except DatabaseBusy:
            # The next sign of life comes in time: there are several within the lease.
            continue
