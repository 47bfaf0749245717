"""Every change over HTTP is recorded in the audit log; a POST repeated with its key is answered and not done again."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from api.services.access import POLICIES
from data.models.audit import AuditEvent
from data.models.organisation import TokenRole
from data.session import reading
from tests.api.conftest import Caller
from tests.guards.test_routes import BODIES, plant, routes

TRIED = {
    TokenRole.REFERRER: {"requests.submit", "requests.amend", "requests.cancel"},
    TokenRole.COORDINATOR: {"requests.submit", "requests.amend", "requests.cancel", "runs.start"},
    TokenRole.SHELTER: {"facilities.create", "facilities.amend", "places.create", "availability.confirm"},
    TokenRole.ADMIN: {"organisations.create", "organisations.amend"},
}
"""Some changes that each role's own rows allow: without them the test below would test nothing."""
QUESTIONS = {"proposals.candidates"}
"""Sent by POST for their body, and they change nothing."""
VERSIONS_MAX = 5
"""A planted row has a small version: each row planted beside it may have raised it."""


def recorded(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def outcome(answer: TestResponse) -> tuple[int, bytes, str | None, str | None]:
    return answer.status_code, answer.get_data(), answer.headers.get("ETag"), answer.headers.get("Location")


def do(send: Callable[[int], TestResponse]) -> tuple[TestResponse, Callable[[], TestResponse]]:
    """Do something to a row whatever its version is; give the answer, and what repeats it."""
    for version in range(1, VERSIONS_MAX + 1):
        answer = send(version)
        if answer.status_code != 412:
            break
    return answer, partial(send, version)


@pytest.mark.parametrize("role", list(TokenRole))
def test_changes_are_recorded_and_repeats_do_nothing(
    app: Flask, engine: Engine, enrol: Callable[..., Caller], role: TokenRole
) -> None:
    caller = enrol(role, departement="75")
    assert caller.organisation is not None
    done, unrecorded = set(), set()
    for number, (method, rule, action, _) in enumerate(routes(app)):
        if method == "GET" or action in QUESTIONS or role not in POLICIES[action]:
            continue
        # Rows of its own, as nobody has touched them.
        path = rule.removeprefix("/api/v1")
        for name, identifier in plant(engine, caller.organisation, "75", f"{0x1000 + number:x}").ids.items():
            path = path.replace(f"<identifier:{name}>", identifier)

        def send(
            version: int, method: str = method, path: str = path, action: str = action, key: str = f"key-{number}"
        ) -> TestResponse:
            return caller.send(method, path, BODIES.get(action), If_Match=f'"{version}"', Idempotency_Key=key)

        before = recorded(engine)
        first, repeat = do(send)
        if first.status_code not in {200, 201}:
            continue
        done.add(action)
        after = recorded(engine)
        if after == before:
            unrecorded.add(action)
        if method == "POST":
            assert outcome(repeat()) == outcome(first), action
            assert recorded(engine) == after, f"{action} was done twice"
    assert unrecorded == set()
    assert TRIED.get(role, set()) <= done
