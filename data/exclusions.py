"""Keeping `excluded_pair` true: which facilities distancing forbids to which request.

The database refuses a booking of such a pair and cannot measure, so this is kept in the transaction that changes a
zone, where a facility is or whom it is reserved to. Distances are matching.md's. Kept for requests that are not over:
one that is reactivated is refreshed then.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from data.errors import UnknownReference
from data.households import zones
from data.models.booking import Booking
from data.models.exclusion import ExcludedPair, ExclusionRule
from data.models.facility import Facility
from data.models.place import Place
from data.models.request import Request, RequestZone
from data.models.request_codes import RequestState
from data.models.stay import Stay, StayState
from data.queries.locks import BATCH, lock
from data.queries.night import AnyRow
from matcher.geo import great_circle_km
from matcher.request import Circle, Zones

OVER: Final = (RequestState.CLOSED, RequestState.CANCELLED, RequestState.EXPIRED)
"""States in which nothing is booked for a request any more."""
_DEGREE_KM: Final = 111.0
"""A little less than a degree of latitude (111.195 km): to look far enough."""

Pairs = Mapping[str, ExclusionRule]
"""Rule by the identifier of the other side."""
_WHERE: Final = (
    Facility.id,
    Facility.departement,
    Facility.latitude,
    Facility.longitude,
    Facility.precision_km,
    Facility.reserved_departements,
)


def refresh_request(session: Session, request: Request) -> Pairs:
    """Write anew which facilities are forbidden to a request.

    Parameters
    ----------
    session : Session
        A transaction in which the request is new or its row is locked; its zones may be unflushed.
    request : Request
        As it is now.

    Returns
    -------
    mapping of str to ExclusionRule
        By facility.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        ``excluded_pair_held``: a hold or an expected stay is in one of them. What became unsafe (`endangered`) is
        withdrawn first.
    """
    session.flush()
    pairs = forbidden_facilities(session, request.zones)
    _replace(session, ExcludedPair.request_id, request.id, pairs)
    return pairs


def refresh_facility(session: Session, facility: Facility) -> Pairs:
    """Write anew to which requests a facility is forbidden.

    Parameters
    ----------
    session : Session
        A transaction that called `lock_followed` before it locked the facility.
    facility : Facility
        As it is now.

    Returns
    -------
    mapping of str to ExclusionRule
        By request.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        As in `refresh_request`.
    """
    session.flush()
    pairs = forbidden_requests(session, facility)
    _replace(session, ExcludedPair.facility_id, facility.id, pairs)
    return pairs


def refresh_all(session: Session) -> int:
    """Write all pairs anew, after an upgrade: reference data may have changed with the code.

    Returns
    -------
    int
        Pairs left out because a hold or an expected stay is there: for the coordinators to look at.
    """
    unsafe = 0
    for request in session.scalars(_followed()).all():
        pairs = dict(forbidden_facilities(session, request.zones))
        for facility_id in endangered(session, request.id, pairs):
            del pairs[facility_id]
            unsafe += 1
        _replace(session, ExcludedPair.request_id, request.id, pairs)
    return unsafe


def lock_followed(session: Session) -> None:
    """Lock the requests that a change of a facility may touch: requests go before facilities (`data.queries.locks`)."""
    lock(session, Request, session.scalars(_followed().with_only_columns(Request.id)))


def endangered(session: Session, request_id: str, facilities: Collection[str]) -> frozenset[str]:
    """Find in which of some facilities a request has a hold or an expected stay.

    Parameters
    ----------
    session : Session
        A transaction in which the request's row is locked.
    request_id : str
        Of the request.
    facilities : collection of str
        Identifiers.

    Returns
    -------
    frozenset of str
        Facilities whose booking is withdrawn before the pair can be excluded. Residents are left out: nobody is moved
        by software.
    """
    statement = (
        select(Place.facility_id)
        .join(Booking, Booking.place_id == Place.id)
        .outerjoin(Stay, Stay.id == Booking.stay_id)
        .where(Booking.request_id == request_id, Booking.live, or_(Stay.id.is_(None), Stay.state == StayState.BOOKED))
    )
    return frozenset(session.scalars(statement)).intersection(facilities)


def forbidden_facilities(session: Session, rows: Sequence[RequestZone]) -> Pairs:
    """Measure which facilities some danger zones forbid, by facility."""
    if not rows:
        return {}
    try:
        area = zones(rows)
    except UnknownReference:
        # A zone that cannot be read never becomes no zone.
        return dict.fromkeys(session.scalars(select(Facility.id)), ExclusionRule.UNKNOWN_LOCATION)
    found = session.execute(select(*_WHERE).where(or_(*_near(area))))
    judged = ((row.id, _rule(area, row)) for row in found)
    return {facility_id: rule for facility_id, rule in judged if rule is not None}


def forbidden_requests(session: Session, facility: Facility) -> Pairs:
    """Measure to which requests a facility is forbidden, by request."""
    pairs = {}
    for request in session.scalars(_followed()):
        try:
            rule = _rule(zones(request.zones), facility)
        except UnknownReference:
            rule = ExclusionRule.UNKNOWN_LOCATION
        if rule is not None:
            pairs[request.id] = rule
    return pairs


def _followed() -> Select[Request]:
    return select(Request).where(Request.state.not_in(OVER), Request.zones.any()).order_by(Request.id)


def _near(area: Zones) -> list[ColumnElement[bool]]:
    # Only what may be forbidden is read: of a country, a few départements and a band around each circle.
    near: list[ColumnElement[bool]] = []
    if area.departements:
        near += [
            Facility.departement.is_(None),
            Facility.departement.in_(sorted(area.departements)),
            Facility.reserved_departements.is_not(None),
        ]
    if area.circles:
        near.append(Facility.latitude.is_(None))
    for circle in area.circles:
        km = func.abs(Facility.latitude - circle.lat) * _DEGREE_KM
        near.append(km <= circle.km + Facility.precision_km)
    return near


def _rule(area: Zones, facility: AnyRow | Facility) -> ExclusionRule | None:
    reserved = frozenset(facility.reserved_departements or ())
    if facility.departement in area.departements or reserved & area.departements:
        return ExclusionRule.DANGER_AREA
    if facility.latitude is not None and any(_inside(circle, facility) for circle in area.circles):
        return ExclusionRule.DANGER_AREA
    unknown = (area.departements and facility.departement is None) or (area.circles and facility.latitude is None)
    return ExclusionRule.UNKNOWN_LOCATION if unknown else None


def _inside(circle: Circle, facility: Any) -> bool:  # noqa: ANN401 - a row or its columns
    latitude, longitude = np.array(facility.latitude), np.array(facility.longitude)
    km = great_circle_km(circle.lat, circle.lon, latitude, longitude)
    return bool(km <= circle.km + facility.precision_km)


def _replace(session: Session, side: Any, identifier: str, pairs: Pairs) -> None:  # noqa: ANN401 - a column
    other = ExcludedPair.facility_id if side.key == "request_id" else ExcludedPair.request_id
    kept = {row[0]: row[1] for row in session.execute(select(other, ExcludedPair.rule).where(side == identifier))}
    gone = [key for key, rule in kept.items() if pairs.get(key) is not rule]
    for start in range(0, len(gone), BATCH):
        session.execute(delete(ExcludedPair).where(side == identifier, other.in_(gone[start : start + BATCH])))
    new = [
        {side.key: identifier, other.key: key, "rule": rule} for key, rule in pairs.items() if kept.get(key) is not rule
    ]
    if new:
        session.execute(insert(ExcludedPair), sorted(new, key=lambda row: row[other.key]))
