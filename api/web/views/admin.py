"""Pages of those who administer: who works here, invitations, accounts closed, second factors two people reset."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from api.browser import at_work
from api.extensions import cursors
from api.extensions.locale import language
from api.i18n import word
from api.runtime import runtime
from api.security import policy
from api.services import accounts, organisations
from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import Conflict, Invalid
from api.services.paging import Wanted
from api.web.forms import InviteForm, options
from api.web.render import page
from data.session import reading, retrying

views = Blueprint("admin", __name__, url_prefix="/admin")
_Result = TypeVar("_Result")

ACTS: Final[Mapping[str, Callable[[Actor, Context, str], object]]] = {
    "disable": accounts.disable,
    "enable": accounts.enable,
    "ask-reset": accounts.ask_reset,
    "confirm-reset": accounts.confirm_reset,
}
"""What may be done to an account, by the last part of the address."""


@views.get("/accounts")
@policy("accounts.list")
def list_accounts() -> Response:
    """List the accounts, with a form to invite."""
    return _accounts(InviteForm(formdata=None), 200)


@views.post("/accounts")
@policy("accounts.invite")
def invite() -> Response:
    """Invite somebody; the link is shown once, to be handed over."""
    form = InviteForm()
    form.organisation_id.choices = options(_organisations())
    if not form.validate_on_submit():
        return _accounts(form, 422)
    given = {name: form.data[name] for name in ("email", "organisation_id", "role")}
    try:
        made = _write(lambda actor, context: accounts.invite(actor, context, **given))
    except (Invalid, Conflict) as refused:
        errors = [word(each.reason, each.params, language()) for each in refused.errors]
        form.form_errors.extend(errors or [word(refused.reason, refused.params, language())])
        return _accounts(form, 422)
    link = runtime().settings.post.site_url + url_for("account.invitation", secret=made.secret)
    return page("admin/invited.html", invitation=made.view, link=link)


@views.post("/accounts/<identifier:account_id>/disable")
@policy("accounts.disable")
def disable(account_id: str) -> Response:
    """Close an account."""
    return _act("disable", account_id, _("Ce compte est fermé."))


@views.post("/accounts/<identifier:account_id>/enable")
@policy("accounts.enable")
def enable(account_id: str) -> Response:
    """Open an account again."""
    return _act("enable", account_id, _("Ce compte est rouvert."))


@views.post("/accounts/<identifier:account_id>/ask-reset")
@policy("accounts.reset")
def ask_reset(account_id: str) -> Response:
    """Ask that a second factor be forgotten."""
    return _act("ask-reset", account_id, _("Une autre personne qui administre doit maintenant le confirmer."))


@views.post("/accounts/<identifier:account_id>/confirm-reset")
@policy("accounts.reset")
def confirm_reset(account_id: str) -> Response:
    """Confirm that a second factor be forgotten."""
    return _act("confirm-reset", account_id, _("Le second facteur est oublié ; la personne en choisira un autre."))


def _act(name: str, account_id: str, done: str) -> Response:
    try:
        _write(lambda actor, context: ACTS[name](actor, context, account_id))
    except Conflict as refused:
        flash(word(refused.reason, refused.params, language()), "error")
    else:
        flash(done)
    return redirect(url_for("admin.list_accounts"))


def _write(act: Callable[[Actor, Context], _Result]) -> _Result:
    parts, actor = runtime(), at_work().actor

    def work(session: Session) -> _Result:
        return act(actor, parts.context(session))

    return retrying(parts.engine, work)


def _accounts(form: InviteForm, status: int) -> Response:
    parts = runtime()
    form.organisation_id.choices = options(_organisations())
    with reading(parts.engine) as session:
        shown = accounts.list_accounts(at_work().actor, parts.context(session), _wanted())
    return page(
        "admin/accounts.html",
        status,
        form=form,
        accounts=shown,
        following=cursors.encode(shown.following),
        names=dict(_organisations()),
    )


def _wanted() -> Wanted:
    return Wanted(after=cursors.decode(request.args.get("cursor")))


def _organisations() -> list[tuple[str, str]]:
    parts = runtime()
    with reading(parts.engine) as session:
        return organisations.names(at_work().actor, parts.context(session))
