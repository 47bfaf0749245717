"""Contact points through the API: made, verified, changed, disabled; each seen by its own organisation."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from api.config import PostSettings
from api.runtime import Runtime
from api.services.delivery import BOUNCES_MAX, deliver
from data.models.organisation import TokenRole
from tests import builders as b
from tests import notice_builders as nb
from tests.api.conftest import Caller
from tests.api.receivers import Mailbox, http_server, smtp_server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def post(app: Flask, mailbox: Mailbox) -> Callable[[], int]:
    """Deliver what is due."""
    parts: Runtime = app.extensions["escale"]
    settings = PostSettings(smtp_url=f"smtp://127.0.0.1:{mailbox.port}?starttls=no", loopback=True)
    return lambda: deliver(parts.engine, parts.context, settings)


def add(caller: Caller, address: str = "nuit@exemple.org", **facts: object) -> dict[str, object]:
    answer = caller.post("/contact-points", {"channel": "email", "address": address, **facts})
    assert answer.status_code == 201, answer.json
    assert isinstance(answer.json, dict)
    return answer.json


def test_an_address_is_told_once_its_code_has_come_back(
    shelter: Caller, engine: Engine, mailbox: Mailbox, post: Callable[[], int]
) -> None:
    made = add(shelter)
    assert made["verified_at"] is None
    assert shelter.organisation is not None
    b.save(engine, nb.notice(shelter.organisation))
    assert post() == 1, "the code, and nothing else"
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Escale : confirmez cette adresse"
    found = re.search(r"[0-9a-f]{12}", mail.get_content())
    assert found is not None
    path = f"/contact-points/{made['id']}/verification"
    wrong = shelter.post(path, {"code": "0" * 12}, If_Match='"1"')
    assert (wrong.status_code, list((wrong.json or {})["errors"])) == (422, ["code"])
    right = shelter.post(path, {"code": found.group()}, If_Match='"1"')
    assert right.status_code == 200
    assert (right.json or {})["verified_at"] is not None
    b.save(engine, nb.notice(shelter.organisation))
    assert post() == 1
    assert mailbox.mails[1]["Subject"] == "Escale : quelque chose vous attend"


def test_where_the_link_leads(
    shelter: Caller, siao: Caller, engine: Engine, mailbox: Mailbox, post: Callable[[], int]
) -> None:
    assert shelter.organisation is not None
    told = nb.notice(shelter.organisation)
    b.save(engine, nb.contact_point(shelter.organisation), told, nb.notice(shelter.organisation, sorted_at=b.NOW))
    assert post() == 1
    found = re.search(r"/messages/([0-9a-f]{32})", mailbox.mails[0].get_content())
    assert found is not None
    query = f"/notices?message={found.group(1)}"
    items = (shelter.get(query).json or {})["items"]
    assert [(item["id"], item["subject_id"]) for item in items] == [(told.id, told.subject_id)]
    assert (siao.get(query).json or {})["items"] == [], "nobody else's"
    assert len((shelter.get("/notices").json or {})["items"]) == 2


def test_a_webhooks_secret_is_shown_when_it_is_drawn_and_never_again(shelter: Caller, post: Callable[[], int]) -> None:
    with http_server() as hook:
        made = add(shelter, hook.url, channel="webhook")
        path = f"/contact-points/{made['id']}"
        assert post() == 0, "a webhook without a secret is told nothing"
        drawn = shelter.put(f"{path}/secret", None, If_Match='"1"')
        secret = (drawn.json or {})["secret"]
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        assert secret not in shelter.get(path).get_data(as_text=True)
        again = shelter.put(f"{path}/secret", None, If_Match=drawn.headers["ETag"])
        assert (again.json or {})["secret"] != secret
        assert post() == 2
        code = json.loads(hook.posts[0][2])["data"]["code"]
    verified = shelter.post(f"{path}/verification", {"code": code}, If_Match=again.headers["ETag"])
    assert verified.status_code == 200
    email = add(shelter)
    assert shelter.put(f"/contact-points/{email['id']}/secret", None, If_Match='"1"').status_code == 409


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"address": "nuit"}, "address"),
        ({"address": "a@b\r\nBcc: c@d"}, "address"),
        ({"address": "é@exemple.org"}, "address"),
        ({"channel": "webhook", "address": "http://exemple.org/"}, "address"),
        ({"channel": "webhook", "address": "https://u:p@exemple.org/"}, "address"),
        ({"channel": "webhook", "address": "ftp://exemple.org/"}, "address"),
        ({"channel": "webhook", "address": "https:///"}, "address"),
        ({"channel": "webhook", "address": "https://exemple.org:99999/"}, "address"),
        ({"channel": "pigeon"}, "channel"),
        ({"muted": ["verification"]}, "muted[0]"),
        ({"muted": ["proposal", "proposal"]}, "muted[1]"),
        ({"digest": "weekly"}, "digest"),
    ],
)
def test_what_is_refused(shelter: Caller, facts: dict[str, object], field: str) -> None:
    answer = shelter.post("/contact-points", {"channel": "email", "address": "nuit@exemple.org", **facts})
    assert (answer.status_code, list((answer.json or {})["errors"])) == (422, [field])


def test_the_same_twice_and_too_many(shelter: Caller) -> None:
    for number in range(20):
        add(shelter, f"{number}@exemple.org")
        if number == 0:
            twice = shelter.post("/contact-points", {"channel": "email", "address": "0@exemple.org"})
            assert (twice.status_code, (twice.json or {})["reason"]) == (409, "already_there")
    more = shelter.post("/contact-points", {"channel": "email", "address": "20@exemple.org"})
    assert (more.status_code, (more.json or {})["reason"]) == (409, "too_many")


def test_changed_disabled_enabled_deleted(shelter: Caller, engine: Engine, post: Callable[[], int]) -> None:
    assert shelter.organisation is not None
    point = nb.contact_point(shelter.organisation)
    waiting = nb.message(point, due_at=b.NOW + timedelta(hours=1))
    b.save(engine, point, waiting)
    path = f"/contact-points/{point.id}"
    changed = shelter.patch(path, {"digest": "daily", "muted": ["journey"], "enabled": False}, If_Match='"1"')
    assert (changed.json or {})["disabled_because"] == "choice"
    assert (changed.json or {})["muted"] == ["journey"]
    b.save(engine, nb.notice(shelter.organisation, urgent=True))
    assert post() == 0
    assert shelter.patch(path, {"enabled": True}, If_Match='"1"').status_code == 412
    enabled = shelter.patch(path, {"enabled": True}, If_Match=changed.headers["ETag"])
    assert (enabled.json or {})["enabled"] is True
    assert post() == 0, "what was told meanwhile is read in Escale"
    b.save(engine, nb.notice(shelter.organisation, urgent=True))
    assert post() == 1
    gone = shelter.delete(path, If_Match=enabled.headers["ETag"])
    assert gone.status_code == 200
    assert shelter.get(path).status_code == 404


def test_who_does_not_answer_is_seen_by_its_organisation_and_by_admins(
    shelter: Caller, admin: Caller, engine: Engine, mailbox: Mailbox, post: Callable[[], int]
) -> None:
    assert shelter.organisation is not None
    b.save(engine, nb.contact_point(shelter.organisation, address="parti@exemple.org"))
    mailbox.recipient = "550 5.1.1 unknown"
    assert (admin.get("/failing-contact-points").json or {})["items"] == []
    for _ in range(BOUNCES_MAX):
        b.save(engine, nb.notice(shelter.organisation))
        post()
    own = (shelter.get("/contact-points").json or {})["items"][0]
    assert (own["bounces"], own["disabled_because"]) == (BOUNCES_MAX, "bounced")
    seen = admin.get("/failing-contact-points")
    assert [item["id"] for item in (seen.json or {})["items"]] == [own["id"]]
    assert "parti" not in seen.get_data(as_text=True)
    enabled = shelter.patch(f"/contact-points/{own['id']}", {"enabled": True}, If_Match=f'"{own["version"]}"')
    assert (enabled.json or {})["bounces"] == 0
    assert (admin.get("/failing-contact-points").json or {})["items"] == []


@pytest.mark.parametrize("role", [TokenRole.ANALYST, TokenRole.AUDITOR])
def test_who_is_told_nothing(enrol: Callable[..., Caller], role: TokenRole) -> None:
    assert enrol(role).get("/notices").status_code == 403
