"""Forms of the account library with what we ask beyond it: slowing down, and the same answer and cost for everybody."""

import math
from datetime import timedelta
from typing import Any, Final, cast

from flask import g, request, session
from flask_security import verify_password
from flask_security.forms import Form, LoginForm, TwoFactorVerifyCodeForm
from flask_security.proxies import _datastore
from flask_security.recovery_codes import MfRecoveryForm
from sqlalchemy.orm import Session

from api.extensions.accounts.users import User
from api.extensions.locale import language
from api.i18n import word
from api.runtime import runtime
from api.services import throttle
from api.services.reasons import Reason
from data.session import reading, retrying

WAIT: Final = "escale_wait"
"""Where a refused attempt leaves how long to wait, for the answer's status."""
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$DgFAyBnDmFPqXYvRWsuZ8w$bHqnHsLT2g4HTfzwOHWW9JABq41pr0AwPenv2ObZ0to"
"""What the password of an address without an account is verified against: it costs what a right one costs."""


def tried_from() -> str:
    """Return the address of the browser, as the trusted proxies tell it."""
    return request.remote_addr or "unknown"


def _slowly(email: str, form: Form, check: Any) -> bool:  # noqa: ANN401 (a bound method of the library)
    """Check a secret, unless there were too many failures of late; count the failure or forget them."""
    parts = runtime()
    with reading(parts.engine) as db:
        context = parts.context(db)
        tried = throttle.attempt(context, email, tried_from())
        wait = throttle.wait(context, tried)
    if wait > timedelta(0):
        setattr(g, WAIT, wait)
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        form.form_errors.append(word(Reason.TRY_LATER, {"minutes": minutes}, language()))
        return False
    right = bool(check())

    def note(db: Session) -> None:
        count = throttle.succeeded if right else throttle.failed
        count(parts.context(db), tried)

    retrying(parts.engine, note)
    return right


class SlowLogin(LoginForm):
    """Address and password. One argon2 verification whoever is named; every refusal says the same."""

    remember = None  # type: ignore[assignment]  # a browser of the night office is shared

    def validate(self, **given: Any) -> bool:  # noqa: ANN401
        """Check the password of the account named, if there is one that may log in."""
        if not Form.validate(self, **given):
            return False
        return _slowly(self.email.data or "", self, self._is_right)

    def _is_right(self) -> bool:
        found = cast("User | None", _datastore.find_user(case_insensitive=True, email=(self.email.data or "").strip()))
        usable = found is not None and found.active and found.password is not None
        kept = cast("str", found.password) if usable and found is not None else NOBODY
        if not verify_password(self.password.data or "", kept) or not usable:
            self.form_errors.append(_generic())
            return False
        self.user, self.ifield = found, self.email
        self.user_authenticated = True
        return True


class SlowCode(TwoFactorVerifyCodeForm):
    """A code of an authenticator application."""

    def validate(self, **given: Any) -> bool:  # noqa: ANN401
        """Check the code."""
        return _slowly(_named(self), self, lambda: TwoFactorVerifyCodeForm.validate(self, **given))


class SlowRecovery(MfRecoveryForm):
    """A recovery code."""

    def validate(self, **given: Any) -> bool:  # noqa: ANN401
        """Check the code."""
        return _slowly(_named(self), self, lambda: MfRecoveryForm.validate(self, **given))


def _named(form: Any) -> str:  # noqa: ANN401 (two forms with a user)
    user = form.user or _datastore.find_user(fs_uniquifier=session.get("tf_user_id"))
    return "" if user is None else str(user.email)


def _generic() -> str:
    return word(Reason.LOGIN_REFUSED, {}, language())
