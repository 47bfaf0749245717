"""The real server, started for the demo and stopped with it; and a client that speaks to it as SIAOs' programs do."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click

from api.config import Jobs

HOST: Final = "127.0.0.1"
"""The demo is served to this machine alone."""
START_SECONDS: Final = 60
"""How long the server may take to answer for the first time."""
ANSWER_SECONDS: Final = 300
"""Longest wait for one answer: a run is solved while one waits."""
ATTEMPTS: Final = 6
"""Tries of one call when the server is busy or the connection breaks; the key makes them one act."""


@contextmanager
def serving(url: str, port: int, log: Path, jobs: Jobs) -> Iterator[subprocess.Popen[bytes]]:
    """Run gunicorn on loopback while the block lasts; end that process, and no other, when it is left.

    Parameters
    ----------
    url : str
        Of the database.
    port : int
        TCP port, free.
    log : Path
        File for what the server says.
    jobs : Jobs
        Who does the work that must happen later.

    Yields
    ------
    Popen
        The server, once it answers.

    Raises
    ------
    click.ClickException
        The port is taken, or the server does not start; the message says where it says why.
    """
    _refuse_taken(port)
    environment = {**os.environ, "ESCALE_DATABASE_URL": url, "ESCALE_DEMO": "1", "ESCALE_JOBS": jobs.value}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:api.jobs.gunicorn"]
    command += ["--bind", f"{HOST}:{port}", "--workers", "2"]
    command += ["--timeout", str(ANSWER_SECONDS), "--no-control-socket", "wsgi:app"]
    with log.open("ab") as output, _told_to_stop():
        # A group of its own: Ctrl-C reaches the demo, which stops the server itself.
        process = subprocess.Popen(  # noqa: S603 (our own arguments)
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            _wait(process, port, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def _told_to_stop() -> Iterator[None]:
    # SIGTERM ends the block as Ctrl-C does, so that the server is never left behind.
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise click.ClickException(f"port {port} is taken: choose another with --port") from None


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = HTTPConnection(HOST, port, timeout=2)
            connection.request("GET", "/api/v1/health/ready")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        time.sleep(0.1)
    raise click.ClickException(f"the server did not start: see {log}")


class Client:
    """Speaks JSON to the server, one kept connection for each thread.

    Parameters
    ----------
    port : int
        Of the server.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()

    def get(self, path: str, token: str) -> dict[str, Any]:
        """Read something."""
        return self._call("GET", path, {"Authorization": f"Bearer {token}"}, None)

    def everything(self, path: str, token: str) -> Iterator[dict[str, Any]]:
        """Read all items of a list, page after page."""
        cursor = ""
        while True:
            page = self.get(f"{path}?limit=100{cursor}", token)
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = f"&cursor={page['next']}"

    def post(self, path: str, body: Mapping[str, Any], token: str, key: str) -> dict[str, Any]:
        """Do something once, however often it has to be sent."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        return self._call("POST", path, headers, json.dumps(body, ensure_ascii=False).encode())

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            connection = self._connection()
            try:
                connection.request(method, f"/api/v1{path}", body, dict(headers))
                response = connection.getresponse()
                content = response.read()
            except (OSError, HTTPException):
                connection.close()
                if attempt == ATTEMPTS:
                    raise
            else:
                if response.status < 400:
                    answer: dict[str, Any] = json.loads(content)
                    return answer
                if response.status != 503 or attempt == ATTEMPTS:
                    told = content.decode("utf-8", "replace")
                    raise click.ClickException(f"{method} {path}: {response.status} {told}")
            time.sleep(0.2 * attempt)
        raise AssertionError("the last attempt answers or raises")

    def _connection(self) -> HTTPConnection:
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection(HOST, self._port, timeout=ANSWER_SECONDS)
        return connection
