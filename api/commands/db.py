"""``escale db``: the database's schema."""

import click

from api.config import database_url_from_env
from data import schema
from data.session import make_engine


@click.group()
def db() -> None:
    """Look after the database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this version, creating it when it is empty."""
    engine = make_engine(database_url_from_env())
    try:
        schema.upgrade(engine)
        click.echo(f"The database is at revision {schema.current(engine)}.")
    finally:
        engine.dispose()
