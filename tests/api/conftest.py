# ruff: noqa: ANN401 - bodies and columns are of every type
"""The real application on both engines, at a known hour, with one organisation and token of each role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from api.app import create_app
from api.config import Settings
from api.runtime import Runtime
from data.models.organisation import Organisation, OrganisationKind, TokenRole
from tests import builders

SECRET = bytes(range(32))


@dataclass
class StoppedClock:
    """A clock that shows the hour it is given."""

    instant: datetime = builders.NOW

    def now(self) -> datetime:
        return self.instant


@dataclass
class Caller:
    """A program of one organisation: sends its token, speaks JSON."""

    client: FlaskClient
    secret: str | None
    organisation: Organisation | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret is not None:
            given["Authorization"] = f"Bearer {self.secret}"
        kwargs = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers={**self.headers, **given}, **kwargs)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.send("PATCH", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.send("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.send("DELETE", path, **headers)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def app(database_url: str, clock: StoppedClock) -> Iterator[Flask]:
    made = create_app(Settings(database_url=database_url, reference_secret=SECRET), clock)
    yield made
    runtime: Runtime = made.extensions["escale"]
    runtime.engine.dispose()


KINDS = {
    TokenRole.REFERRER: OrganisationKind.REFERRER,
    TokenRole.COORDINATOR: OrganisationKind.SIAO,
    TokenRole.SHELTER: OrganisationKind.OPERATOR,
    TokenRole.DECIDER: OrganisationKind.DEPARTEMENT,
    TokenRole.ANALYST: OrganisationKind.ANALYST,
    TokenRole.AUDITOR: OrganisationKind.ADMINISTRATION,
    TokenRole.ADMIN: OrganisationKind.ADMINISTRATION,
}
"""What an organisation of each role is, unless a test says otherwise."""


@pytest.fixture
def enrol(app: Flask, engine: Engine) -> Callable[..., Caller]:
    """Make an organisation with a token of a role, and return its caller."""

    def make(role: TokenRole, **columns: Any) -> Caller:
        kind = columns.pop("kind", KINDS[role])
        owner = builders.organisation(kind, **{"name": role.value, "departement": "75", **columns})
        secret = f"secret of {owner.id}"
        builders.save(engine, owner, builders.token(owner, role, secret))
        return Caller(app.test_client(), secret, owner)

    return make


@pytest.fixture
def anonymous(app: Flask) -> Caller:
    return Caller(app.test_client(), None)


@pytest.fixture
def referrer(enrol: Callable[..., Caller]) -> Caller:
    return enrol(TokenRole.REFERRER)


@pytest.fixture
def siao(enrol: Callable[..., Caller]) -> Caller:
    return enrol(TokenRole.COORDINATOR)


@pytest.fixture
def shelter(enrol: Callable[..., Caller]) -> Caller:
    return enrol(TokenRole.SHELTER, departement=None)


@pytest.fixture
def admin(enrol: Callable[..., Caller]) -> Caller:
    return enrol(TokenRole.ADMIN, departement=None)


def filing(**changes: Any) -> dict[str, Any]:
    """A request as a referrer of Paris files it: a woman of 24 with a newborn, in danger in Paris and around."""
    return {
        "departement": "75",
        "from_night": "2026-11-21",
        "sleeping_tonight": "maternity",
        "members": [
            {"age": 24, "age_unit": "years", "age_as_of": "2026-11-21", "sex": "F", "role": "principal"},
            {"age": 12, "age_unit": "days", "age_as_of": "2026-11-21", "sex": "M", "role": "child"},
        ],
        "statuses": ["violence_victim"],
        "zones": [{"kind": "departement", "departement": "75", "with_neighbours": True}],
        **changes,
    }
