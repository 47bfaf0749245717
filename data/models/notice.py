"""Notices: what an organisation is told, where, and the messages that tell it that something awaits it.

The outbox is `Notice`: written in the transaction of the act, sorted later into messages, one for each contact point.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, codes, identifier_check, one_of
from data.types import CODE_LENGTH, CodeList, code

ADDRESS_LENGTH = 320
"""Longest address of a contact point (characters): that of e-mail, 64 + 1 + 255 (RFC 5321)."""
SUBJECT_LENGTH = 64
"""Longest identifier of what a notice is about (characters)."""


class Topic(StrEnum):
    """What a notice is about: so that each contact point hears of what it wants; never written in a message."""

    PROPOSAL = "proposal"
    """A proposal awaits the shelter's answer."""
    DECISION = "decision"
    """A proposal awaits the caller's decision."""
    ANSWER = "answer"
    """A proposal of a request was answered, decided, withdrawn, superseded, or has expired."""
    REQUEST = "request"
    """A request waits for something, or was changed, matched or left without a place."""
    JOURNEY = "journey"
    """A household is on its way, has arrived, or is overdue."""
    CHECKLIST = "checklist"
    """A step of the protection checklist comes due."""
    STAY = "stay"
    """A stay is booked, renewed, comes to a limit, ends."""
    AVAILABILITY = "availability"
    """Places nobody has confirmed for too long."""
    ALERT = "alert"
    """Something else that somebody must look at."""
    VERIFICATION = "verification"
    """A contact point makes sure that it is read."""


class Channel(StrEnum):
    """How a contact point is reached."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Language(StrEnum):
    """Language of the messages."""

    FR = "fr"
    EN = "en"


class Digest(StrEnum):
    """How long notices that are not urgent wait for each other."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


class DisabledBecause(StrEnum):
    """Why a contact point is told nothing any more."""

    CHOICE = "choice"
    """Its organisation wants it so."""
    BOUNCED = "bounced"
    """It refused too many messages for good."""


class MessageState(StrEnum):
    """Where a message is."""

    WAITING = "waiting"
    """Never tried: notices may still join it."""
    FAILING = "failing"
    """Tried in vain, to be tried again, unchanged."""
    SENT = "sent"
    BOUNCED = "bounced"
    """Refused for good."""
    GIVEN_UP = "given_up"
    """Tried in vain too often."""
    DROPPED = "dropped"
    """Its contact point was disabled meanwhile."""


UNSENT = (MessageState.WAITING, MessageState.FAILING)
"""States of a message that is still to be sent."""
_UNSENT = codes(UNSENT)


class ContactPoint(Identified, Versioned, Base):
    """Where an organisation is told that something awaits it.

    ``secret_version`` 0: a webhook whose secret was never drawn, which is told nothing. ``failures``: messages that
    could not be delivered since the last that could; ``bounces``: those refused for good, likewise. ``retry_at``:
    nothing is tried before.
    """

    __tablename__ = "contact_point"
    __table_args__ = (
        identifier_check(),
        one_of("channel", Channel),
        one_of("language", Language),
        one_of("digest", Digest),
        one_of("disabled_because", DisabledBecause),
        check("address", f"length(address) BETWEEN 3 AND {ADDRESS_LENGTH}"),
        check("disabled", "(disabled_at IS NULL) = (disabled_because IS NULL)"),
        check("secret_version", "secret_version >= 0 AND (secret_version = 0 OR channel = 'webhook')"),
        check("failures", "failures >= 0 AND bounces >= 0"),
        UniqueConstraint("organisation_id", "channel", "address"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    channel: Mapped[Channel] = mapped_column(code(Channel))
    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    language: Mapped[Language] = mapped_column(code(Language))
    digest: Mapped[Digest] = mapped_column(code(Digest))
    muted: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    secret_version: Mapped[int] = mapped_column(default=0)
    verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[DisabledBecause | None] = mapped_column(code(DisabledBecause))
    failures: Mapped[int] = mapped_column(default=0)
    bounces: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Notice(Identified, Base):
    """Something an organisation is told of: the outbox.

    ``contact_point_id``: for that one alone. ``sorted_at``: when it was put into messages.
    """

    __tablename__ = "notice"
    __table_args__ = (
        identifier_check(),
        one_of("topic", Topic),
        check("subject", "length(subject_kind) > 0 AND length(subject_id) > 0"),
        Index(None, "organisation_id", "created_at"),
        Index(None, "sorted_at", "created_at"),
        Index(None, "contact_point_id"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    contact_point_id: Mapped[Identifier | None] = mapped_column(ForeignKey("contact_point.id", ondelete="CASCADE"))
    topic: Mapped[Topic] = mapped_column(code(Topic))
    subject_kind: Mapped[str] = mapped_column(String(CODE_LENGTH))
    subject_id: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    urgent: Mapped[bool]
    created_at: Mapped[datetime]
    sorted_at: Mapped[datetime | None]


class Message(Identified, Base):
    """One message to one contact point: the same at every try, known there by its identifier.

    ``due_at``: not before. ``attempts``: tries begun. ``claimed_until``: a worker is at it.
    """

    __tablename__ = "message"
    __table_args__ = (
        identifier_check(),
        one_of("state", MessageState),
        check("attempts", "attempts >= 0 AND (attempts > 0 OR state IN ('waiting', 'dropped'))"),
        check("sent", "(state = 'sent') = (sent_at IS NOT NULL)"),
        check("claimed", f"claimed_until IS NULL OR state IN ({_UNSENT})"),
        Index(None, "contact_point_id", "state"),
        Index(None, "state", "due_at"),
    )

    contact_point_id: Mapped[Identifier] = mapped_column(ForeignKey("contact_point.id", ondelete="CASCADE"))
    state: Mapped[MessageState] = mapped_column(code(MessageState), default=MessageState.WAITING)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    urgent: Mapped[bool]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(CODE_LENGTH))

    contact_point: Mapped[ContactPoint] = relationship(lazy="raise_on_sql")


class MessageNotice(Base):
    """A notice that a message stands for."""

    __tablename__ = "message_notice"
    __table_args__ = (Index(None, "notice_id"),)

    message_id: Mapped[Identifier] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    notice_id: Mapped[Identifier] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True)
