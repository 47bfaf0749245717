"""Organisations: registered and verified by an admin."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from api.services import access, deciders, reference
from api.services.actor import Actor, OrganisationKind
from api.services.audit import record
from api.services.context import Context
from api.services.errors import FieldError, Invalid, NotFound, Stale
from api.services.paging import Page, Wanted, newest_first
from api.services.reasons import Reason
from api.services.request_facts import unknown_codes
from data.models.organisation import Organisation

_WITH_DEPARTEMENT = frozenset({OrganisationKind.SIAO, OrganisationKind.DEPARTEMENT})


@dataclass(frozen=True, kw_only=True)
class OrganisationFacts:
    """What is written of an organisation.

    Parameters
    ----------
    name : str
        Its name.
    kind : OrganisationKind
        What it is; fixed once it is registered.
    departement : str or None
        Code; needed by a SIAO and a département.
    verified : bool
        Somebody made sure that it is who it says; until then none of its tokens opens anything.
    decides : tuple of str
        Whose admissions it decides: codes of the vocabulary's deciders that are neither the SIAO nor the facility. A
        département decides for its own requests without being told.
    """

    name: str
    kind: OrganisationKind
    departement: str | None = None
    verified: bool = False
    decides: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OrganisationView(OrganisationFacts):
    """An organisation as it is shown."""

    id: str
    verified_at: datetime | None
    created_at: datetime
    version: int


def create(actor: Actor, context: Context, facts: OrganisationFacts) -> OrganisationView:
    """Register an organisation.

    Raises
    ------
    Forbidden, Invalid
        The caller is not an admin; a fact is wrong.
    """
    access.reach(actor, "organisations.create")
    _check(facts)
    row = Organisation(
        name=facts.name,
        kind=facts.kind,
        departement=facts.departement,
        verified_at=context.now if facts.verified else None,
        created_at=context.now,
        decides=facts.decides,
    )
    context.session.add(row)
    context.session.flush()
    record(context, actor, "organisation.create", ("organisation", row.id), {"kind": row.kind.value})
    return _view(row)


def get(actor: Actor, context: Context, organisation_id: str) -> OrganisationView:
    """Return one organisation: any for an admin, else the caller's own.

    Raises
    ------
    NotFound
        It does not exist for the caller.
    """
    return _view(_row(actor, context, "organisations.get", organisation_id))


def list_organisations(actor: Actor, context: Context, wanted: Wanted) -> Page[OrganisationView]:
    """List organisations, newest first (admin only)."""
    access.reach(actor, "organisations.list")
    return newest_first(
        context.session,
        select(Organisation),
        (Organisation.created_at, Organisation.id),
        wanted,
        _view,
    )


def names(actor: Actor, context: Context) -> list[tuple[str, str]]:
    """List the verified organisations by name, as (identifier, name) (admin only)."""
    access.reach(actor, "organisations.list")
    statement = select(Organisation.id, Organisation.name).where(Organisation.verified_at.is_not(None))
    rows = context.session.execute(statement.order_by(Organisation.name, Organisation.id))
    return [(identifier, name) for identifier, name in rows]


def amend(
    actor: Actor, context: Context, organisation_id: str, changes: Mapping[str, Any], version: int
) -> OrganisationView:
    """Change name, département or verification.

    Parameters
    ----------
    changes : mapping
        Fields of `OrganisationFacts` to change; not ``kind``.
    version : int
        The caller has read.

    Raises
    ------
    NotFound, Stale, Invalid
        It does not exist for the caller; it changed meanwhile; a fact is wrong.
    """
    row = _row(actor, context, "organisations.amend", organisation_id)
    if row.version != version:
        raise Stale
    facts = OrganisationFacts(
        **{
            "name": row.name,
            "kind": row.kind,
            "departement": row.departement,
            "verified": row.verified_at is not None,
            "decides": tuple(row.decides),
            **changes,
        }
    )
    _check(facts)
    row.name, row.departement, row.decides = facts.name, facts.departement, facts.decides
    if facts.verified != (row.verified_at is not None):
        row.verified_at = context.now if facts.verified else None
    context.session.flush()
    record(
        context,
        actor,
        "organisation.amend",
        ("organisation", row.id),
        {"fields": ",".join(sorted(changes)), "verified": facts.verified},
    )
    return _view(row)


def _row(actor: Actor, context: Context, action: str, organisation_id: str) -> Organisation:
    own_only = access.reach(actor, action) is access.Reach.OWN
    row = context.session.get(Organisation, organisation_id, with_for_update=action == "organisations.amend")
    if row is None or (own_only and row.id != actor.organisation_id):
        raise NotFound
    return row


def _check(facts: OrganisationFacts) -> None:
    wrong: list[FieldError] = []
    if facts.departement is None:
        if facts.kind in _WITH_DEPARTEMENT:
            wrong.append(FieldError("departement", Reason.MISSING))
    elif not reference.is_departement(facts.departement):
        wrong.append(FieldError("departement", Reason.UNKNOWN_CODE, {"code": facts.departement}))
    wrong += unknown_codes("decides", facts.decides, deciders.OUTSIDE)
    if wrong:
        raise Invalid(wrong)


def _view(row: Organisation) -> OrganisationView:
    return OrganisationView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        departement=row.departement,
        verified=row.verified_at is not None,
        decides=tuple(row.decides),
        verified_at=row.verified_at,
        created_at=row.created_at,
        version=row.version,
    )
