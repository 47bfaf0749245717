"""Walking the audit log from its first row to its head, and saying where it first is not what was written."""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Engine, Row, select

from api.services.audit_anchors import Anchor
from data.audit import GENESIS, Entry, entry_of, key_id, mac_of
from data.models.audit import AuditEvent, AuditHead
from data.session import reading

BATCH_ROWS: Final = 1000
"""Rows held in memory at once."""


class Fault(StrEnum):
    """What is wrong with a row."""

    MISSING = "missing"
    """No row bears this number, though rows after it do."""
    CHANGED = "changed"
    """It does not answer to its MAC: a field of it, its place in the order, or the row before it was changed."""
    UNKNOWN_KEY = "unknown_key"
    """It was written with a key that is not among those given."""
    HEAD = "head"
    """The head names another last row than the one there is."""
    CUT = "cut"
    """An anchor was made when this row was there; now the log ends before it."""
    REWRITTEN = "rewritten"
    """The chain holds, but an anchor knew another row of this number: the log was written anew."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk found.

    Parameters
    ----------
    rows : int
        Rows that hold, from the first.
    mac : str
        MAC of the last of them.
    fault : Fault or None
        What is wrong with row ``rows + 1``, the first that does not hold (`Fault.REWRITTEN`: row ``rows``);
        None: the whole log holds.
    """

    rows: int
    mac: str
    fault: Fault | None = None


def verify(engine: Engine, secrets: Sequence[bytes], anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the log; memory does not grow with its length, and writers go on meanwhile.

    Parameters
    ----------
    engine : Engine
        Of the database.
    secrets : sequence of bytes
        Keys in use now and before.
    anchors : iterable of Anchor
        Where the log is known to have ended.

    Returns
    -------
    Verdict
        Up to the rows committed when the walk came to the end.
    """
    keys = {key_id(secret): secret for secret in secrets}
    known: defaultdict[int, set[str]] = defaultdict(set)
    for made in anchors:
        known[made.seq].add(made.mac)
    seq, mac = 0, GENESIS
    for row in _rows(engine):
        if row is None:
            return Verdict(seq, mac, Fault.HEAD)
        fault = _fault(row, seq, mac, keys)
        if fault is not None:
            return Verdict(seq, mac, fault)
        seq, mac = row.seq, row.mac
        if known.get(seq, {mac}) != {mac}:
            return Verdict(seq, mac, Fault.REWRITTEN)
    return Verdict(seq, mac, Fault.CUT if any(later > seq for later in known) else None)


def _rows(engine: Engine) -> Iterator[Row[Any] | None]:
    """Give the rows in order; None at the end when the head does not agree with the last one."""
    columns = [getattr(AuditEvent, name) for name in ("seq", "key_id", "mac", *Entry.__slots__)]
    seq, mac = 0, GENESIS
    while True:
        # Head and rows of one reading agree, whoever writes meanwhile.
        with reading(engine) as session:
            head = session.execute(select(AuditHead.seq, AuditHead.mac)).one_or_none()
            statement = select(*columns).where(AuditEvent.seq > seq).order_by(AuditEvent.seq).limit(BATCH_ROWS)
            batch = session.execute(statement).all()
        yield from batch
        if batch:
            seq, mac = batch[-1].seq, batch[-1].mac
        if len(batch) < BATCH_ROWS:
            if (seq, mac) != ((head.seq, head.mac) if head else (0, GENESIS)):
                yield None
            return


def _fault(row: Row[Any], seq: int, mac: str, keys: Mapping[str, bytes]) -> Fault | None:
    if row.seq != seq + 1:
        return Fault.MISSING
    if row.key_id not in keys:
        return Fault.UNKNOWN_KEY
    right = mac_of(keys[row.key_id], row.seq, entry_of(row), mac)
    return None if hmac.compare_digest(right, row.mac) else Fault.CHANGED
