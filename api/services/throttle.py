"""Slowing down those who try passwords, without locking anybody out of their shelter's account for good.

Failures are counted in the database, so that all workers know of them, under keyed hashes of the address of the account
and of the browser. What is slowed down: one browser on one account; one browser on many accounts; many browsers on one
account, except a browser from which that account logged in during the last month. Nothing is locked for longer
than the window.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from api.services.context import Context
from data.models.account import Account, LoginFailure, LoginSession

WINDOW: Final = timedelta(minutes=15)
"""Failures are forgotten this long after the first of a series."""
PER_PAIR: Final = 8
"""Failures of one browser on one account before it waits."""
PER_BROWSER: Final = 60
"""Failures of one browser on all accounts: many people may share one address."""
PER_ACCOUNT: Final = 40
"""Failures of all browsers on one account."""
KNOWN_FOR: Final = timedelta(days=30)
"""How long a browser's address stays known to an account."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who is tried from where: keyed hashes.

    Parameters
    ----------
    account, browser, pair : str
        Keys of the counters.
    email : str
        As typed, casefolded; never kept.
    """

    account: str
    browser: str
    pair: str
    email: str


def hashed(context: Context, purpose: str, text: str) -> str:
    """Hash a text with the service's key: who reads the database cannot try addresses one by one.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hmac.new(context.reference_secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def attempt(context: Context, email: str, address: str) -> Attempt:
    """Name the counters of one attempt to log in.

    Parameters
    ----------
    email : str
        As typed.
    address : str
        IP address of the browser.
    """
    plain = email.strip().casefold()
    return Attempt(
        account=hashed(context, "login account", plain),
        browser=hashed(context, "address", address),
        pair=hashed(context, "login pair", f"{plain}\0{address}"),
        email=plain,
    )


def wait(context: Context, tried: Attempt) -> timedelta:
    """Return how long to wait before the next attempt; zero when it may be made now."""
    limits = {tried.pair: PER_PAIR, tried.browser: PER_BROWSER}
    if not _is_known(context, tried):
        limits[tried.account] = PER_ACCOUNT
    rows = context.session.scalars(select(LoginFailure).where(LoginFailure.key.in_(limits)))
    left = [row.since + WINDOW - context.now for row in rows if row.failures >= limits[row.key]]
    return max([*left, timedelta(0)])


def failed(context: Context, tried: Attempt) -> None:
    """Count a failure. Two at once may collide: the transaction is then tried again by its caller."""
    for key in sorted((tried.account, tried.browser, tried.pair)):
        row = context.session.get(LoginFailure, key, with_for_update=True)
        if row is None:
            context.session.add(LoginFailure(key=key, since=context.now, failures=1))
        elif row.since + WINDOW <= context.now:
            row.since, row.failures = context.now, 1
        else:
            row.failures += 1
    context.session.flush()


def succeeded(context: Context, tried: Attempt) -> None:
    """Forget the failures of this browser on this account; those of others stay."""
    context.session.execute(delete(LoginFailure).where(LoginFailure.key == tried.pair))


def forget(context: Context) -> int:
    """Delete the counters whose window is over.

    Returns
    -------
    int
        How many.
    """
    gone = context.session.scalars(select(LoginFailure).where(LoginFailure.since <= context.now - WINDOW)).all()
    for row in gone:
        context.session.delete(row)
    context.session.flush()
    return len(gone)


def _is_known(context: Context, tried: Attempt) -> bool:
    statement = (
        select(LoginSession.id)
        .join(Account, Account.id == LoginSession.account_id)
        .where(
            Account.email == tried.email,
            LoginSession.address_hash == tried.browser,
            LoginSession.started_at > context.now - KNOWN_FOR,
        )
        .limit(1)
    )
    return context.session.scalar(statement) is not None
