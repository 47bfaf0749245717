"""How much is free, by kind and département: what a coordination may know of places.

No identifier, no address, no list. Of SECRET facilities only the kind is said, neither where, nor how many, nor whether
they are free: with six Koutcha places in France, each of these is nearly an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from api.services import access
from api.services.actor import Actor
from api.services.context import Context
from data.models.facility import Disclosure, Facility
from data.models.place import Closure, FreeInterval, Place
from data.models.proposal import ProposalLeg
from data.models.stay import LIVE_STAYS, Stay
from matcher.place import Sharing


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Places of one kind in one département.

    Parameters
    ----------
    kind : str
        Kind of place.
    departement : str or None
        Code; None for a SECRET kind, or when it is not known.
    places, free_tonight : int or None
        Places open, and those of them with something free tonight; None for a SECRET kind ("a place exists").
    """

    kind: str
    departement: str | None
    places: int | None
    free_tonight: int | None


def list_vacancies(actor: Actor, context: Context) -> Sequence[Vacancy]:
    """Count places by kind and département, in the order of both.

    Raises
    ------
    Forbidden
        The caller does not coordinate.
    """
    access.reach(actor, "vacancies.list")
    return [
        *(
            Vacancy(kind, departement, places, free)
            for kind, departement, places, free in context.session.execute(_counts(context.tonight))
        ),
        *(Vacancy(kind, None, None, None) for kind in context.session.scalars(_secret_kinds())),
    ]


def _counts(night: date) -> Select[str, str | None, int, int]:
    free = func.count().filter(_is_free(night))
    return (
        select(Facility.kind, Facility.departement, func.count(), free)
        .join(Place, Place.facility_id == Facility.id)
        .where(Facility.disclosure != Disclosure.SECRET, Place.closed_at.is_(None))
        .group_by(Facility.kind, Facility.departement)
        .order_by(Facility.kind, Facility.departement)
    )


def _secret_kinds() -> Select[str]:
    return (
        select(Facility.kind)
        .join(Place, Place.facility_id == Facility.id)
        .where(Facility.disclosure == Disclosure.SECRET, Place.closed_at.is_(None))
        .distinct()
        .order_by(Facility.kind)
    )


def _is_free(night: date) -> ColumnElement[bool]:
    """Something declared free tonight, not closed, not held nor booked by us."""
    declared = exists().where(FreeInterval.place_id == Place.id, _on(FreeInterval, night))
    closed = exists().where(Closure.place_id == Place.id, _on(Closure, night))
    held = and_(ProposalLeg.place_id == Place.id, ProposalLeg.open, _on(ProposalLeg, night))
    # A stay without a request came by another way: what the shelter declares free already counts it.
    booked = and_(
        Stay.place_id == Place.id,
        Stay.request_id.is_not(None),
        Stay.state.in_(LIVE_STAYS),
        _on(Stay, night),
    )
    beds = (
        select(func.coalesce(func.sum(func.coalesce(FreeInterval.beds, Place.beds)), 0))
        .where(FreeInterval.place_id == Place.id, _on(FreeInterval, night))
        .correlate(Place)
        .scalar_subquery()
    )
    taken = [
        select(func.coalesce(func.sum(table.beds), 0)).where(condition).correlate(Place).scalar_subquery()
        for table, condition in ((ProposalLeg, held), (Stay, booked))
    ]
    private = and_(Place.sharing == Sharing.PRIVATE, ~exists().where(held), ~exists().where(booked))
    shared = and_(Place.sharing == Sharing.SHARED, beds > taken[0] + taken[1])
    return and_(declared, ~closed, or_(private, shared))


def _on(table: Any, night: date) -> ColumnElement[bool]:  # noqa: ANN401 (four tables with the same two columns)
    return and_(table.from_night <= night, or_(table.until_night.is_(None), table.until_night > night))
