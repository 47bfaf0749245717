"""Pairs of a request and a facility that distancing forbids."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identifier, one_of
from data.types import code


class ExclusionRule(StrEnum):
    """Which rule of distancing forbids the pair (matching.md §2)."""

    DANGER_AREA = "danger_area"
    UNKNOWN_LOCATION = "unknown_location"


class ExcludedPair(Base):
    """A facility in which nothing may be booked for a request.

    The database cannot measure: `data.exclusions` does, in the transaction that changes a zone, where a facility is or
    whom it is reserved to; triggers then refuse every booking of the pair.
    """

    __tablename__ = "excluded_pair"
    __table_args__ = (one_of("rule", ExclusionRule), Index(None, "facility_id"))

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    facility_id: Mapped[Identifier] = mapped_column(ForeignKey("facility.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[ExclusionRule] = mapped_column(code(ExclusionRule))
