"""From acceptance to arrival: both ends know, both confirm, and somebody looks when nobody has come."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.services.overdue_arrivals import overdue_arrivals
from data.models.audit import AuditEvent
from data.models.idempotency_key import IdempotencyKey
from data.models.journey import Journey
from data.models.notice import Notice
from data.models.organisation import TokenRole
from data.session import reading
from tests import builders as b
from tests.api.cast import Cast, act, cast, done
from tests.api.conftest import Caller

__all__ = ["cast"]

MET = "quai 7, devant le kiosque"
PLANNED = {
    "escort": "ase",
    "escort_function": "éducatrice référente",
    "leaves_at": "2026-11-21T19:00:00+00:00",
    "due_at": "2026-11-21T23:30:00+00:00",
    "meeting_point": MET,
}


def accepted(cast: Cast) -> str:
    """A household on its way to the shelter's place."""
    cast.room(cast.home())
    request_id = cast.file(needs=["midwife_pmi"])
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    cast.accept(sent["id"])
    return str(sent["id"])


def plan(cast: Cast) -> dict[str, Any]:
    made: dict[str, Any] = done(cast.referrer.post(f"/proposals/{accepted(cast)}/journeys", PLANNED))
    return made


def alerts(caller: Caller, kind: str = "arrival_overdue") -> list[Any]:
    return [item for item in caller.get("/alerts").json["items"] if item["kind"] == kind]


def test_both_ends_see_it_and_both_confirm(cast: Cast) -> None:
    made = plan(cast)
    path = f"/journeys/{made['id']}"
    for caller in (cast.referrer, cast.siao, cast.shelter):
        seen = caller.get(path).json
        assert (seen["escort"], seen["escort_function"], seen["overdue"]) == ("ase", "éducatrice référente", False)
        assert seen["meeting_point_given"] is True
        assert [item["id"] for item in caller.get("/journeys?expected=true").json["items"]] == [made["id"]]
    assert cast.other_shelter.get(path).status_code == 404
    assert cast.decider.get("/journeys").status_code == 403
    assert act(cast.shelter, path, "departure").status_code == 403, "who sends it says that it has left"
    assert done(act(cast.referrer, path, "departure"))["left_at"] is not None
    assert act(cast.referrer, path, "departure").status_code == 409
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    assert cast.referrer.get(path).json["arrived_at"] is not None
    assert cast.referrer.get("/journeys?expected=true").json["items"] == []
    assert act(cast.referrer, path, "departure").status_code == 409
    late = cast.referrer.patch(path, {"escort": "pjj"}, If_Match=cast.referrer.get(path).headers["ETag"])
    assert (late.status_code, late.json["reason"]) == (409, "nobody_expected")


def test_the_meeting_point_is_shown_to_whoever_goes_there_and_recorded(cast: Cast) -> None:
    path = f"/journeys/{plan(cast)['id']}"
    shown = cast.referrer.post(f"{path}/meeting-point", None, Idempotency_Key="once")
    assert done(shown)["meeting_point"] == MET
    refused = cast.shelter.post(f"{path}/meeting-point")
    assert (refused.status_code, refused.json["reason"]) == (409, "not_shown")
    tag = cast.referrer.get(path).headers["ETag"]
    done(cast.referrer.patch(path, {"escort": "shelter"}, If_Match=tag))
    assert done(cast.shelter.post(f"{path}/meeting-point"))["meeting_point"] == MET
    assert cast.other_shelter.post(f"{path}/meeting-point").status_code == 404
    with reading(cast.engine) as session:
        acts = session.scalars(select(AuditEvent.act).where(AuditEvent.act == "journey.reveal")).all()
        assert len(acts) == 2
        kept = [str(row.response) for row in session.scalars(select(IdempotencyKey))]
        told = [(row.subject_kind, row.subject_id) for row in session.scalars(select(Notice))]
    assert MET not in "".join(kept), "an answer kept for a repeated POST would rest there in clear"
    assert MET not in str(told)
    for caller in (cast.referrer, cast.siao, cast.shelter):
        for address in (path, "/journeys", "/notices"):
            assert MET not in caller.get(address).get_data(as_text=True)


def test_the_meeting_point_is_forgotten_once_nobody_is_on_the_way(cast: Cast) -> None:
    plan(cast)
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    cast.work(overdue_arrivals)
    with reading(cast.engine) as session:
        assert session.scalars(select(Journey.meeting_point)).all() == [None]


def test_somebody_looks_when_nobody_has_come(cast: Cast) -> None:
    made = plan(cast)
    both = (cast.siao, cast.shelter, cast.referrer)
    cast.clock.instant = b.NOW.replace(hour=23, minute=40)
    assert cast.work(overdue_arrivals) == 0
    cast.clock.instant += timedelta(minutes=20)
    assert cast.work(overdue_arrivals) == 1, "half an hour after it was due: within the hour"
    assert cast.work(overdue_arrivals) == 0, "once"
    for caller in both:
        (alert,) = alerts(caller)
        assert (alert["subject_kind"], alert["subject_id"]) == ("proposal", made["proposal_id"])
        assert caller.get(f"/proposals/{alert['subject_id']}").status_code == 200, "a row that is theirs to see"
        assert caller.get("/notices").json["items"][0]["urgent"] is True
    assert cast.referrer.get(f"/journeys/{made['id']}").json["overdue"] is True
    later = {"due_at": "2026-11-22T03:00:00+00:00"}
    tag = cast.referrer.get(f"/journeys/{made['id']}").headers["ETag"]
    done(cast.referrer.patch(f"/journeys/{made['id']}", later, If_Match=tag))
    assert cast.work(overdue_arrivals) == 0
    assert [alerts(caller) for caller in both] == [[], [], []], "it was given another hour"
    cast.clock.instant += timedelta(hours=4)
    assert cast.work(overdue_arrivals) == 1
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    cast.work(overdue_arrivals)
    assert [alerts(caller) for caller in both] == [[], [], []]


def test_without_a_journey_the_first_night_is_the_hour(cast: Cast) -> None:
    accepted(cast)
    cast.clock.instant += timedelta(hours=15)
    assert cast.work(overdue_arrivals) == 0, "its first night is not over"
    cast.clock.instant += timedelta(hours=2)
    assert cast.work(overdue_arrivals) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"due_at": PLANNED["leaves_at"]}, "due_at"),
        ({"due_at": "2026-12-21T23:30:00+00:00"}, "due_at"),
        ({"leaves_at": "2026-01-21T19:00:00+00:00", "due_at": "2026-01-21T23:00:00+00:00"}, "leaves_at"),
        ({"escort": "Mme Untel"}, "escort"),
        ({"escort_function": "x" * 61}, "escort_function"),
        ({"meeting_point": "x" * 201}, "meeting_point"),
        ({"position": 2}, "position"),
    ],
)
def test_what_is_refused(cast: Cast, changes: dict[str, Any], field: str) -> None:
    answer = cast.referrer.post(f"/proposals/{accepted(cast)}/journeys", PLANNED | changes)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_only_to_where_somebody_is_expected(cast: Cast, enrol: Callable[..., Caller]) -> None:
    cast.room(cast.home())
    request_id = cast.file(needs=["midwife_pmi"])
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    path = f"/proposals/{sent['id']}/journeys"
    early = cast.referrer.post(path, PLANNED)
    assert (early.status_code, early.json["reason"]) == (409, "nobody_expected")
    cast.accept(sent["id"])
    assert enrol(TokenRole.REFERRER).post(path, PLANNED).status_code == 404
    done(cast.referrer.post(path, PLANNED))
    assert cast.referrer.post(path, PLANNED).json["reason"] == "already_there"
    assert cast.referrer.post(path, PLANNED | {"position": 1}).json["reason"] == "nobody_expected"
