"""Places, the nights their shelter declares free, and the nights they are closed."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, identifier_check, nights_check, one_of
from data.models.facility import Facility
from data.types import code
from matcher.place import Sharing

__all__ = ["Closure", "ClosureReason", "FreeInterval", "Place"]


class ClosureReason(StrEnum):
    """Why a place receives nobody for a while."""

    WORKS = "works"
    PEST_CONTROL = "pest_control"
    STAFF = "staff"
    UNDER_OCCUPATION = "under_occupation"
    OTHER = "other"


class Place(Identified, Versioned, Base):
    """A room or a bed: what a household is offered. It is never deleted, it closes."""

    __tablename__ = "place"
    __table_args__ = (
        identifier_check(),
        one_of("sharing", Sharing),
        check("label", "length(label) > 0"),
        check("beds", "beds >= 1"),
        check("cots", "cots >= 0"),
        Index(None, "facility_id"),
    )

    facility_id: Mapped[Identifier] = mapped_column(ForeignKey("facility.id"))
    label: Mapped[str]
    beds: Mapped[int]
    cots: Mapped[int] = mapped_column(default=0)
    sharing: Mapped[Sharing] = mapped_column(code(Sharing), default=Sharing.PRIVATE)
    pair_is_one: Mapped[bool] = mapped_column(default=False)
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    closed_at: Mapped[datetime | None]

    facility: Mapped[Facility] = relationship(lazy="raise_on_sql")
    free_intervals: Mapped[list["FreeInterval"]] = relationship(
        back_populates="place",
        lazy="selectin",
        order_by="FreeInterval.from_night, FreeInterval.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    closures: Mapped[list["Closure"]] = relationship(
        back_populates="place",
        lazy="selectin",
        order_by="Closure.from_night, Closure.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class FreeInterval(Identified, Base):
    """Nights the shelter declares free, [from, until); beds and cots NULL: all the place's.

    Intervals of a private place never overlap (`data.triggers`); those of a shared place may, each is a group of
    beds of its own.
    """

    __tablename__ = "free_interval"
    __table_args__ = (
        identifier_check(),
        nights_check(),
        check("beds", "beds >= 0"),
        check("cots", "cots >= 0"),
        Index(None, "place_id"),
    )

    place_id: Mapped[Identifier] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"))
    from_night: Mapped[date]
    until_night: Mapped[date | None]
    beds: Mapped[int | None]
    cots: Mapped[int | None]

    place: Mapped[Place] = relationship(back_populates="free_intervals", lazy="raise_on_sql")


class Closure(Identified, Base):
    """Nights on which a place receives nobody, [from, until), and why."""

    __tablename__ = "closure"
    __table_args__ = (
        identifier_check(),
        nights_check(),
        one_of("reason", ClosureReason),
        Index(None, "place_id"),
    )

    place_id: Mapped[Identifier] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"))
    reason: Mapped[ClosureReason] = mapped_column(code(ClosureReason))
    from_night: Mapped[date]
    until_night: Mapped[date | None]
    declared_by: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    declared_at: Mapped[datetime]

    place: Mapped[Place] = relationship(back_populates="closures", lazy="raise_on_sql")
