"""``escale db``: the database's schema."""

import click

from api.config import database_url_from_env
from data import grants, schema
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
        if engine.dialect.name == "postgresql":
            # Loaded here: SQLite never needs it.
            from api.jobs import distributed  # noqa: PLC0415

            distributed.install(engine)
        click.echo(f"The database is at revision {schema.current(engine)}.")
    finally:
        engine.dispose()


@db.command(name="grants")
@click.argument("role")
@click.option("--apply", is_flag=True, help="Run them, as the owner that ESCALE_DATABASE_URL names.")
def grant(role: str, *, apply: bool) -> None:
    """Print what lets a PostgreSQL ROLE run the service and never change or delete what the audit log holds."""
    if not apply:
        click.echo("".join(f"{statement};\n" for statement in grants.statements(role)), nl=False)
        return
    engine = make_engine(database_url_from_env())
    try:
        if engine.dialect.name != "postgresql":
            raise click.ClickException("SQLite has no roles: whoever may write the file may write all of it")
        grants.grant(engine, role)
        click.echo(f"{role} may run the service.")
    finally:
        engine.dispose()
