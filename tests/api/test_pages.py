"""The first page, errors outside the interface, and the headers of every answer."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from api.app import create_app
from api.config import Settings
from api.runtime import Runtime
from data import schema
from data.models.organisation import TokenRole
from tests.api.conftest import SECRET, Caller


def test_french_first_english_for_who_asks(app: Flask) -> None:
    client = app.test_client()
    french = client.get("/")
    assert french.headers["Content-Language"] == "fr"
    assert "Une place sûre ce soir" in french.text
    assert client.get("/?lang=en").headers["Content-Language"] == "en"
    assert client.get("/", headers={"Accept-Language": "en-GB,en"}).headers["Content-Language"] == "en"
    assert client.get("/?lang=fr", headers={"Accept-Language": "en"}).headers["Content-Language"] == "fr"
    assert client.get("/?lang=xx").status_code == 200


def test_nothing_is_asked_of_anybody_else(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/").text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "<script" not in page
    assert " style=" not in page
    with client.get("/static/escale.css") as sheet:
        assert sheet.status_code == 200
        assert "url(" not in sheet.text
    assert client.get("/static/../app.py").status_code == 404


def test_pages_get_pages_and_the_interface_gets_json(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/nothing")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Cette page" in page.text
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json["reason"]) == (404, "not_found")
    wrong = client.delete("/api/v1/health/live")
    assert (wrong.status_code, wrong.json["reason"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]


def test_what_breaks_is_told_in_the_same_shape(app: Flask, enrol: Callable[..., Caller]) -> None:
    caller = enrol(TokenRole.ADMIN)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def burst() -> None:
        raise RuntimeError("secret detail")

    app.before_request_funcs[None].append(burst)
    answer = caller.get("/organisations")
    assert (answer.status_code, answer.json["reason"]) == (500, "internal")
    assert "secret detail" not in answer.text
    assert app.test_client().get("/").mimetype == "text/html"


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/static/escale.css", "/api/v1/nothing", "/api/v1/requests", "/api/v1/health/live"]
)
def test_headers_on_every_answer(app: Flask, path: str) -> None:
    with app.test_client().get(path) as answer:
        headers = answer.headers
    # A style sheet says nothing about anyone: it may be kept, and asked about again.
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_ready_only_with_the_right_schema(bare_engine: Engine, tmp_path: Path) -> None:
    url = bare_engine.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, reference_secret=SECRET))
    client = app.test_client()
    assert client.get("/api/v1/health/live").json == {"status": "ok"}
    missing = client.get("/api/v1/health/ready")
    assert (missing.status_code, missing.json["reason"]) == (503, "not_ready")
    assert "n’est pas prête" in client.get("/").text
    schema.upgrade(bare_engine)
    assert client.get("/api/v1/health/ready").json == {"status": "ok"}
    assert "est prête" in client.get("/").text
    runtime: Runtime = app.extensions["escale"]
    runtime.engine.dispose()
    gone = create_app(
        Settings(database_url=f"sqlite:///{tmp_path}/no/such/folder.db", reference_secret=SECRET)
    ).test_client()
    assert gone.get("/api/v1/health/ready").status_code == 503


def test_reference_lists(enrol: Callable[..., Caller]) -> None:
    caller = enrol(TokenRole.REFERRER)
    departements = caller.get("/reference/departements").json["items"]
    assert len(departements) == 101
    assert "92" in next(row for row in departements if row["code"] == "75")["neighbours"]
    found = caller.get("/reference/communes?q=saint-den").json["items"]
    assert 0 < len(found) <= 20
    assert caller.get("/reference/communes?q=69001").json["items"][0]["departement"] == "69"
    assert caller.get("/reference/communes").status_code == 422
    kinds = {row["code"]: row for row in caller.get("/reference/place-kinds").json["items"]}
    assert kinds["koutcha"]["disclosure"] == "secret"
    assert all(rule["source"] for kind in kinds.values() for rule in kind["rules"])
    groups = {row["code"] for row in caller.get("/reference/vocabulary").json["items"]}
    assert {"services", "statuses", "decisions"} <= groups
