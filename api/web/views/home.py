"""The first page: what this is, whether it is ready; and the pages of errors. Nothing confidential."""

from flask import Blueprint, send_from_directory
from flask.wrappers import Response
from werkzeug.exceptions import HTTPException

from api.errors import REASONS, STATUS
from api.extensions.locale import language
from api.i18n import word
from api.runtime import runtime
from api.security import policy
from api.services import health
from api.services.errors import ServiceError
from api.services.reasons import Reason
from api.web.render import page

pages = Blueprint("web", __name__, template_folder="../templates")


@pages.get("/")
@policy("web.home")
def home() -> Response:
    """Show the first page."""
    return page("pages/home.html", ready=health.is_ready(runtime().engine))


@pages.get("/static/<path:name>")
@policy("web.static")
def static(name: str) -> Response:
    """Give a file of ours: style sheets, scripts and images."""
    return send_from_directory("web/static", name)


def page_error(error: HTTPException) -> Response:
    """Answer an error outside the JSON API with a page."""
    status = error.code or 500
    reason = REASONS.get(status, Reason.INTERNAL if status >= 500 else Reason.MALFORMED)
    return page("pages/error.html", status, message=word(reason, {"max": ""}, language()))


def service_page(error: ServiceError) -> Response:
    """Answer a service's refusal with a page."""
    message = word(error.reason, error.params, language())
    return page("pages/error.html", int(STATUS[type(error)]), message=message)
