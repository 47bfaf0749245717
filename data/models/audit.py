"""Who did what: one row an act, each bound to the one before it (`data.audit`)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identifier, check
from data.types import document

MAC_LENGTH = 64
"""Characters of a MAC: SHA-256 in hexadecimal."""
KEY_ID_LENGTH = 16
"""Characters of a key's identifier."""


class AuditEvent(Base):
    """One act. Rows are added and never changed: triggers refuse it, and the chain shows it where they were taken away.

    No foreign key: the record outlives what it speaks of, and writing it waits for no other row.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        check("seq", "seq >= 1"),
        check("act", "length(act) > 0"),
        check("mac", f"length(mac) = {MAC_LENGTH}"),
        Index(None, "organisation_id", "seq"),
        Index(None, "subject_table", "subject_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    organisation_id: Mapped[Identifier | None]
    role: Mapped[str | None] = mapped_column(String(32))
    token_id: Mapped[Identifier | None]
    act: Mapped[str] = mapped_column(String(64))
    subject_table: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(document())
    key_id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    mac: Mapped[str] = mapped_column(String(MAC_LENGTH))


class AuditHead(Base):
    """The end of the chain: one row, locked by whoever adds to it."""

    __tablename__ = "audit_head"
    __table_args__ = (check("one", "id = 1"), check("mac", f"length(mac) = {MAC_LENGTH}"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    mac: Mapped[str] = mapped_column(String(MAC_LENGTH))
