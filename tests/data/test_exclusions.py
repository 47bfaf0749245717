"""Pairs that distancing forbids: measured as the contract says, and refused by the database whoever comes first."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from api.services.safety import dangers
from data import exclusions
from data.errors import ConstraintBroken
from data.models.exclusion import ExcludedPair, ExclusionRule
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.request import Request
from data.models.request_codes import RequestState
from data.models.stay import Stay, StayState
from data.session import transaction
from tests import builders as b
from tests.data import booked as k

LYON, PARIS = "69123", "75056"
NOWHERE = {"latitude": None, "longitude": None, "departement": None}


def pairs(engine: Engine) -> dict[tuple[str, str], ExclusionRule]:
    with transaction(engine) as session:
        return {(row.request_id, row.facility_id): row.rule for row in session.scalars(select(ExcludedPair))}


def refresh(engine: Engine, *asked: Request) -> None:
    with transaction(engine) as session:
        for request in asked:
            exclusions.refresh_request(session, session.get_one(Request, request.id))


def test_each_zone_forbids_what_lies_in_it(engine: Engine, owner: Organisation) -> None:
    lyon = b.facility(owner)
    reserved = b.facility(owner, departement="13", latitude=43.3, longitude=5.4, reserved_departements=("69", "75"))
    nowhere, neighbour = b.facility(owner, **NOWHERE), b.facility(owner, departement="01", latitude=46.2, longitude=5.2)
    far = b.facility(owner, departement="29", latitude=48.4, longitude=-4.5)
    everything = (lyon, reserved, nowhere, neighbour, far)
    whole, around = b.request(owner, zones=[b.zone("69")]), b.request(owner, zones=[b.circle(LYON, 30)])
    wide = b.request(owner, zones=[b.zone("69", with_neighbours=True), b.circle(PARIS, 5)])
    free = b.request(owner)
    b.save(engine, *everything, whole, around, wide, free)
    refresh(engine, whole, around, wide, free)
    found = pairs(engine)

    def of(request: Request) -> dict[str, str]:
        names = dict(zip((each.id for each in everything), ("lyon", "reserved", "nowhere", "01", "29"), strict=True))
        return {names[facility]: rule.value for (asked, facility), rule in found.items() if asked == request.id}

    danger, unknown = "danger_area", "unknown_location"
    assert of(whole) == {"lyon": danger, "reserved": danger, "nowhere": unknown}
    assert of(around) == {"lyon": danger, "nowhere": unknown}
    assert of(wide) == {"lyon": danger, "reserved": danger, "01": danger, "nowhere": unknown}
    assert of(free) == {}


def test_a_circle_grows_by_both_precisions(engine: Engine, owner: Organisation) -> None:
    # 100 km north of the centre of Paris, give or take.
    places = [b.facility(owner, latitude=49.76, longitude=2.35, precision_km=precision) for precision in (0.0, 30.0)]
    asked = b.request(owner, zones=[b.circle(PARIS, 75)])
    b.save(engine, *places, asked)
    refresh(engine, asked)
    assert {facility for _, facility in pairs(engine)} == {places[1].id}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    wheres=st.lists(
        st.tuples(
            st.floats(42, 51), st.floats(-4, 8), st.sampled_from([None, "69", "75", "38", "13"]), st.floats(0, 40)
        ),
        min_size=1,
        max_size=8,
    ),
    zones=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["69", "75", "93"]), st.booleans()),
            st.tuples(st.sampled_from([LYON, PARIS, "13055"]), st.floats(1, 300)),
        ),
        max_size=3,
    ),
)
def test_it_is_what_the_independent_check_finds(
    engine: Engine,
    wheres: list[tuple[float, float, str | None, float]],
    zones: list[tuple[str, bool | float]],
) -> None:
    """The check before each proposal measures with geopy; a facility's own change finds the same pairs."""
    with transaction(engine) as session:
        for table in ("request", "facility"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
    owner = b.operator()
    found = [b.circle(code, km) if len(code) == 5 else b.zone(code, with_neighbours=bool(km)) for code, km in zones]
    asked = b.request(owner, zones=found)
    homes = [
        b.facility(owner, latitude=latitude, longitude=longitude, departement=departement, precision_km=precision)
        for latitude, longitude, departement, precision in wheres
    ]
    b.save(engine, owner, asked, *homes)
    refresh(engine, asked)
    mine = {facility for request, facility in pairs(engine) if request == asked.id}
    safety = {"danger_area", "unknown_location"}
    with transaction(engine) as session:
        request = session.get_one(Request, asked.id)
        for home in homes:
            row = session.get_one(Facility, home.id)
            assert (home.id in mine) is bool(safety & set(dangers(request, row, b.NIGHT)))
        session.execute(text("DELETE FROM excluded_pair"))
        exclusions.lock_followed(session)
        for home in homes:
            exclusions.refresh_facility(session, session.get_one(Facility, home.id))
        again = select(ExcludedPair.facility_id).where(ExcludedPair.request_id == asked.id)
        assert set(session.scalars(again)) == mine


def test_a_change_takes_back_what_it_forbade(engine: Engine, owner: Organisation) -> None:
    home, asked = b.facility(owner), b.request(owner, zones=[b.zone("69")])
    b.save(engine, home, asked)
    refresh(engine, asked)
    with transaction(engine) as session:
        exclusions.lock_followed(session)
        row = session.get_one(Facility, home.id)
        row.departement = None
        exclusions.refresh_facility(session, row)
    assert pairs(engine) == {(asked.id, home.id): ExclusionRule.UNKNOWN_LOCATION}
    with transaction(engine) as session:
        request = session.get_one(Request, asked.id)
        request.zones.clear()
        exclusions.refresh_request(session, request)
    assert pairs(engine) == {}


def test_no_booking_of_an_excluded_pair(engine: Engine, owner: Organisation) -> None:
    home, asked = b.facility(owner), b.request(owner)
    room = b.place(home)
    b.save(engine, home, room, asked, b.excluded_pair(asked, home))
    assert k.refusal(engine, asked, (room, 0, 7)) == "booking_of_excluded_pair"
    with k.without(engine, "booking_of_excluded_pair"):
        assert k.refusal(engine, asked, (room, 0, 7)) is None


def test_no_pair_is_excluded_under_a_hold_or_an_expected_stay(engine: Engine, owner: Organisation) -> None:
    home, asked = b.facility(owner), b.request(owner)
    room = b.place(home)
    b.save(engine, home, room, asked)
    made = k.take(engine, asked, (room, 0, 7))
    danger = "excluded_pair_held"
    with pytest.raises(ConstraintBroken, match=danger):
        b.save(engine, b.excluded_pair(asked, home))
    with k.without(engine, danger):
        b.save(engine, b.excluded_pair(asked, home))
        assert len(k.live(engine)) == len(pairs(engine)) == 1
    with transaction(engine) as session:
        k.end(session, made)
    (stay,) = k.admit(engine, k.take(engine, asked, (room, 0, 7)))
    with pytest.raises(ConstraintBroken, match=danger):
        b.save(engine, b.excluded_pair(asked, home))
    with transaction(engine) as session:
        assert exclusions.endangered(session, asked.id, [home.id]) == {home.id}
        session.get_one(Stay, stay).state = StayState.OCCUPIED
    # Nobody who lives there is moved by software.
    b.save(engine, b.excluded_pair(asked, home))
    with transaction(engine) as session:
        assert exclusions.endangered(session, asked.id, [home.id]) == frozenset()


def test_nobody_is_expected_or_arrives_where_they_are_in_danger(engine: Engine, owner: Organisation) -> None:
    home, asked = b.facility(owner), b.request(owner)
    room = b.place(home)
    expected = b.stay(room, b.NIGHT, b.WEEK_AFTER, state=StayState.BOOKED, request_id=asked.id)
    b.save(engine, home, room, asked, expected, b.excluded_pair(asked, home))
    rule = "stay_of_excluded_pair"
    with pytest.raises(ConstraintBroken, match=rule), transaction(engine) as session:
        session.get_one(Stay, expected.id).state = StayState.OCCUPIED
    with pytest.raises(ConstraintBroken, match=rule):
        b.save(engine, b.stay(room, state=StayState.BOOKED, request_id=asked.id))


def test_an_upgrade_measures_all_and_tells_what_it_left_out(engine: Engine, owner: Organisation) -> None:
    home, asked, held = (
        b.facility(owner),
        b.request(owner, zones=[b.zone("69")]),
        b.request(owner, zones=[b.zone("69")]),
    )
    over = b.request(owner, zones=[b.zone("69")], state=RequestState.CANCELLED, closed_at=b.NOW + timedelta(hours=1))
    room = b.place(home)
    b.save(engine, home, room, asked, held, over)
    k.take(engine, held, (room, 0, 7))
    with transaction(engine) as session:
        assert exclusions.refresh_all(session) == 1
    assert set(pairs(engine)) == {(asked.id, home.id)}


def test_a_zone_that_cannot_be_read_forbids_everything(engine: Engine, owner: Organisation) -> None:
    home, asked = b.facility(owner), b.request(owner, zones=[b.zone("0A")])
    b.save(engine, home, asked)
    refresh(engine, asked)
    assert pairs(engine) == {(asked.id, home.id): ExclusionRule.UNKNOWN_LOCATION}
