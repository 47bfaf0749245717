"""Accounts that anybody may use, on a database made by the demo and nowhere else."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from api.services.actor import Role
from api.services.context import Context
from api.services.errors import NotFound
from data.models.account import Account
from data.models.organisation import Organisation
from data.seed.organisations import MARK

DOMAIN: Final = "demo.invalid"
"""No mail ever reaches it (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo, as the login page lists it."""

    id: str
    role: Role
    email: str
    organisation: str


def make(context: Context, whose: Mapping[str, tuple[str, Role]]) -> None:
    """Make an account without a password for each name: (organisation, role).

    Parameters
    ----------
    context : Context
        A transaction on the demo's database.
    whose : mapping
        Name of the account → organisation's identifier and role.
    """
    for name, (organisation_id, role) in whose.items():
        context.session.add(
            Account(
                organisation_id=organisation_id,
                role=role,
                email=f"{name}@{DOMAIN}",
                language="fr",
                active=True,
                fs_uniquifier=secrets.token_hex(32),
                confirmed_at=context.now,
                created_at=context.now,
            )
        )
    context.session.flush()


def list_all(context: Context) -> list[DemoAccount]:
    """List the demo's accounts by name; none on a database that the demo did not make."""
    marked = select(Organisation.id).where(Organisation.name == MARK).exists()
    statement = (
        select(Account, Organisation.name)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(Account.email.like(f"%@{DOMAIN}"), Account.active, marked)
        .order_by(Account.email)
    )
    return [DemoAccount(row.id, row.role, row.email, name) for row, name in context.session.execute(statement)]


def check(context: Context, account_id: str) -> str:
    """Return the identifier of a demo account.

    Raises
    ------
    NotFound
        It is none, or the database is not the demo's.
    """
    if account_id not in {each.id for each in list_all(context)}:
        raise NotFound
    return account_id
