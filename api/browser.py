"""Who is at work in the browser that asks: the session its cookie belongs to, if that is not over."""

from typing import Final, cast

from flask import g, request, session

from api.runtime import runtime
from api.services import sessions
from api.services.errors import Unauthenticated
from api.services.sessions import LoggedIn
from data.session import reading, retrying

SECRET: Final = "sid"  # noqa: S105 (the name of it)
"""Where the signed cookie holds the secret of the session."""
LIVE_HEADER: Final = "X-Escale-Live"
"""On what a page fetches by itself: looking is not an act, and does not prolong the session."""
OVER: Final = "session_over"
"""Set on a request whose session was over, so that the login page can say so."""


def load() -> None:
    """Find the session of a request; forget a cookie whose session is over."""
    g.logged_in = None
    secret = session.get(SECRET)
    if secret is None:
        return
    parts = runtime()
    try:
        with reading(parts.engine) as db:
            context = parts.context(db)
            found = sessions.resolve(context, secret)
            due = sessions.is_due(context, found)
    except Unauthenticated:
        session.clear()
        setattr(g, OVER, True)
        return
    if due and LIVE_HEADER not in request.headers:
        retrying(parts.engine, lambda db: sessions.touch(parts.context(db), found.session_id))
    g.logged_in = found


def logged_in() -> LoggedIn | None:
    """Return the person at work, None when nobody is."""
    return cast("LoggedIn | None", getattr(g, "logged_in", None))


class LoginNeeded(Exception):  # noqa: N818 (a fact, answered by the way to the login page)
    """Nobody is logged in, on a page for people at work."""


def at_work() -> LoggedIn:
    """Return the person at work.

    Raises
    ------
    LoginNeeded
        Nobody is.
    """
    person = logged_in()
    if person is None:
        raise LoginNeeded
    return person
