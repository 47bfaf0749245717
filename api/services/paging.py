"""Pages of a list, by keyset: what was added or removed meanwhile neither repeats nor hides a row."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.services.errors import FieldError, Invalid
from api.services.reasons import Reason

_NUMBER = re.compile("[0-9]{1,18}", re.ASCII)
LIMIT_MAX = 200
"""Most rows of one page."""

Position: TypeAlias = tuple[str, ...]
_Item = TypeVar("_Item")
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Page(Generic[_Item]):
    """Some rows, and where the next page begins.

    Parameters
    ----------
    items : sequence
        Rows of this page.
    following : tuple of str or None
        Position to ask the next page with; None on the last page.
    """

    items: Sequence[_Item]
    following: Position | None


@dataclass(frozen=True)
class Wanted:
    """Which page is asked for.

    Parameters
    ----------
    limit : int
        Most rows, 1 to 200.
    after : tuple of str or None
        Position given by the page before; None for the first.
    """

    limit: int = 50
    after: Position | None = None


def newest_first(
    session: Session,
    statement: Select[_Row],
    key: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    wanted: Wanted,
    view: Callable[[_Row], _Item],
    *,
    owner: Callable[[_Row], Any] = lambda row: row,
) -> Page[_Item]:
    """Read one page, newest rows first.

    Parameters
    ----------
    session : Session
        To read with.
    statement : Select
        The rows the caller may see: the reach is already in it.
    key : tuple of column
        Instant and identifier; together they order the rows.
    wanted : Wanted
        Which page.
    view : callable
        Row → frozen value.
    owner : callable
        Row → the row that holds the two columns of ``key``, when it is another.

    Raises
    ------
    Invalid
        The position is not one this list gave.
    """
    instant, identifier = key
    if wanted.after is not None:
        since, last = _position(wanted.after)
        statement = statement.where(or_(instant < since, and_(instant == since, identifier > last)))
    found = session.scalars(statement.order_by(instant.desc(), identifier).limit(wanted.limit + 1)).all()
    shown = found[: wanted.limit]
    following = None
    if len(found) > wanted.limit:
        edge = owner(shown[-1])
        following = (getattr(edge, instant.key).isoformat(), getattr(edge, identifier.key))
    return Page(items=[view(row) for row in shown], following=following)


def by_identifier(
    session: Session,
    statement: Select[_Row],
    identifier: InstrumentedAttribute[str],
    wanted: Wanted,
    view: Callable[[_Row], _Item],
) -> Page[_Item]:
    """Read one page of rows that have no date of their own, in the order of their identifiers.

    Parameters
    ----------
    session, statement, wanted, view
        As in `newest_first`.
    identifier : column
        Orders the rows.

    Raises
    ------
    Invalid
        The position is not one this list gave.
    """
    if wanted.after is not None:
        if len(wanted.after) != 1:
            raise Invalid([FieldError("cursor", Reason.BAD_CURSOR)])
        statement = statement.where(identifier > wanted.after[0])
    found = session.scalars(statement.order_by(identifier).limit(wanted.limit + 1)).all()
    shown = found[: wanted.limit]
    following = (str(getattr(shown[-1], identifier.key)),) if len(found) > wanted.limit else None
    return Page(items=[view(row) for row in shown], following=following)


def highest_first(
    session: Session,
    statement: Select[_Row],
    number: InstrumentedAttribute[int],
    wanted: Wanted,
    view: Callable[[_Row], _Item],
) -> Page[_Item]:
    """Read one page of rows that are numbered, the last number first.

    Parameters
    ----------
    session, statement, wanted, view
        As in `newest_first`.
    number : column
        Orders the rows.

    Raises
    ------
    Invalid
        The position is not one this list gave.
    """
    if wanted.after is not None:
        if len(wanted.after) != 1 or not _NUMBER.fullmatch(wanted.after[0]):
            raise Invalid([FieldError("cursor", Reason.BAD_CURSOR)])
        statement = statement.where(number < int(wanted.after[0]))
    found = session.scalars(statement.order_by(number.desc()).limit(wanted.limit + 1)).all()
    shown = found[: wanted.limit]
    following = (str(getattr(shown[-1], number.key)),) if len(found) > wanted.limit else None
    return Page(items=[view(row) for row in shown], following=following)


def _position(after: Position) -> tuple[datetime, str]:
    try:
        since, last = after
        instant = datetime.fromisoformat(since)
    except ValueError:
        raise Invalid([FieldError("cursor", Reason.BAD_CURSOR)]) from None
    if instant.tzinfo is None:
        raise Invalid([FieldError("cursor", Reason.BAD_CURSOR)])
    return instant, last
