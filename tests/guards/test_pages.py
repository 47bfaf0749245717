"""Every page answers each role as the access table says, and nobody who is not logged in."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from api import security
from api.browser import SECRET as COOKIE
from api.services import sessions
from api.services.access import POLICIES, PUBLIC
from api.services.context import Context
from data.models.organisation import TokenRole
from data.session import transaction
from tests import account_builders, builders
from tests.api.conftest import SECRET


def pages(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Method, address and action of every page that is not public, its arguments filled with what names no row."""
    actions = security.declared(app)
    for rule in app.url_map.iter_rules():
        action = actions[rule.endpoint]
        if action not in PUBLIC and not rule.rule.startswith("/api/"):
            path = rule.rule
            for name in rule.arguments:
                for form in (f"<identifier:{name}>", f"<{name}>"):
                    path = path.replace(form, "0" * 32)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, path, action


@pytest.fixture
def browser(app: Flask, engine: Engine) -> Callable[[TokenRole], FlaskClient]:
    """A browser in which somebody of a role is logged in; forms are trusted, so that roles are what is tested."""
    app.config["WTF_CSRF_ENABLED"] = False

    def make(role: TokenRole) -> FlaskClient:
        owner = builders.organisation(verified_at=builders.NOW)
        person = account_builders.account(owner, role)
        builders.save(engine, owner, person)
        with transaction(engine) as session:
            secret = sessions.start(Context(session, builders.NOW, SECRET), person.id, "0" * 64, second_factor=True)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[COOKIE] = secret
        return client

    return make


@pytest.mark.parametrize("role", list(TokenRole))
def test_every_page_answers_each_role_as_the_table_says(
    app: Flask, browser: Callable[[TokenRole], FlaskClient], role: TokenRole
) -> None:
    client = browser(role)
    seen = 0
    for method, path, action in pages(app):
        if action == "account.logout":
            continue
        status = client.open(path, method=method).status_code
        where = f"{method} {path} as {role}: {status}"
        seen += 1
        if role not in POLICIES[action]:
            assert status == 403, where
        else:
            assert status in {200, 302, 404, 422}, where
        if path.endswith("/sessions/end"):
            client = browser(role)
    assert seen > 10


def test_nobody_sees_a_page_for_people_at_work(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    for method, path, _ in pages(app):
        answer = client.open(path, method=method)
        assert answer.status_code == 302, f"{method} {path}"
        assert "/account/login" in answer.headers["Location"]
