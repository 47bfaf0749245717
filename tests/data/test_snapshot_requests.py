"""What requests look like to the matcher, each rule by name."""

import pytest
from sqlalchemy import Engine

from data.models.organisation import Organisation
from data.models.proposal import ProposalState
from data.models.request_codes import AgeUnit, MinorityStatus, RequestState
from data.reference.loader import communes
from data.snapshots import SetAside, Why
from matcher.place import FreeInterval
from matcher.request import Circle, Role, Zones
from tests import builders as b
from tests.data.loading import load, loaded_request

LYON = "69123"


def test_from_night_is_the_run_night_or_the_night_asked(engine: Engine, owner: Organisation) -> None:
    late = b.request(owner, from_night=b.nights(-5))
    assert loaded_request(engine, late).from_night == b.NIGHT
    early = b.request(owner, from_night=b.nights(3))
    assert loaded_request(engine, early).from_night == b.nights(3)


@pytest.mark.parametrize(("priority", "waits"), [(1, 3), (2, 7), (3, 14), (4, 14)])
def test_latest_night_unset_is_by_class(engine: Engine, owner: Organisation, priority: int, waits: int) -> None:
    row = b.request(owner, priority=priority, from_night=b.nights(-30))
    assert loaded_request(engine, row).latest_night == b.nights(waits), "counted from the run night"
    said = b.request(owner, priority=priority, from_night=b.nights(1), latest_night=b.nights(2))
    assert loaded_request(engine, said).latest_night == b.nights(2)


def test_a_request_whose_latest_night_has_passed_is_set_aside_and_said(engine: Engine, owner: Organisation) -> None:
    lapsed = b.request(owner, from_night=b.nights(-3), latest_night=b.nights(-1))
    tonight = b.request(owner, from_night=b.nights(-3), latest_night=b.NIGHT)
    b.save(engine, lapsed, tonight)
    snapshot = load(engine)
    assert [request.id for request in snapshot.problem.requests] == [tonight.id]
    assert snapshot.set_aside == (SetAside("request", lapsed.id, Why.LAPSED),)
    assert snapshot.request_versions == {tonight.id: 1}


def test_requests_asked_beyond_the_horizon_wait(engine: Engine, owner: Organisation) -> None:
    last, beyond = b.request(owner, from_night=b.nights(27)), b.request(owner, from_night=b.nights(28))
    b.save(engine, last, beyond)
    snapshot = load(engine)
    assert [request.id for request in snapshot.problem.requests] == [last.id]
    assert snapshot.set_aside == ()


def test_only_submitted_and_searching_requests_take_part(engine: Engine, owner: Organisation) -> None:
    fields: dict[str, dict[str, object]] = {state: {"closed_at": b.NOW} for state in ("closed", "cancelled", "expired")}
    fields["to_complete"] = {"missing_fields": ("needs",)}
    by_state = {state: b.request(owner, state=state, **fields.get(state.value, {})) for state in RequestState}
    b.save(engine, *by_state.values())
    wanted = {by_state[RequestState.SUBMITTED].id, by_state[RequestState.SEARCHING].id}
    assert {request.id for request in load(engine).problem.requests} == wanted


@pytest.mark.parametrize("state", list(ProposalState))
def test_requests_with_an_open_proposal_stay_out_and_their_beds_are_not_free(
    engine: Engine, owner: Organisation, state: ProposalState
) -> None:
    home = b.facility(owner)
    room = b.place(home)
    asked, other = b.request(owner), b.request(owner)
    b.save(engine, home, room, asked, other)
    b.save(engine, b.proposal(asked, [b.leg(room, b.nights(2), b.nights(9))], state=state))
    problem = load(engine).problem
    holds = state in {"sent", "agreed_in_principle", "interview"}
    is_open = holds or state == "accepted"
    assert {request.id for request in problem.requests} == ({other.id} if is_open else {other.id, asked.id})
    # Once accepted its holds are stays, and nothing is taken twice.
    assert problem.places[0].free == (
        (FreeInterval(b.NIGHT, b.nights(2)), FreeInterval(b.nights(9))) if holds else (FreeInterval(b.NIGHT),)
    )


@pytest.mark.parametrize(
    ("status", "presumed", "months"),
    [
        (None, False, 192),
        (MinorityStatus.DECLARED, True, 192),
        (MinorityStatus.IN_EVALUATION, True, 192),
        (MinorityStatus.RECOGNISED, True, 192),
        (MinorityStatus.CONTESTED_PENDING_APPEAL, True, 192),
        (MinorityStatus.JUDGED_MINOR, True, 192),
        (MinorityStatus.JUDGED_ADULT, False, 216),
    ],
)
def test_minority_status(
    engine: Engine, owner: Organisation, status: MinorityStatus | None, months: int, *, presumed: bool
) -> None:
    row = b.request(owner, members=[b.member(16, minority_status=status)])
    principal = loaded_request(engine, row).principal
    assert (principal.presumed_minor, principal.age_months) == (presumed, months)


def test_ages_and_pregnancies_go_on_until_the_run_night(engine: Engine, owner: Organisation) -> None:
    row = b.request(
        owner,
        members=[
            b.member(15, age_as_of=b.nights(-200)),
            b.member(age=80, age_unit=AgeUnit.DAYS, age_as_of=b.nights(-20), role=Role.CHILD),
        ],
        pregnant_weeks=20,
        pregnancy_as_of=b.nights(-30),
    )
    request = loaded_request(engine, row)
    assert [member.age_months for member in request.members] == [15 * 12 + 6, 3]
    assert request.pregnant_weeks == 24


def test_a_circle_grows_by_the_precision_of_its_centre(engine: Engine, owner: Organisation) -> None:
    lyon = communes()[LYON]
    assert lyon.precision_km > 0
    request = loaded_request(engine, b.request(owner, zones=[b.circle(LYON, 30.0)]))
    assert request.zones == Zones(circles=(Circle(lyon.latitude, lyon.longitude, 30.0 + lyon.precision_km),))


def test_a_zone_that_cannot_be_read_never_becomes_no_zone(engine: Engine, owner: Organisation) -> None:
    rows = [
        b.request(owner, zones=[b.circle("00000", 30.0)]),
        b.request(owner, zones=[b.zone("75"), b.zone("00")]),
        b.request(owner, anchor_insee="00000", anchor_max_km=20.0),
    ]
    harmless = b.request(owner, anchor_insee="00000", origin_insee="00000")
    b.save(engine, *rows, harmless)
    snapshot = load(engine)
    assert [request.id for request in snapshot.problem.requests] == [harmless.id]
    assert {(each.id, each.why) for each in snapshot.set_aside} == {(row.id, Why.UNKNOWN_REFERENCE) for row in rows}


def test_a_household_without_principal_does_not_stop_the_others(engine: Engine, owner: Organisation) -> None:
    nobody, somebody = b.request(owner, members=[b.member(role=Role.OTHER)]), b.request(owner)
    b.save(engine, nobody, somebody)
    snapshot = load(engine)
    assert [request.id for request in snapshot.problem.requests] == [somebody.id]
    assert snapshot.set_aside == (SetAside("request", nobody.id, Why.INVALID),)


def test_codes_and_refusals_pass_as_sets(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    asked = b.request(
        owner,
        needs=["schooling"],
        preferences=["pets"],
        contingents=["ville"],
        kinds=[],
        separation_group="g1",
    )
    b.save(engine, home, asked, b.refused_pair(asked, home))
    request = load(engine).problem.requests[0]
    assert (request.needs, request.preferences, request.contingents) == ({"schooling"}, {"pets"}, {"ville"})
    assert request.kinds == frozenset(), "an empty list is given"
    assert request.refused_facilities == {home.id}
    assert (request.separation_group, request.sent_place) == ("g1", None)
