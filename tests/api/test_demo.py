"""The whole demo in small, through a real server, on both engines."""

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from api.services.demo_distances import is_inside, km_outside, nights, without_zones
from data.models.run import Run
from data.seed.problems import night_problem
from data.session import reading
from matcher.solve import solve

ESCALE = [sys.executable, "-c", "from api.cli import main; main()"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def demo(folder: Path, *options: str, seconds: int = 120) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.run(
        [*ESCALE, "demo", "--port", str(free_port()), *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def home(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().status


def small(url: str) -> list[str]:
    return ["--no-serve", "--scale", "0.05", "--requests", "40", "--seed", "1", "--database", url]


def test_a_night_from_nothing_to_a_proven_answer(bare_engine: Engine, tmp_path: Path) -> None:
    bare_url = bare_engine.url.render_as_string(hide_password=False)
    done = demo(tmp_path, *small(bare_url))
    assert done.returncode == 0, done.stderr
    told = re.search(r"(\d+) ménages à l’abri, (\d+) sans solution ; optimum prouvé", done.stdout)
    assert told is not None
    assert int(told[1]) > 0
    assert int(told[1]) + int(told[2]) == 40
    assert "Sans les zones" in done.stdout
    assert re.search(r"Avec les zones : 0 sur \d+", done.stdout)
    assert "\x1b" not in done.stdout
    with reading(bare_engine) as session:
        run = session.scalars(select(Run)).one()
    assert (run.served, run.requests, run.status) == (int(told[1]), 40, "optimal")
    tokens = tmp_path / "var" / "demo-tokens.json"
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600
    assert all(secret.startswith("escale_") for secret in json.loads(tokens.read_text()).values())
    assert not any(secret in done.stdout + done.stderr for secret in json.loads(tokens.read_text()).values())
    # It made this one, so it makes it anew; in English this time.
    again = demo(tmp_path, *small(bare_url), "--lang", "en")
    assert again.returncode == 0, again.stderr
    assert f"{told[1]} households sheltered" in again.stdout


def test_a_database_it_did_not_make_is_left_alone(tmp_path: Path) -> None:
    for name, content in (("notes.txt", b"not a database"), ("other.db", b"")):
        (tmp_path / name).write_bytes(content)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE organisation (name TEXT)")
        connection.execute("INSERT INTO organisation VALUES ('somebody real')")
    connection.close()
    for name in ("notes.txt", "other.db"):
        before = (tmp_path / name).read_bytes()
        refused = demo(tmp_path, "--no-serve", "--database", name)
        assert refused.returncode == 1
        assert "did not make" in refused.stderr
        assert (tmp_path / name).read_bytes() == before


def test_the_site_stays_until_it_is_told_to_stop_and_no_server_is_left_behind(tmp_path: Path) -> None:
    port = free_port()
    command = [*ESCALE, "demo", "--scale", "0.02", "--requests", "5", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert any(f"http://127.0.0.1:{port}/" in line for line in process.stdout)
            assert home(port) == 200
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        finally:
            process.kill()
    with pytest.raises(ConnectionRefusedError):
        home(port)


def test_no_plan_is_in_a_zone_and_without_zones_some_would_be() -> None:
    problem = night_problem(2, requests=150, scale=0.3)
    places = {place.id: place for place in problem.places}
    kept = {plan.request: plan.given.legs[0].place for plan in solve(problem).plans}
    lifted = {plan.request: plan.given.legs[0].place for plan in solve(without_zones(problem)).plans}
    assert nights(problem, kept).inside == 0
    assert nights(problem, lifted).inside > 5
    away = [
        km
        for request in problem.requests
        if request.id in kept and (km := km_outside(request.zones, places[kept[request.id]])) is not None
    ]
    assert away
    assert min(away) > 0
    for request in problem.requests:
        if request.id in lifted and is_inside(request.zones, places[lifted[request.id]]):
            assert lifted[request.id] != kept.get(request.id)
