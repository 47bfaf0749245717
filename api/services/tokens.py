"""Access tokens: made and revoked from the command line only, resolved on every request.

They cannot be made over HTTP, so that no token can make another, nor an admin grant itself a role.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from api.services.actor import Actor, OrganisationKind, Role
from api.services.audit import record
from api.services.carried import kept_form
from api.services.context import Context
from api.services.errors import FieldError, Invalid, NotFound, Unauthenticated
from api.services.reasons import Reason
from data.models.organisation import ApiToken, Organisation

SECRET_BYTES = 32
DAYS_MAX = 366
"""Longest life of a token, in days."""
PREFIX = "escale_"
"""Lets people and secret scanners recognise a leaked token."""

ROLES_OF: Mapping[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.SIAO: frozenset({Role.COORDINATOR, Role.REFERRER}),
    OrganisationKind.COORDINATION: frozenset({Role.COORDINATOR, Role.DECIDER, Role.REFERRER, Role.SHELTER}),
    OrganisationKind.DEPARTEMENT: frozenset({Role.DECIDER, Role.REFERRER, Role.SHELTER}),
    OrganisationKind.OPERATOR: frozenset({Role.DECIDER, Role.REFERRER, Role.SHELTER}),
    OrganisationKind.REFERRER: frozenset({Role.REFERRER}),
    OrganisationKind.ANALYST: frozenset({Role.ANALYST}),
    OrganisationKind.ADMINISTRATION: frozenset({Role.ADMIN, Role.ANALYST, Role.AUDITOR, Role.DECIDER}),
}
"""Roles an organisation of each kind may hold; for instance no operator of places coordinates."""


@dataclass(frozen=True)
class NewToken:
    """A token just made.

    Parameters
    ----------
    id : str
        To revoke it with.
    secret : str
        Shown this once; only its hash is kept.
    expires_at : datetime
        From then on it opens nothing.
    """

    id: str
    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class TokenView:
    """A token as it is listed: everything but its secret."""

    id: str
    organisation_id: str
    role: Role
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def create(context: Context, *, organisation_id: str, role: Role, label: str, days: int) -> NewToken:
    """Make a token for an organisation in one role.

    Parameters
    ----------
    context : Context
        A transaction.
    organisation_id : str
        Of the organisation.
    role : Role
        The only role the token gives.
    label : str
        What it is for, 1 to 100 characters.
    days : int
        Life, 1 to 366 days.

    Raises
    ------
    NotFound
        There is no such organisation.
    Invalid
        The role is not one for this kind of organisation, or the label or the days are out of range.
    """
    organisation = context.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound
    wrong = []
    allowed = ROLES_OF[organisation.kind]
    if role not in allowed:
        wrong.append(FieldError("role", Reason.NOT_AMONG, {"choices": ", ".join(sorted(allowed))}))
    if not 1 <= len(label) <= 100:
        wrong.append(FieldError("label", Reason.WRONG_LENGTH, {"detail": "1–100"}))
    if not 1 <= days <= DAYS_MAX:
        wrong.append(FieldError("days", Reason.OUT_OF_RANGE, {"detail": f"1–{DAYS_MAX}"}))
    if wrong:
        raise Invalid(wrong)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = ApiToken(
        organisation_id=organisation_id,
        role=role,
        label=label,
        token_hash=kept_form(secret),
        created_at=context.now,
        expires_at=context.now + timedelta(days=days),
    )
    context.session.add(row)
    context.session.flush()
    record(context, None, "token.create", ("api_token", row.id), {"organisation": organisation_id, "role": role.value})
    return NewToken(row.id, secret, row.expires_at)


def revoke(context: Context, token_id: str) -> None:
    """Close a token for good, from the next request on; revoking it again changes nothing.

    Raises
    ------
    NotFound
        There is no such token.
    """
    row = context.session.get(ApiToken, token_id)
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = context.now
        record(context, None, "token.revoke", ("api_token", row.id))


def list_tokens(context: Context) -> list[TokenView]:
    """List all tokens, oldest first, without their secrets."""
    rows = context.session.scalars(select(ApiToken).order_by(ApiToken.created_at, ApiToken.id))
    return [
        TokenView(row.id, row.organisation_id, row.role, row.label, row.created_at, row.expires_at, row.revoked_at)
        for row in rows
    ]


def resolve(context: Context, secret: str) -> Actor:
    """Say who carries a secret.

    Raises
    ------
    Unauthenticated
        The secret is unknown, expired or revoked, or its organisation is not verified (any more).
    """
    # The lookup is by hash: its timing says nothing about a secret of 256 random bits.
    row = context.session.scalar(
        select(ApiToken).where(ApiToken.token_hash == kept_form(secret)).options(joinedload(ApiToken.organisation))
    )
    if row is None or row.revoked_at is not None or row.expires_at <= context.now:
        raise Unauthenticated
    if row.organisation.verified_at is None:
        raise Unauthenticated
    return _actor(row.organisation, row.role, row.id)


def acting(context: Context, organisation_id: str, role: Role) -> Actor:
    """Return an organisation in a role, for the command line and jobs, which need no token.

    Raises
    ------
    NotFound
        There is no such organisation.
    """
    organisation = context.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound
    return _actor(organisation, role, None)


def _actor(organisation: Organisation, role: Role, token_id: str | None) -> Actor:
    return Actor(
        organisation.id, role, token_id, organisation.kind, organisation.departement, tuple(organisation.decides)
    )
