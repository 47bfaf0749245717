# ruff: noqa: ANN401 - columns are of every type
"""What has changed since a run looked: remembered by the database, looked at together, forgotten once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.services import automatic, leases, matching, rematching
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from api.services.rematching import Change
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.place import Place
from data.models.proposal import ProposalLeg
from data.models.rematch import Noun
from data.models.request import Request
from data.models.run import Run, RunCause, RunOutcome, RunState
from data.seed.problems import night_problem
from data.session import reading, transaction
from matcher.solve import solve
from tests import builders
from tests.api.conftest import SECRET


def context_of(session: Session, now: datetime = builders.NOW) -> Context:
    return Context(session=session, now=now, reference_secret=SECRET)


@pytest.fixture
def filer(engine: Engine) -> Organisation:
    row = builders.organisation()
    builders.save(engine, row)
    return row


@pytest.fixture
def home(engine: Engine) -> Facility:
    owner = builders.operator()
    row = builders.facility(owner, "night_shelter", serves=("75",))
    builders.save(engine, owner, row)
    return row


def room_of(home: Facility, **columns: Any) -> Place:
    return builders.place(home, **{"free": [builders.interval(until_night=builders.nights(5))]} | columns)


def pending(engine: Engine) -> set[tuple[str, str]]:
    with reading(engine) as session:
        return {(change.noun.value, change.row_id) for change in rematching.pending(session)}


def runs(engine: Engine) -> list[tuple[RunCause, RunState, int | None, int | None]]:
    with reading(engine) as session:
        rows = session.scalars(select(Run).order_by(Run.started_at, Run.id))
        return [(row.cause, row.state, row.requests, row.served) for row in rows]


def held(engine: Engine) -> set[tuple[str, str]]:
    with reading(engine) as session:
        rows = session.execute(select(ProposalLeg.place_id, ProposalLeg.request_id).where(ProposalLeg.open))
        return {(place, request) for place, request in rows}


def test_an_urgent_request_is_matched_and_nothing_is_left_to_look_at(
    engine: Engine, home: Facility, filer: Organisation
) -> None:
    room, asking = room_of(home), builders.request(filer, priority=1)
    builders.save(engine, room, asking)
    assert pending(engine) == {("facility", home.id), ("place", room.id), ("request", asking.id)}
    assert automatic.rematch(engine, context_of) == 1
    assert held(engine) == {(room.id, asking.id)}
    assert runs(engine) == [(RunCause.EVENT, RunState.DONE, 1, 1)]
    # What the run itself changed is no reason for another.
    assert pending(engine) == set()
    assert automatic.rematch(engine, context_of) == 0


def test_an_urgent_request_that_nothing_can_serve_is_told_why_once(engine: Engine, filer: Organisation) -> None:
    asking = builders.request(filer, priority=1)
    builders.save(engine, asking)
    assert (automatic.rematch(engine, context_of), automatic.rematch(engine, context_of)) == (1, 0)
    with reading(engine) as session:
        assert session.scalars(select(RunOutcome.request_id)).all() == [asking.id]


def test_a_request_that_is_not_urgent_waits(engine: Engine, filer: Organisation) -> None:
    builders.save(engine, builders.request(filer, priority=2))
    assert automatic.rematch(engine, context_of) == 0
    assert (runs(engine), pending(engine)) == ([], set())


def test_a_freed_place_goes_to_whoever_waits_in_its_component_alone(
    engine: Engine, home: Facility, filer: Organisation
) -> None:
    elsewhere = builders.facility(builders.operator(id=home.organisation_id), "night_shelter", serves=("13",))
    full, other = room_of(home, free=[]), room_of(elsewhere)
    waiting = builders.request(filer, priority=3)
    far = builders.request(filer, priority=3, departement="13")
    builders.save(engine, elsewhere, full, waiting)
    matching.run(Actor(filer.id, Role.COORDINATOR, None, OrganisationKind.SIAO, "75"), engine, context_of)
    builders.save(engine, far)
    automatic.rematch(engine, context_of)
    assert held(engine) == set()

    with transaction(engine) as session:
        freed = session.get_one(Place, full.id)
        freed.free_intervals.append(builders.interval(until_night=builders.nights(5)))
    assert automatic.rematch(engine, context_of) == 1
    assert held(engine) == {(full.id, waiting.id)}, "the other, in another component, took no part"
    assert (RunCause.EVENT, RunState.DONE, 1, 1) in runs(engine)
    builders.save(engine, other)
    assert automatic.rematch(engine, context_of) == 1
    assert held(engine) == {(full.id, waiting.id), (other.id, far.id)}


def test_a_facility_that_opens_its_agreement_frees_its_places(
    engine: Engine, home: Facility, filer: Organisation
) -> None:
    room, waiting = room_of(home), builders.request(filer, priority=3, departement="13")
    builders.save(engine, room, waiting)
    assert automatic.rematch(engine, context_of) == 0
    with transaction(engine) as session:
        session.get_one(Facility, home.id).serves = ("75", "13")
    assert automatic.rematch(engine, context_of) == 1
    assert held(engine) == {(room.id, waiting.id)}


def test_what_changes_again_meanwhile_is_looked_at_again(engine: Engine, filer: Organisation) -> None:
    asking = builders.request(filer)
    builders.save(engine, asking)
    with reading(engine) as session:
        seen = rematching.pending(session)
    with transaction(engine) as session:
        session.get_one(Request, asking.id).nights = 3
    with transaction(engine) as session:
        rematching.forget(session, seen)
    assert pending(engine) == {("request", asking.id)}
    with transaction(engine) as session:
        rematching.forget(session, rematching.pending(session))
    assert pending(engine) == set()


def test_while_another_run_is_made_changes_wait(engine: Engine, filer: Organisation) -> None:
    builders.save(engine, builders.request(filer, priority=1))
    with leases.held(engine, context_of, matching.LEASE):
        assert automatic.rematch(engine, context_of) == 0
        assert len(pending(engine)) == 1
    assert automatic.rematch(engine, context_of) == 1


PARIS_18 = datetime.fromisoformat("2026-11-21T18:00:00+01:00")


def test_the_run_of_the_night_is_made_once_from_its_hour_on(
    engine: Engine, home: Facility, filer: Organisation
) -> None:
    room, asking = room_of(home), builders.request(filer, priority=3)
    unmet = builders.request(filer, priority=4)
    builders.save(engine, room, asking, unmet)

    def at(moment: datetime) -> int:
        return automatic.nightly(engine, lambda session: context_of(session, moment), 18)

    assert at(PARIS_18 - timedelta(seconds=1)) == 0
    assert [at(PARIS_18), at(PARIS_18), at(PARIS_18 + timedelta(hours=10))] == [1, 0, 0]
    assert runs(engine) == [(RunCause.NIGHTLY, RunState.DONE, 2, 1)]
    with reading(engine) as session:
        causes = session.scalars(select(RunOutcome.cause).where(~RunOutcome.served)).one()
    assert causes is not None, "the facts of the night need them"
    assert at(PARIS_18 + timedelta(days=1)) == 1


def test_a_run_of_the_night_that_failed_is_made_again(engine: Engine, filer: Organisation) -> None:
    dead = builders.run(filer, cause=RunCause.NIGHTLY, requested_by=None)
    builders.save(engine, dead)
    assert automatic.nightly(engine, lambda session: context_of(session, PARIS_18), 18) == 1
    assert {state for _, state, _, _ in runs(engine)} == {RunState.FAILED, RunState.DONE}


def test_a_morning_hour_belongs_to_the_night_that_began_the_evening_before(engine: Engine) -> None:
    def at(text: str) -> int:
        return automatic.nightly(engine, lambda session: context_of(session, datetime.fromisoformat(text)), 4)

    assert at("2026-11-21T18:00:00+01:00") == 0
    assert at("2026-11-22T03:59:00+01:00") == 0
    assert at("2026-11-22T04:00:00+01:00") == 1


def test_a_queued_run_is_made_by_whoever_looks_first(engine: Engine, home: Facility, filer: Organisation) -> None:
    builders.save(engine, room_of(home), builders.request(filer, priority=3))
    actor = Actor(filer.id, Role.COORDINATOR, None, OrganisationKind.SIAO, "75")
    with transaction(engine) as session:
        queued = automatic.queue(actor, context_of(session), None, 0)
    assert queued.state is RunState.QUEUED
    with leases.held(engine, context_of, matching.LEASE):
        assert automatic.make_queued(engine, context_of) == 0
    assert [automatic.make_queued(engine, context_of), automatic.make_queued(engine, context_of)] == [1, 0]
    assert runs(engine) == [(RunCause.ASKED, RunState.DONE, 1, 1)]


def test_a_queued_run_whose_night_has_passed_fails(engine: Engine, filer: Organisation) -> None:
    late = builders.run(filer, state=RunState.QUEUED, night=builders.nights(-1))
    builders.save(engine, late)
    assert automatic.make_queued(engine, context_of) == 0
    assert runs(engine) == [(RunCause.ASKED, RunState.FAILED, None, None)]


@pytest.mark.parametrize("seed", range(6))
def test_the_part_concerned_has_the_answer_it_has_in_the_whole(seed: int) -> None:
    problem = night_problem(seed, requests=40, scale=0.03)
    whole = {plan.request: plan for plan in solve(problem).plans}
    served = sorted(whole)[seed % len(whole)]
    changed = Change(Noun.PLACE, whole[served].given.legs[0].place, 2)
    concern = rematching.concerned(problem, [changed])
    assert served in concern.requests
    kept = tuple(request for request in problem.requests if request.id in concern.requests)
    part = rematching.around(replace(problem, requests=kept), concern.places)
    assert len(part.places) < len(problem.places)
    alone = solve(part)
    assert {plan.request: plan for plan in alone.plans} == {
        request: plan for request, plan in whole.items() if request in concern.requests
    }
    # Nobody outside could go through the place that changed.
    others = tuple(request for request in problem.requests if request.id not in concern.requests)
    lost = rematching.around(problem, frozenset({changed.row_id}))
    assert not solve(replace(lost, requests=others)).plans


def test_without_the_component_the_answer_would_be_another() -> None:
    problem = night_problem(2, requests=40, scale=0.03)
    whole = {plan.request: plan for plan in solve(problem).plans}
    alone = {
        request.id: plan for request in problem.requests for plan in solve(replace(problem, requests=(request,))).plans
    }
    assert alone != whole, "else the test above would compare nothing"
