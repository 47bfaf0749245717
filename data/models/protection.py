"""The checklist of protection of a request: what must be asked, ordered, handed over, by whom and by when."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, identifier_check, one_of
from data.models.journey import FUNCTION_LENGTH
from data.models.request import Request
from data.types import CODE_LENGTH, code


class StepKind(StrEnum):
    """What is to be done (data/reference/protection.toml says for whom, by when, and why)."""

    ADMINISTRATOR_ASKED = "administrator_asked"
    ADMINISTRATOR_APPOINTED = "administrator_appointed"
    PLACEMENT_ORDER = "placement_order"
    """``valid_until``: when the order expires."""
    JUDGE_SEIZED = "judge_seized"
    PROTECTION_REFERENT = "protection_referent"
    INTERPRETER = "interpreter"
    CARE_HANDED_OVER = "care_handed_over"
    """One for each kind of care (``service``)."""
    PRE_ADMISSION_INTERVIEW = "pre_admission_interview"
    MINORITY_APPEAL = "minority_appeal"
    """``due_on``: its next date."""


class Owner(StrEnum):
    """Who owes a step: an organisation by what it is, never a person."""

    ASE = "ase"
    PJJ = "pjj"
    JUSTICE = "justice"
    SIAO = "siao"
    COORDINATION = "coordination"
    REFERRER = "referrer"
    SHELTER = "shelter"
    HEALTH = "health"
    ASSOCIATION = "association"


class StepState(StrEnum):
    """Whether a step is still owed."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"


class ProtectionStep(Identified, Versioned, Base):
    """One step of one request, dated and owned."""

    __tablename__ = "protection_step"
    __table_args__ = (
        identifier_check(),
        one_of("kind", StepKind),
        one_of("owner", Owner),
        one_of("state", StepState),
        check("service", "(service IS NOT NULL) = (kind = 'care_handed_over')"),
        check("owner_function", f"length(owner_function) BETWEEN 1 AND {FUNCTION_LENGTH}"),
        check("done", "(done_on IS NOT NULL) = (state = 'done')"),
        check("valid_until", "valid_until IS NULL OR kind = 'placement_order'"),
        Index(
            "uq_protection_step",
            "request_id",
            "kind",
            # NULLs differ in a unique index.
            text("coalesce(service, '')"),
            unique=True,
        ),
        Index(None, "state", "due_on"),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    kind: Mapped[StepKind] = mapped_column(code(StepKind))
    service: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
    owner: Mapped[Owner] = mapped_column(code(Owner))
    owner_function: Mapped[str | None] = mapped_column(String(FUNCTION_LENGTH))
    due_on: Mapped[date | None]
    state: Mapped[StepState] = mapped_column(code(StepState), default=StepState.OPEN)
    done_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    created_at: Mapped[datetime]

    request: Mapped[Request] = relationship(lazy="raise_on_sql")
