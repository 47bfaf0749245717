"""A proposal: a plan of one or two legs, each answered by its shelter (domain.md §5)."""

from datetime import timedelta
from typing import Final

from data.models.proposal import ProposalState as S
from data.workflow.machine import Machine, Party, State, Transition

_UNDECIDED = (S.SENT, S.AGREED_IN_PRINCIPLE, S.INTERVIEW)
_NEXT = ("holds released", "next plan of the fallback list sent")
_ANSWER_MAX: Final = timedelta(hours=120)
"""Longest time a kind gives for an answer (`answer_hours`, place_kinds.toml); each proposal has its own deadline."""

PROPOSAL: Final = Machine(
    noun="proposal",
    states=(
        State(S.SENT, Party.SHELTER, _ANSWER_MAX),
        State(S.AGREED_IN_PRINCIPLE, Party.SHELTER, _ANSWER_MAX),
        State(S.INTERVIEW, Party.SHELTER, timedelta(days=14)),
        # The first leg may begin at the end of the horizon.
        State(S.ACCEPTED, Party.SHELTER, timedelta(days=30)),
        State(S.ARRIVED),
        State(S.REFUSED_BY_FACILITY),
        State(S.REFUSED_BY_PERSON),
        State(S.REFUSED_BY_DECIDER),
        State(S.EXPIRED),
        State(S.WITHDRAWN),
        State(S.SUPERSEDED),
        State(S.NO_SHOW),
    ),
    transitions=(
        Transition("send", (), S.SENT, (Party.SERVICE, Party.COORDINATOR), ("places held", "request proposed")),
        Transition("agree", (S.SENT,), S.AGREED_IN_PRINCIPLE, (Party.SHELTER,), ("request agreed in principle",)),
        Transition("interview", (S.SENT, S.AGREED_IN_PRINCIPLE), S.INTERVIEW, (Party.SHELTER,)),
        Transition(
            "accept",
            _UNDECIDED,
            S.ACCEPTED,
            # By whoever gives the last of the answers it waits for: each shelter's, a decider's, the household's.
            (Party.SHELTER, Party.DECIDER, Party.PERSON),
            ("stays booked", "request admitted", "the request's other plans superseded"),
        ),
        Transition("arrive", (S.ACCEPTED,), S.ARRIVED, (Party.SHELTER, Party.SERVICE), ("first stay occupied",)),
        Transition("no_show", (S.ACCEPTED,), S.NO_SHOW, (Party.SHELTER,), ("stays cancelled", "request reactivated")),
        Transition("refuse_by_facility", (*_UNDECIDED, S.ACCEPTED), S.REFUSED_BY_FACILITY, (Party.SHELTER,), _NEXT),
        Transition("refuse_by_person", (*_UNDECIDED, S.ACCEPTED), S.REFUSED_BY_PERSON, (Party.PERSON,), _NEXT),
        Transition("refuse_by_decider", (*_UNDECIDED, S.ACCEPTED), S.REFUSED_BY_DECIDER, (Party.DECIDER,), _NEXT),
        Transition("expire", _UNDECIDED, S.EXPIRED, (Party.TIME,), _NEXT),
        Transition(
            "withdraw",
            (*_UNDECIDED, S.ACCEPTED),
            S.WITHDRAWN,
            (Party.COORDINATOR, Party.SERVICE),
            ("holds released or stays cancelled", "request searched for again"),
        ),
        Transition("supersede", (*_UNDECIDED,), S.SUPERSEDED, (Party.SERVICE,), ("holds released",)),
    ),
)
"""Deadlines: `expires_at`, in hours by kind of place; silence expires it."""
