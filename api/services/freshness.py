"""Every availability ages: one act confirms all; what has not been confirmed for long is listed for a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from api.services import access, audit
from api.services.actor import Actor
from api.services.context import Context
from api.services.facilities import own_row
from api.services.paging import Page, Wanted, newest_first
from api.services.places import forget_silence
from data.models.facility import Disclosure, Facility
from data.models.place import Place
from data.queries.locks import lock


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How many places were confirmed, and when."""

    places: int
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class StalePlace:
    """A place of the caller's that nobody has confirmed for long."""

    id: str
    facility_id: str
    label: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class StaleKind:
    """Places of one kind in one département to call about, and since when the oldest has not been confirmed."""

    kind: str
    departement: str | None
    places: int
    oldest: datetime


def confirm_all(actor: Actor, context: Context, facility_id: str | None = None) -> Confirmed:
    """Say that everything declared of the caller's places is true now; of one facility when it is given.

    Raises
    ------
    Forbidden, NotFound
        The caller is no shelter; the facility does not exist for the caller.
    """
    access.reach(actor, "availability.confirm_all")
    if facility_id is not None:
        own_row(actor, context, "availability.confirm_all", facility_id)
    statement = (
        select(Place.id)
        .join(Facility, Facility.id == Place.facility_id)
        .where(Facility.organisation_id == actor.organisation_id, Place.closed_at.is_(None))
    )
    if facility_id is not None:
        statement = statement.where(Place.facility_id == facility_id)
    rows = lock(context.session, Place, context.session.scalars(statement))
    for row in rows.values():
        row.confirmed_at, row.confirmed_by = context.now, actor.organisation_id
    forget_silence(context, {row.facility_id for row in rows.values()})
    context.session.flush()
    audit.record(
        context, actor, "availability.confirm_all", ("organisation", actor.organisation_id), {"places": len(rows)}
    )
    return Confirmed(len(rows), context.now)


def list_stale(actor: Actor, context: Context, wanted: Wanted, hours: int) -> Page[StalePlace]:
    """List the caller's open places that nobody has confirmed for so many hours, the latest confirmed first.

    Raises
    ------
    Forbidden
        The caller is no shelter.
    """
    access.reach(actor, "availability.stale")
    statement = (
        select(Place)
        .join(Place.facility)
        .where(
            Facility.organisation_id == actor.organisation_id,
            Place.closed_at.is_(None),
            Place.confirmed_at <= context.now - timedelta(hours=hours),
        )
    )
    return newest_first(
        context.session,
        statement,
        (Place.confirmed_at, Place.id),
        wanted,
        lambda row: StalePlace(row.id, row.facility_id, row.label, row.confirmed_at),
    )


def list_stale_kinds(actor: Actor, context: Context, hours: int) -> Sequence[StaleKind]:
    """Count the open places nobody has confirmed for so many hours, by kind and département, the oldest first.

    SECRET facilities are left out: how many there are is not told.

    Raises
    ------
    Forbidden
        The caller does not coordinate.
    """
    access.reach(actor, "vacancies.stale")
    oldest = func.min(Place.confirmed_at)
    statement = (
        select(Facility.kind, Facility.departement, func.count(), oldest)
        .join(Place, Place.facility_id == Facility.id)
        .where(
            Facility.disclosure != Disclosure.SECRET,
            Place.closed_at.is_(None),
            Place.confirmed_at <= context.now - timedelta(hours=hours),
        )
        .group_by(Facility.kind, Facility.departement)
        .order_by(oldest, Facility.kind, Facility.departement)
    )
    return [StaleKind(*row) for row in context.session.execute(statement)]
