"""A proposal: a plan of one or two legs, each answered by its shelter (domain.md §5)."""

from datetime import timedelta
from typing import Final

from data.models.proposal import ProposalState as S
from data.workflow.machine import Machine, Party, State, Transition

_UNDECIDED = (S.SENT, S.AGREED_IN_PRINCIPLE, S.INTERVIEW)
_NEXT = ("holds released", "pair not proposed again unless a side changes", "next plan of the fallback list sent")
_FOLLOWERS = (Party.REFERRER, Party.COORDINATOR)
_ALL = (Party.SHELTER, *_FOLLOWERS)
_ANSWER_MAX: Final = timedelta(hours=120)
"""Longest time a kind gives for an answer (`answer_hours`, place_kinds.toml); each proposal has its own deadline."""

AGREED_HOURS: Final = 48
"""Hours that an agreement in principle gives to those who have not answered yet, when less was left."""
INTERVIEW_HOURS: Final = 48
"""Hours after a pre-admission interview within which its outcome is said."""
INTERVIEW_DAYS_MAX: Final = 10
"""Latest day of an interview, counted from the day it is asked for: beds are held meanwhile."""

PROPOSAL: Final = Machine(
    noun="proposal",
    states=(
        State(S.SENT, Party.SHELTER, _ANSWER_MAX),
        State(S.AGREED_IN_PRINCIPLE, Party.SHELTER, _ANSWER_MAX + timedelta(hours=AGREED_HOURS)),
        State(S.INTERVIEW, Party.SHELTER, timedelta(days=INTERVIEW_DAYS_MAX, hours=INTERVIEW_HOURS)),
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
        Transition(
            "send",
            (),
            S.SENT,
            (Party.SERVICE, Party.COORDINATOR),
            ("places held", "request proposed"),
            (Party.SHELTER, Party.DECIDER, *_FOLLOWERS),
        ),
        Transition(
            "agree", (S.SENT,), S.AGREED_IN_PRINCIPLE, (Party.SHELTER,), ("request agreed in principle",), _FOLLOWERS
        ),
        Transition(
            "interview", (S.SENT, S.AGREED_IN_PRINCIPLE), S.INTERVIEW, (Party.SHELTER,), ("deadline moved",), _FOLLOWERS
        ),
        Transition(
            "accept",
            _UNDECIDED,
            S.ACCEPTED,
            # By whoever gives the last of the answers it waits for: each shelter's, a decider's, the household's.
            (Party.SHELTER, Party.DECIDER, Party.PERSON),
            ("danger checked again", "stays booked", "request admitted", "the request's other plans superseded"),
            _ALL,
        ),
        Transition(
            "arrive", (S.ACCEPTED,), S.ARRIVED, (Party.SHELTER, Party.SERVICE), ("first stay occupied",), _FOLLOWERS
        ),
        Transition(
            "no_show",
            (S.ACCEPTED,),
            S.NO_SHOW,
            (Party.SHELTER,),
            ("stays cancelled", "request searched for again", "next plan of the fallback list sent"),
            _FOLLOWERS,
        ),
        Transition(
            "refuse_by_facility", (*_UNDECIDED, S.ACCEPTED), S.REFUSED_BY_FACILITY, (Party.SHELTER,), _NEXT, _FOLLOWERS
        ),
        Transition("refuse_by_person", (*_UNDECIDED, S.ACCEPTED), S.REFUSED_BY_PERSON, (Party.PERSON,), _NEXT, _ALL),
        Transition("refuse_by_decider", (*_UNDECIDED, S.ACCEPTED), S.REFUSED_BY_DECIDER, (Party.DECIDER,), _NEXT, _ALL),
        Transition("expire", _UNDECIDED, S.EXPIRED, (Party.TIME,), _NEXT, _ALL),
        Transition(
            "withdraw",
            (*_UNDECIDED, S.ACCEPTED),
            S.WITHDRAWN,
            (Party.COORDINATOR, Party.SERVICE),
            ("holds released or stays cancelled", "request searched for again"),
            (Party.SHELTER, Party.REFERRER),
        ),
        Transition("supersede", (*_UNDECIDED,), S.SUPERSEDED, (Party.SERVICE,), ("holds released",), (Party.SHELTER,)),
    ),
)
"""Deadlines: `expires_at`, in hours by kind of place; silence expires it."""
