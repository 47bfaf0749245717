"""The first page: what runs here, whether it is ready, where the interface is. Nothing confidential."""

from flask import Blueprint, Response, make_response, render_template, request, send_from_directory
from werkzeug.exceptions import HTTPException

from api.errors import REASONS
from api.i18n import LANGUAGES, Language, word
from api.runtime import runtime
from api.security import PAGE_CSP, policy
from api.services import health
from api.services.reasons import Reason
from api.web.texts import PAGE_TEXTS

pages = Blueprint("web", __name__, template_folder="../templates")


@pages.get("/")
@policy("web.home")
def home() -> Response:
    """Show the first page."""
    parts = runtime()
    return _page("home.html", 200, ready=health.is_ready(parts.engine), demo=parts.settings.demo)


@pages.get("/static/<path:name>")
@policy("web.static")
def static(name: str) -> Response:
    """Give a file of ours: style sheets and images."""
    return send_from_directory("web/static", name)


def page_error(error: HTTPException) -> Response:
    """Answer an error outside the JSON API with a page."""
    status = error.code or 500
    reason = REASONS.get(status, Reason.INTERNAL if status >= 500 else Reason.MALFORMED)
    return _page("error.html", status, message=word(reason, {"max": ""}, _language()))


def _page(template: str, status: int, **values: object) -> Response:
    language = _language()
    html = render_template(template, language=language, t=PAGE_TEXTS[language], **values)
    response = make_response(html, status)
    response.headers["Content-Security-Policy"] = PAGE_CSP
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response


def _language() -> Language:
    # French first: English only for whoever asks for it.
    for language in LANGUAGES:
        if request.args.get("lang") == language:
            return language
    return "en" if request.accept_languages.best_match(LANGUAGES, default="fr") == "en" else "fr"
