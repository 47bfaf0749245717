"""``escale serve``: the service behind gunicorn."""

import os
import sys

import click

from api.commands.database import open_database
from api.config import Settings


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port; loopback by default.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def serve(bind: str, workers: int) -> None:
    """Serve pages and interface; put a proxy that speaks TLS in front of it."""
    # Checked here, so that a wrong setting is one line and not the death of every worker.
    with open_database(Settings.from_env()):
        pass
    arguments = ["--config", "python:api.jobs.gunicorn", "--bind", bind, "--workers", str(workers)]
    arguments += ["--timeout", "300", "wsgi:app"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606 (our own arguments)
