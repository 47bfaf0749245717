# ruff: noqa: ANN401 - arguments passed on as they are
"""Requests over HTTP: filed, read, amended, cancelled; whatever is wrong is refused whole."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from api.services import requests
from data.errors import DatabaseBusy
from data.models.idempotency_key import IdempotencyKey
from data.models.organisation import OrganisationKind, TokenRole
from data.models.request import Request, RequestMember, RequestZone
from data.session import reading
from tests import builders
from tests.api.conftest import Caller, StoppedClock, filing


def count(engine: Engine, *tables: type) -> list[int]:
    with reading(engine) as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_filed_then_read_alike(referrer: Caller) -> None:
    made = referrer.post("/requests", filing(reference="SISIAO 123 456"))
    assert made.status_code == 201
    assert made.json["state"] == "submitted"
    assert made.json["priority"] == 1, "a child under 3 months"
    assert made.json["waiting_since"] == "2026-11-21"
    assert made.headers["Location"] == f"/api/v1/requests/{made.json['id']}"
    assert "reference" not in made.json
    assert made.json["reference_given"] is True

    read = referrer.get(f"/requests/{made.json['id']}")
    assert read.json == made.json
    assert read.headers["ETag"] == made.headers["ETag"] == '"1"'


def test_reference_is_kept_as_a_keyed_hash_and_twins_are_noticed(
    engine: Engine, referrer: Caller, enrol: Callable[..., Caller]
) -> None:
    first = referrer.post("/requests", filing(reference="SISIAO 123 456")).json
    other = enrol(TokenRole.REFERRER)
    second = other.post("/requests", filing(reference="sisiao123456")).json
    assert first["possible_duplicate"] is False
    assert second["possible_duplicate"] is True
    assert first["id"] not in str(second)
    with reading(engine) as session:
        hashes = set(session.scalars(select(Request.reference_hash)))
    assert len(hashes) == 1
    assert "123456" not in str(hashes)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "x"}, "name"),
        ({"members": []}, "members"),
        ({"members": [{"age": 17.5, "age_unit": "years", "age_as_of": "2026-11-21", "sex": "F"}]}, "members[0].age"),
        ({"members": [{"age": "17", "age_unit": "years", "age_as_of": "2026-11-21", "sex": "F"}]}, "members[0].age"),
        ({"members": [{"age": True, "age_unit": "years", "age_as_of": "2026-11-21", "sex": "F"}]}, "members[0].age"),
        ({"from_night": "2026-11-20"}, "from_night"),
        ({"from_night": "2028-01-01"}, "from_night"),
        ({"from_night": "tomorrow"}, "from_night"),
        ({"latest_night": "2026-11-20"}, "latest_night"),
        ({"departement": "99"}, "departement"),
        ({"departement": "69"}, "departement"),
        ({"zones": [{"kind": "departement"}]}, "zones[0].departement"),
        ({"zones": [{"kind": "departement", "departement": "75", "km": 3}]}, "zones[0].km"),
        ({"zones": [{"kind": "circle", "commune_insee": "75056"}]}, "zones[0].km"),
        ({"zones": [{"kind": "circle", "commune_insee": "00000", "km": 3}]}, "zones[0].commune_insee"),
        ({"zones": [{"kind": "circle", "commune_insee": "75056", "km": -3}]}, "zones[0].km"),
        ({"statuses": ["nationality_fr"]}, "statuses[0]"),
        ({"needs": ["midwife_pmi", "midwife_pmi"]}, "needs[1]"),
        ({"pregnant_weeks": 20}, "pregnancy_as_of"),
        ({"anchor_max_km": 20}, "anchor_insee"),
        ({"priority": 1}, "priority"),
        ({"contingents": ["c1"]}, "contingents"),
        ({"waiting_since": "2026-11-23"}, "waiting_since"),
        ({"sleeping_tonight": "hotel"}, "sleeping_tonight"),
        ({"nights": 0}, "nights"),
        ({"reference": "a\x00b"}, "reference"),
        ({"statuses": "violence_victim"}, "statuses"),
        ({"zones": None}, "zones"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    engine: Engine, referrer: Caller, changes: dict[str, Any], path: str
) -> None:
    refused = referrer.post("/requests", filing(**changes), Idempotency_Key="k1")
    assert refused.status_code == 422, refused.json
    assert path in refused.json["errors"]
    assert refused.json["reason"] == "invalid"
    assert set(refused.json) == {"code", "status", "message", "errors", "reason"}
    assert count(engine, Request, RequestMember, RequestZone, IdempotencyKey) == [0, 0, 0, 0]


def test_two_principals_are_refused(referrer: Caller) -> None:
    members = filing()["members"]
    members[1]["role"] = "principal"
    refused = referrer.post("/requests", filing(members=members), Accept_Language="fr")
    assert refused.json["errors"] == {"members": ["Un membre, et un seul, a le rôle « principal » (2 donné)."]}


def test_bodies_that_are_not_json(referrer: Caller) -> None:
    headers = {"Authorization": f"Bearer {referrer.secret}"}
    client = referrer.client
    broken = client.post("/api/v1/requests", data="{", content_type="application/json", headers=headers)
    assert (broken.status_code, broken.json["reason"]) == (400, "malformed")
    form = client.post("/api/v1/requests", data="a=1", headers=headers)
    assert (form.status_code, form.json["reason"]) == (415, "json_only")
    array = client.post("/api/v1/requests", json=[1], headers=headers)
    assert (array.status_code, array.json["reason"]) == (422, "invalid")
    huge = client.post("/api/v1/requests", data="9" * 300_000, content_type="application/json", headers=headers)
    assert (huge.status_code, huge.json["reason"]) == (413, "too_large")
    nan = client.post(
        "/api/v1/requests", data='{"anchor_max_km": NaN}', content_type="application/json", headers=headers
    )
    assert nan.status_code in {400, 422}


def test_a_siao_sees_its_departement_and_nothing_else(enrol: Callable[..., Caller], referrer: Caller) -> None:
    mine = enrol(TokenRole.COORDINATOR)
    neighbour = enrol(TokenRole.COORDINATOR, departement="93")
    national = enrol(TokenRole.COORDINATOR, kind=OrganisationKind.COORDINATION, departement=None)
    made = referrer.post("/requests", filing()).json
    filed = national.post("/requests", filing(departement="13"))
    assert filed.status_code == 201, "a national coordination files anywhere"
    assert mine.get(f"/requests/{made['id']}").status_code == 200
    assert [row["id"] for row in mine.get("/requests").json["items"]] == [made["id"]]
    for stranger in (neighbour, national, enrol(TokenRole.REFERRER)):
        assert stranger.get(f"/requests/{made['id']}").json["reason"] == "not_found"
        assert made["id"] not in stranger.get("/requests").get_data(as_text=True)


def test_pages_follow_each_other_without_gap_or_repetition(referrer: Caller, clock: StoppedClock) -> None:
    made = []
    for _ in range(5):
        clock.instant += timedelta(seconds=1)
        made.append(referrer.post("/requests", filing()).json["id"])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = referrer.get(f"/requests?limit=2{'&cursor=' + cursor if cursor else ''}").json
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert seen == made[::-1]
    assert referrer.get("/requests?state=cancelled").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "cursor=x", "cursor=WzFd", "cursor=WyJhIl0", "state=x", "q=1", "cursor=é"]
)
def test_wrong_queries_are_refused(referrer: Caller, query: str) -> None:
    assert referrer.get(f"/requests?{query}").status_code == 422


def test_amending_needs_the_version_read(referrer: Caller) -> None:
    made = referrer.post("/requests", filing())
    path = f"/requests/{made.json['id']}"
    change = {"zones": [*filing()["zones"], {"kind": "circle", "commune_insee": "69123", "km": 20}]}
    assert referrer.patch(path, change).status_code == 428
    assert referrer.patch(path, change, If_Match="*").status_code == 428
    assert referrer.patch(path, change, If_Match='"7"').status_code == 412
    assert referrer.patch(path, change, If_Match='W/"1"').status_code == 412
    kept = referrer.patch(path, change, If_Match=made.headers["ETag"])
    assert kept.status_code == 200
    assert len(kept.json["zones"]) == 2
    assert kept.json["members"] == made.json["members"]
    assert kept.headers["ETag"] != made.headers["ETag"]
    again = referrer.patch(path, {"nights": 3}, If_Match=made.headers["ETag"])
    assert (again.status_code, again.json["reason"]) == (412, "stale")
    assert referrer.get(path).json == kept.json


def test_amending_members_replaces_them_and_computes_the_class_again(referrer: Caller) -> None:
    made = referrer.post("/requests", filing())
    alone = [{"age": 40, "age_unit": "years", "age_as_of": "2026-11-21", "sex": "M", "role": "principal"}]
    kept = referrer.patch(
        f"/requests/{made.json['id']}",
        {"members": alone, "statuses": [], "zones": []},
        If_Match=made.headers["ETag"],
    )
    assert kept.status_code == 200, kept.json
    assert [person["age"] for person in kept.json["members"]] == [40]
    assert kept.json["priority"] == 4
    assert kept.json["zones"] == []


def test_a_nested_value_is_whole_in_a_change(referrer: Caller) -> None:
    made = referrer.post("/requests", filing())
    refused = referrer.patch(f"/requests/{made.json['id']}", {"members": [{"age": 3}]}, If_Match=made.headers["ETag"])
    assert refused.status_code == 422
    assert "members[0].sex" in refused.json["errors"]


def test_only_a_coordination_chooses_the_class_and_says_why(siao: Caller) -> None:
    refused = siao.post("/requests", filing(priority=2))
    assert "priority_overridden_because" in refused.json["errors"]
    made = siao.post("/requests", filing(priority=3, priority_overridden_because="Logée jusqu'à lundi"))
    assert made.json["priority"] == 3
    kept = siao.patch(
        f"/requests/{made.json['id']}",
        {"priority": None, "priority_overridden_because": None},
        If_Match=made.headers["ETag"],
    )
    assert kept.json["priority"] == 1


def test_a_night_that_has_passed_since_does_not_block_other_changes(referrer: Caller, clock: StoppedClock) -> None:
    made = referrer.post("/requests", filing())
    clock.instant += timedelta(days=2)
    kept = referrer.patch(f"/requests/{made.json['id']}", {"nights": 10}, If_Match=made.headers["ETag"])
    assert kept.status_code == 200, kept.json


def test_cancelling_ends_it(referrer: Caller) -> None:
    made = referrer.post("/requests", filing())
    path = f"/requests/{made.json['id']}"
    ended = referrer.post(f"{path}/cancellation", If_Match=made.headers["ETag"])
    assert (ended.status_code, ended.json["state"]) == (200, "cancelled")
    late = referrer.patch(path, {"nights": 3}, If_Match=ended.headers["ETag"])
    assert (late.status_code, late.json["reason"]) == (409, "not_amendable")


def test_the_same_key_gives_the_same_answer_and_does_nothing_twice(engine: Engine, referrer: Caller) -> None:
    first = referrer.post("/requests", filing(), Idempotency_Key="a-1")
    again = referrer.post("/requests", filing(), Idempotency_Key="a-1")
    assert again.status_code == first.status_code == 201
    assert again.json == first.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Location"] == first.headers["Location"]
    assert count(engine, Request, IdempotencyKey) == [1, 1]
    other = referrer.post("/requests", filing(nights=3), Idempotency_Key="a-1")
    assert (other.status_code, other.json["reason"]) == (409, "key_reused")
    assert referrer.post("/requests", filing(), Idempotency_Key="é é").status_code == 422


def test_a_key_is_its_organisations_own(referrer: Caller, enrol: Callable[..., Caller]) -> None:
    first = referrer.post("/requests", filing(), Idempotency_Key="a-1")
    other = enrol(TokenRole.REFERRER).post("/requests", filing(), Idempotency_Key="a-1")
    assert other.status_code == 201
    assert other.json["id"] != first.json["id"]


def test_a_repeated_change_is_answered_though_its_version_is_old(referrer: Caller) -> None:
    made = referrer.post("/requests", filing())
    path = f"/requests/{made.json['id']}/cancellation"
    ended = referrer.post(path, If_Match='"1"', Idempotency_Key="c-1")
    again = referrer.post(path, If_Match='"1"', Idempotency_Key="c-1")
    assert again.status_code == 200
    assert again.json == ended.json


def test_tonight_turns_in_the_morning(referrer: Caller, clock: StoppedClock) -> None:
    clock.instant = builders.NOW.replace(day=22, hour=3)
    assert referrer.post("/requests", filing(from_night="2026-11-21")).status_code == 201
    clock.instant = builders.NOW.replace(day=22, hour=10)
    refused = referrer.post("/requests", filing(from_night="2026-11-21"))
    assert "2026-11-22" in refused.json["errors"]["from_night"][0]


def test_the_same_key_at_the_same_time_files_one_request(engine: Engine, referrer: Caller) -> None:
    answers: list[TestResponse] = []
    barrier = threading.Barrier(6)

    def file() -> None:
        caller = Caller(referrer.client.application.test_client(), referrer.secret)
        barrier.wait(timeout=30)
        answers.append(caller.post("/requests", filing(reference="R1"), Idempotency_Key="at-once"))

    threads = [threading.Thread(target=file) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert count(engine, Request, IdempotencyKey) == [1, 1]


def test_a_transaction_tried_again_has_the_whole_body(referrer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = requests.submit, []

    def interrupted(*given: Any, **named: Any) -> Any:
        tries.append(given)
        made = real(*given, **named)
        if len(tries) == 1:
            raise DatabaseBusy
        return made

    monkeypatch.setattr(requests, "submit", interrupted)
    made = referrer.post("/requests", filing(reference="R1"))
    assert (made.status_code, made.json["reference_given"]) == (201, True)
    assert len(tries) == 2
    assert len(referrer.get("/requests").json["items"]) == 1
