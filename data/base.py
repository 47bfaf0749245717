"""What every table shares: names of constraints, identifiers, versions, and checks written alike on both engines."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from sqlalchemy import CheckConstraint, Date, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from data.types import UtcDateTime

IDENTIFIER_LENGTH = 32
"""Characters of an identifier: 128 random bits in hexadecimal."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """Draw an identifier: 128 bits nobody can guess or order, as 32 hexadecimal digits."""
    return secrets.token_hex(IDENTIFIER_LENGTH // 2)


Identifier = Annotated[str, mapped_column(String(IDENTIFIER_LENGTH))]
"""A column that refers to a row by its identifier."""
Departement = Annotated[str, mapped_column(String(3))]
"""Code of a département: "01" to "976"."""
Insee = Annotated[str, mapped_column(String(5))]
"""INSEE code of a commune."""


class Base(DeclarativeBase):
    """Parent of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), date: Date(), str: Text()}


class Identified:
    """A row known by a random identifier."""

    id: Mapped[Identifier] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


class Versioned:
    """A row whose version grows with each change of it or of its children (`data.versions`).

    Two who read the same version cannot both write: the second gets `data.errors.StaleVersion`.
    """

    version: Mapped[int] = mapped_column(default=1, sort_order=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:  # noqa: N805 - SQLAlchemy calls it with the class
        return {"version_id_col": cls.version}


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Check that a column holds a code of a closed list (or NULL where the column may be).

    Parameters
    ----------
    column : str
        Column of the table the constraint is put in; gives the constraint its name.
    values : type of StrEnum
        The list.

    Returns
    -------
    CheckConstraint
        Named ``ck_<table>_<column>``.
    """
    return CheckConstraint(f"{column} IN ({codes(values)})", name=column)


def codes(values: Iterable[StrEnum]) -> str:
    """Write codes as an SQL list: ``'a', 'b'``. Codes of ours only: they are not escaped."""
    return ", ".join(f"'{value.value}'" for value in values)


def check(name: str, rule: str) -> CheckConstraint:
    """Check a rule in SQL that both engines read alike.

    Parameters
    ----------
    name : str
        Short name; the constraint is ``ck_<table>_<name>``.
    rule : str
        Condition every row satisfies.

    Returns
    -------
    CheckConstraint
        To be put in ``__table_args__``.
    """
    return CheckConstraint(rule, name=name)


def identifier_check() -> CheckConstraint:
    """Check that ``id`` has the length of an identifier: readable or short ones could be guessed."""
    return check("id", f"length(id) = {IDENTIFIER_LENGTH}")


def nights_check() -> CheckConstraint:
    """Check that ``until_night`` comes after ``from_night``: every interval of nights is half-open and not empty."""
    return check("nights", "until_night IS NULL OR until_night > from_night")
