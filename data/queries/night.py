"""Everything a run looks at on one night, as plain columns: few statements, no object per row.

Readings of inventory take ``of``: facilities to look at (None: all); readings of requests take ``only``: one request,
whatever its state (None: all that take part).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, exists, or_, select, union
from sqlalchemy.orm import Session

from data.models.facility import Facility, Quota
from data.models.place import Closure, FreeInterval, Place
from data.models.proposal import OPEN_PROPOSALS, Proposal, ProposalLeg
from data.models.request import RefusedPair, Request, RequestMember, RequestZone
from data.models.request_codes import MATCHED_STATES
from data.models.stay import LIVE_STAYS, Stay
from data.models.waiver import Waiver
from matcher.place import Sharing
from matcher.request import Role

AnyRow = Row[*tuple[Any, ...]]
"""A row of columns read by name."""
Rows = Sequence[AnyRow]
ByParent = dict[str, list[AnyRow]]
"""Rows by the identifier of what they belong to, their first column."""
_Columns = Select[*tuple[Any, ...]]
Facilities = frozenset[str] | None
"""Identifiers of the facilities looked at; None: all."""


def facilities(session: Session, of: Facilities = None) -> Rows:
    """Read every facility."""
    return session.execute(_among(select(*Facility.__table__.columns), Facility.id, of)).all()


def places(session: Session, of: Facilities = None) -> Rows:
    """Read the places that are not closed for good, by identifier."""
    statement = (
        select(
            Place.id,
            Place.facility_id,
            Place.beds,
            Place.cots,
            Place.sharing,
            Place.pair_is_one,
            Place.confirmed_at,
            Place.version,
        )
        .where(Place.closed_at.is_(None))
        .order_by(Place.id)
    )
    return session.execute(_among(statement, Place.facility_id, of)).all()


def declared(session: Session, night: date, of: Facilities = None) -> ByParent:
    """Read what shelters declare free on the night or later, by place."""
    columns = (
        FreeInterval.place_id,
        FreeInterval.from_night,
        FreeInterval.until_night,
        FreeInterval.beds,
        FreeInterval.cots,
    )
    return _by_parent(session, _at(select(*columns), FreeInterval.place_id, of).where(_later(FreeInterval, night)))


def closures(session: Session, night: date, of: Facilities = None) -> ByParent:
    """Read what is closed on the night or later, by place."""
    columns = (Closure.place_id, Closure.from_night, Closure.until_night)
    return _by_parent(session, _at(select(*columns), Closure.place_id, of).where(_later(Closure, night)))


def stays(session: Session, night: date, of: Facilities = None) -> Rows:
    """Read who is or will be in a place on the night or later, with the facility.

    Left out are most residents, at whom no rule looks: alone in a private place, without a separation group, and
    already counted by what the shelter declares.
    """
    columns = (
        Stay.place_id,
        Place.facility_id,
        Place.sharing,
        Stay.request_id,
        Stay.from_night,
        Stay.until_night,
        Stay.beds,
        Stay.cots,
        Stay.separation_group,
        Stay.has_minor,
        Stay.has_adult,
    )
    matters = or_(Stay.request_id.is_not(None), Stay.separation_group.is_not(None), Place.sharing == Sharing.SHARED)
    statement = select(*columns).join(Place, Place.id == Stay.place_id)
    statement = statement.where(Stay.state.in_(LIVE_STAYS), _later(Stay, night), matters)
    return session.execute(_among(statement, Place.facility_id, of).order_by(Stay.id)).all()


def holds(session: Session, night: date, of: Facilities = None) -> Rows:
    """Read the legs of open proposals on the night or later, with the facility and the household's group."""
    columns = (
        ProposalLeg.place_id,
        Place.facility_id,
        Place.sharing,
        ProposalLeg.request_id,
        ProposalLeg.from_night,
        ProposalLeg.until_night,
        ProposalLeg.beds,
        ProposalLeg.cots,
        Request.separation_group,
    )
    statement = (
        select(*columns)
        .join(Place, Place.id == ProposalLeg.place_id)
        .join(Request, Request.id == ProposalLeg.request_id)
        .where(ProposalLeg.open, ProposalLeg.until_night > night)
        .order_by(ProposalLeg.proposal_id, ProposalLeg.position)
    )
    return session.execute(_among(statement, Place.facility_id, of)).all()


def quotas(session: Session, of: Facilities = None) -> Rows:
    """Read the quotas with their facility's département."""
    columns = (Quota.id, Quota.facility_id, Quota.fact, Quota.max, Facility.departement)
    statement = select(*columns).join(Facility, Facility.id == Quota.facility_id).order_by(Quota.id)
    return session.execute(_among(statement, Quota.facility_id, of)).all()


def counted(session: Session, night: date) -> Rows:
    """Read the households that quotas count already: facility, request, its département, whether with a partner.

    Of live stays filed as requests and of open proposals, in facilities with a quota; each household once.
    """
    with_quota = select(Quota.facility_id)
    there = union(
        select(Place.facility_id, Stay.request_id)
        .join(Place, Place.id == Stay.place_id)
        .where(
            Place.facility_id.in_(with_quota),
            Stay.request_id.is_not(None),
            Stay.state.in_(LIVE_STAYS),
            _later(Stay, night),
        ),
        select(Place.facility_id, ProposalLeg.request_id)
        .join(Place, Place.id == ProposalLeg.place_id)
        .where(Place.facility_id.in_(with_quota), ProposalLeg.open, ProposalLeg.until_night > night),
    ).subquery()
    partner = exists().where(RequestMember.request_id == Request.id, RequestMember.role == Role.PARTNER)
    statement = select(there.c.facility_id, Request.departement, partner.label("has_partner"))
    return session.execute(statement.join(Request, Request.id == there.c.request_id)).all()


def requests(session: Session, end: date, only: str | None = None) -> Rows:
    """Read the requests that take part in a run: waiting, asked before ``end``, without an open proposal."""
    return session.execute(_taking_part(end, only).order_by(Request.id)).all()


def members(session: Session, end: date, only: str | None = None) -> ByParent:
    """Read the members of the requests that take part, and of those that hold a place, by request."""
    held = select(ProposalLeg.request_id).where(ProposalLeg.open)
    part = _taking_part(end, only).with_only_columns(Request.id)
    columns = (
        RequestMember.request_id,
        RequestMember.age,
        RequestMember.age_unit,
        RequestMember.age_as_of,
        RequestMember.sex,
        RequestMember.role,
        RequestMember.minority_status,
    )
    statement = select(*columns).where(or_(RequestMember.request_id.in_(part), RequestMember.request_id.in_(held)))
    return _by_parent(session, statement.order_by(RequestMember.request_id, RequestMember.position))


def zones(session: Session, end: date, only: str | None = None) -> ByParent:
    """Read the danger zones of the requests that take part, by request."""
    columns = (
        RequestZone.request_id,
        RequestZone.kind,
        RequestZone.departement,
        RequestZone.with_neighbours,
        RequestZone.commune_insee,
        RequestZone.km,
    )
    part = _taking_part(end, only).with_only_columns(Request.id)
    return _by_parent(session, select(*columns).where(RequestZone.request_id.in_(part)).order_by(RequestZone.id))


def refusals(session: Session, end: date, only: str | None = None) -> ByParent:
    """Read the facilities not to be proposed again, by request: neither side has changed, nobody has overridden it."""
    part = _taking_part(end, only).with_only_columns(Request.id)
    statement = (
        select(RefusedPair.request_id, RefusedPair.facility_id)
        .join(Request, Request.id == RefusedPair.request_id)
        .join(Facility, Facility.id == RefusedPair.facility_id)
        .where(
            RefusedPair.request_id.in_(part),
            RefusedPair.overridden_at.is_(None),
            RefusedPair.request_version == Request.facts_version,
            RefusedPair.facility_version == Facility.facts_version,
        )
    )
    return _by_parent(session, statement)


def waivers(session: Session, night: date) -> Rows:
    """Read the waivers in force on the night: identifier, request, facility, night from which they lapse."""
    columns = (Waiver.id, Waiver.request_id, Waiver.facility_id, Waiver.until_night)
    in_force = (Waiver.agreed_at.is_not(None), Waiver.revoked_at.is_(None), Waiver.until_night > night)
    return session.execute(select(*columns).where(*in_force).order_by(Waiver.id)).all()


def _among(statement: _Columns, column: Any, of: Facilities) -> _Columns:  # noqa: ANN401 - a column of any table
    return statement if of is None else statement.where(column.in_(of))


def _at(statement: _Columns, place: Any, of: Facilities) -> _Columns:  # noqa: ANN401 - same
    return statement if of is None else statement.where(place.in_(select(Place.id).where(Place.facility_id.in_(of))))


def _taking_part(end: date, only: str | None = None) -> _Columns:
    if only is not None:
        return select(*Request.__table__.columns).where(Request.id == only)
    has_open = exists().where(Proposal.request_id == Request.id, Proposal.state.in_(OPEN_PROPOSALS))
    return select(*Request.__table__.columns).where(
        Request.state.in_(MATCHED_STATES), Request.from_night < end, ~has_open
    )


def _later(table: Any, night: date) -> Any:  # noqa: ANN401 - tables with the same column
    return or_(table.until_night.is_(None), table.until_night > night)


def _by_parent(session: Session, statement: _Columns) -> ByParent:
    found: ByParent = defaultdict(list)
    for row in session.execute(statement):
        found[row[0]].append(row)
    return found
