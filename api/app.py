"""The application: everything put together, and nothing served that declares no policy."""

from http import HTTPStatus

from flask import Flask, redirect, request, url_for
from flask_bootstrap import Bootstrap5
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from api import errors, security
from api.browser import LoginNeeded
from api.clock import Clock, SystemClock
from api.config import Settings
from api.extensions import locale
from api.extensions.accounts import setup as accounts
from api.extensions.smorest import API_ROOT, EscaleApi, IdentifierConverter
from api.resources.alerts.routes import routes as alerts
from api.resources.audit.routes import routes as audit
from api.resources.contact_points.routes import routes as contact_points
from api.resources.endings.routes import routes as endings
from api.resources.facilities.routes import routes as facilities
from api.resources.health.routes import openapi
from api.resources.health.routes import routes as health
from api.resources.journeys.routes import routes as journeys
from api.resources.organisations.routes import routes as organisations
from api.resources.places.routes import routes as places
from api.resources.proposals.routes import routes as proposals
from api.resources.protection.routes import routes as protection
from api.resources.reference.routes import routes as reference
from api.resources.requests.routes import routes as requests
from api.resources.runs.routes import routes as runs
from api.resources.stays.routes import routes as stays
from api.resources.vacancies.routes import routes as vacancies
from api.resources.waivers.routes import routes as waivers
from api.runtime import Runtime, install
from api.services.errors import NotReady, ServiceError, Stale
from api.services.reasons import Reason
from api.web import render
from api.web.views.account import views as account
from api.web.views.admin import views as admin
from api.web.views.home import page_error, pages, service_page
from data.errors import DatabaseBusy, DatabaseLost, StaleVersion
from data.session import make_engine

RESOURCES = (
    alerts,
    organisations,
    facilities,
    places,
    vacancies,
    requests,
    runs,
    proposals,
    stays,
    waivers,
    audit,
    journeys,
    protection,
    endings,
    contact_points,
    reference,
    health,
)


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        As read from the environment.
    clock : Clock, optional
        The machine's own unless a test gives another.

    Returns
    -------
    Flask
        Ready to serve; the database is opened at the first request.

    Raises
    ------
    security.UndeclaredRoute
        Some route declares no policy.
    """
    app = Flask(__name__, static_folder=None, static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=settings.body_bytes_max,
        API_TITLE="Escale",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {
                "description": "Matches people in danger tonight with a place that is safe for them.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "security": [{"token": []}],
        },
    )
    app.url_map.converters["identifier"] = IdentifierConverter
    if settings.trusted_proxies:
        trusted = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]
    install(app, Runtime(make_engine(settings.database_url), clock or SystemClock(), settings))
    _register(app, settings)
    _register_errors(app)
    security.protect(app)
    return app


def _register(app: Flask, settings: Settings) -> None:
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "web/translations"
    Bootstrap5(app)
    locale.install(app)
    csrf = accounts.install(app, settings)
    api = EscaleApi(page_error)
    api.init_app(app)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.register_converter(
        IdentifierConverter, lambda _: {"type": "string", "pattern": f"^{IdentifierConverter.regex}$"}
    )
    for routes in RESOURCES:
        api.register_blueprint(routes.blueprint)
        # Reached with a token alone, never with a cookie.
        csrf.exempt(routes.blueprint)
    app.add_url_rule(f"{API_ROOT}/openapi.json", "openapi", openapi)
    app.register_blueprint(pages)
    app.register_blueprint(account)
    app.register_blueprint(admin)
    app.context_processor(render.common)
    security.declare_foreign(app, "bootstrap.static", "web.static")


def _register_errors(app: Flask) -> None:
    def refused(error: ServiceError) -> Response:
        if request.path.startswith(API_ROOT):
            return errors.service_answer(error)
        return service_page(error)

    def login_needed(_: LoginNeeded) -> Response:
        following = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("security.login", next=following))

    def stale(_: StaleVersion) -> Response:
        return errors.service_answer(Stale())

    def lost(_: DatabaseLost) -> Response:
        response = errors.answer(HTTPStatus.SERVICE_UNAVAILABLE, Reason.OUTCOME_UNKNOWN, {})
        response.headers["Retry-After"] = "1"
        return response

    def busy(_: DatabaseBusy) -> Response:
        response = errors.service_answer(NotReady())
        response.headers["Retry-After"] = "1"
        return response

    app.register_error_handler(ServiceError, refused)
    app.register_error_handler(LoginNeeded, login_needed)
    app.register_error_handler(StaleVersion, stale)
    app.register_error_handler(DatabaseBusy, busy)
    app.register_error_handler(DatabaseLost, lost)
