"""What was answered is answered again, from what was kept of it, whatever has changed since."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api.cli import cli
from api.services import matching, replay
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from api.services.errors import NotFound
from api.services.frozen_problems import BrokenProblem, FrozenProblem, forget_problems, freeze, thaw
from api.services.replay import CannotReplay, replay_proposal, replay_run
from data.base import new_id
from data.models.audit import AuditEvent
from data.models.facility import Facility
from data.models.place import FreeInterval, Place
from data.models.proposal import Proposal
from data.models.request import Request, RequestMember
from data.models.run import Run, RunState
from data.models.run_problem import RunProblem
from data.session import reading, transaction
from matcher.encode import value_to_json
from matcher.optimise import Effort
from matcher.place import Sharing
from matcher.problem import Problem
from matcher.request import Sex
from matcher.solve import solve
from tests import builders as b
from tests.strategies import PROPERTY, problems

QUICK = Effort(causes_limit=None)


def context_of(session: Session) -> Context:
    return Context(session=session, now=b.NOW, reference_secret=b"")


@pytest.fixture
def done(engine: Engine) -> str:
    """A run with plans of one and two legs, shared and private places, full ones, a quota, somebody unserved."""
    siao, owner = b.organisation(), b.operator()
    homes = [b.facility(owner, "night_shelter", serves=("75",)) for _ in range(3)]
    week = [b.interval(until_night=b.nights(4)), b.interval(b.nights(5))]
    rooms = [
        b.place(homes[0], free=[b.interval(until_night=b.nights(3))]),
        b.place(homes[0], free=[b.interval(b.nights(3))]),
        b.place(homes[1], beds=3, sharing=Sharing.SHARED, free=week),
        b.place(homes[2], free=[]),
    ]
    asking = [
        b.request(siao, priority=1 + number % 3, members=[b.member(25 + number, sex=Sex.M)]) for number in range(6)
    ]
    far = b.request(siao, zones=[b.zone("69")])
    b.save(engine, siao, owner, *homes, b.quota(homes[1]), *rooms, b.stay(rooms[3]), *asking, far)
    made = matching.run(Actor(siao.id, Role.COORDINATOR, None, OrganisationKind.SIAO, "75"), engine, context_of)
    assert made.served is not None
    assert made.requests is not None
    assert 0 < made.served < made.requests
    return made.id


def proposals_of(engine: Engine, run_id: str) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Proposal.id).where(Proposal.run_id == run_id).order_by(Proposal.id)))


def test_the_same_plans_come_out_whatever_has_changed_since(engine: Engine, done: str) -> None:
    with transaction(engine) as session:
        session.execute(update(Facility).values(latitude=43.3, longitude=5.4, departement="13"))
        session.execute(update(Place).values(closed_at=b.NOW))
        session.execute(update(FreeInterval).values(from_night=b.nights(9), until_night=b.nights(10)))
        session.execute(update(Request).values(departement="13", from_night=b.nights(7)))
        session.execute(update(RequestMember).values(age=60))
    again = replay_run(engine, done)
    assert (again.same, again.differing, again.proven) == (True, (), True)
    assert again.plans == len(proposals_of(engine, done))
    for identifier in proposals_of(engine, done):
        found = replay_proposal(engine, identifier)
        assert (found.broken, found.same_plan, found.run) == (None, True, again)


def test_the_problem_is_kept_with_the_answer_and_named_in_the_audit_log(engine: Engine, done: str) -> None:
    with reading(engine) as session:
        kept = session.get_one(RunProblem, done)
        acts = {row.act: row for row in session.scalars(select(AuditEvent).where(AuditEvent.subject_id == done))}
    assert set(acts) == {"run.start", "run.end"}
    assert acts["run.end"].details["problem"] == kept.digest
    problem = thaw(FrozenProblem(kept.digest, kept.problem))
    assert all(place.free for place in problem.places)
    assert len(problem.places) == 3


def test_another_answer_is_noticed(engine: Engine, done: str) -> None:
    first = proposals_of(engine, done)[0]
    with transaction(engine) as session:
        row = session.get_one(Proposal, first)
        row.cost = {**row.cost, "distance": 9999}
        asked = row.request_id
    again = replay_run(engine, done)
    assert (again.same, again.differing, again.same_objective) == (False, (asked,), True)
    found = replay_proposal(engine, first)
    assert found.same_plan is False
    assert found.broken is not None
    assert "cost" in found.broken


def test_another_problem_is_noticed(engine: Engine, done: str) -> None:
    with transaction(engine) as session:
        kept = session.get_one(RunProblem, done)
        problem = thaw(FrozenProblem(kept.digest, kept.problem))
        poorer = freeze(replace(problem, places=problem.places[1:], quotas=()))
        kept.problem = poorer.body
    with pytest.raises(CannotReplay, match="tampered"):
        replay_run(engine, done)
    with transaction(engine) as session:
        # Digest included: then the answer itself gives it away, and the audit log holds the true digest.
        session.get_one(RunProblem, done).digest = poorer.digest
    assert replay_run(engine, done).same is False


def test_what_cannot_be_replayed_is_said(engine: Engine, done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "VERSION", "next")
    with pytest.raises(CannotReplay, match="matcher 1 answered; this is next"):
        replay_run(engine, done)
    monkeypatch.undo()
    with pytest.raises(NotFound):
        replay_run(engine, new_id())
    with pytest.raises(NotFound):
        replay_proposal(engine, new_id())
    with transaction(engine) as session:
        assert forget_problems(session, b.NOW) == 0
        assert forget_problems(session, b.NOW + timedelta(seconds=1)) == 1
    with pytest.raises(CannotReplay, match="not kept any more"):
        replay_run(engine, done)
    with transaction(engine) as session:
        session.get_one(Run, done).state = RunState.FAILED
    with pytest.raises(CannotReplay, match="not done"):
        replay_run(engine, done)


def test_a_proposal_by_hand_is_checked_again(engine: Engine, done: str) -> None:
    from_run = proposals_of(engine, done)[0]
    with transaction(engine) as session:
        session.get_one(Proposal, from_run).run_id = None
    found = replay_proposal(engine, from_run)
    assert (found.broken, found.run, found.same_plan) == (None, None, True)
    with transaction(engine) as session:
        row = session.get_one(Proposal, from_run)
        nobody = {**row.context, "places": [{**place, "serves": ["13"]} for place in row.context["places"]]}
        row.context = nobody
    broken = replay_proposal(engine, from_run).broken
    assert broken is not None
    assert "serves" in broken or "breaks" in broken
    with transaction(engine) as session:
        session.get_one(Proposal, from_run).context = {"format": 1}
    with pytest.raises(CannotReplay, match="form"):
        replay_proposal(engine, from_run)


def test_from_the_command_line(engine: Engine, database_url: str, done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tables are the models' own here, without a revision to compare.
    monkeypatch.setattr("api.commands.database.is_ready", lambda _: True)
    environment = {"ESCALE_DATABASE_URL": database_url, "ESCALE_DEMO": "1"}

    def command(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["replay", *arguments], env=environment, catch_exceptions=False)
        return result.exit_code, result.output

    plans = proposals_of(engine, done)
    assert command("run", done) == (0, f"The same {len(plans)} plans come out.\n")
    assert command("proposal", plans[0])[0] == 0
    with transaction(engine) as session:
        session.get_one(Proposal, plans[0]).roofless_nights += 1
    code, output = command("run", done)
    assert (code, "1 requests fare otherwise, in an answer as good" in output) == (1, True)
    assert command("proposal", plans[0])[0] == 1
    assert command("run", new_id())[0] == 1


@settings(PROPERTY, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problem=problems())
def test_a_frozen_problem_has_the_same_answer(problem: Problem) -> None:
    # The form has no clause that says nothing, and no agreement makes one.
    assume(all(value_to_json(clause) for place in problem.places for clause in place.admits or ()))
    kept = freeze(problem)
    thawed = thaw(kept)
    before, after = solve(problem, QUICK), solve(thawed, QUICK)
    assert after.plans == before.plans
    assert after.objective == before.objective
    assert freeze(thawed) == kept


def test_what_is_no_frozen_problem_is_refused() -> None:
    for body in (b"", b"nonsense"):
        with pytest.raises(BrokenProblem):
            thaw(FrozenProblem("0" * 64, body))
