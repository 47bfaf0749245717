"""Stays: who is, or will be, in a place."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, check, identifier_check, nights_check, one_of
from data.models.place import Place
from data.models.request import Request
from data.types import code


class StayState(StrEnum):
    """Whether the household is expected, there, or gone."""

    BOOKED = "booked"
    OCCUPIED = "occupied"
    ENDED = "ended"


LIVE_STAYS = (StayState.BOOKED, StayState.OCCUPIED)
"""States in which a stay takes beds and its household has neighbours."""


class Stay(Identified, Base):
    """A household in a place, [from, until).

    Without a request the household came by another way: the shelter's declaration of what is free already counts it.
    ``has_minor`` and ``has_adult`` NULL: not known, and then both are true for every rule.
    """

    __tablename__ = "stay"
    __table_args__ = (
        identifier_check(),
        nights_check(),
        one_of("state", StayState),
        check("beds", "beds >= 0 AND cots >= 0 AND beds + cots >= 1"),
        check("ended", "state <> 'ended' OR until_night IS NOT NULL"),
        Index(None, "place_id"),
        Index(None, "request_id"),
    )

    place_id: Mapped[Identifier] = mapped_column(ForeignKey("place.id"))
    request_id: Mapped[Identifier | None] = mapped_column(ForeignKey("request.id"))
    from_night: Mapped[date]
    until_night: Mapped[date | None]
    beds: Mapped[int]
    cots: Mapped[int] = mapped_column(default=0)
    separation_group: Mapped[str | None]
    has_minor: Mapped[bool | None]
    has_adult: Mapped[bool | None]
    state: Mapped[StayState] = mapped_column(code(StayState))

    place: Mapped[Place] = relationship(lazy="raise_on_sql")
    request: Mapped[Request | None] = relationship(lazy="raise_on_sql")
