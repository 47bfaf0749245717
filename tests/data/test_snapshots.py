"""A whole night: known people, residents, quotas, versions."""

from datetime import date

import pytest
from sqlalchemy import Engine, event

from data.models.facility import Disclosure
from data.models.organisation import Organisation
from data.models.request_codes import AgeUnit, MinorityStatus, RequestState, SleepingTonight
from data.reference.loader import communes
from matcher.place import Clause, FreeInterval, Sharing
from matcher.policy import Policy
from matcher.problem import Quota, QuotaFact, Resident
from matcher.request import Member, Point, Role, Sex, Zones
from tests import builders as b
from tests.data.loading import load, loaded_place, loaded_request

PARIS = "75056"


def test_a_mother_leaves_maternity_with_her_newborn(engine: Engine, owner: Organisation) -> None:
    row = b.request(
        owner,
        priority=1,
        sleeping_tonight=SleepingTonight.MATERNITY,
        sleeping_until=b.nights(1),
        from_night=b.nights(1),
        nights=90,
        members=[
            b.member(24),
            b.member(age=3, age_unit=AgeUnit.DAYS, role=Role.CHILD, sex=Sex.F),
            b.member(age=28, age_unit=AgeUnit.MONTHS, role=Role.CHILD, sex=Sex.M, age_as_of=b.nights(-20)),
        ],
        needs=["paediatric_care", "midwife_pmi"],
        origin_insee=PARIS,
        anchor_insee=PARIS,
        anchor_max_km=40.0,
    )
    request = loaded_request(engine, row)
    paris = communes()[PARIS]
    assert [member.months for member in request.members] == [288, 0, 28]
    assert (request.heads, request.infants, request.has_adult, request.has_minor) == (2, 1, True, True)
    assert (request.from_night, request.latest_night, request.nights) == (b.nights(1), b.nights(4), 90)
    assert request.needs == {"paediatric_care", "midwife_pmi"}
    assert request.origin == Point(paris.latitude, paris.longitude)
    assert request.anchor is not None
    assert request.anchor.max_km == 40.0, "precision plays no part in an anchor"


def test_a_declared_minor_with_a_departement_and_its_neighbours(engine: Engine, owner: Organisation) -> None:
    girl = b.member(16, minority_status=MinorityStatus.DECLARED)
    row = b.request(
        owner,
        departement="93",
        members=[girl],
        zones=[b.zone("93", with_neighbours=True), b.zone("13")],
        statuses=["trafficking_victim", "unaccompanied"],
        decisions=["opp"],
    )
    request = loaded_request(engine, row)
    assert request.departement == "93", "the authority in charge"
    assert request.zones == Zones(frozenset({"93", "75", "77", "92", "94", "95", "13"}))
    assert request.members == (Member(192, Sex.F, Role.PRINCIPAL, presumed_minor=True),)
    assert not request.has_adult


def test_a_koutcha_place(engine: Engine, owner: Organisation) -> None:
    given = {"disclosure": Disclosure.SECRET, "departement": "31", "latitude": 43.6, "longitude": 1.44}
    place = loaded_place(engine, owner, "koutcha", given, beds=1, cots=0)
    victim = frozenset({"trafficking_victim"})
    assert place.admits == (
        Clause(principal_age=(13, 17), statuses=victim),
        Clause(principal_age=(18, 20), statuses=victim),
    )
    assert place.serves is None, "national"
    assert place.decisions == {"koutcha_evaluation"}
    assert place.max_stay_nights == 182
    assert (place.departement, place.lat, place.lon, place.precision_km) == ("31", 43.6, 1.44, 0.5)
    assert place.free == (FreeInterval(b.NIGHT),)


@pytest.mark.parametrize(("night", "is_minor"), [(date(2027, 3, 2), True), (date(2027, 3, 3), False)])
def test_the_18th_birthday_counts_when_it_is_certain(
    engine: Engine, owner: Organisation, night: date, *, is_minor: bool
) -> None:
    row = b.request(owner, members=[b.member(17, age_as_of=date(2026, 3, 3))])
    assert loaded_request(engine, row, night).principal.is_minor is is_minor


def test_residents_of_unknown_composition_are_both_minor_and_adult(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    dormitory = b.place(home, sharing=Sharing.SHARED)
    b.save(engine, home, dormitory)
    known = b.stay(dormitory, has_minor=False, has_adult=True, until_night=b.nights(3), separation_group="g")
    b.save(engine, b.stay(dormitory), known, b.stay(dormitory, until_night=b.NIGHT))
    assert set(load(engine).problem.residents) == {
        Resident(home.id, dormitory.id, b.nights(-7), None, None, has_minor=True, has_adult=True),
        Resident(home.id, dormitory.id, b.nights(-7), b.nights(3), "g", has_minor=False, has_adult=True),
    }


def test_residents_are_those_some_rule_looks_at(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    room, other = b.place(home, free=[]), b.place(home, free=[])
    b.save(engine, home, room, other)
    b.save(engine, b.stay(room), b.stay(other, separation_group="g"))
    residents = load(engine).problem.residents
    assert [(each.place, each.separation_group) for each in residents] == [(other.id, "g")]


def test_whoever_is_expected_by_an_open_proposal_is_a_neighbour_already(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    dormitory = b.place(home, sharing=Sharing.SHARED)
    girl = b.request(owner, members=[b.member(16)], separation_group="g")
    b.save(engine, home, dormitory, girl)
    b.save(engine, b.proposal(girl, [b.leg(dormitory)]))
    assert load(engine).problem.residents == (
        Resident(home.id, dormitory.id, b.NIGHT, b.nights(7), "g", has_minor=True, has_adult=False),
    )


def test_quotas_count_who_is_there_already(engine: Engine, owner: Organisation) -> None:
    home, elsewhere = b.facility(owner), b.facility(owner)
    rooms = [b.place(home) for _ in range(4)]
    away = b.place(elsewhere)
    couple = [b.member(), b.member(role=Role.PARTNER, sex=Sex.M)]
    state = RequestState.ADMITTED
    here = b.request(owner, members=couple, departement="69", state=state)
    far = b.request(owner, departement="75", state=state)
    sent = b.request(owner, members=[b.member(), b.member(role=Role.PARTNER, sex=Sex.M)], departement="13")
    gone = b.request(owner, departement="75", state=state)
    b.save(engine, home, elsewhere, *rooms, away, here, far, sent, gone)
    partner, outside = b.quota(home, maximum=5), b.quota(home, QuotaFact.OUTSIDE_DEPARTEMENT, 0)
    b.save(
        engine,
        *(partner, outside),
        *(b.stay(rooms[0], request_id=here.id), b.stay(rooms[1], request_id=here.id)),
        b.stay(rooms[2], request_id=far.id),
        b.stay(rooms[3], request_id=gone.id, until_night=b.NIGHT),
        b.stay(away, request_id=gone.id),
        b.proposal(sent, [b.leg(rooms[3])]),
    )
    every = frozenset(room.id for room in rooms)
    assert set(load(engine).problem.quotas) == {
        Quota(partner.id, every, QuotaFact.HAS_PARTNER, 5, already=2),
        Quota(outside.id, every, QuotaFact.OUTSIDE_DEPARTEMENT, 0, already=2),
    }


def test_nothing_gives_an_empty_problem(engine: Engine) -> None:
    snapshot = load(engine, policy=Policy(secure_nights=7), seed=5, horizon_nights=10)
    problem = snapshot.problem
    assert (problem.night, problem.requests, problem.places, problem.residents) == (b.NIGHT, (), (), ())
    assert (problem.seed, problem.horizon_nights, problem.policy.secure_nights) == (5, 10, 7)
    assert snapshot.set_aside == ()


def test_versions_are_those_of_the_rows_read(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    room, asked = b.place(home), b.request(owner)
    b.save(engine, home, room, asked)
    b.save(engine, b.closure(room, b.nights(40)), b.quota(home))
    snapshot = load(engine)
    assert snapshot.request_versions == {asked.id: 1}
    assert snapshot.place_versions == {room.id: 2}
    assert snapshot.facility_versions == {home.id: 2}


def test_rows_come_in_the_order_of_their_identifiers(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    b.save(engine, home, *(b.place(home) for _ in range(5)), *(b.request(owner) for _ in range(5)))
    problem = load(engine).problem
    assert [place.id for place in problem.places] == sorted(place.id for place in problem.places)
    assert [request.id for request in problem.requests] == sorted(each.id for each in problem.requests)
    assert problem == load(engine).problem


def test_a_night_costs_as_many_statements_with_many_rows_as_with_few(engine: Engine, owner: Organisation) -> None:
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))

    def cost() -> int:
        sent.clear()
        load(engine)
        return sum(statement.lstrip().startswith("SELECT") for statement in sent)

    home = b.facility(owner)
    b.save(engine, home, b.quota(home), b.place(home), b.request(owner))
    few = cost()
    rooms = [b.place(home) for _ in range(10)]
    b.save(engine, *rooms, *(b.request(owner, zones=[b.zone("75")]) for _ in range(10)))
    b.save(engine, *(b.closure(room, b.nights(5)) for room in rooms))
    assert cost() == few
    assert few <= 15
