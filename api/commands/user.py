"""``escale user``: invite people, disable accounts, let two people reset a second factor."""

from collections.abc import Callable
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from api.commands.database import context_of, open_database, refusals
from api.config import Settings
from api.services import accounts
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from data.session import retrying

_Result = TypeVar("_Result")

_OPERATOR = Actor("", Role.ADMIN, None, OrganisationKind.ADMINISTRATION)
"""Whoever holds the machine acts as its admin."""


@click.group()
def user() -> None:
    """Invite people and close their accounts."""


@user.command()
@click.option("--email", required=True)
@click.option("--organisation", required=True, help="Identifier of a verified organisation.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
def invite(email: str, organisation: str, role: str) -> None:
    """Print the link by which a person makes their account; it works once, for three days."""
    settings = Settings.from_env()
    made = _do(
        settings,
        lambda context: accounts.invite(_OPERATOR, context, email=email, organisation_id=organisation, role=Role(role)),
    )
    click.echo(f"{settings.post.site_url}/account/invitation/{made.secret}")


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close an account; its sessions end with their next request."""
    _do(
        Settings.from_env(),
        lambda context: accounts.disable(_OPERATOR, context, accounts.by_email(context, email)),
    )


@user.command("reset-second-factor")
@click.argument("email")
@click.option("--as", "admin", required=True, metavar="EMAIL", help="The admin who asks or confirms.")
@click.option("--confirm", is_flag=True, help="Confirm what another admin asked for.")
def reset_second_factor(email: str, admin: str, *, confirm: bool) -> None:
    """Forget somebody's second factor: one admin asks, another confirms within a day."""

    def act(context: Context) -> None:
        who = accounts.acting_admin(context, admin)
        step = accounts.confirm_reset if confirm else accounts.ask_reset
        step(who, context, accounts.by_email(context, email))

    _do(Settings.from_env(), act)
    click.echo("done" if confirm else "asked: another admin confirms with --confirm within 24 hours")


def _do(settings: Settings, act: Callable[[Context], _Result]) -> _Result:
    def work(session: Session) -> _Result:
        return act(context_of(settings, session))

    with open_database(settings) as engine, refusals():
        return retrying(engine, work)
