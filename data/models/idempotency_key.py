"""Answers already given, so that a repeated POST is answered and not done again."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identifier, check
from data.types import document


class IdempotencyKey(Base):
    """The answer to one key of one organisation, written in the transaction that did the work."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        check("key", "length(key) BETWEEN 1 AND 255"),
        check("status", "status BETWEEN 100 AND 599"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str]
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    response: Mapped[Any | None] = mapped_column(document())
    headers: Mapped[dict[str, str]] = mapped_column(document())
    created_at: Mapped[datetime]
