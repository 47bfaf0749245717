"""Waivers: a département lifts a local reservation for one household (domain.md §5)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Departement, Identified, Identifier, Versioned, check, identifier_check
from data.models.facility import Facility
from data.models.request import Request

AGREED_BY_MAX = 100
"""Longest name of a function (characters)."""


class Waiver(Identified, Versioned, Base):
    """One household may be received where places are kept for others.

    Asked for while ``agreed_at`` is NULL; in force from then until ``until_night`` (exclusive) or ``revoked_at``.
    ``departement`` is the one whose reservation is lifted, ``agreed_by`` the function of who agreed, never a name.
    """

    __tablename__ = "waiver"
    __table_args__ = (
        identifier_check(),
        check("agreed", "(agreed_at IS NULL) = (agreed_by IS NULL)"),
        check("agreed_by", f"length(agreed_by) BETWEEN 1 AND {AGREED_BY_MAX}"),
        check("revoked", "revoked_at >= asked_at"),
        # One at a time for a household and a facility.
        Index(
            "uq_waiver_standing",
            "request_id",
            "facility_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(None, "facility_id"),
        Index(None, "departement"),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    facility_id: Mapped[Identifier] = mapped_column(ForeignKey("facility.id", ondelete="CASCADE"))
    departement: Mapped[Departement]
    until_night: Mapped[date]
    asked_by: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    asked_at: Mapped[datetime]
    agreed_by: Mapped[str | None]
    agreed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    request: Mapped[Request] = relationship(lazy="raise_on_sql")
    facility: Mapped[Facility] = relationship(lazy="raise_on_sql")
