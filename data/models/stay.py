"""Stays: who is, or will be, in a place."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, identifier_check, nights_check, one_of
from data.models.place import Place
from data.models.request import Request
from data.types import code


class StayState(StrEnum):
    """Whether the household is expected, there, gone, or never came."""

    BOOKED = "booked"
    OCCUPIED = "occupied"
    ENDED = "ended"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


LIVE_STAYS = (StayState.BOOKED, StayState.OCCUPIED)
"""States in which a stay takes beds and its household has neighbours."""


class Stay(Identified, Versioned, Base):
    """A household in a place, [from, until).

    Without a request the household came by another way: the shelter's declaration of what is free already counts it.
    With one it comes from a leg of a proposal (``proposal_id``, ``position``), and its beds are booked
    (`data.models.booking`). ``leaving_night``: the departure its shelter has announced, when it has.
    ``has_minor`` and ``has_adult`` NULL: not known, and then both are true for every rule.
    """

    __tablename__ = "stay"
    __table_args__ = (
        identifier_check(),
        nights_check(),
        one_of("state", StayState),
        check("beds", "beds >= 0 AND cots >= 0 AND beds + cots >= 1"),
        check("ended", "state <> 'ended' OR until_night IS NOT NULL"),
        check("arrival", "arrived_at IS NULL OR state IN ('occupied', 'ended')"),
        check("leaving", "leaving_night IS NULL OR (state IN ('occupied', 'ended') AND leaving_night > from_night)"),
        check("renewals", "renewals >= 0 AND (renewals = 0 OR state IN ('occupied', 'ended'))"),
        check("leg", "(proposal_id IS NULL) = (position IS NULL) AND (proposal_id IS NULL OR request_id IS NOT NULL)"),
        # A household that never came was expected: somebody had filed its request.
        check("expected", "state NOT IN ('no_show', 'cancelled') OR request_id IS NOT NULL"),
        ForeignKeyConstraint(["proposal_id", "position"], ["proposal_leg.proposal_id", "proposal_leg.position"]),
        UniqueConstraint("proposal_id", "position"),
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
    proposal_id: Mapped[Identifier | None]
    position: Mapped[int | None]
    arrived_at: Mapped[datetime | None]
    leaving_night: Mapped[date | None]
    renewals: Mapped[int] = mapped_column(default=0)

    place: Mapped[Place] = relationship(lazy="raise_on_sql")
    request: Mapped[Request | None] = relationship(lazy="raise_on_sql")
