"""What the database itself refuses, on both engines, by name."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from data.errors import ConstraintBroken, StaleVersion
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.place import FreeInterval, Place
from data.models.proposal import Proposal, ProposalLeg, ProposalState
from data.models.request import RefusedPair, Request
from data.models.run import RunState
from data.session import reading, transaction
from matcher.place import Sharing
from matcher.problem import QuotaFact
from tests import builders as b


@pytest.fixture
def owner(engine: Engine) -> Organisation:
    row = b.operator()
    b.save(engine, row)
    return row


@pytest.fixture
def home(engine: Engine, owner: Organisation) -> Facility:
    row = b.facility(owner)
    b.save(engine, row)
    return row


@pytest.fixture
def asked(engine: Engine, owner: Organisation) -> Request:
    row = b.request(owner, zones=[b.zone("75", with_neighbours=True), b.circle("69123", 30.0)])
    b.save(engine, row)
    return row


def refused(engine: Engine, *rows: object) -> str | None:
    with pytest.raises(ConstraintBroken) as caught:
        b.save(engine, *rows)  # type: ignore[arg-type]
    return caught.value.constraint


@pytest.mark.usefixtures("asked")
def test_a_whole_request_is_read_as_it_was_written(engine: Engine) -> None:
    with reading(engine) as session:
        row = session.scalars(select(Request)).one()
        assert [member.age for member in row.members] == [30]
        assert {zone.departement for zone in row.zones} == {"75", None}
        assert row.created_at == b.NOW
        assert row.created_at.tzinfo is not None
        assert row.statuses == ()
        assert row.kinds is None
        assert row.version == 1


def test_codes_are_a_set_and_an_empty_one_is_not_none(engine: Engine, owner: Organisation) -> None:
    b.save(engine, b.request(owner, needs=["schooling", "interpreter", "schooling"], kinds=()))
    with reading(engine) as session:
        row = session.scalars(select(Request)).one()
        assert row.needs == ("interpreter", "schooling")
        assert row.kinds == ()


def test_an_instant_without_zone_is_refused(engine: Engine, owner: Organisation) -> None:
    with pytest.raises(Exception, match="time zone"):
        b.save(engine, b.facility(owner, created_at=datetime(2026, 11, 21)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"latitude": None}, "ck_facility_coordinates"),
        ({"latitude": 91.0}, "ck_facility_latitude"),
        ({"precision_km": -1.0}, "ck_facility_precision_km"),
        ({"age_min": 13}, "ck_facility_ages_both"),
        ({"age_min": 20, "age_max": 13}, "ck_facility_ages"),
        ({"commune_insee": "69123", "departement": None}, "ck_facility_commune"),
        ({"max_stay_nights": 0}, "ck_facility_max_stay_nights"),
        ({"id": "short"}, "ck_facility_id"),
    ],
)
def test_a_facility_that_cannot_be(
    engine: Engine, owner: Organisation, columns: dict[str, object], constraint: str
) -> None:
    assert refused(engine, b.facility(owner, **columns)) == constraint


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"priority": 5}, "ck_request_priority"),
        ({"nights": 0}, "ck_request_stay"),
        ({"latest_night": b.nights(-1)}, "ck_request_latest_night"),
        ({"pregnant_weeks": 20}, "ck_request_pregnancy"),
        ({"pregnant_weeks": 46, "pregnancy_as_of": b.NIGHT}, "ck_request_pregnant_weeks"),
        ({"anchor_max_km": 10.0}, "ck_request_anchor"),
        ({"anchor_insee": "75056", "anchor_max_km": 0.0}, "ck_request_anchor"),
        ({"priority_overridden_because": ""}, "ck_request_priority_reason"),
        ({"members": [b.member(), b.member()]}, "uq_request_member_principal"),
        ({"members": [b.member(age=93, age_unit="days")]}, "ck_request_member_age"),
        ({"members": [b.member(age=37, age_unit="months")]}, "ck_request_member_age"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_cannot_be(
    engine: Engine, owner: Organisation, columns: dict[str, object], constraint: str
) -> None:
    found = refused(engine, b.request(owner, **columns))  # type: ignore[arg-type]
    # SQLite names the columns of a broken unique index, and two indexes may have the same.
    assert found == constraint


def test_a_zone_has_the_fields_of_its_kind(engine: Engine, owner: Organisation) -> None:
    wrong = b.circle("69123", 30.0)
    wrong.departement = "69"
    assert refused(engine, b.request(owner, zones=[wrong])) == "ck_request_zone_fields"
    neighbours = b.circle("69123", 30.0)
    neighbours.with_neighbours = True
    assert refused(engine, b.request(owner, zones=[neighbours])) == "ck_request_zone_fields"


def test_a_refusal_reason_belongs_to_who_refused(engine: Engine, home: Facility, asked: Request) -> None:
    assert refused(engine, b.refused_pair(asked, home, refused_by="facility")) == "ck_refused_pair_reason"
    b.save(engine, b.refused_pair(asked, home))
    twice = b.refused_pair(asked, home)
    given = {c.key: getattr(twice, c.key) for c in RefusedPair.__table__.c}
    said = {key: value for key, value in given.items() if value is not None}
    with pytest.raises(ConstraintBroken) as caught, transaction(engine) as session:
        session.execute(insert(RefusedPair).values(said))
    assert caught.value.constraint == "pk_refused_pair"


def test_a_finished_run_says_what_it_answered(engine: Engine, owner: Organisation) -> None:
    assert refused(engine, b.run(owner, state=RunState.DONE, finished_at=b.NOW)) == "ck_run_answer"
    assert refused(engine, b.run(owner, finished_at=b.NOW)) == "ck_run_finished"
    b.save(engine, b.run(owner, state=RunState.FAILED, finished_at=b.NOW))


def test_one_quota_per_fact(engine: Engine, home: Facility) -> None:
    b.save(engine, b.quota(home), b.quota(home, QuotaFact.OUTSIDE_DEPARTEMENT))
    assert refused(engine, b.quota(home)) == "uq_quota_facility_id_fact"


def test_a_siao_has_a_departement(engine: Engine) -> None:
    assert refused(engine, b.organisation(departement=None)) == "ck_organisation_departement"


def test_private_free_intervals_never_overlap(engine: Engine, home: Facility) -> None:
    def room(*free: FreeInterval, sharing: Sharing = Sharing.PRIVATE) -> Place:
        return b.place(home, free=free, sharing=sharing)

    first, second = (b.nights(0), b.nights(5)), (b.nights(4), None)
    assert refused(engine, room(b.interval(*first), b.interval(*second))) == "free_interval_private_overlap"
    touching = room(b.interval(*first), b.interval(b.nights(5), None))
    shared = room(b.interval(*first), b.interval(*second), sharing=Sharing.SHARED)
    b.save(engine, touching, shared)
    with pytest.raises(ConstraintBroken, match="free_interval_private_overlap"), transaction(engine) as session:
        session.get_one(Place, touching.id).free_intervals[0].until_night = b.nights(6)
    with pytest.raises(ConstraintBroken, match="place_private_overlap"), transaction(engine) as session:
        session.get_one(Place, shared.id).sharing = Sharing.PRIVATE


def test_one_open_proposal_from_a_run(engine: Engine, owner: Organisation, home: Facility, asked: Request) -> None:
    room, other, night_run = b.place(home), b.place(home), b.run(owner)
    b.save(engine, room, other, night_run)
    b.save(engine, b.proposal(asked, [b.leg(room)], run_id=night_run.id))
    again = b.proposal(asked, [b.leg(other)], run_id=night_run.id)
    assert refused(engine, again) == "uq_proposal_open_from_run"
    by_hand = b.proposal(asked, [b.leg(other)])
    b.save(engine, by_hand)
    assert refused(engine, b.proposal(asked, [b.leg(room)])) == "uq_proposal_leg_open"


def test_legs_open_and_close_with_their_proposal(engine: Engine, home: Facility, asked: Request) -> None:
    room = b.place(home)
    sent = b.proposal(asked, [b.leg(room)])
    b.save(engine, room, sent)
    with transaction(engine) as session:
        row = session.get_one(Proposal, sent.id)
        row.state, row.closed_at = ProposalState.EXPIRED, b.NOW
    with transaction(engine) as session:
        leg = session.scalars(select(ProposalLeg)).one()
        assert leg.open is False
    with pytest.raises(ConstraintBroken, match="proposal_leg_open_differs"), transaction(engine) as session:
        session.scalars(select(ProposalLeg)).one().open = True
    b.save(engine, b.proposal(asked, [b.leg(room)]))


def test_a_leg_repeats_the_request_of_its_proposal(
    engine: Engine, owner: Organisation, home: Facility, asked: Request
) -> None:
    room, other = b.place(home), b.request(owner)
    b.save(engine, room, other)
    wrong = b.proposal(asked, [b.leg(room)])
    wrong.legs[0].request_id = other.id
    with transaction(engine) as session:
        session.add(wrong)
        session.flush()
        # The unit of work writes the parent's key over the wrong one: it cannot be written at all.
        assert wrong.legs[0].request_id == asked.id
        session.rollback()


def test_the_second_writer_of_a_version_is_told(engine: Engine, home: Facility) -> None:
    room = b.place(home)
    b.save(engine, room)
    with reading(engine) as session:
        stale = session.get_one(Place, room.id)
    with transaction(engine) as session:
        session.get_one(Place, room.id).beds = 3
    stale.beds = 4
    with pytest.raises(StaleVersion):
        b.save(engine, stale)
    with reading(engine) as session:
        row = session.get_one(Place, room.id)
        assert (row.beds, row.version) == (3, 2)


def test_a_child_bumps_its_parent(engine: Engine, home: Facility, asked: Request) -> None:
    room = b.place(home)
    b.save(engine, room)
    expected = 1

    def version() -> int:
        with reading(engine) as session:
            return session.get_one(Place, room.id).version

    assert version() == expected
    for child in (b.closure(room, b.nights(20)), b.stay(room), b.proposal(asked, [b.leg(room)])):
        b.save(engine, child)
        expected += 1
        assert version() == expected
    with transaction(engine) as session:
        session.get_one(Place, room.id).free_intervals[0].until_night = b.nights(9)
    assert version() == expected + 1
    with transaction(engine) as session:
        row = session.get_one(Place, room.id)
        row.free_intervals.clear()
    assert version() == expected + 2
    with transaction(engine) as session:
        row = session.get_one(Place, room.id)
        row.free_intervals.append(b.interval())
    assert version() == expected + 3


def test_a_bound_broken_error_carries_no_value(engine: Engine, owner: Organisation) -> None:
    secret = "anniversary of a network"
    b.save(engine, b.token(owner, "shelter", secret))  # type: ignore[arg-type]
    again = b.token(owner, "shelter", secret)  # type: ignore[arg-type]
    with pytest.raises(ConstraintBroken) as caught:
        b.save(engine, again)
    assert caught.value.constraint == "uq_api_token_token_hash"
    assert again.token_hash not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert again.expires_at - again.created_at == timedelta(days=30)
