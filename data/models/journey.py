"""Journeys: how a household comes to the place that expects it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, identifier_check, one_of
from data.models.stay import Stay
from data.types import code

FUNCTION_LENGTH = 60
"""Longest text for somebody's function (characters): "éducatrice référente"."""


class Escort(StrEnum):
    """Who travels with the household: an organisation and a function, never a name."""

    NOBODY = "nobody"
    ASE = "ase"
    PJJ = "pjj"
    POLICE = "police"
    SIAO = "siao"
    SHELTER = "shelter"
    """The receiving one fetches the household."""
    HEALTH = "health"
    ASSOCIATION = "association"
    FAMILY = "family"
    OTHER = "other"


class Journey(Identified, Versioned, Base):
    """The way to one expected stay. Whether it has ended is the stay's own ``arrived_at``.

    ``meeting_point`` is P4: read and written by `api.services.meeting_points` alone.
    """

    __tablename__ = "journey"
    __table_args__ = (
        identifier_check(),
        one_of("escort", Escort),
        check("escort_function", f"length(escort_function) BETWEEN 1 AND {FUNCTION_LENGTH}"),
        check("due", "due_at > leaves_at"),
        check("left", "(left_at IS NULL) = (left_confirmed_by IS NULL)"),
        UniqueConstraint("stay_id"),
    )

    stay_id: Mapped[Identifier] = mapped_column(ForeignKey("stay.id", ondelete="CASCADE"))
    escort: Mapped[Escort] = mapped_column(code(Escort))
    escort_function: Mapped[str | None] = mapped_column(String(FUNCTION_LENGTH))
    meeting_point: Mapped[str | None]
    leaves_at: Mapped[datetime]
    due_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_confirmed_by: Mapped[Identifier | None] = mapped_column(ForeignKey("organisation.id"))
    created_at: Mapped[datetime]

    stay: Mapped[Stay] = relationship(lazy="raise_on_sql")
