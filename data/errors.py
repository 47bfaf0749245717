"""What the database can refuse, in words that carry no data.

Drivers put the refused values in their messages (PostgreSQL's DETAIL line does); these errors never repeat them.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from data.base import Base

_TRANSIENT_POSTGRESQL = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available (lock_timeout)
}
_GOING = {
    "57P01",  # admin_shutdown
    "57P02",  # crash_shutdown
    "57P03",  # cannot_connect_now
}
_TRANSIENT_SQLITE = {5, 6}  # SQLITE_BUSY, SQLITE_LOCKED; the extended codes keep them in their low byte


class DataError(Exception):
    """Base of every error this package raises on purpose."""


class StaleVersion(DataError):  # noqa: N818 - it is a fact about a row, said as the services say it
    """Somebody else changed the row since it was read."""


class ConstraintBroken(DataError):  # noqa: N818 - same
    """The database refused a row.

    Parameters
    ----------
    constraint : str or None
        Name of the constraint, index or trigger that refused; None when the engine does not say which (SQLite
        does not name foreign keys).
    """

    def __init__(self, constraint: str | None) -> None:
        super().__init__(f"refused by the database: {constraint or 'an unnamed constraint'}")
        self.constraint = constraint


class DatabaseBusy(DataError):  # noqa: N818 - same
    """Another transaction was in the way; the same work may succeed when tried again."""


class DatabaseLost(DataError):  # noqa: N818 - same
    """The connection broke: whether the transaction was committed is not known, so nothing tries it again unasked."""


class UnknownReference(DataError):  # noqa: N818 - same
    """A row names a code that the reference data do not hold."""


def is_transient(error: BaseException) -> bool:
    """Tell whether the same transaction may succeed when run again.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    bool
        True for a serialization failure, a deadlock, a lock not obtained in time (PostgreSQL) and for a busy or
        locked database (SQLite); nothing else.
    """
    if isinstance(error, DatabaseBusy):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) in _TRANSIENT_POSTGRESQL:
        return True
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _TRANSIENT_SQLITE
    return str(error.orig) in {"database is locked", "database table is locked"}


def is_lost(error: OperationalError) -> bool:
    """Tell whether the connection to PostgreSQL broke, or could not be made.

    Parameters
    ----------
    error : OperationalError
        As SQLAlchemy raised it.

    Returns
    -------
    bool
        True when the server is gone, going or not there; False for everything SQLite says, which is a file.
    """
    sqlstate = getattr(error.orig, "sqlstate", "")
    return error.connection_invalidated or sqlstate is None or sqlstate in _GOING or sqlstate.startswith("08")


def broken_constraint(error: IntegrityError) -> str | None:
    """Name what refused a row.

    Parameters
    ----------
    error : IntegrityError
        As SQLAlchemy raised it.

    Returns
    -------
    str or None
        Name of the constraint, unique index or trigger; None when the engine does not tell (SQLite's foreign keys
        and NOT NULL).
    """
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        name: str | None = diagnostics.constraint_name
        return name
    message = str(error.orig)
    kind, separator, detail = message.partition(" constraint failed: ")
    if not separator:
        # A trigger of ours: its message is its constraint's name and nothing else.
        return message if message.isidentifier() else None
    if kind == "CHECK":
        return detail
    return _unique_name(detail) if kind == "UNIQUE" else None


def _unique_name(columns: str) -> str | None:
    # SQLite says "UNIQUE constraint failed: place.id, place.label": columns, not the name.
    pairs = [name.split(".", 1) for name in columns.split(", ")]
    table = Base.metadata.tables.get(pairs[0][0])
    if table is None or any(len(pair) != 2 for pair in pairs):
        return None
    wanted = [column for _, column in pairs]
    for rule in _unique_rules(table):
        if [column.name for column in rule.columns] == wanted:
            return str(rule.name)
    return None


def _unique_rules(table: Table) -> list[UniqueConstraint | PrimaryKeyConstraint | Index]:
    rules: list[UniqueConstraint | PrimaryKeyConstraint | Index] = [
        constraint
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    return rules + [index for index in table.indexes if index.unique]
