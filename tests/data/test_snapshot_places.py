"""What places look like to the matcher, each rule by name."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from data.models.organisation import Organisation
from data.models.request_codes import RequestState
from data.models.stay import StayState
from data.snapshots import SetAside, Why
from matcher.place import Audience, Clause, FreeInterval, Reservation, Sharing
from tests import builders as b
from tests.data.loading import load, loaded_place


def test_full_places_go_in_with_nothing_free_and_closed_ones_do_not(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    full, closed = b.place(home, free=[]), b.place(home, closed_at=b.NOW)
    past = b.place(home, free=[b.interval(b.nights(-9), b.NIGHT)])
    b.save(engine, home, full, closed, past)
    snapshot = load(engine)
    assert {place.id: place.free for place in snapshot.problem.places} == {full.id: (), past.id: ()}
    assert set(snapshot.place_versions) == {full.id, past.id}
    assert snapshot.facility_versions == {home.id: 1}


def test_supply_is_what_is_declared_less_closures_stays_and_holds(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner)
    dormitory = b.place(home, beds=4, cots=0, sharing=Sharing.SHARED, free=[b.interval(beds=3)])
    guest, ours, sent = b.request(owner), b.request(owner, state=RequestState.ADMITTED), b.request(owner)
    b.save(engine, home, dormitory, guest, ours, sent)
    b.save(
        engine,
        b.closure(dormitory, b.nights(20), b.nights(22)),
        b.stay(dormitory, request_id=ours.id, until_night=b.nights(5)),
        b.stay(dormitory),  # came by another way: the declaration counts it
        b.stay(dormitory, request_id=guest.id, state=StayState.ENDED, until_night=b.nights(9)),
        b.proposal(sent, [b.leg(dormitory, b.NIGHT, b.nights(3))]),
    )
    place = load(engine).problem.places[0]
    assert place.free == (
        FreeInterval(b.NIGHT, b.nights(20), 1, 0),
        FreeInterval(b.nights(3), b.nights(20), 1, 0),
        FreeInterval(b.nights(5), b.nights(20), 1, 0),
        FreeInterval(b.nights(22), None, 3, 0),
    )


def test_a_facility_that_says_nothing_has_its_kinds_rules(engine: Engine, owner: Organisation) -> None:
    place = loaded_place(engine, owner, "fjt")
    assert (place.ages, place.requires, place.serves) == ((16, 30), {"entry_condition"}, {"69"})
    assert place.max_stay_nights == 730
    assert (place.reserved_to, place.audience) == (None, Audience.MIXED)


def test_a_facilitys_own_agreement_goes_first(engine: Engine, owner: Organisation) -> None:
    given = {
        "age_min": 18,
        "age_max": 25,
        "audience": Audience.WOMEN,
        "decisions": [],
        "requires": ["violence_victim"],
        "serves": ["69", "01"],
        "max_stay_nights": 30,
        "reserved_departements": ["69"],
        "reserved_contingents": ["ville"],
        "services": ["schooling"],
        "specialisms": ["schooling"],
        "admits": [{"has_partner": False, "statuses": ["violence_victim"]}],
    }
    place = loaded_place(engine, owner, "fjt", given)
    assert (place.ages, place.audience, place.max_stay_nights) == ((18, 25), Audience.WOMEN, 30)
    assert (place.decisions, place.serves) == (frozenset(), {"69", "01"})
    assert place.requires == {"entry_condition", "violence_victim"}
    assert place.reserved_to == Reservation(frozenset({"69"}), frozenset({"ville"}))
    assert place.admits == (Clause(has_partner=False, statuses=frozenset({"violence_victim"})),)
    assert (place.services, place.specialisms) == ({"schooling"}, {"schooling"})


def test_an_audience_open_to_all_does_not_widen_the_kinds(engine: Engine, owner: Organisation) -> None:
    assert loaded_place(engine, owner, "dna_fvv_teh").audience is Audience.WOMEN


def test_a_reservation_to_nobody_is_given(engine: Engine, owner: Organisation) -> None:
    place = loaded_place(engine, owner, given={"reserved_departements": []})
    assert place.reserved_to == Reservation()


def test_a_kind_that_counts_mother_and_infant_as_one_does_so_everywhere(engine: Engine, owner: Organisation) -> None:
    assert loaded_place(engine, owner, "lhss_perinatal").pair_is_one
    assert loaded_place(engine, owner, "chu", pair_is_one=True).pair_is_one
    assert not loaded_place(engine, owner, "chu").pair_is_one


def test_a_kind_without_rules_on_the_night_is_set_aside_and_said(engine: Engine, owner: Organisation) -> None:
    home = b.facility(owner, "igloo")
    b.save(engine, home, b.place(home))
    snapshot = load(engine)
    assert (snapshot.problem.places, snapshot.facility_versions) == ((), {})
    assert snapshot.set_aside == (SetAside("facility", home.id, Why.UNKNOWN_KIND),)


@pytest.mark.parametrize(("minutes", "hours"), [(-30, 0), (0, 0), (59, 0), (60, 1), (30 * 60, 30)])
def test_a_confirmation_grows_stale_by_whole_hours(
    engine: Engine, owner: Organisation, minutes: int, hours: int
) -> None:
    place = loaded_place(engine, owner, confirmed_at=b.NOW - timedelta(minutes=minutes))
    assert place.confirmed_hours_ago == hours
