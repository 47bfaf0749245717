"""One-click login of the demo: for this machine alone, on a database that the demo made."""

from typing import Final

from flask import request
from sqlalchemy.orm import Session

from api.extensions.accounts.forms import tried_from
from api.runtime import runtime
from api.services import demo_accounts, sessions, throttle
from api.services.demo_accounts import DemoAccount
from data.session import reading, retrying

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


def offered() -> bool:
    """Tell whether whoever asks may use the demo's accounts: the demo is on, and they sit at this machine."""
    direct = request.environ.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers
    return runtime().settings.demo and direct


def listed() -> list[DemoAccount]:
    """List the accounts that may be used; none when they are not offered."""
    if not offered():
        return []
    parts = runtime()
    with reading(parts.engine) as db:
        return demo_accounts.list_all(parts.context(db))


def login(account_id: str) -> str:
    """Begin a session of a demo account, as if its second factor had been given.

    Returns
    -------
    str
        Secret of the session.

    Raises
    ------
    NotFound
        It is no account of the demo.
    """
    parts = runtime()

    def begin(db: Session) -> str:
        context = parts.context(db)
        address = throttle.hashed(context, "address", tried_from())
        return sessions.start(context, demo_accounts.check(context, account_id), address, second_factor=True)

    return retrying(parts.engine, begin)
