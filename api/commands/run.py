"""``escale run``: match all open requests of a night."""

from datetime import datetime

import click

from api.commands.database import context_of, open_database, refusals
from api.config import Settings
from api.services import matching, tokens
from api.services.actor import Role
from data.session import reading


@click.command()
@click.option("--organisation", required=True, help="Identifier of the coordination that asks for it.")
@click.option("--night", type=click.DateTime(["%Y-%m-%d"]), help="First night; tonight by default.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def run(organisation: str, night: datetime | None, seed: int) -> None:
    """Match all open requests with the places free, and send the proposals."""
    settings = Settings.from_env()
    with open_database(settings) as engine, refusals():
        with reading(engine) as session:
            actor = tokens.acting(context_of(settings, session), organisation, Role.COORDINATOR)
        made = matching.run(
            actor,
            engine,
            lambda session: context_of(settings, session),
            night=None if night is None else night.date(),
            seed=seed,
        )
    click.echo(f"Run {made.id}, night of {made.night}: {made.served} of {made.requests} served, {made.status}.")
