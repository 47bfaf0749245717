"""People log in with two factors, work for a while, and are out when they should be."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from passlib.totp import TOTP
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from api.extensions.accounts import forms
from api.runtime import Runtime
from api.services import accounts, sessions, throttle
from api.services.actor import Actor, Role
from api.services.carried import kept_form
from api.services.context import Context
from api.services.errors import Conflict, NotFound, Unauthenticated
from data.models.account import Account, Invitation, LoginFailure, LoginSession, SessionEnd
from data.models.organisation import Organisation, OrganisationKind, TokenRole
from data.session import reading, transaction
from tests import account_builders, builders
from tests.api.conftest import SECRET, Caller, StoppedClock

PASSWORD = "assez long pour la nuit"


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


class Person:
    """Somebody at a browser."""

    def __init__(self, app: Flask, email: str) -> None:
        self.app, self.email = app, email
        self.client: FlaskClient = app.test_client()
        self.secret: str | None = None
        self.used = ""

    def post(self, path: str, data: dict[str, Any], form_at: str | None = None) -> TestResponse:
        page = self.client.get(form_at or path)
        return self.client.post(path, data={"csrf_token": token(page), **data})

    def give_password(self, password: str = PASSWORD) -> TestResponse:
        return self.post("/account/login", {"email": self.email, "password": password})

    def choose_second_factor(self) -> TestResponse:
        chosen = self.post("/account/tf-setup", {"setup": "authenticator"})
        key = re.search(r'class="secret">([^<]+)<', chosen.text)
        assert key is not None, chosen.text
        self.secret = key[1].replace("-", "").replace(" ", "")
        return self.client.post("/account/tf-validate", data={"csrf_token": token(chosen), "code": self.code()})

    def code(self) -> str:
        self.used = str(TOTP(key=self.secret).generate().token)
        return self.used

    def is_in(self) -> bool:
        return self.client.get("/account").status_code == 200


@pytest.fixture
def someone(app: Flask, engine: Engine) -> Callable[..., Person]:
    def make(role: TokenRole = TokenRole.COORDINATOR, kind: OrganisationKind = OrganisationKind.SIAO) -> Person:
        owner = builders.organisation(kind=kind)
        with app.app_context():
            row = account_builders.account(owner, role, password=hash_password(PASSWORD))
        builders.save(engine, owner, row)
        return Person(app, row.email)

    return make


def test_two_factors_and_then_a_page(someone: Callable[..., Person]) -> None:
    person = someone()
    first = person.give_password()
    assert first.status_code == 302
    assert not person.is_in()
    done = person.choose_second_factor()
    assert done.status_code == 302, done.text
    assert person.is_in()
    assert person.email in person.client.get("/account").text
    out = person.post("/account/logout", {}, form_at="/account")
    assert out.status_code == 302
    assert not person.is_in()


def test_the_next_login_asks_for_the_code_and_takes_each_once(someone: Callable[..., Person], app: Flask) -> None:
    person = someone()
    person.give_password()
    person.choose_second_factor()
    again = Person(app, person.email)
    again.give_password()
    used = again.post("/account/tf-validate", {"code": person.used})
    assert used.status_code == 200
    assert not again.is_in()


def test_a_wrong_password_and_an_unknown_address_answer_alike(
    someone: Callable[..., Person], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifications: list[str] = []
    real = forms.verify_password

    def counted(given: str, kept: str) -> bool:
        verifications.append(kept)
        return real(given, kept)

    monkeypatch.setattr(forms, "verify_password", counted)
    known, unknown = someone(), Person(app, "personne@example.org")
    answers = [person.give_password("ce n'est pas le bon") for person in (known, unknown)]
    texts = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert texts[0] == texts[1]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(verifications) == 2
    assert len({kept.rsplit("$", 2)[0] for kept in verifications}) == 1, "both cost the same"


def test_a_disabled_account_answers_as_an_unknown_one(someone: Callable[..., Person], engine: Engine) -> None:
    person = someone()
    with transaction(engine) as session:
        row = session.scalars(select(Account).where(Account.email == person.email)).one()
        row.active, row.disabled_at = False, builders.NOW
    refused = person.give_password()
    assert "incorrect" in refused.text
    assert not person.is_in()


def test_who_tries_too_often_waits_and_the_known_browser_does_not(
    someone: Callable[..., Person], app: Flask, engine: Engine, clock: StoppedClock
) -> None:
    person = someone()
    person.give_password()
    person.choose_second_factor()
    stranger = Person(app, person.email)
    stranger.client = app.test_client()
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    page = stranger.client.get("/account/login", environ_overrides=elsewhere)
    for _ in range(throttle.PER_PAIR):
        stranger.client.post(
            "/account/login",
            data={"csrf_token": token(page), "email": person.email, "password": "x" * 12},
            environ_overrides=elsewhere,
        )
    slowed = stranger.client.post(
        "/account/login",
        data={"csrf_token": token(page), "email": person.email, "password": PASSWORD},
        environ_overrides=elsewhere,
    )
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    # The person's own browser is not slowed, and the stranger's only for a while.
    assert Person(app, person.email).give_password().status_code == 302
    clock.instant += throttle.WINDOW
    later = stranger.client.post(
        "/account/login",
        data={"csrf_token": token(page), "email": person.email, "password": PASSWORD},
        environ_overrides=elsewhere,
    )
    assert later.status_code == 302
    with reading(engine) as session:
        kept = [row.key for row in session.scalars(select(LoginFailure))]
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in kept)


def test_a_session_ends_when_idle_after_a_day_of_work_and_for_who_only_looks(
    someone: Callable[..., Person], clock: StoppedClock
) -> None:
    person = someone()
    person.give_password()
    person.choose_second_factor()
    for _ in range(3):
        clock.instant += sessions.IDLE - timedelta(minutes=1)
        assert person.is_in()
    clock.instant += sessions.IDLE - timedelta(minutes=1)
    assert person.client.get("/account", headers={"X-Escale-Live": "1"}).status_code == 200
    clock.instant += timedelta(minutes=2)
    assert not person.is_in(), "a page that refreshes by itself does not prolong the session"

    other = someone()
    other.give_password()
    other.choose_second_factor()
    for _ in range(int(sessions.LIFE / timedelta(minutes=10)) + 1):
        clock.instant += timedelta(minutes=10)
        other.client.get("/account")
    assert not other.is_in()


def test_disabling_ends_at_the_next_request_and_old_cookies_stay_dead(
    someone: Callable[..., Person], app: Flask, engine: Engine
) -> None:
    person = someone()
    person.give_password()
    person.choose_second_factor()
    cookie = person.client.get_cookie("escale") or person.client.get_cookie("__Host-escale")
    assert cookie is not None
    admin = Actor("", Role.ADMIN, None, OrganisationKind.ADMINISTRATION)
    with transaction(engine) as session:
        context = Context(session, builders.NOW, SECRET)
        identifier = accounts.by_email(context, person.email)
        accounts.disable(admin, context, identifier)
    assert not person.is_in()
    with transaction(engine) as session:
        accounts.enable(admin, Context(session, builders.NOW, SECRET), identifier)
    thief = app.test_client()
    thief.set_cookie(cookie.key, cookie.value, domain="localhost")
    assert thief.get("/account").status_code == 302


def test_a_session_that_ended_is_not_revived_by_an_act_that_was_under_way(engine: Engine) -> None:
    owner = builders.organisation(verified_at=builders.NOW)
    person = account_builders.account(owner)
    builders.save(engine, owner, person)
    with transaction(engine) as session:
        secret = sessions.start(Context(session, builders.NOW, SECRET), person.id, "0" * 64, second_factor=True)
    with reading(engine) as session:
        found = sessions.resolve(Context(session, builders.NOW, SECRET), secret)
    later = builders.NOW + timedelta(minutes=1)
    with transaction(engine) as session:
        sessions.end(Context(session, later, SECRET), found.session_id)
    with transaction(engine) as session:
        sessions.touch(Context(session, later + timedelta(minutes=1), SECRET), found.session_id)
        sessions.confirm(Context(session, later + timedelta(minutes=1), SECRET), found.session_id)
    with reading(engine) as session:
        row = session.get_one(LoginSession, found.session_id)
        assert (row.ended_because, row.seen_at, row.second_factor_at) == (SessionEnd.LOGOUT, builders.NOW, builders.NOW)
        with pytest.raises(Unauthenticated):
            sessions.resolve(Context(session, later, SECRET), secret)


def test_an_invitation_makes_one_account_and_only_once(app: Flask, engine: Engine) -> None:
    owner = builders.organisation(verified_at=builders.NOW, kind=OrganisationKind.SIAO)
    builders.save(engine, owner)
    admin = Actor("", Role.ADMIN, None, OrganisationKind.ADMINISTRATION)
    with transaction(engine) as session:
        context = Context(session, builders.NOW, SECRET)
        made = accounts.invite(
            admin, context, email=" Nuit@Example.org ", organisation_id=owner.id, role=Role.COORDINATOR
        )
    assert made.secret not in repr(made)
    person = Person(app, "nuit@example.org")
    path = f"/account/invitation/{made.secret}"
    short = person.post(path, {"password": "court", "again": "court"})
    assert short.status_code == 422
    assert person.post(path, {"password": PASSWORD, "again": PASSWORD}).status_code == 302
    assert person.client.get(path).status_code == 404
    person.give_password()
    person.choose_second_factor()
    assert person.is_in()
    with reading(engine) as session:
        row = session.scalars(select(Account).where(Account.email == "nuit@example.org")).one()
        assert (row.role, row.organisation_id) == (TokenRole.COORDINATOR, owner.id)
        assert session.scalar(select(func.count()).select_from(Invitation).where(Invitation.used_at.is_not(None))) == 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_an_invitation_expires(engine: Engine, late: timedelta) -> None:
    owner = builders.organisation(verified_at=builders.NOW)
    secret = secrets.token_urlsafe(32)
    row = account_builders.invitation(owner, secret_hash=kept_form(secret))
    builders.save(engine, owner, row)
    with reading(engine) as session:
        assert accounts.invited(Context(session, row.expires_at - timedelta(seconds=1), SECRET), secret)
        with pytest.raises(NotFound):
            accounts.invited(Context(session, row.expires_at + late, SECRET), secret)


def test_it_takes_two_people_to_forget_a_second_factor(engine: Engine) -> None:
    owner = builders.organisation(verified_at=builders.NOW, kind=OrganisationKind.ADMINISTRATION)
    lost, first, second = (
        account_builders.account(owner, TokenRole.ADMIN, tf_totp_secret="{}", tf_primary_method="authenticator")
        for _ in range(3)
    )
    builders.save(engine, owner, lost, first, second)

    def acting(who: Account) -> Actor:
        return Actor(owner.id, Role.ADMIN, None, OrganisationKind.ADMINISTRATION, account_id=who.id)

    with transaction(engine) as session:
        accounts.ask_reset(acting(first), Context(session, builders.NOW, SECRET), lost.id)
    for who in (first, lost):
        with pytest.raises(Conflict), transaction(engine) as session:
            accounts.confirm_reset(acting(who), Context(session, builders.NOW, SECRET), lost.id)
    late = builders.NOW + accounts.RESET_WITHIN + timedelta(seconds=1)
    with pytest.raises(NotFound), transaction(engine) as session:
        accounts.confirm_reset(acting(second), Context(session, late, SECRET), lost.id)
    with transaction(engine) as session:
        accounts.confirm_reset(acting(second), Context(session, builders.NOW, SECRET), lost.id)
    with reading(engine) as session:
        assert session.get_one(Account, lost.id).tf_totp_secret is None


def test_no_form_of_another_site_gets_in(someone: Callable[..., Person], app: Flask) -> None:
    person = someone()
    person.give_password()
    person.choose_second_factor()
    unsafe = [
        (rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    ]
    assert len(unsafe) > 10
    for path, endpoint in unsafe:
        filled = re.sub(r"<[^>]+>", "x" * 32, path)
        answer = person.client.post(filled, data={"code": "123456"})
        assert answer.status_code in {400, 302, 404}, (endpoint, answer.status_code)
        if answer.status_code == 302:
            assert "/login" in answer.headers["Location"], endpoint
    assert person.is_in()


def test_a_token_opens_no_page_and_a_cookie_no_interface(
    someone: Callable[..., Person], enrol: Callable[..., Caller]
) -> None:
    caller = enrol(TokenRole.COORDINATOR)
    page = caller.client.get("/account", headers={"Authorization": f"Bearer {caller.secret}"})
    assert page.status_code == 302
    person = someone()
    person.give_password()
    person.choose_second_factor()
    assert person.client.get("/api/v1/requests").status_code == 401


def test_the_demo_logs_in_with_a_click_on_its_own_database_alone(app: Flask, engine: Engine) -> None:
    runtime: Runtime = app.extensions["escale"]
    owner = builders.organisation(verified_at=builders.NOW)
    row = account_builders.account(owner, email="nuit@demo.invalid")
    builders.save(engine, owner, row)
    person = Person(app, row.email)
    attempt = person.post("/demo/login", {"account": row.id}, form_at="/account/login")
    assert attempt.status_code == 404
    object.__setattr__(runtime.settings, "demo", True)
    assert person.post("/demo/login", {"account": row.id}, form_at="/account/login").status_code == 404
    builders.save(
        engine,
        Organisation(
            name="Escale, données de démonstration", kind=OrganisationKind.ADMINISTRATION, created_at=builders.NOW
        ),
    )
    assert row.id in person.client.get("/account/login").text
    far = person.client.get("/account/login", environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert row.id not in far.text
    assert person.post("/demo/login", {"account": row.id}, form_at="/account/login").status_code == 302
    assert person.is_in()
