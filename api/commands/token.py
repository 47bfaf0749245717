"""``escale token``: tokens by which programs of an organisation speak."""

import click

from api.commands.database import context_of, open_database, refusals
from api.config import Settings
from api.services import tokens
from api.services.actor import Role
from data.session import reading, retrying


@click.group()
def token() -> None:
    """Make, revoke and list access tokens."""


@token.command()
@click.option("--organisation", required=True, help="Identifier of a verified organisation.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--label", required=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, tokens.DAYS_MAX), default=90, show_default=True)
def create(organisation: str, role: str, label: str, days: int) -> None:
    """Make a token; its secret is printed once and kept nowhere."""
    settings = Settings.from_env()
    with open_database(settings) as engine, refusals():
        made = retrying(
            engine,
            lambda session: tokens.create(
                context_of(settings, session),
                organisation_id=organisation,
                role=Role(role),
                label=label,
                days=days,
            ),
        )
    click.echo(made.secret)
    click.echo(f"Token {made.id}, until {made.expires_at:%Y-%m-%d}. Its secret is shown only now.", err=True)


@token.command()
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """Close a token for good, from the next request on."""
    settings = Settings.from_env()
    with open_database(settings) as engine, refusals():
        retrying(engine, lambda session: tokens.revoke(context_of(settings, session), token_id))
    click.echo("Revoked.")


@token.command(name="list")
def list_all() -> None:
    """List tokens, without their secrets."""
    settings = Settings.from_env()
    with open_database(settings) as engine, reading(engine) as session:
        for row in tokens.list_tokens(context_of(settings, session)):
            state = "revoked" if row.revoked_at else f"until {row.expires_at:%Y-%m-%d}"
            click.echo(f"{row.id}  {row.role.value:<11}  {row.organisation_id}  {state}  {row.label}")
