"""Facts of a night: one for each open request, written once, from what is in the database."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api.services import night_facts
from api.services.context import Context
from data.errors import ConstraintBroken
from data.models.night_fact import FactOutcome, NightFact
from data.models.organisation import Organisation
from data.models.proposal import ProposalState
from data.models.request_codes import AgeUnit, RequestState
from data.models.run import RunOutcome, RunState, RunStatus
from data.models.stay import StayState
from data.session import reading, transaction
from matcher.request import Role, Sex
from tests import builders
from tests.api.conftest import SECRET

NEXT_MORNING = timedelta(hours=17)
"""From 18:00 UTC to 11:00 UTC: the night has turned."""


def context_of(session: Session, after: timedelta = NEXT_MORNING) -> Context:
    return Context(session=session, now=builders.NOW + after, reference_secret=SECRET)


@pytest.fixture
def filer(engine: Engine) -> Organisation:
    row = builders.organisation()
    builders.save(engine, row)
    return row


def derive(engine: Engine, night: date = builders.NIGHT, after: timedelta = NEXT_MORNING) -> dict[str, NightFact]:
    with transaction(engine) as session:
        night_facts.derive(context_of(session, after), night)
    with reading(engine) as session:
        return {row.request_id: row for row in session.scalars(select(NightFact).where(NightFact.night == night))}


def test_who_slept_where(engine: Engine, filer: Organisation) -> None:
    operator = builders.operator()
    home = builders.facility(operator)
    room, bridge, last = (builders.place(home, label=name) for name in "abc")
    admitted = [builders.request(filer, state=RequestState.ADMITTED) for _ in range(3)]
    waiting = builders.request(filer)
    builders.save(engine, operator, home, room, bridge, last, *admitted, waiting)
    served, bridged, expected = admitted
    legs = [
        builders.leg(bridge, until_night=builders.nights(2)),
        builders.leg(last, builders.nights(2), builders.nights(9)),
    ]
    plan = builders.proposal(bridged, legs, state=ProposalState.ARRIVED)
    single = builders.proposal(served, [builders.leg(room)], state=ProposalState.ARRIVED)
    builders.save(engine, plan, single)
    stays = [
        builders.stay(room, builders.NIGHT, request_id=served.id, proposal_id=single.id, position=0),
        builders.stay(
            bridge, builders.NIGHT, builders.nights(2), request_id=bridged.id, proposal_id=plan.id, position=0
        ),
        builders.stay(room, builders.nights(-9), builders.NIGHT, request_id=waiting.id, state=StayState.ENDED),
        builders.stay(last, builders.NIGHT, request_id=expected.id, state=StayState.BOOKED),
    ]
    builders.save(engine, *stays)
    facts = derive(engine)
    assert {request: fact.outcome for request, fact in facts.items()} == {
        served.id: FactOutcome.SERVED,
        bridged.id: FactOutcome.BRIDGED,
        waiting.id: FactOutcome.UNMET,
        expected.id: FactOutcome.UNMET,
    }
    assert facts[served.id].stage is ProposalState.ARRIVED
    assert facts[waiting.id].stage is None


def test_who_counts_as_open(engine: Engine, filer: Organisation) -> None:
    builders.save(
        engine,
        builders.request(filer, state=RequestState.DRAFT),
        builders.request(filer, from_night=builders.nights(1)),
        builders.request(filer, state=RequestState.CANCELLED, closed_at=builders.NOW),
        builders.request(filer, created_at=builders.NOW + NEXT_MORNING),
    )
    open_ones = [
        builders.request(filer),
        builders.request(filer, state=RequestState.CANCELLED, closed_at=builders.NOW + timedelta(hours=7)),
        builders.request(filer, created_at=builders.NOW + timedelta(hours=15)),
    ]
    builders.save(engine, *open_ones)
    assert derive(engine).keys() == {row.id for row in open_ones}


def test_the_household_is_counted_as_it_was_that_night(engine: Engine, filer: Organisation) -> None:
    born = builders.NIGHT - timedelta(days=60)
    household = [
        builders.member(24),
        builders.member(26, Role.PARTNER, Sex.M),
        builders.member(0, Role.CHILD, age_unit=AgeUnit.DAYS, age_as_of=born),
        builders.member(2, Role.CHILD),
        builders.member(17, Role.CHILD),
    ]
    asking = builders.request(
        filer,
        members=household,
        statuses=("trafficking_victim",),
        pregnant_weeks=8,
        pregnancy_as_of=builders.NIGHT,
        kinds=("chu",),
    )
    builders.save(engine, asking)
    fact = derive(engine)[asking.id]
    assert (fact.adults, fact.minors, fact.under_3_years, fact.under_1_year, fact.under_3_months) == (2, 3, 2, 1, 1)
    assert (fact.has_partner, fact.principal_sex, fact.pregnant, fact.trafficking) == (True, Sex.F, True, True)
    assert (fact.kinds, fact.departement, fact.priority) == (("chu",), "75", 2)
    later = derive(engine, builders.nights(45), timedelta(days=46))[asking.id]
    assert (later.under_3_months, later.under_1_year) == (0, 1)


def test_unmet_facts_bear_the_cause_of_the_last_run_that_computed_it(engine: Engine, filer: Organisation) -> None:
    asking = builders.request(filer)
    done = {
        "state": RunState.DONE,
        "status": RunStatus.OPTIMAL,
        **{vector: [] for vector in ("objective", "bound", "greedy_objective")},
        "seconds": {},
        "requests": 1,
        "served": 0,
        "solver": "flow",
        "matcher_version": "1",
        "digest": "0" * 64,
    }
    nightly, later = (
        builders.run(filer, finished_at=builders.NOW + timedelta(hours=hours), **done) for hours in (1, 2)
    )
    cause = {"binding": [["danger_area"], ["reserved_elsewhere"]], "reason": None, "unproven": False}
    builders.save(
        engine,
        *(asking, nightly, later),
        RunOutcome(run_id=nightly.id, request_id=asking.id, served=False, funnel=[], cause=cause),
        RunOutcome(run_id=later.id, request_id=asking.id, served=False, funnel=[]),
    )
    assert derive(engine)[asking.id].binding == cause["binding"]


def test_facts_are_written_once_and_never_changed(engine: Engine, filer: Organisation) -> None:
    asking = builders.request(filer)
    builders.save(engine, asking)
    first = derive(engine)[asking.id]
    late = builders.request(filer)
    builders.save(engine, late)
    again = derive(engine, after=timedelta(days=3))
    assert again[asking.id].derived_at == first.derived_at
    assert again.keys() == {asking.id, late.id}, "what was missing is added"
    with pytest.raises(ConstraintBroken, match="night_fact_stays"), transaction(engine) as session:
        session.execute(update(NightFact).values(priority=1))


def test_nights_that_nobody_wrote_are_caught_up(engine: Engine, filer: Organisation) -> None:
    def due(after: timedelta) -> list[date]:
        with reading(engine) as session:
            return night_facts.due(context_of(session, after))

    assert due(NEXT_MORNING) == [builders.NIGHT]
    builders.save(engine, builders.request(filer))
    derive(engine)
    assert due(NEXT_MORNING) == []
    assert due(NEXT_MORNING + timedelta(days=3)) == [builders.nights(day) for day in (1, 2, 3)]
    assert len(due(timedelta(days=100))) == night_facts.CATCH_UP_NIGHTS
