"""Bookings: the nights of one bed, one cot or one whole place that a hold or a stay has taken."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identified, Identifier, check, identifier_check, nights_check, one_of
from data.types import code


class Unit(StrEnum):
    """What is booked: a bed or a cot of a shared place, or a private place, which goes whole."""

    PLACE = "place"
    BED = "bed"
    COT = "cot"


class Booking(Identified, Base):
    """One unit of a place for [from, until), behind a leg of a proposal, and later the stay it becomes.

    ``live`` is false once what it was taken for is over; it never comes back. Two live bookings of a unit never share
    a night; on no night are more units booked than declared free when the booking was made (`data.triggers`).
    ``number`` tells beds apart and nothing else: 1 to the beds (or cots) of the place, 1 for a whole place.
    """

    __tablename__ = "booking"
    __table_args__ = (
        identifier_check(),
        nights_check(),
        one_of("unit", Unit),
        check("number", "number >= 1 AND (unit <> 'place' OR number = 1)"),
        check("leg", "(proposal_id IS NULL) = (position IS NULL)"),
        check("holder", "proposal_id IS NOT NULL OR stay_id IS NOT NULL"),
        ForeignKeyConstraint(
            ["proposal_id", "position"], ["proposal_leg.proposal_id", "proposal_leg.position"], ondelete="CASCADE"
        ),
        # SQLite has no exclusion constraint: its trigger looks here.
        Index(None, "place_id", "unit", "number", "from_night"),
        Index(None, "request_id"),
        Index(None, "proposal_id", "position"),
        Index(None, "stay_id"),
    )

    place_id: Mapped[Identifier] = mapped_column(ForeignKey("place.id"))
    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id"))
    proposal_id: Mapped[Identifier | None]
    position: Mapped[int | None]
    stay_id: Mapped[Identifier | None] = mapped_column(ForeignKey("stay.id", ondelete="CASCADE"))
    unit: Mapped[Unit] = mapped_column(code(Unit))
    number: Mapped[int]
    from_night: Mapped[date]
    until_night: Mapped[date | None]
    live: Mapped[bool] = mapped_column(default=True)
