# ruff: noqa: ANN401 - columns given by name are of every type
"""Valid rows of journeys, protection steps and follow-on requests (as `tests.builders` makes the others)."""

from datetime import timedelta
from typing import Any

from data.base import new_id
from data.models.follow_on import FollowOn, LimitKind
from data.models.journey import Escort, Journey
from data.models.protection import Owner, ProtectionStep, StepKind
from data.models.request import Request
from data.models.stay import Stay
from tests.builders import NIGHT, NOW


def journey(to: Stay, **columns: Any) -> Journey:
    """Leaves in an hour with an association, due five hours later."""
    return Journey(
        **{
            "id": new_id(),
            "stay_id": to.id,
            "escort": Escort.ASSOCIATION,
            "leaves_at": NOW + timedelta(hours=1),
            "due_at": NOW + timedelta(hours=6),
            "created_at": NOW,
        }
        | columns
    )


def step(of: Request, kind: StepKind = StepKind.INTERPRETER, **columns: Any) -> ProtectionStep:
    """An open step owed by the referrer tonight."""
    return ProtectionStep(
        **{
            "id": new_id(),
            "request_id": of.id,
            "kind": kind,
            "owner": Owner.REFERRER,
            "due_on": NIGHT,
            "created_at": NOW,
        }
        | columns
    )


def follow_on(of: Stay, request: Request, **columns: Any) -> FollowOn:
    """A follow-on request opened for a renewal that is due."""
    return FollowOn(
        **{
            "id": new_id(),
            "stay_id": of.id,
            "request_id": request.id,
            "limit_kind": LimitKind.RENEWAL_DUE,
            "limit_night": NIGHT,
            "opened_at": NOW,
        }
        | columns
    )
