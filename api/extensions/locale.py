"""The language of a page: the one asked for, the person's own, the browser's; French when nothing says otherwise."""

from typing import Final

from flask import Flask, Response, g, request
from flask_babel import Babel

from api.i18n import LANGUAGES, Language

COOKIE: Final = "language"
"""Remembers the language chosen on a page; it says nothing about anybody."""
_MONTH_SECONDS: Final = 30 * 24 * 3600


def language() -> Language:
    """Return the language of the page that is being made."""
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE), _of_person()):
        for known in LANGUAGES:
            if asked == known:
                return known
    return "en" if request.accept_languages.best_match(LANGUAGES, default="fr") == "en" else "fr"


def install(app: Flask) -> None:
    """Give pages, and the libraries that word them, their language and the time of Paris."""
    Babel(app, locale_selector=language, default_locale="fr", default_timezone="Europe/Paris")
    app.after_request(_remember)


def _of_person() -> str | None:
    person = getattr(g, "logged_in", None)
    return None if person is None else str(person.language)


def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(
            COOKIE, asked, max_age=_MONTH_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response
