"""Follow-on requests: the next place is looked for before a stay ends."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, check, identifier_check, one_of
from data.models.request import Request
from data.models.stay import Stay
from data.types import code


class LimitKind(StrEnum):
    """What ends a stay."""

    LEAVING = "leaving"
    """Its shelter has announced a departure."""
    RENEWAL_DUE = "renewal_due"
    """It ends unless it is renewed, which its kind of place allows."""
    MAXIMUM_STAY = "maximum_stay"
    CHILD_AGE = "child_age"
    """The youngest child becomes too old for the kind of place."""
    PRINCIPAL_AGE = "principal_age"
    DECISION_EXPIRES = "decision_expires"
    """The order it rests on."""
    MAJORITY = "majority"
    """The principal turns 18: said, and ends nothing by itself."""


class CancelledBecause(StrEnum):
    """Why a follow-on request is not needed any more."""

    RENEWED = "renewed"
    """The stay goes on."""


class FollowOn(Identified, Base):
    """A stay and the request opened for what comes after it: one at a time."""

    __tablename__ = "follow_on"
    __table_args__ = (
        identifier_check(),
        one_of("limit_kind", LimitKind),
        one_of("cancelled_because", CancelledBecause),
        check("cancelled", "(cancelled_at IS NULL) = (cancelled_because IS NULL)"),
        UniqueConstraint("request_id"),
        Index(
            "uq_follow_on_open",
            "stay_id",
            unique=True,
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    stay_id: Mapped[Identifier] = mapped_column(ForeignKey("stay.id"))
    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id"))
    limit_kind: Mapped[LimitKind] = mapped_column(code(LimitKind))
    limit_night: Mapped[date]
    opened_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_because: Mapped[CancelledBecause | None] = mapped_column(code(CancelledBecause))

    stay: Mapped[Stay] = relationship(lazy="raise_on_sql")
    request: Mapped[Request] = relationship(lazy="raise_on_sql")
