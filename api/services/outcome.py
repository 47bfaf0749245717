"""What became of one try to deliver a message."""

import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Fate(Enum):
    """What is to be done next."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"
    GONE = "gone"
    """Refused, and nothing is to be sent there any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try.

    Parameters
    ----------
    fate : Fate
        What is to be done next.
    error : str or None
        Our own code of what went wrong (``smtp_550``, ``http_500``, ``timeout``): never words of the other side.
    """

    fate: Fate
    error: str | None = None


DELIVERED: Final = Outcome(Fate.DELIVERED)


def later(error: str) -> Outcome:
    """Say that it is worth trying again."""
    return Outcome(Fate.LATER, error)


def refused(error: str) -> Outcome:
    """Say that the other side will never take this message."""
    return Outcome(Fate.REFUSED, error)


def fault(error: Exception) -> str:
    """Name what broke a connection in a code of ours: the other side's words may hold an address."""
    if isinstance(error, ssl.SSLError):
        return "tls"
    return "timeout" if isinstance(error, TimeoutError) else "connection"
