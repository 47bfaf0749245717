"""Anchors: signed lines that say where the audit log ended, kept where the database is not.

A chain does not show that its tail was cut; a line kept elsewhere does.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from api.services.context import Context
from data.audit import GENESIS, key_id
from data.models.audit import AuditHead


class UnknownAnchor(Exception):  # noqa: N818 (named for what it is)
    """A line is no anchor, or none that these keys signed.

    Parameters
    ----------
    number : int
        Of the line, from 1.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number} is not an anchor signed with this service's keys")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the log ended at an instant: number and MAC of its last row (0 and zeros: it was empty)."""

    at: datetime
    seq: int
    mac: str


def anchor(context: Context) -> str:
    """Write where the log ends now, as one signed line of JSON without a line break."""
    head = context.session.execute(select(AuditHead.seq, AuditHead.mac)).one_or_none()
    seq, mac = (head.seq, head.mac) if head else (0, GENESIS)
    said = {"at": context.now.isoformat(), "key": key_id(context.audit_secret), "mac": mac, "seq": seq}
    return _dump(said | {"signature": _signature(context.audit_secret, said)})


def read_anchors(lines: Iterable[str], secrets: Iterable[bytes]) -> list[Anchor]:
    """Read the lines that `anchor` wrote; empty ones are passed over.

    Parameters
    ----------
    lines : iterable of str
        Of the file kept elsewhere.
    secrets : iterable of bytes
        Keys in use now and before.

    Raises
    ------
    UnknownAnchor
        Some line is not one of ours.
    """
    keys = {key_id(secret): secret for secret in secrets}
    return [_read(number, line, keys) for number, line in enumerate(lines, start=1) if line.strip()]


def _read(number: int, line: str, keys: Mapping[str, bytes]) -> Anchor:
    try:
        said: dict[str, Any] = json.loads(line)
        signature = str(said.pop("signature"))
        if not hmac.compare_digest(signature.encode(), _signature(keys[said["key"]], said).encode()):
            raise UnknownAnchor(number)
        return Anchor(datetime.fromisoformat(said["at"]), said["seq"], said["mac"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UnknownAnchor(number) from None


def _signature(secret: bytes, said: Mapping[str, object]) -> str:
    return hmac.new(secret, b"anchor " + _dump(said).encode(), hashlib.sha256).hexdigest()


def _dump(said: Mapping[str, object]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))
