"""Accounts of the people who work with Escale, their sessions, invitations and second factors; nobody else's facts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, identifier_check, one_of
from data.models.organisation import Organisation, TokenRole
from data.types import code, document

EMAIL_LENGTH = 254
"""Longest address SMTP carries (RFC 5321, §4.5.3.1.3)."""
HASH_LENGTH = 64
"""A SHA-256 in hexadecimal."""


class Account(Identified, Versioned, Base):
    """One person, in one role of one organisation.

    Columns that begin with ``fs_``, ``tf_``, ``mf_`` bear the names the account library looks for.
    """

    __tablename__ = "account"
    __table_args__ = (
        identifier_check(),
        one_of("role", TokenRole),
        check("email", f"email = lower(email) AND length(email) BETWEEN 3 AND {EMAIL_LENGTH}"),
        check("language", "language IN ('fr', 'en')"),
        check("disabled", "active = (disabled_at IS NULL)"),
        UniqueConstraint("email"),
        UniqueConstraint("fs_uniquifier"),
        UniqueConstraint("fs_webauthn_user_handle"),
        Index(None, "organisation_id"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[TokenRole] = mapped_column(code(TokenRole))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    language: Mapped[str] = mapped_column(String(2), default="fr")
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64))
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64))
    tf_primary_method: Mapped[str | None] = mapped_column(String(32))
    tf_totp_secret: Mapped[str | None]
    tf_last_counter: Mapped[int | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(document())
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")


class Passkey(Identified, Base):
    """A key pair kept by a person's device; only its public half is here."""

    __tablename__ = "passkey"
    __table_args__ = (
        identifier_check(),
        check("usage", "usage IN ('first', 'secondary')"),
        UniqueConstraint("credential_id"),
        UniqueConstraint("account_id", "name"),
    )

    account_id: Mapped[Identifier] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(document())
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None]
    lastuse_datetime: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(64))
    usage: Mapped[str] = mapped_column(String(16))


class SessionEnd(StrEnum):
    """Why a session is over."""

    LOGOUT = "logout"
    IDLE = "idle"
    TOO_OLD = "too_old"
    REVOKED = "revoked"


class LoginSession(Identified, Base):
    """A browser that is logged in: the cookie holds a secret, this its SHA-256; ended here, it is over everywhere."""

    __tablename__ = "login_session"
    __table_args__ = (
        identifier_check(),
        one_of("ended_because", SessionEnd),
        check("secret", f"length(secret_hash) = {HASH_LENGTH}"),
        check("address", f"length(address_hash) = {HASH_LENGTH}"),
        check("ended", "(ended_at IS NULL) = (ended_because IS NULL)"),
        check("seen", "seen_at >= started_at"),
        UniqueConstraint("secret_hash"),
        Index(None, "account_id"),
    )

    account_id: Mapped[Identifier] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    secret_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    address_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[SessionEnd | None] = mapped_column(code(SessionEnd))


class Invitation(Identified, Base):
    """A link by which one person makes their account: it works once, and not for long."""

    __tablename__ = "invitation"
    __table_args__ = (
        identifier_check(),
        one_of("role", TokenRole),
        check("email", f"email = lower(email) AND length(email) BETWEEN 3 AND {EMAIL_LENGTH}"),
        check("secret", f"length(secret_hash) = {HASH_LENGTH}"),
        check("expiry", "expires_at > created_at"),
        check("over", "used_at IS NULL OR revoked_at IS NULL"),
        UniqueConstraint("secret_hash"),
        Index(
            "uq_invitation_open",
            "email",
            unique=True,
            sqlite_where=text("used_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[TokenRole] = mapped_column(code(TokenRole))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    secret_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    invited_by: Mapped[Identifier | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SecondFactorReset(Identified, Base):
    """Somebody lost their second factor: one person asks that it be forgotten, another confirms."""

    __tablename__ = "second_factor_reset"
    __table_args__ = (
        identifier_check(),
        check("two_people", "confirmed_by <> asked_by AND asked_by <> account_id AND confirmed_by <> account_id"),
        check("confirmed", "(confirmed_at IS NULL) = (confirmed_by IS NULL)"),
        Index(
            "uq_second_factor_reset_open",
            "account_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NULL"),
            postgresql_where=text("confirmed_at IS NULL"),
        ),
    )

    account_id: Mapped[Identifier] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    asked_by: Mapped[Identifier] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[Identifier | None] = mapped_column(ForeignKey("account.id"))
    confirmed_at: Mapped[datetime | None]


class LoginFailure(Base):
    """Failed logins of late by whom or from where, shared between all workers; keyed hashes only."""

    __tablename__ = "login_failure"
    __table_args__ = (
        check("key", f"length(key) = {HASH_LENGTH}"),
        check("failures", "failures >= 1"),
    )

    key: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)
    since: Mapped[datetime]
    failures: Mapped[int]
