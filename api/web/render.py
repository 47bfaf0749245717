"""Making a page: its language, who looks at it, where they can go, and the headers of a page."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from flask import g, make_response, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l

from api import browser
from api.extensions.accounts.roles import ROLES
from api.extensions.locale import language
from api.runtime import runtime
from api.services import access

MENU: Final = (("admin.list_accounts", "accounts.list", _l("Comptes")),)
"""Main menu in order: endpoint, what one must be allowed to do, words."""


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the main menu."""

    url: str
    text: str
    here: bool


def page(template: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
    """Make a page.

    Parameters
    ----------
    template : str
        Below ``templates/``.
    status : int
        HTTP status.
    values : object
        What the template shows, beside what every page does.
    """
    return as_page(render_template(template, **values), status)


def as_page(html: str, status: int = 200) -> Response:
    """Give some HTML the headers of a page."""
    response = make_response(html, status)
    response.headers["Content-Language"] = language()
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def common() -> dict[str, Any]:
    """Return what every page needs (context of all templates)."""
    return {
        "language": language(),
        "person": browser.logged_in(),
        "session_over": getattr(g, browser.OVER, False),
        "demo": runtime().settings.demo,
        "ways": _ways(),
        "roles": ROLES,
        "next_part": _next(request.args.get("next", "")),
    }


def _ways() -> tuple[Way, ...]:
    """List where the person at work may go: what their role has a page for."""
    person = browser.logged_in()
    if person is None:
        return ()
    return tuple(
        Way(url_for(endpoint), str(text), here=request.endpoint == endpoint)
        for endpoint, action, text in MENU
        if person.actor.role in access.POLICIES[action]
    )


def within_site(path: str) -> str | None:
    """Return a path that leads nowhere but within this site, None for any other: //elsewhere, a scheme, nothing."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else None


def _next(path: str) -> str:
    following = within_site(path)
    return "" if following is None else f"?next={quote(following)}"
