"""Engines, transactions, retries: the one place that commits."""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from data.audit import append, undo
from data.errors import (
    ConstraintBroken,
    DatabaseBusy,
    DatabaseLost,
    StaleVersion,
    broken_constraint,
    is_lost,
    is_transient,
)
from data.versions import bump_parents

try:
    import pysqlite3.dbapi2 as _pysqlite3
except ImportError:  # no wheel for this platform: Python's own SQLite, perhaps an older one
    _sqlite: ModuleType = sqlite3
else:
    _sqlite = _pysqlite3

_Result = TypeVar("_Result")

WAL_SINCE: Final = (3, 51, 3)
"""First SQLite whose write-ahead log cannot be corrupted by a checkpoint that races with a writer."""
LOCK_SECONDS: Final = 10
"""How long a transaction waits for another's locks before it is told that the database is busy."""
ATTEMPTS: Final = 5
"""How many times the same work is tried at most."""
_FIRST_PAUSE_SECONDS: Final = 0.02
_READING: Final = "escale_reading"

_sessions = sessionmaker(expire_on_commit=False)
event.listen(_sessions, "before_flush", bump_parents)
event.listen(_sessions, "after_soft_rollback", undo)


def make_engine(url: str, *, echo: bool = False) -> Engine:
    """Open a database as Escale needs it.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` (SQLite through ``pysqlite3`` when it can be imported) or ``postgresql+psycopg://…``.
    echo : bool
        Log every statement (never its parameters).

    Returns
    -------
    Engine
        Parameters hidden from logs and errors; SQLite with transactions of our own, foreign keys, full
        synchronisation, erasing deletes and a write-ahead log where it is safe; PostgreSQL in UTC.

    Raises
    ------
    ValueError
        When the URL names another engine.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url, echo=echo)
    if backend == "postgresql":
        return _postgresql_engine(url, echo=echo)
    message = f"a database is SQLite or PostgreSQL, not {backend}"
    raise ValueError(message)


def sqlite_version() -> tuple[int, ...]:
    """Version of the SQLite in use, ``(3, 53, 4)``."""
    version: tuple[int, ...] = _sqlite.sqlite_version_info
    return version


def _dumps(value: object) -> str:
    # Sorted and compact: equal documents are equal texts.
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sqlite_engine(url: str, *, echo: bool) -> Engine:
    engine = create_engine(
        url,
        module=_sqlite,
        # None: the driver begins nothing by itself, `_begin_sqlite` does.
        connect_args={"isolation_level": None, "timeout": LOCK_SECONDS},
        hide_parameters=True,
        json_serializer=_dumps,
        echo=echo,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3 or pysqlite3
    journal = "WAL" if sqlite_version() >= WAL_SINCE else "DELETE"
    for pragma in (
        f"busy_timeout = {LOCK_SECONDS * 1000}",
        f"journal_mode = {journal}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "recursive_triggers = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
    # A writer takes its lock at once: a transaction that read first could only fail when it came to write.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql_engine(url: str, *, echo: bool) -> Engine:
    return create_engine(
        url,
        connect_args={"options": f"-c timezone=UTC -c lock_timeout={LOCK_SECONDS}s"},
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_dumps,
        echo=echo,
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Run one transaction that may write; commit at the end, roll back when anything is raised.

    Nothing else in Escale commits. Acts noted on the session (`data.audit`) are written last, before the commit. On
    PostgreSQL the isolation is READ COMMITTED: rows are locked, then checked.

    Parameters
    ----------
    engine : Engine
        From `make_engine`.

    Yields
    ------
    Session
        Its objects stay readable after the commit.

    Raises
    ------
    StaleVersion
        When a row written had been changed by somebody else.
    ConstraintBroken
        When the database refused a row; names the constraint, never the values.
    DatabaseBusy
        When another transaction was in the way; see `retrying`.
    DatabaseLost
        When the connection broke: it may have been committed.
    """
    try:
        with _sessions(bind=engine) as session, session.begin():
            yield session
            append(session)
    except StaleDataError:
        message = "somebody else changed this since it was read"
        raise StaleVersion(message) from None
    except IntegrityError as error:
        raise ConstraintBroken(broken_constraint(error)) from None
    except OperationalError as error:
        _refuse_lost(error)
        if not is_transient(error):
            raise
        message = "another transaction was in the way"
        raise DatabaseBusy(message) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Read from one consistent state of the database; any write is refused by the database itself.

    Parameters
    ----------
    engine : Engine
        From `make_engine`.

    Yields
    ------
    Session
        SQLite: a read transaction with ``query_only``. PostgreSQL: REPEATABLE READ, READ ONLY.

    Raises
    ------
    DatabaseLost
        When the connection broke.
    """
    options: dict[str, object] = {_READING: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        with engine.connect().execution_options(**options) as connection, _sessions(bind=connection) as session:
            yield session
    except OperationalError as error:
        _refuse_lost(error)
        raise


def _refuse_lost(error: OperationalError) -> None:
    if is_lost(error):
        message = "the connection to the database broke"
        raise DatabaseLost(message) from None


def retrying(
    engine: Engine,
    work: Callable[[Session], _Result],
    *,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> _Result:
    """Run work in a transaction, again when another transaction was in the way, at most ``attempts`` times.

    Only transient errors of the database are tried again (serialization failure, deadlock, lock not obtained, busy
    file); everything else is raised at once. Pauses double and vary, so that two who collided do not collide again.

    Parameters
    ----------
    engine : Engine
        From `make_engine`.
    work : callable
        Takes the session and may be called several times: it does nothing outside the database.
    attempts : int
        Tries in all, 1 or more.
    sleep : callable
        Waits the given seconds.

    Returns
    -------
    object
        What ``work`` returned in the transaction that was committed.

    Raises
    ------
    DatabaseBusy
        When the last try was in the way too.
    """
    pause = _FIRST_PAUSE_SECONDS
    for attempt in range(1, attempts + 1):
        try:
            with transaction(engine) as session:
                return work(session)
        except DatabaseBusy:
            if attempt == attempts:
                raise
        sleep(pause * (0.5 + secrets.randbelow(1000) / 1000))
        pause *= 2
    message = "attempts are 1 or more"
    raise ValueError(message)
