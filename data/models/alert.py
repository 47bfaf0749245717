"""Alerts: something that somebody must look at, until it is settled."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identified, Identifier, check, identifier_check, one_of
from data.types import CODE_LENGTH, code

SUBJECT_LENGTH = 64
"""Longest identifier of a subject (characters): a row's own, or the name of a worker."""


class AlertKind(StrEnum):
    """What happened; worded for people by the pages, never with a fact about anyone."""

    # Danger
    UNSAFE_WITHDRAWN = "unsafe_withdrawn"
    """An open plan or an expected stay has become unsafe and was withdrawn."""
    UNSAFE_STAY = "unsafe_stay"
    """Somebody lives where it has become unsafe: software moves nobody."""
    PLACE_SHUT = "place_shut"
    """A place was closed on nights that were held (withdrawn) or that somebody is expected (settled by people)."""
    # Waiting for somebody
    STATE_TOO_OLD = "state_too_old"
    """A row rests in a state longer than its machine allows."""
    LEFT_OUT_OF_RUN = "left_out_of_run"
    """A request or a facility cannot take part in runs until somebody corrects it."""
    PLACE_UNCONFIRMED = "place_unconfirmed"
    """Nobody has confirmed a place for too long: telephone."""
    ARRIVAL_OVERDUE = "arrival_overdue"
    """A household on its way has not arrived."""
    STEP_OVERDUE = "step_overdue"
    """A step of the protection checklist is past its date."""
    LIMIT_NEAR = "limit_near"
    """A stay comes to a limit and has no next place."""
    # The machine
    NOTICE_FAILED = "notice_failed"
    """A notification bounced, or its address does not answer."""
    WORKER_SILENT = "worker_silent"
    """A worker has stopped giving signs of life."""
    TASK_FAILED = "task_failed"
    """A task fails again and again."""
    AUDIT_BROKEN = "audit_broken"
    """The chain of the audit does not verify, or cannot be anchored."""


class Alert(Identified, Base):
    """One thing to look at, for one organisation (none: for those who keep the service running).

    Raised once while it is open, whoever notices it and however often.
    """

    __tablename__ = "alert"
    __table_args__ = (
        identifier_check(),
        one_of("kind", AlertKind),
        check("subject", "length(subject_kind) > 0 AND length(subject_id) > 0"),
        check("acknowledged", "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)"),
        Index(
            "uq_alert_open",
            "kind",
            "subject_kind",
            "subject_id",
            # NULLs differ in a unique index: those of no organisation would be raised twice.
            text("coalesce(organisation_id, '')"),
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index(None, "organisation_id"),
    )

    kind: Mapped[AlertKind] = mapped_column(code(AlertKind))
    subject_kind: Mapped[str] = mapped_column(String(CODE_LENGTH))
    subject_id: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    organisation_id: Mapped[Identifier | None] = mapped_column(ForeignKey("organisation.id"))
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[Identifier | None] = mapped_column(ForeignKey("organisation.id"))
    resolved_at: Mapped[datetime | None]
