"""An end of stay is a beginning: the next place is looked for in time, once, and reached without a night between."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from api.services.follow_ons import open_follow_ons
from data.models.follow_on import CancelledBecause, FollowOn
from data.models.request import RefusedPair, Request
from data.session import reading
from tests import builders as b
from tests.api.cast import Cast, act, cast, done
from tests.api.test_checklists import GIRL, MOTHER
from tests.api.test_journeys import alerts

__all__ = ["cast"]


def settle(cast: Cast, kind: str = "chu", *, free_until: int | None = None, **changes: object) -> tuple[str, Any]:
    """A household that has just arrived; its request and its stay."""
    cast.room(cast.home(kind=kind), 0, free_until)
    request_id = cast.file(**{"members": [MOTHER], "needs": [], "nights": 28, **changes})
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    if sent["legs"][0]["decision"] == "awaiting":
        done(act(cast.siao, f"/proposals/{sent['id']}", "decision", {}))
    cast.accept(sent["id"])
    stay = cast.stays()[0]
    done(act(cast.shelter, f"/stays/{stay['id']}", "arrival"))
    return request_id, cast.shelter.get(f"/stays/{stay['id']}").json


def ending(cast: Cast) -> Any:  # noqa: ANN401
    (item,) = cast.siao.get("/stay-limits").json["items"]
    return item


def follow_ons(cast: Cast) -> list[FollowOn]:
    with reading(cast.engine) as session:
        return list(session.scalars(select(FollowOn).order_by(FollowOn.opened_at)))


def request(cast: Cast, request_id: str) -> Any:  # noqa: ANN401
    return cast.referrer.get(f"/requests/{request_id}").json


def test_both_sides_see_what_ends_a_stay(cast: Cast) -> None:
    request_id, stay = settle(cast)
    for caller, mine in ((cast.siao, "request_id"), (cast.referrer, "request_id"), (cast.shelter, "place_id")):
        (item,) = caller.get("/stay-limits").json["items"]
        assert item["id"] == stay["id"]
        assert [(limit["kind"], limit["night"], limit["ends"]) for limit in item["limits"]] == [
            ("renewal_due", "2026-12-19", True)
        ]
        assert item["limits"][0]["opens_on"] == "2026-12-12"
        assert [name for name in ("request_id", "place_id") if item[name] is not None] == [mine]
    assert item["place_id"] == stay["place_id"]
    assert cast.other_shelter.get("/stay-limits").json["items"] == []
    assert cast.decider.get("/stay-limits").status_code == 403
    assert ending(cast)["request_id"] == request_id


def test_it_is_opened_in_time_and_once_with_the_facts_and_the_seniority(cast: Cast) -> None:
    request_id, stay = settle(cast, waiting_since="2026-11-01")
    cast.clock.instant += timedelta(days=20)
    assert cast.work(open_follow_ons) == 0
    cast.clock.instant += timedelta(days=1)
    assert cast.work(open_follow_ons) == 1
    assert cast.work(open_follow_ons) == 0
    (link,) = follow_ons(cast)
    assert ending(cast)["follow_on_request_id"] == link.request_id
    before, after = request(cast, request_id), request(cast, link.request_id)
    assert (after["state"], after["from_night"]) == ("submitted", stay["until_night"])
    assert (after["sleeping_tonight"], after["sleeping_until"]) == ("facility", stay["until_night"])
    for same in ("waiting_since", "zones", "statuses", "decisions", "needs", "departement", "organisation_id"):
        assert after[same] == before[same], same
    assert after["waiting_since"] == "2026-11-01"
    assert after["latest_night"] is None
    assert after["members"][0]["age"] == 24
    assert cast.shelter.get("/stay-limits").json["items"][0]["follow_on_request_id"] is None


def test_refusals_are_kept_with_it(cast: Cast) -> None:
    request_id, _ = settle(cast)
    away = cast.home(cast.other_shelter)
    with reading(cast.engine) as session:
        version = session.get_one(Request, request_id).facts_version
    stale = cast.home(cast.other_shelter)
    b.save(
        cast.engine,
        RefusedPair(**_pair(request_id, away.id, version)),
        RefusedPair(**_pair(request_id, stale.id, version - 1)),
    )
    cast.clock.instant += timedelta(days=21)
    assert cast.work(open_follow_ons) == 1
    with reading(cast.engine) as session:
        row = session.get_one(Request, follow_ons(cast)[0].request_id)
        assert [pair.facility_id for pair in row.refused_pairs] == [away.id]


def _pair(request_id: str, facility_id: str, version: int) -> dict[str, Any]:
    pair = {"reason": "too_far", "refused_by": "person", "refused_at": b.NOW}
    return pair | {"request_id": request_id, "facility_id": facility_id, "request_version": version}


def test_a_household_moves_on_without_a_night_between(cast: Cast) -> None:
    request_id, stay = settle(cast, free_until=28)
    cast.clock.instant += timedelta(days=21)
    cast.work(open_follow_ons)
    assert len(alerts(cast.siao, "limit_near")) == len(alerts(cast.shelter, "limit_near")) == 1
    next_request = follow_ons(cast)[0].request_id
    cast.room(cast.home(cast.other_shelter), 20)
    sent = cast.propose(next_request, cast.candidates(next_request)[0])
    assert sent["legs"][0]["from_night"] == stay["until_night"], "it begins the night this one ends"
    cast.accept(sent["id"], cast.other_shelter)
    cast.work(open_follow_ons)
    assert alerts(cast.siao, "limit_near") == [], "a next place is found"
    assert ending(cast)["next_place"] is True
    cast.clock.instant += timedelta(days=7)
    (coming,) = cast.stays(cast.other_shelter)
    done(act(cast.other_shelter, f"/stays/{coming['id']}", "arrival"))
    left = cast.shelter.get(f"/stays/{stay['id']}").json
    assert (left["state"], left["until_night"]) == ("ended", coming["from_night"])
    assert (cast.state_of(request_id), cast.state_of(next_request)) == ("closed", "admitted")


def test_a_renewal_cancels_it_and_the_next_end_opens_another(cast: Cast) -> None:
    _, stay = settle(cast)
    cast.clock.instant += timedelta(days=21)
    cast.work(open_follow_ons)
    first = follow_ons(cast)[0]
    done(act(cast.shelter, f"/stays/{stay['id']}", "renewal", {"until_night": "2027-03-01"}))
    assert cast.work(open_follow_ons) == 0
    assert cast.state_of(first.request_id) == "cancelled"
    (cancelled,) = follow_ons(cast)
    assert cancelled.cancelled_because is CancelledBecause.RENEWED
    assert alerts(cast.siao, "limit_near") == []
    cast.clock.instant += timedelta(days=75)
    assert cast.work(open_follow_ons) == 1
    assert len(follow_ons(cast)) == 2


def test_what_people_cancel_stays_cancelled(cast: Cast) -> None:
    settle(cast)
    cast.clock.instant += timedelta(days=21)
    cast.work(open_follow_ons)
    done(act(cast.referrer, f"/requests/{follow_ons(cast)[0].request_id}", "cancellation"))
    assert cast.work(open_follow_ons) == 0
    assert len(follow_ons(cast)) == 1


def test_a_departure_announced_opens_it_at_once(cast: Cast) -> None:
    _, stay = settle(cast)
    assert cast.work(open_follow_ons) == 0
    done(act(cast.shelter, f"/stays/{stay['id']}", "leaving", {"night": "2026-12-10"}))
    assert cast.work(open_follow_ons) == 1
    assert request(cast, follow_ons(cast)[0].request_id)["from_night"] == "2026-12-10"


def test_an_end_that_moves_moves_what_follows(cast: Cast) -> None:
    _, stay = settle(cast)
    done(act(cast.shelter, f"/stays/{stay['id']}", "leaving", {"night": "2026-12-10"}))
    cast.work(open_follow_ons)
    done(act(cast.shelter, f"/stays/{stay['id']}", "leaving", {"night": "2026-12-05"}))
    cast.work(open_follow_ons)
    (link,) = follow_ons(cast)
    assert (link.limit_night, request(cast, link.request_id)["from_night"]) == (date(2026, 12, 5), "2026-12-05")


def test_a_short_stay_opens_it_at_once(cast: Cast) -> None:
    settle(cast, "night_shelter", nights=5)
    assert cast.work(open_follow_ons) == 1


def test_the_first_leg_of_a_plan_needs_none(cast: Cast) -> None:
    cast.room(cast.home(kind="night_shelter"), 0, 5)
    cast.room(cast.home(cast.other_shelter), 3)
    request_id = cast.file(members=[MOTHER], needs=[])
    plans = [one for one in cast.candidates(request_id) if len(one["legs"]) == 2]
    sent = cast.propose(request_id, plans[0])
    cast.accept(sent["id"], cast.shelter, cast.other_shelter)
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    assert cast.work(open_follow_ons) == 0


def test_turning_18_is_said_and_ends_nothing(cast: Cast) -> None:
    settle(cast, "mecs", members=[{**GIRL, "age": 17, "age_as_of": "2025-12-01"}], decisions=["ase"])
    said = {limit["kind"]: limit for limit in ending(cast)["limits"]}
    assert (said["majority"]["night"], said["majority"]["ends"]) == ("2026-12-01", False)
    assert said["principal_age"]["night"] == "2029-12-01"
    assert cast.work(open_follow_ons) == 0
    assert ending(cast)["ends_on"] == "2026-12-19"


def test_somebody_who_came_by_another_way_has_no_follow_on(cast: Cast) -> None:
    room = cast.room(cast.home())
    b.save(cast.engine, b.stay(room, until_night=b.nights(2)))
    assert cast.work(open_follow_ons) == 0
