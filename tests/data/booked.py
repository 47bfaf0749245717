"""Households, places and holds in few words, and what the database lets through when a rule of it is taken away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from data import bookings
from data.errors import ConstraintBroken
from data.models.booking import Booking
from data.models.organisation import Organisation
from data.models.place import Place
from data.models.proposal import Proposal, ProposalState
from data.models.request import Request
from data.queries.locks import lock
from data.session import transaction
from data.triggers.catalogue import TRIGGERS
from tests import builders as b


def take(
    engine: Engine, asked: Request, *legs: tuple[Place, int, int], now: datetime = b.NOW, **columns: int
) -> Proposal:
    """Hold places for a request: (place, first night, night after the last) for each leg."""
    made = b.proposal(
        asked, [b.leg(place, b.nights(start), b.nights(until), **columns) for place, start, until in legs]
    )
    with transaction(engine) as session:
        lock(session, Request, [asked.id])
        bookings.hold(session, [made], now)
    return made


def refusal(engine: Engine, asked: Request, *legs: tuple[Place, int, int], **columns: int) -> str | None:
    """Name what refuses a hold."""
    try:
        take(engine, asked, *legs, **columns)
    except ConstraintBroken as refused:
        return refused.constraint
    return None


def admit(engine: Engine, made: Proposal) -> list[str]:
    """Turn a proposal's holds into stays."""
    with transaction(engine) as session:
        row = session.get_one(Proposal, made.id)
        stays = [stay.id for stay in bookings.book(session, row)]
        row.state, row.accepted_at = ProposalState.ACCEPTED, b.NOW
        bookings.release(session, row)
    return stays


def end(session: Session, made: Proposal, state: ProposalState = ProposalState.EXPIRED) -> None:
    """End a proposal that holds."""
    row = session.get_one(Proposal, made.id)
    row.state, row.closed_at = state, b.NOW


def live(engine: Engine) -> list[Booking]:
    with transaction(engine) as session:
        return list(session.scalars(select(Booking).where(Booking.live).order_by(Booking.place_id, Booking.number)))


def households(engine: Engine, owner: Organisation, count: int) -> Sequence[Request]:
    made = [b.request(owner) for _ in range(count)]
    b.save(engine, *made)
    return made


@contextmanager
def without(engine: Engine, *names: str) -> Iterator[None]:
    """Take rules of the database away for a while; then what they would have refused is deleted, and they are back."""
    found = {trigger.name: trigger for trigger in TRIGGERS}
    dialect = engine.dialect.name
    standing = [
        (found[name].table, statement)
        for name in names
        for statement in found[name].statements[dialect]
        if not statement.startswith("CREATE FUNCTION")
    ]
    with engine.begin() as connection:
        for table, statement in standing:
            connection.execute(text(_undoing(statement, table, dialect)))
    yield
    with engine.begin() as connection:
        for table in ("booking", "excluded_pair"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
        for _, statement in standing:
            connection.exec_driver_sql(statement)


def _undoing(statement: str, table: str, dialect: str) -> str:
    words = statement.split()
    if words[0] == "ALTER":
        return f"ALTER TABLE {table} DROP CONSTRAINT {words[5]}"
    return f"DROP TRIGGER {words[2]}{f' ON {table}' if dialect == 'postgresql' else ''}"
