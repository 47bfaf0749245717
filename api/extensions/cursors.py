"""Positions in a list as opaque text, so that clients cannot come to depend on how lists are ordered."""

import base64
import binascii
import json

from api.services.errors import FieldError, Invalid
from api.services.paging import Position
from api.services.reasons import Reason


def encode(position: Position | None) -> str | None:
    """Write a position as URL-safe text; None stays None."""
    if position is None:
        return None
    text = json.dumps(position, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str | None) -> Position | None:
    """Read a position back.

    Raises
    ------
    Invalid
        The text was not made by `encode`.
    """
    if text is None:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, ValueError):
        parts = None
    # NUL would be refused by PostgreSQL as a parameter, long after we could say why.
    if not isinstance(parts, list) or not all(isinstance(part, str) and "\0" not in part for part in parts):
        raise Invalid([FieldError("cursor", Reason.BAD_CURSOR)])
    return tuple(parts)
