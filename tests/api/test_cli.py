"""The command line, and the real server it starts."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli import cli
from tests.api.conftest import filing

ROOT = Path(__file__).parents[2]
INSTANCES = ROOT / "tests" / "instances"


def escale(*arguments: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_solving_a_file_gives_the_known_optimum() -> None:
    expected = json.loads((INSTANCES / "story-last-place.expected.json").read_text())
    answer = escale("solve", str(INSTANCES / "story-last-place.problem.json"))
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["objective"] == expected["objective"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "line 1"),
        ("[]", ""),
        ('{"format": 1, "night": "2026-11-21", "requests": [], "places": [], "horizon_nights": 0}', "horizon_nights"),
        ('{"format": 1, "night": "2026-11-21", "requests": [{"id": "r"}], "places": []}', "requests[0]"),
        ('{"format": 1, "night": "2026-11-21", "requests": [], "places": [], "x": 1}', "x"),
        ('{"format": NaN}', "NaN"),
    ],
)
def test_a_wrong_problem_is_refused_by_field(text: str, field: str) -> None:
    refused = escale("solve", "-", stdin=text)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert field in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_wrong_setting_is_one_line() -> None:
    refused = escale("token", "list", ESCALE_DATABASE_URL="mysql://h/d", ESCALE_DEMO="1")
    assert refused.returncode == 2
    assert refused.stderr.startswith("escale: ESCALE_DATABASE_URL")
    assert refused.stderr.count("\n") == 1


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    """Run the real server on a free port of the loopback, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    server = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", "serve", "--bind", address, "--workers", "2"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://{address}/api/v1/health/ready", server)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (our own loopback address)
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not become ready")


def call(method: str, url: str, secret: str, body: object = None) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 (our own loopback address)
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def command(*arguments: str, **environment: str) -> Result:
    """The same command line in this process: loading everything once is quicker."""
    return CliRunner().invoke(cli, arguments, env=environment, catch_exceptions=False)


def test_from_an_empty_database_to_a_run_over_the_real_server(tmp_path: Path) -> None:
    environment = {
        "ESCALE_DATABASE_URL": f"sqlite:///{tmp_path / 'e.db'}",
        "ESCALE_REFERENCE_SECRET": "5a" * 32,
        "ESCALE_AUDIT_SECRET": "a5" * 32,
        "ESCALE_SESSION_SECRET": "b6" * 32,
    }
    early = command("token", "list", **environment)
    assert early.exit_code == 1
    assert "escale db upgrade" in early.stderr
    assert command("db", "upgrade", **environment).exit_code == 0

    siao = command(
        "organisation", "create", "--name", "SIAO 75", "--kind", "siao", "--departement", "75", **environment
    )
    assert siao.exit_code == 0, siao.stderr
    organisation = siao.stdout.strip()
    options = ["--organisation", organisation, "--label", "essai", "--days", "2"]
    wrong = command("token", "create", *options, "--role", "shelter", **environment)
    assert (wrong.exit_code, "role" in wrong.stderr) == (1, True)
    made = command("token", "create", *options, "--role", "coordinator", **environment)
    secret = made.stdout.strip()
    listed = command("token", "list", **environment).stdout
    assert secret not in listed
    token_id = listed.split()[0]
    assert secret.encode() not in (tmp_path / "e.db").read_bytes()

    with serving(environment) as root:
        today = time.strftime("%Y-%m-%d", time.gmtime())
        members = [person | {"age_as_of": today} for person in filing()["members"]]
        status, filed = call("POST", f"{root}/api/v1/requests", secret, filing(from_night=today, members=members))
        assert status == 201, filed
        status, run = call("POST", f"{root}/api/v1/runs", secret, {})
        assert (status, run["requests"], run["served"]) == (201, 1, 0)
        status, outcomes = call("GET", f"{root}/api/v1/requests/{filed['id']}/outcomes", secret)
        assert (status, outcomes["items"][0]["served"]) == (200, False)
        assert command("token", "revoke", token_id, **environment).exit_code == 0
        assert call("GET", f"{root}/api/v1/requests", secret)[0] == 401

    by_hand = command("run", "--organisation", organisation, **environment)
    assert "0 of 1 served" in by_hand.stdout, by_hand.stderr
    assert command("run", "--organisation", "0" * 32, **environment).exit_code == 1
    assert command("openapi", "--check", **environment).exit_code == 0
