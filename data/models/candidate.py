"""Candidates: plans shown to a coordinator for one request, under a handle that says nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identified, Identifier, check, identifier_check
from data.types import CODE_LENGTH, document


class Candidate(Identified, Base):
    """A plan that was admissible when it was shown; its identifier stands for places nobody outside may know.

    ``blocked`` is the one rule in its way: a reservation that a waiver may lift, a refusal that may be overridden.
    """

    __tablename__ = "candidate"
    __table_args__ = (
        identifier_check(),
        check("expiry", "expires_at > created_at"),
        check("blocked", f"length(blocked) BETWEEN 1 AND {CODE_LENGTH}"),
        Index(None, "request_id"),
        Index(None, "expires_at"),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    legs: Mapped[list[dict[str, Any]]] = mapped_column(document())
    blocked: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
