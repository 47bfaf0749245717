"""What a place is on one night, read from the rows beside it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from data.models.place import Place
from data.models.proposal import ProposalLeg
from data.models.stay import LIVE_STAYS, Stay, StayState
from data.workflow.place import PlaceState
from matcher.place import Sharing

_Spans = Mapping[str, list[Row[*tuple[Any, ...]]]]
_ADVANCED: Final = (PlaceState.OCCUPIED, PlaceState.LEAVING, PlaceState.BOOKED, PlaceState.HELD)


def place_state(session: Session, place: Place, night: date) -> PlaceState:
    """Tell what a place is on one night.

    Parameters
    ----------
    session : Session
        To read with.
    place : Place
        Row, with its free intervals and closures.
    night : date
        The night.

    Returns
    -------
    PlaceState
        Of a shared place: available while a bed is free, else what most advances towards somebody sleeping there. A
        place that nobody declares free, and of which nothing is known, is occupied: its shelter has said so.
    """
    return place_states(session, [place], night)[place.id]


def place_states(session: Session, places: Iterable[Place], night: date) -> Mapping[str, PlaceState]:
    """Tell what places are on one night, by identifier, in two statements however many they are."""
    rows = list(places)
    ids = [row.id for row in rows]
    stays = _spans(session, Stay, and_(Stay.place_id.in_(ids), Stay.state.in_(LIVE_STAYS)), night)
    holds = _spans(session, ProposalLeg, and_(ProposalLeg.place_id.in_(ids), ProposalLeg.open), night)
    return {row.id: _state(row, stays.get(row.id, []), holds.get(row.id, []), night) for row in rows}


def _spans(session: Session, table: Any, condition: ColumnElement[bool], night: date) -> _Spans:  # noqa: ANN401
    found: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    columns = [table.place_id, table.request_id, table.beds]
    if table is Stay:
        columns += [Stay.state, Stay.leaving_night]
    statement = select(*columns).where(
        condition, table.from_night <= night, or_(table.until_night.is_(None), table.until_night > night)
    )
    for row in session.execute(statement):
        found.setdefault(row.place_id, []).append(row)
    return found


def _state(place: Place, stays: Iterable[Any], holds: Iterable[Any], night: date) -> PlaceState:
    if place.closed_at is not None:
        return PlaceState.CLOSED
    there = {_of_stay(row) for row in stays} | {PlaceState.HELD for _ in holds}
    if there.isdisjoint({PlaceState.OCCUPIED, PlaceState.LEAVING}) and _on(place.closures, night):
        return PlaceState.UNAVAILABLE
    free = sum(place.beds if each.beds is None else each.beds for each in _on(place.free_intervals, night))
    # A stay without a request came by another way: what the shelter declares free already counts it.
    free -= sum(row.beds for row in (*stays, *holds) if row.request_id is not None)
    if free > 0 and (place.sharing is Sharing.SHARED or not there):
        return PlaceState.AVAILABLE
    return next((state for state in _ADVANCED if state in there), PlaceState.OCCUPIED)


def _of_stay(row: Any) -> PlaceState:  # noqa: ANN401 - columns of a stay
    if row.state is StayState.BOOKED:
        return PlaceState.BOOKED
    return PlaceState.OCCUPIED if row.leaving_night is None else PlaceState.LEAVING


def _on(intervals: Iterable[Any], night: date) -> list[Any]:
    return [
        row for row in intervals if row.from_night <= night and (row.until_night is None or night < row.until_night)
    ]
