"""Who is asking, whether the route is theirs, and the headers of every answer.

Rows are checked under services (`api.services.access`); here only who and in which role. Programs bring a token and
reach the interface alone; people bring the cookie of their session and reach the pages alone, so that no form of
another site can make a browser call the interface.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Response, g, request

from api import browser
from api.runtime import runtime
from api.services import access, tokens
from api.services.actor import Actor
from api.services.errors import Unauthenticated
from data.session import reading

_DECLARED = "_escale_action"
_View = TypeVar("_View", bound=Callable[..., Any])
API_PREFIX = "/api/"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer, errors and files included; a page widens the policy for its own style sheet (`PAGE_CSP`)."""
PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Policy of the HTML pages: files of our own and nothing inline; ``data:`` for the signs inside style sheets."""


class UndeclaredRoute(Exception):  # noqa: N818 (a fact about the program, found before it serves anybody)
    """A route declares no policy, or one that is not in the table."""


def policy(action: str) -> Callable[[_View], _View]:
    """Declare which entry of the access table a route is.

    Parameters
    ----------
    action : str
        A key of `access.POLICIES` or a member of `access.PUBLIC`.

    Raises
    ------
    UndeclaredRoute
        There is no such entry.
    """
    if not access.known(action):
        raise UndeclaredRoute(f"no such action: {action}")

    def declare(view: _View) -> _View:
        setattr(view, _DECLARED, action)
        return view

    return declare


def declare_foreign(app: Flask, endpoint: str, action: str) -> None:
    """Declare the policy of a route that a library registered."""
    view = app.view_functions[endpoint]

    def declared_view(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (whatever the library answers)
        return app.ensure_sync(view)(*given, **named)

    app.view_functions[endpoint] = policy(action)(declared_view)


def declared(app: Flask) -> dict[str, str]:
    """Return endpoint → action for every route of an application.

    Raises
    ------
    UndeclaredRoute
        Some route declares none; the message names it.
    """
    actions: dict[str, str] = {}
    for rule in app.url_map.iter_rules():
        action = getattr(app.view_functions[rule.endpoint], _DECLARED, None)
        if action is None:
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) declares no policy")
        actions[rule.endpoint] = cast("str", action)
    return actions


def protect(app: Flask) -> None:
    """Guard every route of an application and put the headers on every answer. Call it once all routes are there.

    Raises
    ------
    UndeclaredRoute
        Some route declares no policy: the application must not start.
    """
    actions = declared(app)

    def guard() -> None:
        # An unknown address has no endpoint: Flask answers 404 to anybody, without asking who.
        if request.endpoint is None:
            return
        action = actions[request.endpoint]
        if not request.path.startswith(API_PREFIX):
            browser.load()
        if action not in access.PUBLIC:
            g.actor = _authenticate() if request.path.startswith(API_PREFIX) else browser.at_work().actor
            access.reach(g.actor, action)

    app.before_request(guard)
    app.after_request(_add_headers)


def actor() -> Actor:
    """Return who is asking, on a route that is not public."""
    return cast("Actor", g.actor)


def _authenticate() -> Actor:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated
    parts = runtime()
    with reading(parts.engine) as session:
        return tokens.resolve(parts.context(session), secret.strip())


def _add_headers(response: Response) -> Response:
    if response.mimetype == "text/html":
        # Whoever made it, a library's view too.
        response.headers["Content-Security-Policy"] = PAGE_CSP
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
