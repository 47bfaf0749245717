"""Pages of one's own account: invitation, second factor given again, sessions closed; and the demo's login."""

from typing import Any

from flask import Blueprint, abort, redirect, request, session, url_for
from flask_security.utils import hash_password
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from api.browser import SECRET, LoginNeeded, at_work
from api.extensions.accounts import demo
from api.extensions.accounts.forms import SlowCode
from api.extensions.accounts.store import Store
from api.extensions.locale import language
from api.runtime import runtime
from api.security import policy
from api.services import accounts, organisations, sessions
from api.services.errors import NotFound
from api.web.forms import InvitationForm
from api.web.render import page, within_site
from data.session import reading, retrying

views = Blueprint("account", __name__)


@views.get("/account")
@policy("account.manage")
def mine() -> Response:
    """Show one's own account."""
    person = at_work()
    parts = runtime()
    with reading(parts.engine) as db:
        organisation = organisations.get(person.actor, parts.context(db), person.actor.organisation_id)
    return page("account/mine.html", organisation=organisation.name)


@views.post("/account/sessions/end")
@policy("account.manage")
def end_everywhere() -> Response:
    """Close all one's sessions, this one too."""
    person, parts = at_work(), runtime()

    def end(db: Session) -> None:
        sessions.end_all(parts.context(db), str(person.actor.account_id))

    retrying(parts.engine, end)
    session.clear()
    return redirect(url_for("security.login"))


@views.route("/account/invitation/<secret>", methods=["GET", "POST"])
@policy("account.login")
def invitation(secret: str) -> Response:
    """Let somebody who was invited make their account."""
    parts = runtime()
    try:
        with reading(parts.engine) as db:
            invited = accounts.invited(parts.context(db), secret)
    except NotFound:
        return page("account/invitation_over.html", 404)
    form = InvitationForm(email=invited.email)
    if form.validate_on_submit():
        password_hash, tongue = hash_password(form.password.data or ""), language()

        def accept(db: Session) -> str:
            return accounts.accept(parts.context(db), secret, password_hash=password_hash, language=tongue)

        retrying(parts.engine, accept)
        return redirect(url_for("security.login"))
    status = 422 if form.is_submitted() else 200
    return page("account/invitation.html", status, form=form, organisation=invited.organisation)


@views.route("/account/confirm", methods=["GET", "POST"])
@policy("account.manage")
def confirm() -> Response:
    """Take the second factor again, before what asks for a fresh one."""
    person, parts = at_work(), runtime()
    user = Store().find_user(id=str(person.actor.account_id))
    if user is None:
        raise LoginNeeded
    form: Any = SlowCode(meta={"csrf": True})
    form.user, form.primary_method, form.tf_totp_secret = user, user.tf_primary_method, user.tf_totp_secret
    if request.method == "POST" and form.validate_on_submit():
        retrying(parts.engine, lambda db: sessions.confirm(parts.context(db), person.session_id))
        return redirect(within_site(request.args.get("next", "")) or "/")
    return page("account/confirm.html", form=form)


@views.post("/demo/login")
@policy("account.login")
def demo_login() -> Response:
    """Log in to an account of the demo with one click."""
    if not demo.offered():
        abort(404)
    session[SECRET] = demo.login(request.form.get("account", ""))
    return redirect(url_for("web.home"))
