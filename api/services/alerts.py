"""What somebody must look at: raised once while it is open, acknowledged by people, resolved by what settles it."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.services import access
from api.services.actor import Actor, Role
from api.services.audit import record
from api.services.context import Context
from api.services.errors import NotFound
from api.services.paging import Page, Wanted, newest_first
from data.base import new_id
from data.models.alert import Alert, AlertKind

__all__ = ["AlertKind", "AlertView", "acknowledge", "list_alerts", "raise_alert", "resolve"]


@dataclass(frozen=True, slots=True)
class AlertView:
    """One thing to look at.

    Parameters
    ----------
    id : str
        Of the alert.
    kind : AlertKind
        What happened.
    subject_kind, subject_id : str
        What it is about: the noun, and the row's identifier (or a worker's name).
    raised_at, acknowledged_at, resolved_at : datetime
        UTC; None: nobody has seen it yet, it is still so.
    """

    id: str
    kind: AlertKind
    subject_kind: str
    subject_id: str
    raised_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None


def raise_alert(context: Context, kind: AlertKind, subject: tuple[str, str], organisation_id: str | None) -> None:
    """Raise an alert; nothing happens when the same one is open for this organisation.

    Parameters
    ----------
    context : Context
        The transaction of the act: the alert is there exactly if the act is.
    kind : AlertKind
        What happened.
    subject : tuple of (str, str)
        Noun and identifier: ``("proposal", id)``. It is shown to the organisation: choose a row that is theirs to see.
    organisation_id : str or None
        Who must look; None: those who keep the service running.
    """
    insert = sqlite.insert if context.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # Not looked up first: two who notice it at once raise one.
    context.session.execute(
        insert(Alert)
        .values(
            id=new_id(),
            kind=kind,
            subject_kind=subject[0],
            subject_id=subject[1],
            organisation_id=organisation_id,
            raised_at=context.now,
        )
        .on_conflict_do_nothing()
    )


def resolve(context: Context, kind: AlertKind, subject: tuple[str, str]) -> None:
    """Settle an alert, for every organisation it was raised for; nothing happens when none is open.

    Parameters
    ----------
    context, kind, subject
        As in `raise_alert`.
    """
    context.session.execute(
        update(Alert)
        .where(
            Alert.kind == kind,
            Alert.subject_kind == subject[0],
            Alert.subject_id == subject[1],
            Alert.resolved_at.is_(None),
        )
        .values(resolved_at=context.now)
    )


def list_alerts(actor: Actor, context: Context, wanted: Wanted) -> Page[AlertView]:
    """List the open alerts of the caller's organisation, the latest first.

    Raises
    ------
    Forbidden
        The role is told nothing.
    """
    mine = select(Alert).where(_within(actor, "alerts.list"), Alert.resolved_at.is_(None))
    return newest_first(context.session, mine, (Alert.raised_at, Alert.id), wanted, _view)


def acknowledge(actor: Actor, context: Context, alert_id: str) -> AlertView:
    """Say that one has seen an alert; it stays open until what it is about is settled.

    Raises
    ------
    Forbidden, NotFound
        The role is told nothing; there is none, or it is another organisation's.
    """
    row = context.session.scalar(
        select(Alert).where(Alert.id == alert_id, _within(actor, "alerts.acknowledge")).with_for_update()
    )
    if row is None:
        raise NotFound
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = context.now, actor.organisation_id
        context.session.flush()
        record(context, actor, "alert.acknowledge", ("alert", row.id))
    return _view(row)


def _within(actor: Actor, action: str) -> ColumnElement[bool]:
    access.reach(actor, action)
    own = Alert.organisation_id == actor.organisation_id
    # What concerns no organisation is for those who keep the service running.
    return or_(own, Alert.organisation_id.is_(None)) if actor.role is Role.ADMIN else own


def _view(row: Alert) -> AlertView:
    return AlertView(**{field.name: getattr(row, field.name) for field in fields(AlertView)})
