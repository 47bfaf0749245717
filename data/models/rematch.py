"""What has changed since a run last looked at it."""

from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identifier, one_of
from data.types import code


class Noun(StrEnum):
    """Tables whose rows a run depends on."""

    REQUEST = "request"
    FACILITY = "facility"
    PLACE = "place"


class Rematch(Base):
    """A row that is new or has another version than the one a run looked at.

    The database writes it itself (`data.triggers`), in the transaction of the change: no service can forget it. A run
    takes away exactly the versions it has seen.
    """

    __tablename__ = "rematch"
    __table_args__ = (one_of("noun", Noun),)

    noun: Mapped[Noun] = mapped_column(code(Noun), primary_key=True)
    row_id: Mapped[Identifier] = mapped_column(primary_key=True)
    version: Mapped[int]
