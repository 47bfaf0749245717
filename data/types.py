"""Column types that both engines keep alike."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Enum, TypeDecorator
from sqlalchemy.types import TypeEngine

CODE_LENGTH = 32
"""Longest code a column of codes holds (characters)."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, always UTC, stored with its zone on PostgreSQL and as UTC text on SQLite.

    A naive datetime is refused, because nobody can know which hour it meant.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring an aware datetime to UTC; `ValueError` when it is naive."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs its time zone"
            raise ValueError(message)
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class CodeList(TypeDecorator[tuple[str, ...]]):
    """A set of codes, kept as a JSON array in sorted order without repetition, read as a tuple.

    Sorted, so that equal sets are equal texts; None is SQL NULL and differs from the empty set.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> list[str] | None:
        """Sort and drop repetitions; `TypeError` for a bare string, which would be cut into letters."""
        del dialect
        if value is None:
            return None
        if isinstance(value, str):
            message = "a list of codes is not a single text"
            raise TypeError(message)
        return sorted(set(value))

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Freeze the array read."""
        del dialect
        return None if value is None else tuple(value)


def document() -> JSON:
    """Make the type of a frozen JSON document; None is SQL NULL, never JSON's null."""
    return JSON(none_as_null=True)


def code(values: type[StrEnum]) -> TypeEngine[Any]:
    """Make the type of a column that holds one code of a closed list, as text.

    Parameters
    ----------
    values : type of StrEnum
        The list. `data.base.one_of` adds the CHECK that keeps it closed in the database.

    Returns
    -------
    TypeEngine
        VARCHAR(32) on both engines, read as a member of the list; a value outside it is refused before it is sent.
    """
    return Enum(
        values,
        native_enum=False,
        create_constraint=False,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
        length=CODE_LENGTH,
    )
