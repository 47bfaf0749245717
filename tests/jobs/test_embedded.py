"""Deferred work inside the real web server: matched on events, taken over from the dead, noticed when it stops."""

import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from data import schema
from data.models.alert import Alert, AlertKind
from data.models.facility import Facility
from data.models.lease import Heartbeat, Lease
from data.models.organisation import TokenRole
from data.models.place import Place
from data.models.proposal import Proposal
from data.session import reading
from tests import builders
from tests.api.conftest import filing
from tests.jobs.servers import ask, eventually, serving


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "server.log"
    path.touch()
    return path


@pytest.fixture
def engine(bare_engine: Engine) -> Engine:
    """A database as `escale db upgrade` makes it: servers refuse any other."""
    schema.upgrade(bare_engine)
    return bare_engine


@pytest.fixture
def database_url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


class Cast:
    """A SIAO and a shelter that takes lone mothers of Paris, with the secrets of their programs."""

    def __init__(self, engine: Engine) -> None:
        self.siao, self.shelter = builders.organisation(), builders.operator()
        self.home: Facility = builders.facility(self.shelter, "chu", serves=("75",))
        self.room: Place = builders.place(self.home, free=[])
        made = {"created_at": builders.NOW.replace(year=2020), "expires_at": builders.NOW.replace(year=2099)}
        builders.save(
            engine,
            *(self.siao, self.shelter, self.home, self.room),
            builders.token(self.siao, TokenRole.COORDINATOR, "siao", **made),
            builders.token(self.shelter, TokenRole.SHELTER, "shelter", **made),
        )


def proposals(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.scalars(select(Proposal.id)).all())


def holder(engine: Engine, name: str = "jobs") -> str | None:
    with reading(engine) as session:
        return session.scalar(select(Lease.holder).where(Lease.name == name))


def urgent(today: str) -> dict[str, object]:
    members = [person | {"age_as_of": today} for person in filing()["members"]]
    return filing(from_night=today, members=members, zones=[])


def test_a_freed_place_and_an_urgent_request_are_matched_by_themselves(
    engine: Engine, database_url: str, log: Path, today: str
) -> None:
    cast = Cast(engine)
    with serving(log, ESCALE_DATABASE_URL=database_url) as root:
        eventually(lambda: ask("GET", f"{root}/health/jobs")[0] == 200, log)
        status, filed = ask("POST", f"{root}/requests", "siao", urgent(today))
        assert status == 201, filed
        where = f"{root}/requests/{filed['id']}/outcomes"
        eventually(lambda: len(ask("GET", where, "siao")[1]["items"]) == 1, log)
        assert proposals(engine) == 0, "the only place is taken"
        free = {"free": [{"from_night": today, "until_night": None}]}
        where = f"{root}/places/{cast.room.id}/availability"
        status, answer = ask("PUT", where, "shelter", free, If_Match='"1"')
        assert status == 200, answer
        eventually(lambda: proposals(engine) == 1, log)
    assert holder(engine) is None, "a server that stops gives its turn back"
    with reading(engine) as session:
        assert session.scalars(select(Heartbeat)).all() == []


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_a_worker_that_dies_or_freezes_loses_its_turn_and_is_told(
    engine: Engine, database_url: str, log: Path, sign: signal.Signals
) -> None:
    settings = {"ESCALE_DATABASE_URL": database_url, "ESCALE_JOBS_SILENT_SECONDS": "20"}
    with serving(log, **settings):
        eventually(lambda: holder(engine) is not None, log)
        first = holder(engine)
        assert first is not None
        pid = int(first.split(":")[1])
        os.kill(pid, sign)
        eventually(lambda: holder(engine) not in {None, first}, log)
        eventually(lambda: silent(engine) == [first], log)
        if sign is signal.SIGSTOP:
            os.kill(pid, signal.SIGCONT)
            # Back, it finds that another works: nobody need look for it.
            eventually(lambda: silent(engine) == [], log)


def silent(engine: Engine) -> list[str]:
    with reading(engine) as session:
        open_ones = select(Alert.subject_id).where(Alert.kind == AlertKind.WORKER_SILENT, Alert.resolved_at.is_(None))
        return list(session.scalars(open_ones))


def test_when_every_worker_is_dead_health_says_so(engine: Engine, database_url: str, log: Path) -> None:
    settings = {"ESCALE_DATABASE_URL": database_url, "ESCALE_JOBS_SILENT_SECONDS": "3"}
    builders.save(
        engine, Heartbeat(worker="gone:1:ab", started_at=builders.NOW, beat_at=builders.NOW.replace(year=2020))
    )
    # The web server alone: it works for nobody, and its watch still speaks.
    with serving(log, ESCALE_JOBS="off" if engine.dialect.name == "sqlite" else "procrastinate", **settings) as root:
        if engine.dialect.name == "sqlite":
            assert ask("GET", f"{root}/health/jobs")[0] == 200, "nobody is supposed to work"
            return
        status, answer = ask("GET", f"{root}/health/jobs")
        assert (status, answer["reason"]) == (503, "jobs_silent")
        assert ask("GET", f"{root}/health/ready")[0] == ask("GET", f"{root}/health/live")[0] == 200
        eventually(lambda: holder(engine, "watch") is not None, log)


def test_the_outside_watch_hears_from_it_while_all_is_well(database_url: str, log: Path) -> None:
    heard = threading.Event()

    class Watch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.set()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Watch) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/secret"
        try:
            with serving(log, ESCALE_DATABASE_URL=database_url, ESCALE_PING_URL=url):
                assert heard.wait(60)
        finally:
            server.shutdown()
            thread.join()
    assert "secret" not in log.read_text()
