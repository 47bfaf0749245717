"""Flask-Security as this service uses it, and the sessions that begin and end with it."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask, Response, g, request, session
from flask_login import user_logged_out
from flask_security import Security, password_changed, password_reset, tf_profile_changed, user_authenticated
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session

from api.browser import SECRET, logged_in
from api.config import Settings
from api.extensions.accounts import demo
from api.extensions.accounts.forms import WAIT, SlowCode, SlowLogin, SlowRecovery, tried_from
from api.extensions.accounts.mail import AccountMail
from api.extensions.accounts.store import Store
from api.extensions.accounts.totp import OneUseTotp
from api.extensions.accounts.users import User
from api.runtime import runtime
from api.security import declare_foreign
from api.services import sessions, throttle
from data.session import retrying

PASSWORD_LENGTH_MIN: Final = 12
"""Shortest password, characters (NIST SP 800-63B asks for 8 at least beside a second factor)."""
ENDPOINTS: Final = {
    "security.login": "account.login",
    "security.logout": "account.logout",
    "security.verify": "account.manage",
    "security.forgot_password": "account.login",
    "security.reset_password": "account.login",
    "security.change_password": "account.manage",
    "security.two_factor_setup": "account.login",
    "security.two_factor_setup_validate": "account.manage",
    "security.two_factor_token_validation": "account.login",
    "security.two_factor_rescue": "account.login",
    "security.tf_select": "account.login",
    "security.mf_recovery": "account.login",
    "security.mf_recovery_codes": "account.manage",
    "security.wan_register": "account.manage",
    "security.wan_register_response": "account.manage",
    "security.wan_signin": "account.login",
    "security.wan_signin_response": "account.login",
    "security.wan_delete": "account.manage",
    "security.wan_verify": "account.manage",
    "security.wan_verify_response": "account.manage",
    "security.static": "web.static",
}
"""What each of the library's routes is in the access table."""


def derived(settings: Settings, purpose: str) -> str:
    """Return a key for one purpose, derived from the service's session key: none can be told from another.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hmac.new(settings.session_secret, purpose.encode(), hashlib.sha256).hexdigest()


def install(app: Flask, settings: Settings) -> CSRFProtect:
    """Put accounts to work in an application.

    Returns
    -------
    CSRFProtect
        To exempt what is not reached with a cookie.
    """
    app.config.update(_config(settings))
    csrf = CSRFProtect(app)
    Security(
        app,
        Store(),
        login_form=SlowLogin,
        two_factor_verify_code_form=SlowCode,
        mf_recovery_form=SlowRecovery,
        totp_cls=OneUseTotp,
        mail_util_cls=AccountMail,
    )
    security: Security = app.extensions["security"]
    # The library's answers for programs would hold tokens of its own, which open nothing here: pages alone.
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)
    user_authenticated.connect(_begin, app)
    user_logged_out.connect(_end, app)
    for changed in (password_changed, password_reset, tf_profile_changed):
        changed.connect(_revoke, app)
    for endpoint, action in ENDPOINTS.items():
        if endpoint in app.view_functions:
            declare_foreign(app, endpoint, action)
    security.login_context_processor(lambda: {"demo_accounts": demo.listed()})
    app.after_request(_say_wait)
    return csrf


def _now() -> datetime:
    return runtime().clock.now()


def _config(settings: Settings) -> dict[str, Any]:
    secure = not settings.demo
    return {
        "SECRET_KEY": derived(settings, "cookie"),
        "SESSION_COOKIE_NAME": "__Host-escale" if secure else "escale",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        # Lax: a link in a mail leads to the page and not to the login.
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=1),
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_PASSWORD_SALT": derived(settings, "password"),
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH_MIN,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"test_environment": True} if settings.demo else None,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TOTP_SECRETS": {"1": derived(settings, "totp")},
        "SECURITY_TOTP_ISSUER": "Escale",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "Escale",
        "SECURITY_WAN_ALLOW_USER_HINTS": False,  # a hint would say whether an address has an account
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_DATETIME_FACTORY": _now,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_URL_PREFIX": "/account",
        "SECURITY_STATIC_FOLDER_URL": "/static",
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/",
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_LOGIN_USER_TEMPLATE": "account/login.html",
        "SECURITY_FORGOT_PASSWORD_TEMPLATE": "account/forgot.html",
        "SECURITY_RESET_PASSWORD_TEMPLATE": "account/reset.html",
        "SECURITY_CHANGE_PASSWORD_TEMPLATE": "account/change.html",
        "SECURITY_VERIFY_TEMPLATE": "account/verify.html",
        "SECURITY_TWO_FACTOR_SELECT_TEMPLATE": "account/select.html",
        "SECURITY_TWO_FACTOR_SETUP_TEMPLATE": "account/second_factor_setup.html",
        "SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE": "account/second_factor.html",
        "SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE": "account/recovery.html",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "account/recovery_codes.html",
        "SECURITY_WAN_REGISTER_TEMPLATE": "account/passkey_add.html",
        "SECURITY_WAN_SIGNIN_TEMPLATE": "account/passkey_login.html",
        "SECURITY_WAN_VERIFY_TEMPLATE": "account/passkey_verify.html",
    }


def _begin(_app: Flask, user: User, **_given: object) -> None:
    # The library says so once the second factor was given too: without it nobody gets here.
    parts = runtime()

    def begin(db: Session) -> str:
        context = parts.context(db)
        address = throttle.hashed(context, "address", tried_from())
        return sessions.start(context, user.id, address, second_factor=True)

    session[SECRET] = retrying(parts.engine, begin)


def _end(_app: Flask, **_given: object) -> None:
    session.pop(SECRET, None)
    person = logged_in()
    if person is not None:
        parts = runtime()
        retrying(parts.engine, lambda db: sessions.end(parts.context(db), person.session_id))


def _revoke(_app: Flask, user: User, **_given: object) -> None:
    # Whoever was logged in elsewhere with the old secret is not any more; nor is this browser.
    parts = runtime()
    retrying(parts.engine, lambda db: sessions.end_all(parts.context(db), user.id))
    session.pop(SECRET, None)


def _say_wait(response: Response) -> Response:
    wait = getattr(g, WAIT, None)
    if wait is not None and request.method == "POST":
        response.status_code = 429
        response.headers["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return response
