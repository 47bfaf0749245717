"""Stays, as the shelter that receives them sees them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, select

from api.services import access
from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import NotFound, Stale
from api.services.paging import Page, Wanted, by_identifier
from data.models.facility import Facility
from data.models.place import Place
from data.models.request import Request
from data.models.stay import Stay, StayState
from data.queries.locks import lock


@dataclass(frozen=True, slots=True)
class StayView:
    """A household expected in a place, there, or gone, [from, until).

    ``proposal_id`` None: it came by another way, as the shelter declared. The request is not named: a shelter knows a
    household by the proposal sent to it.
    """

    id: str
    place_id: str
    proposal_id: str | None
    state: StayState
    from_night: date
    until_night: date | None
    leaving_night: date | None
    arrived_at: datetime | None
    beds: int
    cots: int
    renewals: int
    version: int


_FIELDS: Final = tuple(StayView.__dataclass_fields__)


def get(actor: Actor, context: Context, stay_id: str) -> StayView:
    """Return a stay in one of the caller's places.

    Raises
    ------
    Forbidden, NotFound
        The caller is no shelter; it does not exist for the caller.
    """
    row = context.session.scalar(_own(actor, "stays.get").where(Stay.id == stay_id))
    if row is None:
        raise NotFound
    return view(row)


def list_stays(actor: Actor, context: Context, wanted: Wanted, state: StayState | None = None) -> Page[StayView]:
    """List the stays in the caller's places, in the order of their identifiers; those in one state when it is given."""
    statement = _own(actor, "stays.list")
    if state is not None:
        statement = statement.where(Stay.state == state)
    return by_identifier(context.session, statement, Stay.id, wanted, view)


def locked(actor: Actor, context: Context, action: str, stay_id: str, version: int) -> tuple[Request | None, Stay]:
    """Lock a stay in one of the caller's places, after the request it was made for (None: it came by another way).

    Raises
    ------
    Forbidden, NotFound, Stale
        As for `get`; it changed since it was read.
    """
    seen = context.session.scalar(_own(actor, action).where(Stay.id == stay_id))
    if seen is None:
        raise NotFound
    request = None
    if seen.request_id is not None:
        request = lock(context.session, Request, [seen.request_id])[seen.request_id]
    statement = select(Stay).where(Stay.id == stay_id).with_for_update().execution_options(populate_existing=True)
    row = context.session.scalars(statement).one()
    if row.version != version:
        raise Stale
    return request, row


def view(row: Stay) -> StayView:
    """Freeze a stay's row."""
    return StayView(**{name: getattr(row, name) for name in _FIELDS})


def _own(actor: Actor, action: str) -> Select[Stay]:
    access.reach(actor, action)
    return (
        select(Stay)
        .join(Place, Place.id == Stay.place_id)
        .join(Facility, Facility.id == Place.facility_id)
        .where(Facility.organisation_id == actor.organisation_id)
    )
