"""``escale jobs``: the work that must happen later, outside the web server."""

import logging

import click

from api.clock import SystemClock
from api.commands.database import open_database
from api.config import Settings
from api.runtime import Runtime


@click.group()
def jobs() -> None:
    """Do the work that must happen later: deadlines, matching, notifications, facts, watch."""


@jobs.command()
@click.option("--concurrency", type=click.IntRange(1, 32), default=4, show_default=True, help="Tasks at once.")
def work(concurrency: int) -> None:
    """Work until told to stop; as many of these as you like, on any hosts (PostgreSQL, ESCALE_JOBS=procrastinate)."""
    # Loaded here: the rest of the command line does not need it.
    from api.jobs import distributed  # noqa: PLC0415

    logging.basicConfig(level=logging.WARNING)
    settings = Settings.from_env()
    with open_database(settings) as engine:
        if engine.dialect.name != "postgresql":
            raise click.ClickException("escale jobs work needs PostgreSQL; with SQLite the web server does the work")
        distributed.install(engine)
        distributed.work(Runtime(engine, SystemClock(), settings), concurrency)
