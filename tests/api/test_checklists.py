"""The checklist of protection: opened by what the household is, dated, owned, watched."""

from datetime import timedelta
from typing import Any

import pytest

from api.services.checklists import open_steps, overdue_steps
from tests.api.cast import Cast, act, cast, done
from tests.api.test_journeys import accepted, alerts

__all__ = ["cast"]

GIRL = {"age": 15, "age_unit": "years", "age_as_of": "2026-11-21", "sex": "F", "role": "principal"}
MOTHER = {**GIRL, "age": 24}
BABY = {"age": 12, "age_unit": "days", "age_as_of": "2026-11-21", "sex": "M", "role": "child"}


def steps(cast: Cast, request_id: str) -> list[Any]:
    items: list[Any] = cast.referrer.get(f"/requests/{request_id}/checklist").json["items"]
    return items


@pytest.mark.parametrize(
    ("household", "kinds"),
    [
        ({"members": [MOTHER, BABY]}, set()),
        ({"members": [GIRL]}, {"administrator_asked", "administrator_appointed", "protection_referent"}),
        (
            {"members": [GIRL, {**MOTHER, "role": "other"}]},
            {"protection_referent"},
        ),
        ({"members": [MOTHER], "decisions": ["opp"]}, {"placement_order", "judge_seized"}),
        ({"members": [MOTHER], "needs": ["interpreter", "pets"]}, {"interpreter"}),
        ({"members": [MOTHER], "needs": ["addiction_care", "psychotrauma_care"]}, {"care_handed_over"}),
        (
            {"members": [{**GIRL, "age": 18, "minority_status": "contested_pending_appeal"}]},
            {"administrator_asked", "administrator_appointed", "protection_referent", "minority_appeal"},
        ),
    ],
    ids=["mother", "girl alone", "girl with an adult", "order", "interpreter", "care", "appeal"],
)
def test_what_a_household_needs(cast: Cast, household: dict[str, Any], kinds: set[str]) -> None:
    request_id = cast.file(**household)
    done(cast.referrer.post(f"/requests/{request_id}/checklist"))
    assert {step["kind"] for step in steps(cast, request_id)} == kinds
    assert cast.work(open_steps) == 0, "the job finds nothing left to open"


def test_the_job_opens_them_once_and_one_for_each_care(cast: Cast) -> None:
    request_id = cast.file(members=[MOTHER], needs=["addiction_care", "psychotrauma_care"])
    assert cast.work(open_steps) == 2
    assert cast.work(open_steps) == 0
    assert {step["service"] for step in steps(cast, request_id)} == {"addiction_care", "psychotrauma_care"}


def test_an_interview_is_a_step(cast: Cast) -> None:
    cast.room(cast.home())
    request_id = cast.file()
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    talk = {"answer": "interview", "interview_at": "2026-11-22T09:00:00+00:00"}
    done(act(cast.shelter, f"/proposals/{sent['id']}", "answer", talk))
    assert cast.work(open_steps) == 1
    assert [(step["kind"], step["owner"]) for step in steps(cast, request_id)] == [
        ("pre_admission_interview", "shelter")
    ]


def test_the_judge_is_seized_within_eight_days_of_the_order(cast: Cast) -> None:
    request_id = cast.file(members=[GIRL], decisions=["opp"])
    cast.work(open_steps)
    by_kind = {step["kind"]: step for step in steps(cast, request_id)}
    order = by_kind["placement_order"]
    done(
        cast.referrer.patch(
            f"/protection-steps/{order['id']}",
            {"state": "done", "done_on": "2026-11-19", "valid_until": "2027-05-19", "owner_function": "parquet"},
            If_Match='"1"',
        )
    )
    by_kind = {step["kind"]: step for step in steps(cast, request_id)}
    assert by_kind["placement_order"]["valid_until"] == "2027-05-19"
    assert by_kind["judge_seized"]["due_on"] == "2026-11-27"
    cast.clock.instant += timedelta(days=6)
    before = cast.work(overdue_steps)
    cast.clock.instant += timedelta(days=1)
    assert cast.work(overdue_steps) >= 1
    assert cast.work(overdue_steps) == 0
    late = {alert["subject_id"] for alert in alerts(cast.siao, "step_overdue")}
    assert by_kind["judge_seized"]["id"] in late
    assert len(late) > before
    done(cast.referrer.patch(f"/protection-steps/{by_kind['judge_seized']['id']}", {"state": "done"}, If_Match='"2"'))
    cast.work(overdue_steps)
    assert by_kind["judge_seized"]["id"] not in {alert["subject_id"] for alert in alerts(cast.siao, "step_overdue")}


def test_an_order_that_expires_is_an_alert(cast: Cast) -> None:
    request_id = cast.file(members=[MOTHER], decisions=["opp"])
    cast.work(open_steps)
    order = next(step for step in steps(cast, request_id) if step["kind"] == "placement_order")
    given = {"state": "done", "done_on": "2026-11-20", "valid_until": "2026-12-20"}
    done(cast.referrer.patch(f"/protection-steps/{order['id']}", given, If_Match='"1"'))
    cast.work(overdue_steps)
    assert order["id"] not in {alert["subject_id"] for alert in alerts(cast.referrer, "step_overdue")}
    cast.clock.instant += timedelta(days=21)
    cast.work(overdue_steps)
    assert order["id"] in {alert["subject_id"] for alert in alerts(cast.referrer, "step_overdue")}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"done_on": "2026-11-20"}, "done_on"),
        ({"state": "done", "done_on": "2026-11-23"}, "done_on"),
        ({"valid_until": "2026-12-20"}, "valid_until"),
        ({"owner": "Mme Untel"}, "owner"),
    ],
)
def test_what_is_refused(cast: Cast, changes: dict[str, Any], field: str) -> None:
    request_id = cast.file(members=[MOTHER], needs=["interpreter"])
    cast.work(open_steps)
    (step,) = steps(cast, request_id)
    answer = cast.referrer.patch(f"/protection-steps/{step['id']}", changes, If_Match='"1"')
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_the_shelter_that_receives_the_household_reads_its_steps(cast: Cast) -> None:
    accepted(cast)
    cast.work(open_steps)
    stay = cast.stays()[0]["id"]
    seen = cast.shelter.get(f"/stays/{stay}/checklist").json["items"]
    assert [(step["kind"], step["service"]) for step in seen] == [("care_handed_over", "midwife_pmi")]
    assert cast.other_shelter.get(f"/stays/{stay}/checklist").status_code == 404
    assert (
        cast.shelter.patch(f"/protection-steps/{seen[0]['id']}", {"state": "done"}, If_Match='"1"').status_code == 403
    )
