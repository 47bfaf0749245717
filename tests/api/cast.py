# ruff: noqa: ANN401 - bodies and columns are of every type
"""Who takes part in the workflow, and how each acts: read the thing, then send its ETag back with the act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from api.services.context import Context
from data.models.audit import AuditEvent
from data.models.facility import Facility
from data.models.organisation import TokenRole
from data.models.place import Place
from data.models.proposal import OPEN_PROPOSALS, ProposalState
from data.session import reading, retrying
from tests import builders
from tests.api.conftest import SECRET, Caller, StoppedClock, filing


def act(caller: Caller, path: str, verb: str, body: Any = None) -> TestResponse:
    """Read ``path`` and do ``verb`` to it; a caller who may not read it sends the tag of nothing."""
    tag = caller.get(path).headers.get("ETag", '"1"')
    return caller.post(f"{path}/{verb}", body, If_Match=tag)


def done(answer: TestResponse) -> Any:
    """The body of an act that succeeded."""
    assert answer.status_code in {200, 201}, answer.json
    return answer.json


@dataclass
class Cast:
    """Everybody, one of each, on an empty database."""

    engine: Engine
    clock: StoppedClock
    referrer: Caller
    siao: Caller
    shelter: Caller
    other_shelter: Caller
    decider: Caller
    enrol: Callable[..., Caller]

    def enrol_decider(self, departement: str) -> Caller:
        """The decider of a département."""
        return self.enrol(TokenRole.DECIDER, departement=departement)

    def context(self, session: Any) -> Context:
        return Context(session=session, now=self.clock.now(), reference_secret=SECRET)

    def work(self, service: Callable[[Context], Any]) -> Any:
        """What a job does, in a transaction of its own."""
        return retrying(self.engine, lambda session: service(self.context(session)))

    def home(self, caller: Caller | None = None, kind: str = "chu", **columns: Any) -> Facility:
        """A facility of a shelter's in Lyon that takes households of Paris."""
        owner = (caller or self.shelter).organisation
        assert owner is not None
        row = builders.facility(owner, kind, **{"serves": ("75",), "services": ("midwife_pmi",)} | columns)
        builders.save(self.engine, row)
        return row

    def room(self, of: Facility, first: int = 0, until: int | None = None, **columns: Any) -> Place:
        """A private room free for some nights, counted from `NIGHT`."""
        end = None if until is None else builders.nights(until)
        row = builders.place(of, free=[builders.interval(builders.nights(first), end)], **columns)
        builders.save(self.engine, row)
        return row

    def file(self, **changes: Any) -> str:
        """A request of the referrer's."""
        return str(done(self.referrer.post("/requests", filing(**changes)))["id"])

    def run(self) -> None:
        """The coordination matches the night."""
        done(self.siao.post("/runs", {}))

    def candidates(self, request_id: str, **body: Any) -> list[Any]:
        """What the coordination may choose from."""
        items: list[Any] = done(self.siao.post(f"/requests/{request_id}/candidates", body))["items"]
        return items

    def propose(self, request_id: str, candidate: Any, **body: Any) -> Any:
        """The coordination proposes a candidate by hand."""
        return done(self.siao.post(f"/requests/{request_id}/proposals", {"candidate": candidate["id"], **body}))

    def plan_of(self, request_id: str) -> Any:
        """The open plan of a request, as its followers see it; without one, its newest."""
        plans = self.referrer.get(f"/proposals?request_id={request_id}").json["items"]
        # Two made at the same instant come in the order of their identifiers, which are drawn.
        still_open = [plan for plan in plans if ProposalState(plan["state"]) in OPEN_PROPOSALS]
        return (still_open or plans)[0]

    def state_of(self, request_id: str) -> str:
        return str(self.referrer.get(f"/requests/{request_id}").json["state"])

    def accept(self, proposal_id: str, *shelters: Caller) -> Any:
        """The shelters accept, the household agrees."""
        for caller in shelters or (self.shelter,):
            done(act(caller, f"/proposals/{proposal_id}", "answer", {"answer": "accepted"}))
        return done(act(self.referrer, f"/proposals/{proposal_id}", "consent", {}))

    def stays(self, caller: Caller | None = None) -> list[Any]:
        """Stays of a shelter, the earliest first."""
        items: list[Any] = (caller or self.shelter).get("/stays").json["items"]
        return sorted(items, key=lambda stay: str(stay["from_night"]))

    def acts(self) -> int:
        """How many acts the log holds."""
        with reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


@pytest.fixture
def cast(  # noqa: PLR0917 - fixtures come by name
    engine: Engine,
    clock: StoppedClock,
    referrer: Caller,
    siao: Caller,
    shelter: Caller,
    enrol: Callable[..., Caller],
) -> Cast:
    """Everybody in the workflow."""
    return Cast(
        engine,
        clock,
        referrer,
        siao,
        shelter,
        other_shelter=enrol(TokenRole.SHELTER, departement=None),
        decider=enrol(TokenRole.DECIDER),
        enrol=enrol,
    )
