"""Alerts: raised once while open, seen by whom they are for, settled by what they are about."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.services import heartbeats, resting
from api.services.alerts import AlertKind, raise_alert, resolve
from api.services.context import Context
from api.services.errors import NotReady
from data.audit import GENESIS
from data.models.alert import Alert
from data.models.audit import AuditEvent
from data.models.request_codes import RequestState
from data.session import reading, transaction
from tests import builders, job_builders
from tests.api.conftest import SECRET, Caller

SUBJECT = ("stay", "0" * 32)


def context_of(session: Session, after: timedelta = timedelta(0)) -> Context:
    return Context(session=session, now=builders.NOW + after, reference_secret=SECRET)


def open_alerts(engine: Engine) -> list[tuple[AlertKind, str, str | None]]:
    with reading(engine) as session:
        rows = session.scalars(select(Alert).where(Alert.resolved_at.is_(None)))
        return sorted(((row.kind, row.subject_id, row.organisation_id) for row in rows), key=str)


def test_an_alert_is_raised_once_while_it_is_open_and_again_after(engine: Engine) -> None:
    owner = builders.organisation()
    builders.save(engine, owner)
    for organisation in (owner.id, None):
        for _ in range(2):
            with transaction(engine) as session:
                raise_alert(context_of(session), AlertKind.UNSAFE_STAY, SUBJECT, organisation)
    assert len(open_alerts(engine)) == 2
    with transaction(engine) as session:
        resolve(context_of(session), AlertKind.UNSAFE_STAY, SUBJECT)
    assert open_alerts(engine) == []
    with transaction(engine) as session:
        raise_alert(context_of(session), AlertKind.UNSAFE_STAY, SUBJECT, owner.id)
    assert len(open_alerts(engine)) == 1
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 3


def test_an_alert_is_seen_by_its_organisation_and_by_nobody_else(
    engine: Engine, shelter: Caller, siao: Caller, admin: Caller
) -> None:
    assert shelter.organisation is not None
    own = builders.alert(SUBJECT, shelter.organisation)
    technical = builders.alert(("worker", "host:1:ab"), kind=AlertKind.WORKER_SILENT)
    builders.save(engine, own, technical)
    assert [row["id"] for row in shelter.get("/alerts").json["items"]] == [own.id]
    assert siao.get("/alerts").json["items"] == []
    assert [row["id"] for row in admin.get("/alerts").json["items"]] == [technical.id]
    assert siao.post(f"/alerts/{own.id}/acknowledge").status_code == 404
    seen = shelter.post(f"/alerts/{own.id}/acknowledge")
    assert (seen.status_code, seen.json["acknowledged_at"] is not None) == (200, True)
    assert shelter.post(f"/alerts/{own.id}/acknowledge").json == seen.json
    assert len(shelter.get("/alerts").json["items"]) == 1, "seen is not settled"
    with transaction(engine) as session:
        resolve(context_of(session), own.kind, SUBJECT)
    assert shelter.get("/alerts").json["items"] == []


def acted(act: str, subject: tuple[str, str], after: timedelta, seq: int) -> AuditEvent:
    return AuditEvent(
        seq=seq,
        at=builders.NOW + after,
        act=act,
        subject_table=subject[0],
        subject_id=subject[1],
        details={},
        key_id="0" * 16,
        mac=GENESIS,
    )


def watch(engine: Engine, after: timedelta) -> int:
    with transaction(engine) as session:
        return resting.watch(context_of(session, after))


def test_whoever_owes_the_next_step_is_told_when_a_row_rests_too_long(engine: Engine) -> None:
    filer, operator = builders.organisation(), builders.operator()
    home = builders.facility(operator)
    room = builders.place(home)
    asking = builders.request(filer, state=RequestState.TO_COMPLETE, missing_fields=("origin",))
    proposed = builders.request(filer, state=RequestState.PROPOSED)
    sent = builders.proposal(proposed, [builders.leg(room)], expires_at=builders.NOW + timedelta(days=30))
    builders.save(engine, filer, operator, home, room, asking, proposed, sent)
    assert watch(engine, timedelta(hours=47)) == 0
    assert watch(engine, timedelta(hours=49)) == 1
    assert open_alerts(engine) == [(AlertKind.STATE_TOO_OLD, asking.id, filer.id)]
    assert watch(engine, timedelta(hours=49)) == 1
    assert watch(engine, timedelta(days=5, hours=1)) == 2
    assert {(subject, owner) for _, subject, owner in open_alerts(engine)} == {
        (asking.id, filer.id),
        (sent.id, filer.id),
        (sent.id, operator.id),
    }


def test_since_when_is_read_from_the_record_of_acts_and_what_moves_on_is_settled(engine: Engine) -> None:
    filer = builders.organisation()
    asking = builders.request(filer, state=RequestState.SEARCHING)
    first = acted("request.search", ("request", asking.id), timedelta(days=10), 1)
    builders.save(engine, filer, asking, first)
    assert watch(engine, timedelta(days=23)) == 0, "13 days after it began to be searched for"
    assert watch(engine, timedelta(days=25)) == 1
    builders.save(engine, acted("request.search_again", ("request", asking.id), timedelta(days=25), 2))
    assert watch(engine, timedelta(days=26)) == 0
    assert open_alerts(engine) == []


def beat(engine: Engine, worker: str, after: timedelta) -> None:
    with transaction(engine) as session:
        heartbeats.beat(context_of(session, after), worker, builders.NOW)


def silent(engine: Engine, after: timedelta) -> int:
    with transaction(engine) as session:
        return heartbeats.watch(context_of(session, after), 60)


def test_a_silent_worker_is_told_and_settled_when_it_speaks_again(engine: Engine) -> None:
    builders.save(engine, job_builders.heartbeat("a"), job_builders.heartbeat("b"))
    assert silent(engine, timedelta(seconds=60)) == 0
    beat(engine, "b", timedelta(seconds=61))
    assert silent(engine, timedelta(seconds=61)) == 1
    assert open_alerts(engine) == [(AlertKind.WORKER_SILENT, "a", None)]
    beat(engine, "a", timedelta(seconds=70))
    assert silent(engine, timedelta(seconds=71)) == 0
    assert open_alerts(engine) == []
    assert silent(engine, timedelta(seconds=140)) == 2
    with transaction(engine) as session:
        heartbeats.leave(context_of(session), "a")
    assert silent(engine, timedelta(days=2)) == 0, "a worker that never came back is forgotten"
    assert open_alerts(engine) == []


def test_health_says_when_nobody_works(engine: Engine) -> None:
    def ask(after: float) -> None:
        with reading(engine) as session:
            heartbeats.require_working(context_of(session, timedelta(seconds=after)), 60)

    with pytest.raises(NotReady):
        ask(0)
    beat(engine, "a", timedelta(0))
    ask(60)
    with pytest.raises(NotReady) as refused:
        ask(61)
    assert refused.value.reason == "jobs_silent"


def test_of_every_state_that_waits_some_row_can_be_too_old() -> None:
    for kind, machine in resting.MACHINES.items():
        assert kind.__tablename__ == machine.noun
        assert any(state.age_limit is not None for state in machine.states)
