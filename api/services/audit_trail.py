"""The audit log as each role may read it (security.md, "Who sees what").

| role | reads |
|---|---|
| coordinator, decider | what its organisation did in that role |
| shelter | who saw the address of its facilities |
| auditor | everything |
| admin | whether the log is there and where it ends, no row of it |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select

from api.services import access
from api.services.access import Reach
from api.services.actor import Actor, Role
from api.services.context import Context
from api.services.paging import Page, Wanted, highest_first
from data.audit import GENESIS
from data.models.audit import AuditEvent, AuditHead
from data.models.facility import Facility

REVEAL: Final = "address.reveal"
"""The act by which somebody saw where a facility is; its subject is the facility."""


@dataclass(frozen=True, slots=True)
class ActView:
    """One act, as the caller may read it: ``token_id`` is the auditor's alone; a shelter reads no ``details``."""

    seq: int
    at: datetime
    organisation_id: str | None
    role: str | None
    token_id: str | None
    act: str
    subject_table: str
    subject_id: str
    details: Mapping[str, str | int | bool | None] | None


@dataclass(frozen=True, slots=True)
class ChainView:
    """Where the log ends.

    Parameters
    ----------
    rows : int
        How many acts are recorded.
    mac : str
        MAC of the last one.
    last_at : datetime or None
        Instant of the last one; None when there is none.
    ends_at_head : bool
        The last row is the one that the head names. Whether every row holds is `escale audit verify`'s to say.
    """

    rows: int
    mac: str
    last_at: datetime | None
    ends_at_head: bool


def list_acts(
    actor: Actor, context: Context, wanted: Wanted, *, act: str | None = None, subject_id: str | None = None
) -> Page[ActView]:
    """List the acts that the caller may read, the last first.

    Parameters
    ----------
    act : str, optional
        Only these: ``proposal.accept``.
    subject_id : str, optional
        Only those done to this row.

    Raises
    ------
    Forbidden
        The role reads no act.
    """
    statement = _readable(actor)
    if act is not None:
        statement = statement.where(AuditEvent.act == act)
    if subject_id is not None:
        statement = statement.where(AuditEvent.subject_id == subject_id)
    return highest_first(context.session, statement, AuditEvent.seq, wanted, lambda row: _view(actor, row))


def status(actor: Actor, context: Context) -> ChainView:
    """Say where the log ends.

    Raises
    ------
    Forbidden
        The caller is neither admin nor auditor.
    """
    access.reach(actor, "audit.status")
    head = context.session.get(AuditHead, 1)
    last = context.session.scalar(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1))
    told = (head.seq, head.mac) if head else (0, GENESIS)
    return ChainView(
        rows=told[0],
        mac=told[1],
        last_at=last.at if last else None,
        ends_at_head=told == ((last.seq, last.mac) if last else (0, GENESIS)),
    )


def _readable(actor: Actor) -> Select[AuditEvent]:
    statement = select(AuditEvent)
    if access.reach(actor, "audit.list") is Reach.ALL:
        return statement
    if actor.role is Role.SHELTER:
        own = select(Facility.id).where(Facility.organisation_id == actor.organisation_id)
        return statement.where(
            AuditEvent.act == REVEAL, AuditEvent.subject_table == "facility", AuditEvent.subject_id.in_(own)
        )
    return statement.where(AuditEvent.organisation_id == actor.organisation_id, AuditEvent.role == actor.role.value)


def _view(actor: Actor, row: AuditEvent) -> ActView:
    return ActView(
        seq=row.seq,
        at=row.at,
        organisation_id=row.organisation_id,
        role=row.role,
        token_id=row.token_id if actor.role is Role.AUDITOR else None,
        act=row.act,
        subject_table=row.subject_table,
        subject_id=row.subject_id,
        details=None if actor.role is Role.SHELTER else row.details,
    )
