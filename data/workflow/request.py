"""A request for shelter, from its draft to its end (domain.md §5)."""

from datetime import timedelta
from typing import Final

from data.models.request_codes import RequestState as S
from data.workflow.machine import Machine, Party, State, Transition

_SEARCHED = (S.SUBMITTED, S.SEARCHING)
_PROPOSED = (S.PROPOSED, S.AGREED_IN_PRINCIPLE)
_LIVE = (S.DRAFT, S.SUBMITTED, S.TO_COMPLETE, S.SEARCHING, S.PROPOSED, S.AGREED_IN_PRINCIPLE)
_FOLLOWS = (Party.REFERRER, Party.COORDINATOR)
_OVER = ("open plans withdrawn", "free notes erased")

REQUEST: Final = Machine(
    noun="request",
    states=(
        State(S.DRAFT, Party.REFERRER, timedelta(days=7)),
        State(S.SUBMITTED, Party.SERVICE, timedelta(hours=24)),
        State(S.TO_COMPLETE, Party.REFERRER, timedelta(hours=48)),
        State(S.SEARCHING, Party.COORDINATOR, timedelta(days=14)),
        State(S.PROPOSED, Party.SHELTER, timedelta(days=6)),
        State(S.AGREED_IN_PRINCIPLE, Party.SHELTER, timedelta(days=21)),
        State(S.ADMITTED, Party.SHELTER, timedelta(days=400)),
        State(S.CLOSED),
        State(S.CANCELLED),
        State(S.EXPIRED),
    ),
    transitions=(
        Transition("draft", (), S.DRAFT, _FOLLOWS),
        Transition(
            "submit",
            (),
            S.SUBMITTED,
            (*_FOLLOWS, Party.SERVICE),
            ("matched within seconds when urgent",),
            (Party.COORDINATOR,),
        ),
        Transition("complete", (S.DRAFT, S.TO_COMPLETE), S.SUBMITTED, _FOLLOWS, (), (Party.COORDINATOR,)),
        Transition("ask_to_complete", _SEARCHED, S.TO_COMPLETE, (Party.COORDINATOR,), (), (Party.REFERRER,)),
        Transition("search", (S.SUBMITTED,), S.SEARCHING, (Party.SERVICE,)),
        Transition("propose", _SEARCHED, S.PROPOSED, (Party.SERVICE, Party.COORDINATOR)),
        Transition("agree", (S.PROPOSED,), S.AGREED_IN_PRINCIPLE, (Party.SERVICE,)),
        # No plan is open any more: the household waits again, with its seniority.
        Transition("search_again", (*_PROPOSED, S.ADMITTED), S.SEARCHING, (Party.SERVICE,)),
        # Another plan of the request is still open, less advanced than the one that ended.
        Transition("propose_again", (S.AGREED_IN_PRINCIPLE,), S.PROPOSED, (Party.SERVICE,)),
        Transition("admit", (*_SEARCHED, *_PROPOSED), S.ADMITTED, (Party.SERVICE,)),
        Transition("close", (S.ADMITTED,), S.CLOSED, (Party.SERVICE, *_FOLLOWS), ("free notes erased",)),
        Transition("cancel", _LIVE, S.CANCELLED, (*_FOLLOWS, Party.SERVICE), _OVER, _FOLLOWS),
        Transition("expire", _LIVE, S.EXPIRED, (Party.TIME,), _OVER, _FOLLOWS),
        Transition(
            "reactivate",
            (S.CANCELLED, S.EXPIRED, S.CLOSED),
            S.SUBMITTED,
            _FOLLOWS,
            ("seniority kept",),
            (Party.COORDINATOR,),
        ),
    ),
)
"""Unmet is a dated fact per night, not a state."""
