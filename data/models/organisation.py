"""Organisations, and the tokens by which their programs speak."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Departement, Identified, Identifier, Versioned, check, identifier_check, one_of
from data.types import CodeList, code


class OrganisationKind(StrEnum):
    """What an organisation is for."""

    SIAO = "siao"
    COORDINATION = "coordination"
    DEPARTEMENT = "departement"
    OPERATOR = "operator"
    REFERRER = "referrer"
    ANALYST = "analyst"
    ADMINISTRATION = "administration"


class TokenRole(StrEnum):
    """What the bearer of a token may be allowed to do."""

    REFERRER = "referrer"
    COORDINATOR = "coordinator"
    SHELTER = "shelter"
    DECIDER = "decider"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Organisation(Identified, Versioned, Base):
    """A SIAO, a national coordination, a département, an operator of places, a referrer, an analyst."""

    __tablename__ = "organisation"
    __table_args__ = (
        identifier_check(),
        one_of("kind", OrganisationKind),
        check("name", "length(name) > 0"),
        check("departement", "kind NOT IN ('siao', 'departement') OR departement IS NOT NULL"),
    )

    name: Mapped[str]
    kind: Mapped[OrganisationKind] = mapped_column(code(OrganisationKind))
    departement: Mapped[Departement | None]
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    decides: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=(), server_default="[]")
    """Whose admissions it decides: codes of the vocabulary's deciders."""


class ApiToken(Identified, Base):
    """A secret a program of one organisation carries; only its SHA-256 is kept."""

    __tablename__ = "api_token"
    __table_args__ = (
        identifier_check(),
        one_of("role", TokenRole),
        check("hash", "length(token_hash) = 64"),
        check("expiry", "expires_at > created_at"),
        UniqueConstraint("token_hash"),
        Index(None, "organisation_id"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[TokenRole] = mapped_column(code(TokenRole))
    label: Mapped[str]
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
