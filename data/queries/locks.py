"""Locking rows before they are judged again."""

from collections.abc import Iterable
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import Proposal
from data.models.request import Request
from data.models.stay import Stay

_Row = TypeVar("_Row", Facility, Place, Proposal, Request, Stay)

BATCH: Final = 500
"""Identifiers per statement: below the fewest bound values that any SQLite allows."""


def lock(session: Session, kind: type[_Row], ids: Iterable[str]) -> dict[str, _Row]:
    """Lock rows until the transaction ends and read them as they are now.

    Always in the order of their identifiers, so that two transactions wait for each other and never in a circle.
    (SQLite locks the whole file when a writing transaction begins: there this only reads.)

    Parameters
    ----------
    session : Session
        From `data.session.transaction`.
    kind : type
        When several are locked: requests, then proposals, then stays, then facilities, then places.
    ids : iterable of str
        Identifiers, in any order, repeated or not.

    Returns
    -------
    dict of str to row
        By identifier, without those that are not there.
    """
    ordered = sorted(set(ids))
    found: dict[str, _Row] = {}
    for start in range(0, len(ordered), BATCH):
        statement = (
            select(kind)
            .where(kind.id.in_(ordered[start : start + BATCH]))
            .order_by(kind.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        found.update((row.id, row) for row in session.scalars(statement))
    return found
