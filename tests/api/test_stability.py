"""A run leaves every open proposal alone: after a refusal only that request moves; nothing changed changes nothing."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.services import answers, automatic, matching
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from data.base import Base
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.place import Place
from data.models.proposal import Answer, Proposal, ProposalLeg
from data.models.request import Request
from data.models.request_codes import RefusalReason
from data.session import reading, transaction
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
def homes(engine: Engine) -> list[Facility]:
    """Four night shelters of one association, with one room each: one more than requests."""
    owner = builders.operator()
    rows = [builders.facility(owner, "night_shelter", serves=("75",)) for _ in range(4)]
    rooms = [builders.place(home, free=[builders.interval(until_night=builders.nights(5))]) for home in rows]
    builders.save(engine, owner, *rows, *rooms)
    return rows


def run(engine: Engine, filer: Organisation, seed: int = 0) -> tuple[int | None, int | None]:
    coordinator = Actor(filer.id, Role.COORDINATOR, None, OrganisationKind.SIAO, "75")
    made = matching.run(coordinator, engine, context_of, seed=seed)
    return made.requests, made.served


def columns(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def proposals(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every proposal and its legs, column by column."""
    with reading(engine) as session:
        legs = session.scalars(select(ProposalLeg).order_by(ProposalLeg.proposal_id, ProposalLeg.position)).all()
        return {
            row.id: [columns(row), *(columns(leg) for leg in legs if leg.proposal_id == row.id)]
            for row in session.scalars(select(Proposal))
        }


def refuse(engine: Engine, proposal: str) -> None:
    with transaction(engine) as session:
        row = session.get_one(Proposal, proposal)
        (leg,) = row.legs
        home = session.get_one(Facility, session.get_one(Place, leg.place_id).facility_id)
        shelter = Actor(home.organisation_id, Role.SHELTER, None, OrganisationKind.OPERATOR)
        refusal = answers.Refusal(reason=RefusalReason.FULL_IN_FACT)
        facts = answers.AnswerFacts(answer=Answer.REFUSED, refusal=refusal)
        answers.answer(shelter, context_of(session), proposal, facts, row.version)


@pytest.mark.usefixtures("homes")
def test_a_run_with_nothing_changed_changes_nothing(engine: Engine, filer: Organisation) -> None:
    """Neither of the same seed nor of another, nor by the job that watches for changes."""
    builders.save(engine, *(builders.request(filer) for _ in range(3)))
    assert run(engine, filer) == (3, 3)
    before = proposals(engine)
    assert [run(engine, filer, seed) for seed in (0, 1)] == [(0, 0), (0, 0)]
    assert automatic.rematch(engine, context_of) == 0
    assert proposals(engine) == before


def proposal_of(engine: Engine, asking: Request) -> tuple[str, str]:
    """Its open proposal, and the facility that must answer."""
    statement = (
        select(ProposalLeg.proposal_id, Place.facility_id)
        .join(Place, Place.id == ProposalLeg.place_id)
        .where(ProposalLeg.open, ProposalLeg.request_id == asking.id)
    )
    with reading(engine) as session:
        proposal, facility = session.execute(statement).one()
        return proposal, facility


@pytest.mark.usefixtures("homes")
def test_after_a_refusal_only_that_request_moves(engine: Engine, filer: Organisation) -> None:
    asking = [builders.request(filer, priority=priority) for priority in (1, 2, 3)]
    builders.save(engine, *asking)
    assert run(engine, filer) == (3, 3)
    before = proposals(engine)
    refused, facility = proposal_of(engine, asking[0])
    refuse(engine, refused)
    assert run(engine, filer) == (1, 1)
    after, (new, elsewhere) = proposals(engine), proposal_of(engine, asking[0])
    assert elsewhere != facility
    assert {name: rows for name, rows in after.items() if name not in {refused, new}} == {
        name: rows for name, rows in before.items() if name != refused
    }


@pytest.mark.usefixtures("homes")
def test_not_even_the_first_class_takes_a_place_already_proposed(engine: Engine, filer: Organisation) -> None:
    """Every other place is held for a lower class: the run leaves them, and says that nothing is left."""
    asking = [builders.request(filer, priority=priority) for priority in (1, 4, 4, 4)]
    builders.save(engine, *asking)
    assert run(engine, filer) == (4, 4)
    before = proposals(engine)
    refused, _ = proposal_of(engine, asking[0])
    refuse(engine, refused)
    assert run(engine, filer) == (1, 0)
    after = proposals(engine)
    assert after.keys() == before.keys()
    assert all(after[name] == before[name] for name in before if name != refused)
