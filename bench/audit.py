"""What recording an act costs: transactions that record one against the same without, few writers and many.

The head of the chain lets audited transactions commit one by one: with many writers that is what is measured.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from api.services.audit import record
from api.services.audit_check import verify
from api.services.context import Context
from bench.clock import timed
from data.base import new_id
from data.models.organisation import Organisation, OrganisationKind
from data.session import make_engine, retrying
from tests.reliability.bars import database

SECRET = bytes(32)
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
ACTS = 800
ATTEMPTS = 50


def measure(writers: int) -> dict[str, object]:
    """Measure one number of writers on both engines.

    Parameters
    ----------
    writers : int
        Threads that write at once.

    Returns
    -------
    dict
        One row of the table; milliseconds are per transaction, all writers together.
    """
    row: dict[str, object] = {"writers": writers}
    for name in ("SQLite", "PostgreSQL"):
        with database(name) as url:
            row |= {f"{name}: {what}": value for what, value in _compared(url, writers)}
    return row


def _compared(url: str, writers: int) -> Iterator[tuple[str, str]]:
    engine = make_engine(url)

    def write(count: int, *, audited: bool) -> None:
        for _ in range(count):
            retrying(engine, partial(_act, audited=audited), attempts=ATTEMPTS)

    def all_at_once(*, audited: bool) -> None:
        with ThreadPoolExecutor(writers) as pool:
            for each in [pool.submit(write, ACTS // writers, audited=audited) for _ in range(writers)]:
                each.result()

    all_at_once(audited=True)  # connections, statements compiled
    bare, _ = timed(lambda: all_at_once(audited=False))
    audited, _ = timed(lambda: all_at_once(audited=True))
    walked, found = timed(lambda: verify(engine, [SECRET]))
    engine.dispose()
    yield "bare", f"{1000 * bare / ACTS:.2f} ms"
    yield "recorded", f"{1000 * audited / ACTS:.2f} ms"
    yield "ratio", f"**{audited / bare:.2f}**"
    yield "verified", f"{found.rows / walked:.0f} rows/s"


def _act(session: Session, *, audited: bool) -> None:
    row = Organisation(
        id=new_id(), name="bench", kind=OrganisationKind.OPERATOR, departement=None, verified_at=None, created_at=NOW
    )
    session.add(row)
    if audited:
        record(Context(session, NOW, b"", SECRET), None, "organisation.create", ("organisation", row.id))
