"""Who does what alone, and who still gives signs of life."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, check
from data.models.alert import SUBJECT_LENGTH

NAME_LENGTH = 32
"""Longest name of a thing done alone (characters)."""


class Lease(Base):
    """A thing that one process at a time does, until it says so no more or falls silent.

    ``holder`` NULL: nobody. One who stops renewing has lost it at ``expires_at``, whatever it believes.
    """

    __tablename__ = "lease"
    __table_args__ = (check("held", "(holder IS NULL) = (expires_at IS NULL)"),)

    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(SUBJECT_LENGTH))
    expires_at: Mapped[datetime | None]


class Heartbeat(Base):
    """When a worker last went through its whole round, and what it was."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(SUBJECT_LENGTH), primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
