"""``escale organisation``: the first admin has to come from somewhere."""

import click

from api.commands.database import context_of, open_database, refusals
from api.config import Settings
from api.services import organisations
from api.services.actor import Actor, OrganisationKind, Role
from api.services.organisations import OrganisationFacts
from data.session import retrying


@click.group()
def organisation() -> None:
    """Register organisations."""


@organisation.command()
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in OrganisationKind]))
@click.option("--departement", help="Code; needed by a SIAO and a département.")
def create(name: str, kind: str, departement: str | None) -> None:
    """Register a verified organisation and print its identifier."""
    settings = Settings.from_env()
    # Whoever holds the machine acts as its admin.
    operator = Actor("", Role.ADMIN, None, OrganisationKind.ADMINISTRATION)
    facts = OrganisationFacts(name=name, kind=OrganisationKind(kind), departement=departement, verified=True)
    with open_database(settings) as engine, refusals():
        made = retrying(engine, lambda session: organisations.create(operator, context_of(settings, session), facts))
    click.echo(made.id)
