"""What commands that touch the database share."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.clock import SystemClock
from api.config import Settings
from api.i18n import word
from api.services.context import Context
from api.services.errors import ServiceError
from api.services.health import is_ready
from data.session import make_engine


@contextmanager
def open_database(settings: Settings) -> Iterator[Engine]:
    """Open the database of the settings, and close it at the end.

    Yields
    ------
    Engine
        Of a database that is ready.

    Raises
    ------
    click.ClickException
        Its schema is not the one this version needs.
    """
    engine = make_engine(settings.database_url)
    try:
        if not is_ready(engine):
            raise click.ClickException(
                "the database is not ready: check ESCALE_DATABASE_URL, then run `escale db upgrade`"
            )
        yield engine
    finally:
        engine.dispose()


def context_of(settings: Settings, session: Session) -> Context:
    """Say where and when a service works."""
    return Context(
        session=session,
        now=SystemClock().now(),
        reference_secret=settings.reference_secret,
        audit_secret=settings.audit_secret,
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a service's refusal into one line per wrong field and exit code 1."""
    try:
        yield
    except ServiceError as error:
        lines = [word(error.reason, error.params, "en")]
        lines += [f"{wrong.path}: {word(wrong.reason, wrong.params, 'en')}" for wrong in error.errors]
        raise click.ClickException("\n".join(lines)) from None
