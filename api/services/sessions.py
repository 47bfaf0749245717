"""Sessions of people in a browser: begun at login, over after a while without an act, after a working day, or at once.

The cookie holds a secret and the database its hash, so that ending the row ends the session at its next request,
whatever cookies are still about. Source: security.md, "Controls".
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Update, or_, select, update
from sqlalchemy.orm import joinedload

from api.services.actor import Actor
from api.services.carried import kept_form
from api.services.context import Context
from api.services.errors import Unauthenticated
from data.models.account import Account, LoginSession, SessionEnd

IDLE: Final = timedelta(minutes=15)
"""Without an act of the person, the session is over."""
LIFE: Final = timedelta(hours=8)
"""It is over after this long, whatever is done."""
FRESH: Final = timedelta(minutes=5)
"""How long a second factor counts as given just now, for what asks for that."""
_NOTED_EVERY: Final = timedelta(seconds=30)
"""How often acts are noted: not each of them costs a write."""
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A person at work.

    Parameters
    ----------
    session_id : str
        Of the session.
    actor : Actor
        Their organisation in their role.
    email, language : str
        Theirs.
    started_at, seen_at : datetime
        When the session began; its last noted act.
    second_factor_at : datetime or None
        When the second factor was last given.
    """

    session_id: str
    actor: Actor
    email: str
    language: str
    started_at: datetime
    seen_at: datetime
    second_factor_at: datetime | None

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the second factor was given in the last five minutes."""
        return self.second_factor_at is not None and now - self.second_factor_at <= FRESH

    def ends_at(self) -> datetime:
        """Return the instant it is over if nothing more is done."""
        return min(self.seen_at + IDLE, self.started_at + LIFE)


def start(context: Context, account_id: str, address_hash: str, *, second_factor: bool) -> str:
    """Begin a session.

    Parameters
    ----------
    context : Context
        A transaction.
    account_id : str
        Who logged in.
    address_hash : str
        Keyed hash of where from (`api.services.throttle.hashed`).
    second_factor : bool
        Whether a second factor was given.

    Returns
    -------
    str
        The secret for the cookie; only its hash is kept.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    context.session.add(
        LoginSession(
            account_id=account_id,
            secret_hash=kept_form(secret),
            address_hash=address_hash,
            started_at=context.now,
            seen_at=context.now,
            second_factor_at=context.now if second_factor else None,
        )
    )
    context.session.flush()
    return secret


def resolve(context: Context, secret: str) -> LoggedIn:
    """Say who is at work in a browser.

    Raises
    ------
    Unauthenticated
        The session is unknown or over, the account disabled, or its organisation not verified (any more).
    """
    row = context.session.execute(
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .options(joinedload(Account.organisation))
        .where(LoginSession.secret_hash == kept_form(secret), LoginSession.ended_at.is_(None), Account.active)
    ).first()
    if row is None:
        raise Unauthenticated
    session, account = row
    organisation = account.organisation
    over = context.now - session.seen_at > IDLE or context.now - session.started_at > LIFE
    if over or organisation.verified_at is None:
        raise Unauthenticated
    return LoggedIn(
        session_id=session.id,
        actor=Actor(
            organisation_id=organisation.id,
            role=account.role,
            token_id=None,
            kind=organisation.kind,
            departement=organisation.departement,
            account_id=account.id,
        ),
        email=account.email,
        language=account.language,
        started_at=session.started_at,
        seen_at=session.seen_at,
        second_factor_at=session.second_factor_at,
    )


def is_due(context: Context, logged_in: LoggedIn) -> bool:
    """Tell whether an act is to be noted now."""
    return context.now - logged_in.seen_at >= _NOTED_EVERY


def touch(context: Context, session_id: str) -> None:
    """Note that the person did something; a session that is over stays so."""
    context.session.execute(_live(session_id).where(LoginSession.seen_at < context.now).values(seen_at=context.now))


def confirm(context: Context, session_id: str) -> None:
    """Note that the second factor was given just now."""
    context.session.execute(_live(session_id).values(second_factor_at=context.now))


def end(context: Context, session_id: str, because: SessionEnd = SessionEnd.LOGOUT) -> None:
    """End one session; ending it again changes nothing."""
    context.session.execute(_live(session_id).values(ended_at=context.now, ended_because=because))


def end_all(context: Context, account_id: str) -> None:
    """End every session of an account: it is disabled, or its password or second factor changed."""
    context.session.execute(
        update(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.ended_at.is_(None))
        .values(ended_at=context.now, ended_because=SessionEnd.REVOKED)
    )


def end_overdue(context: Context) -> int:
    """Write down which sessions are over by themselves (nobody can use them any more).

    Returns
    -------
    int
        How many.
    """
    old, idle = context.now - LIFE, context.now - IDLE
    rows = context.session.scalars(
        select(LoginSession).where(
            LoginSession.ended_at.is_(None), or_(LoginSession.started_at < old, LoginSession.seen_at < idle)
        )
    ).all()
    for row in rows:
        row.ended_at = context.now
        row.ended_because = SessionEnd.TOO_OLD if row.started_at < old else SessionEnd.IDLE
    context.session.flush()
    return len(rows)


def _live(session_id: str) -> Update:
    return update(LoginSession).where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
