# ruff: noqa: ANN401 - bodies are of every type
"""What each side of a proposal sees, and what nobody may find in any answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from data.models.facility import Disclosure, Facility
from data.models.organisation import OrganisationKind, TokenRole
from data.models.place import Place
from data.models.proposal import Decision, Proposal, ProposalState, WithdrawalReason
from data.models.request import Request
from data.session import transaction
from tests import builders
from tests.api.conftest import Caller


@dataclass
class Case:
    """One proposal of one request, of which everything that must not leak is marked."""

    referrer: Caller
    shelter: Caller
    facility: Facility
    place: Place
    request: Request
    proposal: Proposal


def frozen(request: Request, place: Place) -> dict[str, Any]:
    return {
        "request": {
            "id": request.id,
            "departement": "75",
            "members": [
                {"age_months": 291, "sex": "F", "role": "principal"},
                {"age_months": 2, "sex": "M", "role": "child"},
            ],
            "pregnant_weeks": None,
            "needs": ["midwife_pmi"],
            "statuses": ["trafficking_victim", "immediate_danger"],
            "decisions": ["koutcha_evaluation", "ase"],
            "zones": {"departements": ["13"], "circles": [{"lat": 43.2965, "lon": 5.3698, "km": 31.5}]},
            "origin": {"lat": 43.2965, "lon": 5.3698},
        },
        "places": [
            {
                "id": place.id,
                "lat": 45.7640,
                "lon": 4.8357,
                "admits": [{"statuses": ["trafficking_victim"]}],
                "decisions": ["koutcha_evaluation", "ase"],
            }
        ],
    }


@pytest.fixture
def make(engine: Engine, referrer: Caller, shelter: Caller) -> Callable[..., Case]:
    def build(
        kind: str = "chu", disclosure: Disclosure = Disclosure.OPEN, deciders: tuple[str, ...] = (), **columns: Any
    ) -> Case:
        filer, owner = referrer.organisation, shelter.organisation
        assert filer is not None
        assert owner is not None
        home = builders.facility(owner, kind, disclosure=disclosure, latitude=45.7640, longitude=4.8357, **columns)
        room = builders.place(home)
        asking = builders.request(filer, zones=[builders.zone("13")], origin_insee="13055")
        sent = builders.proposal(
            asking,
            [builders.leg(room, deciders=deciders, decision=Decision.AWAITING if deciders else Decision.NOT_NEEDED)],
            cost={"distance": 277, "stale": 3},
            context=frozen(asking, room),
            roofless_nights=2,
        )
        builders.save(engine, home, room, asking, sent)
        return Case(referrer, shelter, home, room, asking, sent)

    return build


def test_those_who_follow_the_request_see_the_plan_and_not_the_place(make: Callable[..., Case], siao: Caller) -> None:
    case = make()
    for caller in (case.referrer, siao):
        answer = caller.get(f"/proposals/{case.proposal.id}")
        assert answer.json["legs"] == [
            {
                "kind": "chu",
                "disclosure": "open",
                "departement": "69",
                "from_night": "2026-11-21",
                "until_night": "2026-11-28",
                "position": 0,
                "answer": "awaiting",
                "interview_at": None,
                "decision": "not_needed",
                "place_id": None,
                "facility_id": None,
                "beds": None,
                "cots": None,
            }
        ]
        assert answer.json["cost"] == {"distance": 277, "stale": 3}
        assert answer.json["request_id"] == case.request.id
        assert answer.json["household"] is None
        for hidden in (case.place.id, case.facility.id, "45.76", "4.83"):
            assert hidden not in answer.get_data(as_text=True)
        assert caller.get(f"/proposals?request_id={case.request.id}").json["items"] == [answer.json]


@pytest.mark.parametrize("disclosure", [Disclosure.CONFIDENTIAL, Disclosure.SECRET])
def test_the_cost_of_a_hidden_place_is_not_told(make: Callable[..., Case], disclosure: Disclosure) -> None:
    case = make("koutcha", disclosure)
    shown = case.referrer.get(f"/proposals/{case.proposal.id}").json
    assert shown["cost"] is None
    secret = disclosure is Disclosure.SECRET
    assert shown["legs"][0]["departement"] == (None if secret else "69")


def test_a_shelter_sees_its_place_and_only_the_facts_it_decides_on(make: Callable[..., Case]) -> None:
    case = make("koutcha", Disclosure.SECRET)
    answer = case.shelter.get(f"/proposals/{case.proposal.id}")
    assert answer.json["legs"][0]["place_id"] == case.place.id
    assert answer.json["household"] == {
        "members": [
            {"age": 24, "age_unit": "years", "sex": "F", "role": "principal", "presumed_minor": False},
            {"age": 2, "age_unit": "months", "sex": "M", "role": "child", "presumed_minor": False},
        ],
        "pregnant_weeks": None,
        "needs": ["midwife_pmi"],
        "statuses": ["trafficking_victim"],
        "decisions": ["ase", "koutcha_evaluation"],
    }
    for name in ("request_id", "run_id", "cost", "roofless_nights"):
        assert answer.json[name] is None
    text = answer.get_data(as_text=True)
    for hidden in (case.request.id, '"13"', '"75"', "31.5", "43.29", "immediate_danger", "13055", "277"):
        # As a value of its own: identifiers are random and may hold such digits.
        assert not re.search(rf"(?<!\w){re.escape(hidden)}(?!\w)", text)
    listed = case.shelter.get("/proposals").json["items"]
    assert listed == [answer.json]
    assert case.shelter.get(f"/proposals?request_id={case.request.id}").json["items"] == []


def test_when_it_is_over_the_shelter_keeps_no_household(engine: Engine, make: Callable[..., Case]) -> None:
    case = make()
    with transaction(engine) as session:
        sent = session.get_one(Proposal, case.proposal.id)
        sent.state, sent.closed_at = ProposalState.WITHDRAWN, builders.NOW
        sent.withdrawal_reason = WithdrawalReason.BY_COORDINATOR
    shown = case.shelter.get(f"/proposals/{case.proposal.id}").json
    assert (shown["state"], shown["household"]) == ("withdrawn", None)
    assert case.shelter.get("/proposals?state=sent").json["items"] == []


def test_strangers_find_nothing(make: Callable[..., Case], enrol: Callable[..., Caller]) -> None:
    case = make()
    strangers = [
        enrol(TokenRole.REFERRER),
        enrol(TokenRole.SHELTER),
        enrol(TokenRole.COORDINATOR, departement="93"),
        enrol(TokenRole.COORDINATOR, kind=OrganisationKind.COORDINATION, departement=None),
        enrol(TokenRole.DECIDER),
    ]
    for stranger in strangers:
        assert stranger.get(f"/proposals/{case.proposal.id}").status_code == 404
        assert stranger.get("/proposals").json == {"items": [], "next": None}


def test_a_decider_sees_what_awaits_its_decision(make: Callable[..., Case], enrol: Callable[..., Caller]) -> None:
    case = make("mecs", deciders=("departement", "judge"))
    judge = {"kind": OrganisationKind.ADMINISTRATION, "decides": ("judge",)}
    ours, theirs, bench = (
        enrol(TokenRole.DECIDER),
        enrol(TokenRole.DECIDER, departement="93"),
        enrol(TokenRole.DECIDER, **judge),
    )
    for decider in (ours, bench):
        shown = decider.get(f"/proposals/{case.proposal.id}")
        assert shown.status_code == 200
        assert shown.json["household"]["decisions"] == ["ase", "koutcha_evaluation"]
        assert shown.json["legs"][0]["place_id"] is None
        assert [row["id"] for row in decider.get("/proposals").json["items"]] == [case.proposal.id]
    koutcha = enrol(TokenRole.DECIDER, kind=OrganisationKind.COORDINATION, departement=None, decides=("koutcha",))
    for stranger in (theirs, koutcha):
        assert stranger.get(f"/proposals/{case.proposal.id}").status_code == 404


def test_cancelling_sets_the_beds_free(make: Callable[..., Case]) -> None:
    case = make()
    path = f"/requests/{case.request.id}"
    case.referrer.post(f"{path}/cancellation", If_Match=case.referrer.get(path).headers["ETag"])
    assert case.referrer.get(f"/proposals/{case.proposal.id}").json["state"] == "withdrawn"


def test_lists_are_paged(make: Callable[..., Case], engine: Engine) -> None:
    case = make()
    room = builders.place(case.facility)
    later = builders.proposal(
        case.request,
        [builders.leg(room)],
        created_at=builders.NOW + timedelta(minutes=1),
        context=case.proposal.context,
    )
    builders.save(engine, room, later)
    page = case.referrer.get("/proposals?limit=1").json
    assert [row["id"] for row in page["items"]] == [later.id]
    rest = case.referrer.get(f"/proposals?limit=1&cursor={page['next']}").json
    assert ([row["id"] for row in rest["items"]], rest["next"]) == ([case.proposal.id], None)
