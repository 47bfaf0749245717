"""A place, night by night: declared like the other machines, read from what stands beside it and never stored."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from data.workflow.machine import Machine, Party, State, Transition


class PlaceState(StrEnum):
    """What a place is on one night."""

    AVAILABLE = "available"
    HELD = "held"
    BOOKED = "booked"
    OCCUPIED = "occupied"
    LEAVING = "leaving"
    UNAVAILABLE = "unavailable"
    CLOSED = "closed"


S = PlaceState

_STALE: Final = timedelta(days=7)
"""Time after which an availability nobody has confirmed costs a proposal no more than it does already."""
_SHELTER: Final = (Party.SHELTER,)

PLACE: Final = Machine(
    noun="place",
    states=(
        State(S.AVAILABLE, Party.SHELTER, _STALE),
        State(S.HELD, Party.SHELTER, timedelta(days=12)),
        State(S.BOOKED, Party.SHELTER, timedelta(days=60)),
        State(S.OCCUPIED, Party.SHELTER, timedelta(days=1100)),
        State(S.LEAVING, Party.SHELTER, timedelta(days=60)),
        State(S.UNAVAILABLE, Party.SHELTER, timedelta(days=180)),
        State(S.CLOSED),
    ),
    transitions=(
        Transition("add", (), S.AVAILABLE, _SHELTER),
        Transition("hold", (S.AVAILABLE,), S.HELD, (Party.SERVICE,), ("until the proposal's deadline",)),
        Transition("release", (S.HELD, S.BOOKED), S.AVAILABLE, (Party.SERVICE, Party.TIME)),
        Transition("book", (S.HELD,), S.BOOKED, (Party.SERVICE,)),
        Transition("arrive", (S.BOOKED,), S.OCCUPIED, _SHELTER),
        # Somebody who came by another way: the shelter declares the place full.
        Transition("declare_full", (S.AVAILABLE,), S.OCCUPIED, _SHELTER),
        Transition("announce_leaving", (S.OCCUPIED,), S.LEAVING, _SHELTER, ("until the night of departure",)),
        Transition("depart", (S.OCCUPIED, S.LEAVING), S.AVAILABLE, _SHELTER),
        Transition("shut", (S.AVAILABLE,), S.UNAVAILABLE, _SHELTER, ("a closure with its reason",)),
        Transition("reopen", (S.UNAVAILABLE,), S.AVAILABLE, (Party.SHELTER, Party.TIME)),
        Transition("close", (S.AVAILABLE, S.UNAVAILABLE, S.OCCUPIED), S.CLOSED, _SHELTER),
    ),
)
"""No column holds it: `data.queries.place_state` reads it from stays, holds, closures and free intervals."""
