"""What one night was for one request: the raw material of every published figure."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Departement, Identified, Identifier, check, identifier_check, one_of
from data.models.proposal import ProposalState
from data.types import CodeList, code, document
from matcher.request import Sex

__all__ = ["FactOutcome", "NightFact", "Sex"]


class FactOutcome(StrEnum):
    """How the household spent the night."""

    SERVED = "served"
    """In the place it was looking for."""
    BRIDGED = "bridged"
    """In a place that only bridges to the next one of its plan."""
    UNMET = "unmet"
    """Without a place of this service."""


class NightFact(Identified, Base):
    """One dated fact per open request and night. It is written once and never changed (`data.triggers.changes`).

    ``stage`` is the most advanced state its plans had reached when the night was over, NULL without a plan; ``binding``
    the sets of rules whose lifting would have served it, NULL when they were not computed. ``kinds`` are those wanted,
    NULL: any.
    """

    __tablename__ = "night_fact"
    __table_args__ = (
        identifier_check(),
        one_of("outcome", FactOutcome),
        one_of("stage", ProposalState),
        one_of("principal_sex", Sex),
        check("priority", "priority BETWEEN 1 AND 4"),
        check("household", "adults >= 0 AND minors >= 0 AND adults + minors >= 1"),
        check(
            "young",
            "under_3_months BETWEEN 0 AND under_1_year AND under_1_year <= under_3_years AND under_3_years <= minors",
        ),
        check("unmet", "outcome = 'unmet' OR (binding IS NULL AND reason IS NULL)"),
        UniqueConstraint("night", "request_id"),
        Index(None, "request_id"),
    )

    night: Mapped[date]
    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id"))
    outcome: Mapped[FactOutcome] = mapped_column(code(FactOutcome))
    stage: Mapped[ProposalState | None] = mapped_column(code(ProposalState))
    binding: Mapped[list[list[str]] | None] = mapped_column(document())
    reason: Mapped[str | None]
    priority: Mapped[int]
    departement: Mapped[Departement]
    kinds: Mapped[tuple[str, ...] | None] = mapped_column(CodeList)
    waiting_since: Mapped[date]
    adults: Mapped[int]
    minors: Mapped[int]
    under_3_years: Mapped[int]
    under_1_year: Mapped[int]
    under_3_months: Mapped[int]
    pregnant: Mapped[bool]
    has_partner: Mapped[bool]
    principal_sex: Mapped[Sex] = mapped_column(code(Sex))
    trafficking: Mapped[bool]
    derived_at: Mapped[datetime]
