"""A stay: a household expected in a place, there, or gone."""

from datetime import timedelta
from typing import Final

from data.models.stay import StayState as S
from data.workflow.machine import Machine, Party, State, Transition

STAY: Final = Machine(
    noun="stay",
    states=(
        # The last leg of a plan may begin at the end of the horizon.
        State(S.BOOKED, Party.SHELTER, timedelta(days=60)),
        State(S.OCCUPIED, Party.SHELTER, timedelta(days=1100)),
        State(S.ENDED),
        State(S.NO_SHOW),
        State(S.CANCELLED),
    ),
    transitions=(
        Transition("book", (), S.BOOKED, (Party.SERVICE,), ("beds booked for its nights",)),
        # A household that came by another way, as its shelter declares it.
        Transition("declare", (), S.OCCUPIED, (Party.SHELTER,)),
        Transition("arrive", (S.BOOKED,), S.OCCUPIED, (Party.SHELTER,), ("danger checked again", "proposal arrived")),
        Transition("no_show", (S.BOOKED,), S.NO_SHOW, (Party.SHELTER,), ("beds free again",)),
        Transition("cancel", (S.BOOKED,), S.CANCELLED, (Party.SERVICE,), ("beds free again",)),
        Transition("renew", (S.OCCUPIED,), S.OCCUPIED, (Party.SHELTER, Party.COORDINATOR), ("beds booked further",)),
        Transition("announce_leaving", (S.OCCUPIED,), S.OCCUPIED, (Party.SHELTER,), ("follow-on request opened",)),
        Transition("depart", (S.OCCUPIED,), S.ENDED, (Party.SHELTER,), ("beds free again", "request closed")),
        # On the night the next stay begins, so that no night lies between.
        Transition("hand_over", (S.OCCUPIED,), S.ENDED, (Party.SERVICE,), ("beds free again", "next stay occupied")),
    ),
)
