# ruff: noqa: ANN401 - columns given by name are of every type
"""Rows of the work that happens later, for tests; see `tests.builders`."""

from datetime import timedelta
from typing import Any

from data.base import new_id
from data.models.lease import Heartbeat, Lease
from data.models.night_fact import FactOutcome, NightFact
from data.models.request import Request
from matcher.request import Sex
from tests.builders import NIGHT, NOW


def lease(name: str = "matching", **columns: Any) -> Lease:
    """Held by some worker for half a minute."""
    return Lease(**{"name": name, "holder": "host:1:ab", "expires_at": NOW + timedelta(seconds=30)} | columns)


def heartbeat(worker: str = "host:1:ab", **columns: Any) -> Heartbeat:
    """A worker that has just gone through its round."""
    return Heartbeat(**{"worker": worker, "started_at": NOW, "beat_at": NOW} | columns)


def night_fact(of: Request, **columns: Any) -> NightFact:
    """A woman alone who was left without a place."""
    return NightFact(
        **{
            "id": new_id(),
            "night": NIGHT,
            "request_id": of.id,
            "outcome": FactOutcome.UNMET,
            "priority": 2,
            "departement": "75",
            "waiting_since": NIGHT,
            "adults": 1,
            "minors": 0,
            "under_3_years": 0,
            "under_1_year": 0,
            "under_3_months": 0,
            "pregnant": False,
            "has_partner": False,
            "principal_sex": Sex.F,
            "trafficking": False,
            "derived_at": NOW,
        }
        | columns
    )
