"""Taking, keeping and letting go of beds. The database refuses what is taken; here rows are locked first.

Locks go in one order: requests, proposals, stays, facilities, places, each by identifier. The caller has locked its own
request.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.base import Base, new_id
from data.errors import ConstraintBroken, broken_constraint
from data.households import member
from data.models.booking import Booking, Unit
from data.models.place import Place
from data.models.proposal import HOLDING_PROPOSALS, Proposal, ProposalLeg, ProposalState
from data.models.request import Request
from data.models.stay import Stay, StayState
from data.numbering import Span, afresh, lowest
from data.queries.locks import BATCH, lock
from matcher.place import Sharing

_PARKED: Final = 1_000_000
"""Added to numbers on their way to others, so that they meet none meanwhile."""
_TABLE: Final = Base.metadata.tables[Booking.__tablename__]


@dataclass(slots=True)
class _Entry:
    """A live booking; ``saved``: the number it has in the database, None while it is about to be made from ``row``."""

    id: str
    number: int
    span: Span
    saved: int | None
    row: Mapping[str, Any] = field(default_factory=dict)


_Board = Mapping[tuple[str, Unit], list[_Entry]]
"""Live bookings by place and unit."""


def expire_due(session: Session, place_ids: Collection[str], now: datetime) -> list[Proposal]:
    """Expire proposals whose answer is overdue and that hold some places, and set their beds free.

    Parameters
    ----------
    session : Session
        A transaction that holds no lock on places yet.
    place_ids : collection of str
        Places somebody needs.
    now : datetime
        The present instant.

    Returns
    -------
    list of Proposal
        Expired here, by identifier, their requests locked: what follows from it is the caller's to do.
    """
    due = session.execute(
        select(Proposal.id, Proposal.request_id)
        .where(
            Proposal.legs.any((ProposalLeg.place_id.in_(place_ids)) & ProposalLeg.open),
            Proposal.state.in_(HOLDING_PROPOSALS),
            Proposal.expires_at <= now,
        )
        .order_by(Proposal.id)
    ).all()
    if not due:
        return []
    lock(session, Request, {row.request_id for row in due})
    found = lock(session, Proposal, {row.id for row in due})
    # Somebody may have answered, or moved the deadline, while the lock was awaited.
    late = [row for row in found.values() if row.state in HOLDING_PROPOSALS and row.expires_at <= now]
    for row in late:
        row.state, row.closed_at = ProposalState.EXPIRED, now
        _close_legs(row)
    session.flush()
    return late


def hold(session: Session, proposals: Sequence[Proposal], now: datetime | None = None) -> list[Proposal]:
    """Write proposals and hold the beds of all their legs: all or nothing.

    Parameters
    ----------
    session : Session
        A transaction in which the proposals' requests are locked.
    proposals : sequence of Proposal
        New, with their legs, in a state that holds.
    now : datetime, optional
        The present instant: overdue proposals on the same places are expired first (`expire_due`). Without it none
        is: a run was solved around them.

    Returns
    -------
    list of Proposal
        Those that were expired.

    Raises
    ------
    ConstraintBroken
        Some bed is taken, not declared free, or in a danger zone; nothing of the proposals was written, and the
        transaction may go on.
    """
    legs = [leg for proposal in proposals for leg in proposal.legs]
    place_ids = {leg.place_id for leg in legs}
    expired = [] if now is None else expire_due(session, place_ids, now)
    places = lock(session, Place, place_ids)
    board = _board(session, place_ids)
    try:
        with session.begin_nested():
            session.add_all(proposals)
            session.flush()
            for leg in legs:
                _number(board, leg, places[leg.place_id])
            _write(session, [entry for entries in board.values() for entry in entries])
    except IntegrityError as error:
        raise ConstraintBroken(broken_constraint(error)) from None
    return expired


def release(session: Session, proposal: Proposal) -> None:
    """Let go of what a proposal holds; the database does the same when its state says so.

    Parameters
    ----------
    session : Session
        A transaction in which the proposal is locked.
    proposal : Proposal
        In a state that does not hold any more: an open leg would be refused.
    """
    _close_legs(proposal)
    held = _TABLE.c.stay_id.is_(None) & (_TABLE.c.proposal_id == proposal.id)
    _let_go(session, held)


def book(session: Session, proposal: Proposal) -> list[Stay]:
    """Turn what a proposal holds into stays, without a moment in which nobody holds the beds.

    Called while the proposal still holds; it is moved to ``accepted`` afterwards.

    Parameters
    ----------
    session : Session
        A transaction in which the request and the proposal are locked.
    proposal : Proposal
        In a state that holds.

    Returns
    -------
    list of Stay
        Booked, one a leg, in their order.

    Raises
    ------
    ConstraintBroken
        It holds nothing any more, or a place has become dangerous; nothing was written.
    """
    request = session.get_one(Request, proposal.request_id)
    stays = [_stay(request, leg) for leg in proposal.legs]
    try:
        with session.begin_nested():
            session.add_all(stays)
            session.flush()
            for stay in stays:
                _take_over(session, stay)
    except IntegrityError as error:
        raise ConstraintBroken(broken_constraint(error)) from None
    return stays


def reschedule(session: Session, stay: Stay, until_night: date | None) -> None:
    """Move the end of a stay and of its bookings: a renewal, or an earlier departure.

    Parameters
    ----------
    session : Session
        A transaction in which the stay is locked.
    stay : Stay
        Booked or occupied.
    until_night : date or None
        Night after the last, after its first; None: without end.

    Raises
    ------
    ConstraintBroken
        The nights added are taken or not declared free; nothing was written.
    """
    places = lock(session, Place, {stay.place_id})
    board = _board(session, {stay.place_id})
    mine = set(session.scalars(select(Booking.id).where(Booking.stay_id == stay.id, Booking.live)))
    try:
        with session.begin_nested():
            stay.until_night = until_night
            session.flush()
            for (place_id, unit), entries in board.items():
                own = [entry for entry in entries if entry.id in mine]
                for entry in own:
                    entry.span = entry.span._replace(until=until_night)
                if any(
                    one.number == each.number and one.span.meets(each.span)
                    for one in own
                    for each in entries
                    if each is not one
                ):
                    _renumber(entries, _capacity(places[place_id], unit))
                    _write(session, entries)
            session.connection().execute(
                update(_TABLE).where(_TABLE.c.stay_id == stay.id, _TABLE.c.live).values(until_night=until_night)
            )
    except IntegrityError as error:
        raise ConstraintBroken(broken_constraint(error)) from None


def drop(session: Session, stay: Stay) -> None:
    """Set free the nights left of a stay that ends, or that never begins; the database does the same by its state.

    Parameters
    ----------
    session : Session
        A transaction in which the stay is locked.
    stay : Stay
        Of any state.
    """
    _let_go(session, _TABLE.c.stay_id == stay.id)


def _close_legs(proposal: Proposal) -> None:
    # The database would do it; done here, the places' versions grow, so that runs notice.
    for leg in proposal.legs:
        leg.open = False


def _let_go(session: Session, which: Any) -> None:  # noqa: ANN401 - a condition
    session.flush()
    session.connection().execute(update(_TABLE).where(which, _TABLE.c.live).values(live=False))


def _board(session: Session, place_ids: Collection[str]) -> _Board:
    columns = (Booking.id, Booking.place_id, Booking.unit, Booking.number, Booking.from_night, Booking.until_night)
    board: defaultdict[tuple[str, Unit], list[_Entry]] = defaultdict(list)
    for row in session.execute(select(*columns).where(Booking.place_id.in_(place_ids), Booking.live)):
        board[row.place_id, row.unit].append(
            _Entry(row.id, row.number, Span(row.from_night, row.until_night), row.number)
        )
    return board


def _capacity(place: Place, unit: Unit) -> int:
    return {Unit.PLACE: 1, Unit.BED: place.beds, Unit.COT: place.cots}[unit]


def _needs(place: Place, leg: ProposalLeg) -> Iterable[tuple[Unit, int]]:
    if place.sharing is Sharing.PRIVATE:
        return ((Unit.PLACE, 1),)
    return ((Unit.BED, leg.beds), (Unit.COT, leg.cots))


def _number(board: _Board, leg: ProposalLeg, place: Place) -> None:
    """Give a leg's beds their numbers; when there is no room, numbers that the database refuses."""
    for unit, count in _needs(place, leg):
        entries, span = board[place.id, unit], Span(leg.from_night, leg.until_night)
        given = [(entry.number, entry.span) for entry in entries]
        numbers = lowest(given, span, count, _capacity(place, unit))
        row = {
            "place_id": place.id,
            "request_id": leg.request_id,
            "proposal_id": leg.proposal_id,
            "position": leg.position,
            "unit": unit,
        }
        entries += [_Entry(new_id(), number, span, None, row) for number in numbers or range(1, count + 1)]
        if numbers is None:
            _renumber(entries, _capacity(place, unit))


def _clash(one: _Entry, other: _Entry) -> bool:
    return one is not other and one.number == other.number and one.span.meets(other.span)


def _renumber(entries: Sequence[_Entry], capacity: int) -> None:
    numbers = afresh([entry.span for entry in entries])
    if max(numbers) <= capacity:
        for entry, number in zip(entries, numbers, strict=True):
            entry.number = number


def _write(session: Session, entries: Iterable[_Entry]) -> None:
    connection = session.connection()
    moved = [entry for entry in entries if entry.saved not in {None, entry.number}]
    if moved:
        of_row = update(_TABLE).where(_TABLE.c.id == bindparam("which"))
        which = [{"which": entry.id, "number_given": entry.number} for entry in moved]
        connection.execute(of_row.values(number=_TABLE.c.number + _PARKED), [{"which": entry.id} for entry in moved])
        connection.execute(of_row.values(number=bindparam("number_given")), which)
    new = [
        {
            **entry.row,
            "id": entry.id,
            "number": entry.number,
            "from_night": entry.span.start,
            "until_night": entry.span.until,
            "live": True,
        }
        for entry in entries
        if entry.saved is None
    ]
    for start in range(0, len(new), BATCH):
        # One statement: of many the database may refuse one, which PostgreSQL's pipelines end noisily.
        connection.execute(insert(_TABLE).values(new[start : start + BATCH]))


def _stay(request: Request, leg: ProposalLeg) -> Stay:
    people = [member(each, leg.from_night) for each in request.members]
    return Stay(
        place_id=leg.place_id,
        request_id=request.id,
        proposal_id=leg.proposal_id,
        position=leg.position,
        from_night=leg.from_night,
        until_night=leg.until_night,
        beds=leg.beds,
        cots=leg.cots,
        separation_group=request.separation_group,
        has_minor=any(each.is_minor for each in people),
        has_adult=any(not each.is_minor for each in people),
        state=StayState.BOOKED,
    )


def _take_over(session: Session, stay: Stay) -> None:
    of_leg = (_TABLE.c.proposal_id == stay.proposal_id) & (_TABLE.c.position == stay.position)
    taken = session.connection().execute(
        update(_TABLE).where(of_leg, _TABLE.c.live, _TABLE.c.stay_id.is_(None)).values(stay_id=stay.id)
    )
    if not taken.rowcount:
        # Expired, withdrawn or already booked: nothing is held.
        raise ConstraintBroken("booking_without_holder")
