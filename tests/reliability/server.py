"""The real server, in processes of its own that can be killed, and clients that repeat what was not answered."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from api.config import DEMO_AUDIT_SECRET
from data.models.organisation import Organisation, TokenRole
from data.session import make_engine
from tests import builders as b

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "127.0.0.1"
START_SECONDS: Final = 120
"""How long the server may take to answer for the first time, on a machine that does much else."""
GIVE_UP_SECONDS: Final = 120
"""How long a client repeats one act."""
AUDIT_SECRET: Final = DEMO_AUDIT_SECRET
"""The server runs as the demo does."""
_PAUSE_SECONDS: Final = 0.05


class Server:
    """gunicorn on loopback.

    Parameters
    ----------
    url : str
        Of the database.
    workers : int
        Processes that answer.
    app : str
        What is served.
    """

    def __init__(self, url: str, workers: int, app: str = "wsgi:app") -> None:
        self.port = _free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._environment = {**os.environ, "ESCALE_DATABASE_URL": url, "ESCALE_DEMO": "1", "ESCALE_JOBS": "off"}
        self._command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{self.port}", "--workers", str(workers)]
        # Loaded once, before the fork: a worker that is killed has a successor at once.
        self._command += ["--preload", "--timeout", "300", "--no-control-socket", app]
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        until = time.monotonic() + START_SECONDS
        while self._call("GET", "/api/v1/health/live", {}, None) is None:
            if self._process.poll() is not None or time.monotonic() > until:
                self._log.seek(0)
                raise AssertionError(self._log.read().decode()[-4000:])
            time.sleep(_PAUSE_SECONDS)

    def kill_a_worker(self, number: int) -> None:
        """End one of the processes that answer, as the machine's memory keeper would; another takes its place."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text("ascii").split()
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(children[number % len(children)]), signal.SIGKILL)

    def kill(self) -> None:
        """End all processes at once, and start again."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._start()

    def stop(self) -> None:
        """End it, and wait for its end."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        token: str,
        key: str | None,
        *,
        until: frozenset[int] = frozenset({201, 409, 422}),
    ) -> tuple[int, dict[str, Any], int]:
        """Do something, again until it is answered; status, answer and how often it was sent."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        sent = 0
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            sent += 1
            answer = self._call("POST", f"/api/v1{path}", headers, json.dumps(body).encode())
            if answer is not None and answer[0] in until:
                return *answer, sent
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"not answered in {GIVE_UP_SECONDS} s: {answer}")

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, dict[str, Any]] | None:
        connection = HTTPConnection(HOST, self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            # Refused, broken off, or half an answer: it may or may not have been done.
            return None
        finally:
            connection.close()


@contextmanager
def serving(url: str, workers: int, app: str = "wsgi:app") -> Iterator[Server]:
    """Run a server while the block lasts."""
    server = Server(url, workers, app)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open a database while the block lasts."""
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def enrol(engine: Engine, role: TokenRole = TokenRole.COORDINATOR, **columns: Any) -> tuple[Organisation, str]:  # noqa: ANN401
    """Write an organisation and a token that is good today; the server tells the true time."""
    now = datetime.now(UTC)  # noqa: TID251 - the clock of the server started beside
    owner = b.organisation(**columns)
    secret = f"secret of {owner.id}"
    b.save(engine, owner, b.token(owner, role, secret, created_at=now, expires_at=now + timedelta(days=2)))
    return owner, secret


def filing() -> dict[str, Any]:
    """A request as a SIAO of Paris files it tonight."""
    today = datetime.now(UTC).date().isoformat()  # noqa: TID251 - as above
    person = {"age": 24, "age_unit": "years", "age_as_of": today, "sex": "F", "role": "principal"}
    return {"departement": "75", "from_night": today, "sleeping_tonight": "street", "members": [person]}


@dataclass
class Load:
    """Clients that file requests until they are told to stop, and what was acknowledged to them.

    Parameters
    ----------
    server : Server
        Answers.
    token : str
        Of the organisation that files.
    clients : int
        How many at once.
    keyed : bool
        Whether each act bears a key, by which a repeat is known.
    """

    server: Server
    token: str
    clients: int
    keyed: bool = True
    acknowledged: list[str] = field(default_factory=list)
    repeats: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _over: bool = False

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """File requests while the block lasts; at its end each client waits for its last answer."""
        with ThreadPoolExecutor(self.clients) as pool:
            work = [pool.submit(self._work, number) for number in range(self.clients)]
            try:
                yield self
            finally:
                self._over = True
            for each in work:
                each.result()

    def wait_for(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        with self._changed:
            wanted = len(self.acknowledged) + more
            assert self._changed.wait_for(lambda: len(self.acknowledged) >= wanted, GIVE_UP_SECONDS), "nobody answers"

    def _work(self, client: int) -> None:
        body = filing()
        number = 0
        while not self._over:
            key = f"client-{client}-{number}" if self.keyed else None
            status, answer, sent = self.server.post("/requests", body, self.token, key)
            assert status == 201, answer
            number += 1
            with self._changed:
                self.acknowledged.append(answer["id"])
                self.repeats += sent - 1
                self._changed.notify_all()
