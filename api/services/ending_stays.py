"""Stays and their limits, as each side may see them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from api.services import access, requests
from api.services.access import Reach
from api.services.actor import Actor
from api.services.context import Context
from api.services.follow_ons import has_next, of_stay, watch
from api.services.paging import Page, Wanted, by_identifier
from api.services.stay_limits import Limit, ends_on
from data.models.facility import Facility
from data.models.place import Place
from data.models.request import Request
from data.models.stay import Stay, StayState


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingView:
    """A stay somebody lives in, and what ends it.

    Parameters
    ----------
    id : str
        Of the stay.
    place_id : str or None
        For its own shelter.
    request_id, follow_on_request_id : str or None
        For those who follow the request: the one it was filed as, and the one opened for what comes after.
    from_night, until_night : date
        As booked, [from, until).
    ends_on : date or None
        Nearest night on which something ends it.
    limits : list of Limit
        All of them, the nearest first.
    next_place : bool
        The household is expected somewhere afterwards.
    """

    id: str
    place_id: str | None
    request_id: str | None
    follow_on_request_id: str | None
    from_night: date
    until_night: date | None
    ends_on: date | None
    limits: list[Limit]
    next_place: bool


def list_endings(actor: Actor, context: Context, wanted: Wanted) -> Page[EndingView]:
    """List the stays of the caller's places, or of the requests it follows, with their limits.

    Raises
    ------
    Forbidden
        The caller has neither places nor requests.
    """
    shelter = access.reach(actor, "stay_limits.list") is Reach.SENT
    return by_identifier(
        context.session, _visible(actor), Stay.id, wanted, lambda row: _view(context, row, shelter=shelter)
    )


def _visible(actor: Actor) -> Select[Stay]:
    statement = select(Stay).options(joinedload(Stay.request)).where(Stay.state == StayState.OCCUPIED)
    if access.reach(actor, "stay_limits.list") is Reach.SENT:
        own = Stay.place.has(Place.facility.has(Facility.organisation_id == actor.organisation_id))
        return statement.where(own, Stay.request_id.is_not(None))
    return statement.join(Request, Request.id == Stay.request_id).where(requests.within(actor, "stay_limits.list"))


def _view(context: Context, row: Stay, *, shelter: bool) -> EndingView:
    request = context.session.get_one(Request, row.request_id)
    found = watch(context, row, request).found
    following = of_stay(context, row.id)
    return EndingView(
        id=row.id,
        place_id=row.place_id if shelter else None,
        request_id=None if shelter else request.id,
        follow_on_request_id=None if shelter or following is None else following.request_id,
        from_night=row.from_night,
        until_night=row.until_night,
        ends_on=ends_on(found),
        limits=found,
        next_place=has_next(context, following),
    )
