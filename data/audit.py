"""The chain of the audit log: each row's MAC covers the row and the MAC before it.

Acts are noted on the session while the work is done and written by `data.session.transaction` as the last thing before
its commit: the head of the chain is the last lock a transaction takes, so that nobody waits for it while holding it,
and what is rolled back leaves no row. One writer at a time passes there: audited transactions commit one by one.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session, SessionTransaction

from data.models.audit import KEY_ID_LENGTH, MAC_LENGTH, AuditEvent, AuditHead

Details: TypeAlias = Mapping[str, str | int | bool | None]

GENESIS: Final = "0" * MAC_LENGTH
"""What stands for the MAC before the first row."""
_NOTED: Final = "escale_audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act, not yet in its place.

    Parameters
    ----------
    at : datetime
        Instant of the act, aware.
    organisation_id, role, token_id : str or None
        Who: an organisation in a role, and the token it came with; all None: the service itself.
    act : str
        What was done: ``proposal.accept``.
    subject_table, subject_id : str
        To which row.
    details : mapping
        Codes and identifiers.
    """

    at: datetime
    organisation_id: str | None
    role: str | None
    token_id: str | None
    act: str
    subject_table: str
    subject_id: str
    details: Details = field(default_factory=dict)


_Noted: TypeAlias = tuple[SessionTransaction | None, bytes, Entry]
"""The savepoint an act was noted in, the key, the act."""


def key_id(secret: bytes) -> str:
    """Name a key without giving it away: 16 hexadecimal digits."""
    return hmac.new(secret, b"escale audit key", hashlib.sha256).hexdigest()[:KEY_ID_LENGTH]


def canonical(seq: int, entry: Entry, key: str, previous: str) -> bytes:
    """Write a row in the one form that its MAC covers.

    A JSON array of fixed length, ASCII, without spaces, names of details sorted: different rows have different forms.

    Parameters
    ----------
    seq : int
        Number of the row, from 1.
    entry : Entry
        The act.
    key : str
        Identifier of the key.
    previous : str
        MAC of the row before, `GENESIS` for the first.
    """
    whole = [
        seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.organisation_id,
        entry.role,
        entry.token_id,
        entry.act,
        entry.subject_table,
        entry.subject_id,
        dict(entry.details),
        key,
        previous,
    ]
    return json.dumps(whole, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def mac_of(secret: bytes, seq: int, entry: Entry, previous: str) -> str:
    """Return the MAC of a row: HMAC-SHA-256 of its canonical form, hexadecimal."""
    return hmac.new(secret, canonical(seq, entry, key_id(secret), previous), hashlib.sha256).hexdigest()


def note(session: Session, secret: bytes, entry: Entry) -> None:
    """Keep an act for the end of the session's transaction (`append`), unless the savepoint it is in is undone."""
    session.info.setdefault(_NOTED, []).append((session.get_nested_transaction(), secret, entry))


def undo(session: Session, undone: SessionTransaction) -> None:
    """Let go of the acts noted since a savepoint that is rolled back (listener of ``after_soft_rollback``)."""
    noted: list[_Noted] = session.info.get(_NOTED, [])
    session.info[_NOTED] = [each for each in noted if not _within(each[0], undone)]


def _within(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inner is not None and inner is not outer:
        inner = inner.parent
    return inner is outer


def append(session: Session) -> None:
    """Write the acts noted on a session at the end of the chain; nothing when there are none.

    Called once, by `data.session.transaction`, just before the commit.
    """
    noted: list[_Noted] = session.info.pop(_NOTED, [])
    if not noted:
        return
    # Whatever the work still has to write takes its locks before the head's.
    session.flush()
    seq, mac = _locked_head(session)
    rows = []
    for _, secret, entry in noted:
        seq += 1
        mac = mac_of(secret, seq, entry, mac)
        rows.append({**_columns(entry), "seq": seq, "key_id": key_id(secret), "mac": mac})
    session.execute(insert(AuditEvent), rows)
    session.execute(update(AuditHead).values(seq=seq, mac=mac))


def _locked_head(session: Session) -> tuple[int, str]:
    statement = select(AuditHead.seq, AuditHead.mac).with_for_update()
    found = session.execute(statement).one_or_none()
    if found is None:
        # Two first writers may meet: one of them makes the head, both then wait in line for it.
        session.execute(
            text("INSERT INTO audit_head (id, seq, mac) VALUES (1, 0, :mac) ON CONFLICT DO NOTHING"), {"mac": GENESIS}
        )
        found = session.execute(statement).one()
    return found.seq, found.mac


def entry_of(row: Any) -> Entry:  # noqa: ANN401 - an `AuditEvent` or a row of its columns
    """Read an act back from its row."""
    return Entry(**{name: getattr(row, name) for name in Entry.__slots__})


def _columns(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in Entry.__slots__} | {"details": dict(entry.details)}
