"""Real servers and workers for tests: in a group of their own, ended by its number, awaited by what they do."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ESCALE = [sys.executable, "-c", "from api.cli import main; main()"]
PATIENCE_SECONDS = 120.0
"""How long something awaited may take on a busy machine before the test says it never came."""


@contextmanager
def running(log: Path, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command of ``escale`` until the block ends, then end it and every process it has started."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*ESCALE, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "ESCALE_DEMO": "1", **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def serving(log: Path, workers: int = 2, **environment: str) -> Iterator[str]:
    """Run the real server on a free port of the loopback, and give its root once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with running(log, "serve", "--bind", address, "--workers", str(workers), **environment) as server:
        root = f"http://{address}/api/v1"
        eventually(lambda: server.poll() is not None or ask("GET", f"{root}/health/ready")[0] == 200, log)
        assert server.poll() is None, log.read_text()
        yield root


def eventually(true: Callable[[], bool], log: Path, every_seconds: float = 0.1) -> None:
    """Wait for an event; fail with what the processes said when it never comes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if true():
            return
        time.sleep(every_seconds)
    pytest.fail(f"it never came; the log:\n{log.read_text()[-4000:]}")


def ask(method: str, url: str, secret: str = "", body: object = None, **headers: str) -> tuple[int, Any]:
    """Call the server; status 0 when nobody answers."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if secret:
        given |= {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(  # noqa: S310 (our own loopback address)
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers=given,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
    except OSError:
        return 0, None
