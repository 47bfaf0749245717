"""Accounts of people: invited into a verified organisation, disabled by an admin; two people reset a second factor.

Nobody makes an account for themselves and nobody gives themselves a role: an account is made by the link of an
invitation, with the role the invitation says.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from api.services import access, audit, sessions
from api.services.actor import Actor, Role
from api.services.carried import kept_form
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid, NotFound
from api.services.paging import Page, Wanted, by_identifier
from api.services.reasons import Reason
from api.services.tokens import ROLES_OF
from data.base import new_id
from data.models.account import EMAIL_LENGTH, Account, Invitation, Passkey, SecondFactorReset
from data.models.organisation import Organisation

INVITED_FOR: Final = timedelta(hours=72)
"""How long the link of an invitation works."""
RESET_WITHIN: Final = timedelta(hours=24)
"""How long a second person has to confirm that a second factor be forgotten."""
_SECRET_BYTES: Final = 32
_EMAIL: Final = re.compile(r"[^@\s<>\"',;:()\[\]\\]+@[^@\s<>\"',;:()\[\]\\.]+(\.[^@\s<>\"',;:()\[\]\\.]+)+")


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account, as an admin may see it: no password, no second factor, but whether somebody asked to forget it."""

    id: str
    organisation_id: str
    role: Role
    email: str
    active: bool
    has_second_factor: bool
    reset_asked: bool
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation, without its secret; ``organisation`` is the name."""

    id: str
    organisation_id: str
    organisation: str
    role: Role
    email: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation just made; its secret is shown this once."""

    view: InvitationView
    secret: str = field(repr=False)


def invite(actor: Actor, context: Context, *, email: str, organisation_id: str, role: Role) -> NewInvitation:
    """Invite a person into an organisation; an invitation of the same address that is still open is replaced.

    Parameters
    ----------
    actor : Actor
        An admin.
    context : Context
        A transaction.
    email : str
        Address the link is sent to.
    organisation_id : str
        Verified.
    role : Role
        One that an organisation of its kind may hold.

    Raises
    ------
    Forbidden, Invalid
        The caller is no admin; the address, the organisation or the role is wrong.
    Conflict
        The address has an account.
    """
    access.reach(actor, "accounts.invite")
    plain = _address(email)
    organisation = context.session.get(Organisation, organisation_id)
    if organisation is None or organisation.verified_at is None:
        raise Invalid([FieldError("organisation_id", Reason.NOT_VERIFIED)])
    allowed = ROLES_OF[organisation.kind]
    if role not in allowed:
        raise Invalid([FieldError("role", Reason.NOT_AMONG, {"choices": ", ".join(sorted(allowed))})])
    if context.session.scalar(select(Account.id).where(Account.email == plain)) is not None:
        raise Conflict(Reason.ACCOUNT_EXISTS)
    for earlier in context.session.scalars(select(Invitation).where(Invitation.email == plain, *_open())):
        earlier.revoked_at = context.now
    context.session.flush()
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row = Invitation(
        organisation_id=organisation_id,
        role=role,
        email=plain,
        secret_hash=kept_form(secret),
        invited_by=actor.account_id,
        created_at=context.now,
        expires_at=context.now + INVITED_FOR,
    )
    context.session.add(row)
    context.session.flush()
    audit.record(context, actor, "account.invite", ("invitation", row.id), {"role": role.value})
    return NewInvitation(_invitation_view(context, row), secret)


def invited(context: Context, secret: str) -> InvitationView:
    """Return the invitation that a link belongs to.

    Raises
    ------
    NotFound
        It was used or revoked, has expired, or never was: all answer alike.
    """
    return _invitation_view(context, _invitation(context, secret))


def accept(context: Context, secret: str, *, password_hash: str, language: str) -> str:
    """Make the account of somebody who was invited; the link never works again.

    Parameters
    ----------
    context : Context
        A transaction.
    secret : str
        Of the link.
    password_hash : str
        Argon2 of the password chosen.
    language : str
        ``fr`` or ``en``.

    Returns
    -------
    str
        Identifier of the account; its second factor is chosen at the first login.

    Raises
    ------
    NotFound
        As for `invited`.
    """
    invitation = _invitation(context, secret, lock=True)
    invitation.used_at = context.now
    row = Account(
        id=new_id(),
        organisation_id=invitation.organisation_id,
        role=invitation.role,
        email=invitation.email,
        language=language,
        password=password_hash,
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        confirmed_at=context.now,
        created_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    audit.record(context, None, "account.accept", ("account", row.id), {"role": row.role.value})
    return row.id


def list_accounts(
    actor: Actor, context: Context, wanted: Wanted, organisation_id: str | None = None
) -> Page[AccountView]:
    """List the accounts, in the order of their identifiers; of one organisation when it is given."""
    access.reach(actor, "accounts.list")
    statement = select(Account)
    if organisation_id is not None:
        statement = statement.where(Account.organisation_id == organisation_id)
    since = context.now - RESET_WITHIN
    asked = select(SecondFactorReset.account_id).where(
        SecondFactorReset.confirmed_at.is_(None), SecondFactorReset.asked_at >= since
    )
    pending = set(context.session.scalars(asked))
    return by_identifier(
        context.session, statement, Account.id, wanted, lambda row: _view(row, reset_asked=row.id in pending)
    )


def disable(actor: Actor, context: Context, account_id: str) -> AccountView:
    """Disable an account: its sessions end with their next request. Doing it again changes nothing.

    Raises
    ------
    Forbidden, NotFound
        The caller is no admin; there is no such account.
    Conflict
        It is the caller's own.
    """
    row = _row(actor, context, "accounts.disable", account_id)
    if row.id == actor.account_id:
        raise Conflict(Reason.OWN_ACCOUNT)
    if row.active:
        row.active, row.disabled_at = False, context.now
        sessions.end_all(context, row.id)
        audit.record(context, actor, "account.disable", ("account", row.id))
        context.session.flush()
    return _view(row)


def enable(actor: Actor, context: Context, account_id: str) -> AccountView:
    """Let a disabled account in again, with the password and second factor it had.

    Raises
    ------
    Forbidden, NotFound
        As for `disable`.
    """
    row = _row(actor, context, "accounts.enable", account_id)
    if not row.active:
        row.active, row.disabled_at = True, None
        audit.record(context, actor, "account.enable", ("account", row.id))
        context.session.flush()
    return _view(row)


def ask_reset(actor: Actor, context: Context, account_id: str) -> None:
    """Ask that somebody's lost second factor be forgotten; another admin confirms within a day.

    Raises
    ------
    Forbidden, NotFound, Conflict
        The caller is no person who is an admin; no such account; it is the caller's own.
    """
    row = _row(actor, context, "accounts.reset", account_id)
    asked_by = _person(actor)
    if row.id == asked_by:
        raise Conflict(Reason.OWN_ACCOUNT)
    for earlier in context.session.scalars(_unconfirmed(account_id)):
        context.session.delete(earlier)
    context.session.flush()
    context.session.add(SecondFactorReset(account_id=row.id, asked_by=asked_by, asked_at=context.now))
    context.session.flush()
    audit.record(context, actor, "account.ask_reset", ("account", row.id))


def confirm_reset(actor: Actor, context: Context, account_id: str) -> None:
    """Confirm that a second factor be forgotten: a new one is chosen at the next login, and every session ends.

    Raises
    ------
    Forbidden, NotFound
        The caller is no person who is an admin; nobody asked, or too long ago.
    Conflict
        The caller is the one who asked, or whose factor it is: two people are needed.
    """
    row = _row(actor, context, "accounts.reset", account_id)
    confirmed_by = _person(actor)
    asked = context.session.scalar(_unconfirmed(account_id).with_for_update())
    if asked is None or context.now - asked.asked_at > RESET_WITHIN:
        raise NotFound
    if confirmed_by in {asked.asked_by, row.id}:
        raise Conflict(Reason.TWO_PEOPLE)
    asked.confirmed_by, asked.confirmed_at = confirmed_by, context.now
    row.tf_primary_method = row.tf_totp_secret = row.mf_recovery_codes = None
    for passkey in context.session.scalars(select(Passkey).where(Passkey.account_id == row.id)):
        context.session.delete(passkey)
    sessions.end_all(context, row.id)
    context.session.flush()
    audit.record(context, actor, "account.confirm_reset", ("account", row.id), {"asked_by": asked.asked_by})


def by_email(context: Context, email: str) -> str:
    """Return the identifier of the account of an address, for the command line.

    Raises
    ------
    NotFound
        There is none.
    """
    found = context.session.scalar(select(Account.id).where(Account.email == email.strip().casefold()))
    if found is None:
        raise NotFound
    return found


def acting_admin(context: Context, email: str) -> Actor:
    """Return an admin at the command line, by the address of their account.

    Raises
    ------
    NotFound
        No active admin has it.
    """
    row = context.session.scalar(
        select(Account)
        .options(joinedload(Account.organisation))
        .where(Account.email == email.strip().casefold(), Account.active, Account.role == Role.ADMIN)
    )
    if row is None:
        raise NotFound
    owner = row.organisation
    return Actor(owner.id, row.role, None, owner.kind, owner.departement, account_id=row.id)


def _row(actor: Actor, context: Context, action: str, account_id: str) -> Account:
    access.reach(actor, action)
    row = context.session.get(Account, account_id, with_for_update=True)
    if row is None:
        raise NotFound
    return row


def _person(actor: Actor) -> str:
    # A program cannot stand for a person where two people are asked for.
    if actor.account_id is None:
        raise Conflict(Reason.TWO_PEOPLE)
    return actor.account_id


def _unconfirmed(account_id: str) -> Select[SecondFactorReset]:
    return select(SecondFactorReset).where(
        SecondFactorReset.account_id == account_id, SecondFactorReset.confirmed_at.is_(None)
    )


def _open() -> tuple[ColumnElement[bool], ...]:
    return Invitation.used_at.is_(None), Invitation.revoked_at.is_(None)


def _invitation(context: Context, secret: str, *, lock: bool = False) -> Invitation:
    statement = select(Invitation).where(Invitation.secret_hash == kept_form(secret), *_open())
    row = context.session.scalar(statement.with_for_update() if lock else statement)
    if row is None or row.expires_at <= context.now:
        raise NotFound
    return row


def _address(text: str) -> str:
    plain = text.strip().casefold()
    if len(plain) > EMAIL_LENGTH or not _EMAIL.fullmatch(plain):
        raise Invalid([FieldError("email", Reason.NOT_AN_ADDRESS)])
    return plain


def _view(row: Account, *, reset_asked: bool = False) -> AccountView:
    return AccountView(
        id=row.id,
        organisation_id=row.organisation_id,
        role=row.role,
        email=row.email,
        active=row.active,
        has_second_factor=row.tf_totp_secret is not None,
        reset_asked=reset_asked,
        created_at=row.created_at,
        version=row.version,
    )


def _invitation_view(context: Context, row: Invitation) -> InvitationView:
    return InvitationView(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation=context.session.get_one(Organisation, row.organisation_id).name,
        role=row.role,
        email=row.email,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
