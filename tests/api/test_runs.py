# ruff: noqa: ANN401 - bodies and columns are of every type
"""Runs: whole nights matched, proposals written under locks, and what each side then sees."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from api.services import automatic, leases, matching, proposing
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from api.services.drafts import Draft
from api.services.errors import Conflict, Invalid
from api.services.proposing import Changed, UnsafePlan
from api.services.runs import RunView
from data.models.facility import Disclosure, Facility
from data.models.organisation import Organisation
from data.models.place import Place
from data.models.proposal import Proposal, ProposalLeg, ProposalState
from data.models.request import Request
from data.models.request_codes import RequestState
from data.models.run import Run, RunOutcome, RunState
from data.session import reading, transaction
from matcher.optimise import Effort
from matcher.problem import Problem
from matcher.solution import Solution
from tests import builders
from tests.api.conftest import SECRET, Caller


def context_of(session: Any) -> Context:
    return Context(session=session, now=builders.NOW, reference_secret=SECRET)


@pytest.fixture
def owner(engine: Engine) -> Organisation:
    row = builders.operator()
    builders.save(engine, row)
    return row


@pytest.fixture
def filer(engine: Engine) -> Organisation:
    row = builders.organisation()
    builders.save(engine, row)
    return row


def room_of(home: Facility, **columns: Any) -> Place:
    """A room free for five nights: nothing of it is left for the run after."""
    return builders.place(home, **{"free": [builders.interval(until_night=builders.nights(5))]} | columns)


def acting(row: Organisation) -> Actor:
    return Actor(row.id, Role.COORDINATOR, None, OrganisationKind.SIAO, "75")


def adults(owner: Organisation, **columns: Any) -> Facility:
    """Night places in Lyon unless told, which take adults of Paris."""
    return builders.facility(owner, "night_shelter", serves=("75",), **columns)


def held(engine: Engine) -> list[tuple[str, str]]:
    """Place and request of every open leg."""
    with reading(engine) as session:
        rows = session.execute(select(ProposalLeg.place_id, ProposalLeg.request_id).where(ProposalLeg.open))
        return sorted((place, request) for place, request in rows)


def test_a_run_serves_who_can_be_served_and_says_why_not_the_others(
    engine: Engine, owner: Organisation, filer: Organisation
) -> None:
    home = adults(owner)
    room = room_of(home)
    first = builders.request(filer, priority=1)
    second = builders.request(filer, priority=2)
    in_danger = builders.request(filer, priority=1, zones=[builders.zone("69")])
    builders.save(engine, home, room, first, second, in_danger)

    made = matching.run(acting(filer), engine, context_of)

    assert (made.state, made.requests, made.served, made.status) == (RunState.DONE, 3, 1, "optimal")
    assert held(engine) == [(room.id, first.id)]
    with reading(engine) as session:
        proposal = session.scalars(select(Proposal)).one()
        assert proposal.state is ProposalState.SENT
        # 115 night places answer within two hours (place_kinds.toml).
        assert proposal.expires_at == builders.NOW + timedelta(hours=2)
        assert proposal.context["request"]["id"] == first.id
        assert proposal.context["places"][0]["id"] == room.id
        assert proposal.context["problem_digest"] == made.digest
        states = dict(session.execute(select(Request.id, Request.state)).all())
    assert states[first.id] is RequestState.PROPOSED
    assert states[second.id] is states[in_danger.id] is RequestState.SEARCHING


def test_the_next_run_takes_nothing_that_is_held(engine: Engine, owner: Organisation, filer: Organisation) -> None:
    home = adults(owner)
    room = room_of(home)
    builders.save(engine, home, room, builders.request(filer), builders.request(filer))
    matching.run(acting(filer), engine, context_of)
    before = held(engine)
    second = matching.run(acting(filer), engine, context_of)
    assert (second.requests, second.served) == (1, 0)
    assert held(engine) == before


def begin(engine: Engine, filer: Organisation) -> str:
    with transaction(engine) as session:
        return matching.open_run(acting(filer), context_of(session), None, 0).id


def write(engine: Engine, run_id: str, draft: Draft) -> None:
    with transaction(engine) as session:
        proposing.write(session, context_of(session), run_id, draft)


def confirm(engine: Engine, place: Place) -> None:
    """A shelter says again that a place is free: nothing but its version changes."""
    with transaction(engine) as session:
        row = session.get_one(Place, place.id)
        row.confirmed_at += timedelta(seconds=1)


@pytest.fixture
def night(engine: Engine, owner: Organisation, filer: Organisation) -> tuple[Facility, Place, Request]:
    home = adults(owner)
    room = room_of(home)
    asking = builders.request(filer)
    builders.save(engine, home, room, asking)
    return home, room, asking


@pytest.mark.parametrize("kind", [Facility, Place, Request])
def test_whatever_changed_after_the_snapshot_voids_the_answer(
    engine: Engine, filer: Organisation, night: tuple[Facility, Place, Request], kind: type
) -> None:
    run_id, draft = begin(engine, filer), matching.prepare(engine, context_of, night=builders.NIGHT)
    assert len(draft.solution.plans) == 1
    row = next(row for row in night if isinstance(row, kind))
    with transaction(engine) as session:
        changed = session.get_one(kind, row.id)
        if kind is Facility:
            changed.departement = "13"
        elif kind is Place:
            changed.label = "chambre 9"
        else:
            changed.zones.append(builders.zone("69"))
    with pytest.raises(Changed):
        write(engine, run_id, draft)
    assert held(engine) == []


@pytest.mark.usefixtures("night")
def test_of_two_answers_for_the_same_places_one_is_written(engine: Engine, filer: Organisation) -> None:
    runs = [begin(engine, filer), begin(engine, filer)]
    drafts = [matching.prepare(engine, context_of, night=builders.NIGHT) for _ in runs]
    write(engine, runs[0], drafts[0])
    before = held(engine)
    with pytest.raises(Changed):
        write(engine, runs[1], drafts[1])
    assert held(engine) == before


def test_a_quota_or_a_separation_looks_at_the_whole_facility(
    engine: Engine, owner: Organisation, filer: Organisation
) -> None:
    home = adults(owner)
    room, other = builders.place(home), builders.place(home, free=[])
    builders.save(engine, home, room, other, builders.request(filer, separation_group="g1"))
    run_id, draft = begin(engine, filer), matching.prepare(engine, context_of, night=builders.NIGHT)
    # A co-victim arrives in another room of the same facility.
    builders.save(engine, builders.stay(other, builders.NIGHT, separation_group="g1"))
    with pytest.raises(Changed):
        write(engine, run_id, draft)
    assert matching.run(acting(filer), engine, context_of).served == 0


def test_a_request_without_a_plan_that_changed_is_left_to_the_next_run(
    engine: Engine, owner: Organisation, filer: Organisation
) -> None:
    home = adults(owner)
    served, unserved = builders.request(filer, priority=1), builders.request(filer, priority=4)
    builders.save(engine, home, builders.place(home), served, unserved)
    run_id, draft = begin(engine, filer), matching.prepare(engine, context_of, night=builders.NIGHT)
    with transaction(engine) as session:
        row = session.get_one(Request, unserved.id)
        row.state, row.closed_at = RequestState.CANCELLED, builders.NOW
    write(engine, run_id, draft)
    with reading(engine) as session:
        assert session.get_one(Request, unserved.id).state is RequestState.CANCELLED
        assert session.scalars(select(RunOutcome.request_id)).all() == [served.id]


def during(monkeypatch: pytest.MonkeyPatch, event: Callable[[], None]) -> list[int]:
    """Let something happen while the real solver works; gives the number of rounds as they are made."""
    rounds: list[int] = []
    real = matching.solve

    def solve(problem: Problem, effort: Effort | None) -> Solution:
        rounds.append(len(problem.places))
        event()
        return real(problem, effort)

    monkeypatch.setattr(matching, "solve", solve)
    return rounds


def test_what_changed_while_solving_is_solved_again(
    engine: Engine,
    filer: Organisation,
    night: tuple[Facility, Place, Request],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, room, asking = night
    events = iter([room])

    def once() -> None:
        for place in events:
            confirm(engine, place)

    rounds = during(monkeypatch, once)
    assert matching.run(acting(filer), engine, context_of).served == 1
    assert len(rounds) == 2
    assert held(engine) == [(room.id, asking.id)]


def test_a_run_that_always_loses_fails_and_writes_nothing(
    engine: Engine,
    filer: Organisation,
    night: tuple[Facility, Place, Request],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = during(monkeypatch, lambda: confirm(engine, night[1]))
    with pytest.raises(Conflict) as lost:
        matching.run(acting(filer), engine, context_of)
    assert lost.value.reason == "run_lost"
    assert len(rounds) == matching.ROUNDS_MAX
    assert held(engine) == []
    with reading(engine) as session:
        assert session.scalars(select(Run.state)).all() == [RunState.FAILED]


def test_two_runs_never_overlap(
    engine: Engine, owner: Organisation, filer: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = adults(owner)
    rooms = [room_of(home, label=f"chambre {number}") for number in range(8)]
    builders.save(engine, home, *rooms, *(builders.request(filer) for _ in range(12)))
    inside, seen = threading.Event(), []

    def solving() -> None:
        seen.append(inside.is_set())
        inside.set()
        # Long enough for the other to begin too, if it could.
        threading.Event().wait(0.5)
        inside.clear()

    during(monkeypatch, solving)
    results: list[RunView] = []

    def work() -> None:
        results.append(matching.run(acting(filer), engine, context_of))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert seen == [False, False], "the second waits for the first, and has nothing to solve again"
    assert sorted(run.served or 0 for run in results) == [0, 8]
    assert sorted(place for place, _ in held(engine)) == sorted(room.id for room in rooms)


def test_whoever_waits_too_long_for_another_run_is_told(
    engine: Engine, filer: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "WAIT_SECONDS", 0.0)
    with leases.held(engine, context_of, matching.LEASE), pytest.raises(Conflict) as busy:
        matching.run(acting(filer), engine, context_of)
    assert busy.value.reason == "run_busy"
    assert matching.run(acting(filer), engine, context_of).state is RunState.DONE


@pytest.mark.usefixtures("night")
def test_a_run_whose_turn_was_taken_writes_nothing(
    engine: Engine, filer: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frozen() -> None:
        # As if it had been silent until its lease ran out, and another run had begun.
        with transaction(engine) as session:
            running = session.scalars(select(Run).where(Run.state == RunState.RUNNING)).one()
            running.state, running.finished_at = RunState.FAILED, builders.NOW

    during(monkeypatch, frozen)
    with pytest.raises(Conflict) as lost:
        matching.run(acting(filer), engine, context_of)
    assert lost.value.reason == "run_lost"
    assert held(engine) == []


def test_a_plan_into_danger_is_refused_whatever_the_solver_says(
    engine: Engine, filer: Organisation, night: tuple[Facility, Place, Request]
) -> None:
    asking = night[2]
    draft = matching.prepare(engine, context_of, night=builders.NIGHT)
    with transaction(engine) as session:
        changed = session.get_one(Request, asking.id)
        changed.zones.append(builders.zone("69"))
    # As if the snapshot had lost the zone: the versions agree, the facts do not.
    now_version = dict(draft.snapshot.request_versions) | {asking.id: 2}
    blind = replace(draft, snapshot=replace(draft.snapshot, request_versions=now_version))
    with pytest.raises(UnsafePlan, match="danger_area"):
        write(engine, begin(engine, filer), blind)
    assert held(engine) == []


def test_a_killed_run_is_marked_by_the_next(engine: Engine, filer: Organisation) -> None:
    lost = builders.run(filer, started_at=builders.NOW - timedelta(hours=2))
    recent = builders.run(filer, started_at=builders.NOW - timedelta(minutes=2))
    builders.save(engine, lost, recent)
    matching.run(acting(filer), engine, context_of)
    with reading(engine) as session:
        states = dict(session.execute(select(Run.id, Run.state)).all())
    assert states[lost.id] is states[recent.id] is RunState.FAILED, "whoever runs alone knows that they were killed"


def test_a_night_that_has_passed_or_is_far_is_refused(engine: Engine, filer: Organisation) -> None:
    for night in (builders.nights(-1), builders.nights(31)):
        with pytest.raises(Invalid):
            matching.run(acting(filer), engine, context_of, night=night)


def test_a_lapsed_request_says_why_it_did_not_take_part(engine: Engine, filer: Organisation) -> None:
    asking = builders.request(filer, from_night=builders.nights(-3), latest_night=builders.nights(-1))
    builders.save(engine, asking)
    matching.run(acting(filer), engine, context_of)
    with reading(engine) as session:
        outcome = session.scalars(select(RunOutcome)).one()
    assert (outcome.request_id, outcome.served, outcome.reason) == (asking.id, False, "lapsed")


def test_over_http_with_a_key(siao: Caller, night: tuple[Facility, Place, Request]) -> None:
    _, _, asking = night
    made = siao.post("/runs", {}, Idempotency_Key="run-1")
    assert made.status_code == 201, made.json
    assert (made.json["night"], made.json["served"]) == ("2026-11-21", 1)
    again = siao.post("/runs", {}, Idempotency_Key="run-1")
    assert again.json == made.json
    assert [run["id"] for run in siao.get("/runs").json["items"]] == [made.json["id"]]
    assert siao.get(f"/runs/{made.json['id']}").json == made.json
    outcomes = siao.get(f"/runs/{made.json['id']}/outcomes").json["items"]
    assert [(row["request_id"], row["served"], row["funnel"]) for row in outcomes] == [(asking.id, True, None)]
    assert siao.post("/runs", {"night": "2026-11-20"}).status_code == 422
    assert siao.post("/runs", {"seed": -1}).status_code == 422


def test_asked_for_without_waiting_a_run_is_queued_and_made_later(
    engine: Engine, siao: Caller, night: tuple[Facility, Place, Request]
) -> None:
    asked = siao.post("/runs", {"wait": False}, Idempotency_Key="later")
    assert (asked.status_code, asked.json["state"], asked.json["finished_at"]) == (201, "queued", None)
    assert siao.post("/runs", {"wait": False}, Idempotency_Key="later").json == asked.json
    assert siao.post("/runs", {"wait": False, "night": "2026-11-20"}).status_code == 422
    where = asked.headers["Location"].removeprefix("/api/v1")
    assert siao.get(where).json["state"] == "queued"
    assert automatic.make_queued(engine, context_of) == 1
    made = siao.get(where).json
    assert (made["state"], made["cause"], made["served"]) == ("done", "asked", 1)
    assert held(engine) == [(night[1].id, night[2].id)]


def test_funnels_do_not_move_with_a_hidden_place(
    engine: Engine, siao: Caller, owner: Organisation, filer: Organisation
) -> None:
    secret = adults(owner, disclosure=Disclosure.SECRET, departement="13", latitude=43.3, longitude=5.4)
    open_home = adults(owner)
    near, far = (
        builders.request(filer, zones=[builders.zone("69"), builders.circle(insee, 30)]) for insee in ("13055", "59350")
    )
    builders.save(engine, secret, open_home, builders.place(open_home), builders.place(secret, beds=1), near, far)
    with transaction(engine) as session:
        # Nobody fits, so that both stay without a place and get a funnel.
        session.get_one(Facility, secret.id).requires = ("entry_condition",)
    run_id = siao.post("/runs", {}).json["id"]
    outcomes = siao.get(f"/runs/{run_id}/outcomes").json["items"]
    funnels = {row["request_id"]: row["funnel"] for row in outcomes}
    assert funnels[near.id] == funnels[far.id]
    assert dict(map(tuple, funnels[near.id]))["household_too_large"] == 1, "the open place, not the secret one"
