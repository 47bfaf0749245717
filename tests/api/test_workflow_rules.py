# ruff: noqa: ANN401 - bodies are of every type
"""Who may make which transition, from which state; what a waiver opens; what a change withdraws; what ages."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.commands import workflow
from api.services import request_acts
from api.services.actor import Actor, OrganisationKind, Role
from api.services.errors import Conflict, Forbidden
from api.services.moves import MACHINES, SPEAKS, check_party, move
from data.models.alert import Alert, AlertKind
from data.models.booking import Booking
from data.models.facility import Disclosure
from data.models.request import RefusedPair, Request
from data.models.request_codes import RequestState
from data.session import reading
from data.workflow.machine import Party, Transition
from data.workflow.request import REQUEST
from tests import builders
from tests.api.cast import Cast, act, cast, done

__all__ = ["cast"]

STEPS = {f"{machine.noun}.{step.name}": step for machine in MACHINES.values() for step in machine.transitions}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_role_moves_what_its_parties_may(step: Transition, role: Role) -> None:
    actor = Actor("0" * 32, role, None, OrganisationKind.SIAO)
    for party in Party:
        spoken = party in {Party.SERVICE, Party.TIME} or party in SPEAKS.get(role, ())
        if spoken and party in step.by:
            check_party(actor, step, party)
        else:
            with pytest.raises(Forbidden):
                check_party(actor, step, party)


def test_analysts_auditors_and_admins_speak_for_nobody() -> None:
    assert SPEAKS.keys().isdisjoint({Role.ANALYST, Role.AUDITOR, Role.ADMIN})
    assert not any({Party.SERVICE, Party.TIME} & parties for parties in SPEAKS.values())


@pytest.mark.parametrize("step", [step for step in REQUEST.transitions if step.sources], ids=lambda step: step.name)
def test_a_request_moves_from_the_sources_of_a_transition_and_from_no_other(cast: Cast, step: Transition) -> None:
    owner = cast.referrer.organisation
    assert owner is not None
    by = step.by[0]
    actor = None if by in {Party.SERVICE, Party.TIME} else _speaker(by)
    for state in RequestState:
        fields: dict[str, Any] = {"closed_at": builders.NOW} if REQUEST.by_state[state].final else {}
        if state is RequestState.TO_COMPLETE:
            fields["missing_fields"] = ("nights",)
        row = builders.request(owner, state=state, **fields)
        builders.save(cast.engine, row)

        def attempt(context: Any, row_id: str = row.id) -> str:
            found = context.session.get_one(Request, row_id)
            if step.target is RequestState.TO_COMPLETE:
                with context.session.no_autoflush:
                    found.missing_fields = ("nights",)
                    move(context, actor, found, step.name, by=by)
            else:
                move(context, actor, found, step.name, by=by)
            return str(found.state.value)

        if state in step.sources:
            assert cast.work(attempt) == step.target.value
        else:
            with pytest.raises(Conflict):
                cast.work(attempt)


def _speaker(by: Party) -> Actor:
    role = next(role for role, parties in SPEAKS.items() if by in parties)
    return Actor(builders.new_id(), role, None, OrganisationKind.SIAO)


@pytest.mark.parametrize(
    ("caller", "verb", "body"),
    [
        ("referrer", "answer", {"answer": "accepted"}),
        ("siao", "answer", {"answer": "accepted"}),
        ("decider", "answer", {"answer": "accepted"}),
        ("shelter", "decision", {}),
        ("referrer", "decision", {}),
        ("shelter", "consent", {}),
        ("decider", "consent", {}),
        ("referrer", "withdrawal", None),
        ("shelter", "withdrawal", None),
    ],
)
def test_nobody_answers_for_another(cast: Cast, caller: str, verb: str, body: Any) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    path = f"/proposals/{cast.plan_of(request_id)['id']}"
    assert act(getattr(cast, caller), path, verb, body).status_code == 403
    assert cast.plan_of(request_id)["state"] == "sent"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": "awaiting"}, "answer"),
        ({"answer": "refused"}, "reason"),
        ({"answer": "refused", "reason": "too_far"}, "reason"),
        ({"answer": "refused", "reason": "no_answer"}, "reason"),
        ({"answer": "refused", "reason": "other"}, "text"),
        ({"answer": "refused", "reason": "works", "text": "toiture"}, "text"),
        ({"answer": "refused", "reason": "other", "text": "x" * 301}, "text"),
        ({"answer": "accepted", "reason": "works"}, "reason"),
        ({"answer": "interview"}, "interview_at"),
        ({"answer": "interview", "interview_at": "2026-11-20T09:00:00Z"}, "interview_at"),
        ({"answer": "interview", "interview_at": "2027-11-20T09:00:00Z"}, "interview_at"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_with_its_field(cast: Cast, body: Any, field: str) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    wrong = act(cast.shelter, f"/proposals/{cast.plan_of(request_id)['id']}", "answer", body)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, [field])


def test_a_waiver_opens_a_reserved_place_to_one_household(cast: Cast) -> None:
    kept = cast.home(reserved_departements=("69",))
    cast.room(kept, 0, 20)
    request_id, other = cast.file(), cast.file()
    cast.run()
    assert cast.state_of(request_id) == cast.state_of(other) == "searching"
    assert cast.candidates(request_id) == []
    (blocked,) = cast.candidates(request_id, lift="reserved_elsewhere")
    assert (blocked["blocked"], blocked["reserved_to"]) == ("reserved_elsewhere", ["69"])
    refused = cast.siao.post(f"/requests/{request_id}/proposals", {"candidate": blocked["id"]})
    assert (refused.status_code, refused.json["reason"]) == (409, "not_admissible")

    asked = done(
        cast.siao.post(f"/requests/{request_id}/waivers", {"candidate": blocked["id"], "until_night": "2026-12-21"})
    )
    assert asked["agreed_at"] is None
    assert cast.decider.get("/waivers").json["items"] == [], "Paris decides nothing about the places of the Rhône"
    rhone = cast.enrol_decider("69")
    assert [each["id"] for each in rhone.get("/waivers").json["items"]] == [asked["id"]]
    assert rhone.get(f"/waivers/{asked['id']}").json["request_id"] is None
    cast.run()
    assert cast.state_of(request_id) == "searching", "asking opens nothing"
    agreed = done(act(rhone, f"/waivers/{asked['id']}", "agreement", {"agreed_by": "responsable ASE"}))
    assert agreed["agreed_by"] == "responsable ASE"
    cast.run()
    assert (cast.state_of(request_id), cast.state_of(other)) == ("proposed", "searching")

    done(act(rhone, f"/waivers/{asked['id']}", "revocation"))
    ended = cast.plan_of(request_id)
    assert (ended["state"], ended["withdrawal_reason"]) == ("withdrawn", "request_changed")
    cast.run()
    assert cast.state_of(request_id) == "searching"


def test_a_refused_pair_is_proposed_again_when_a_coordinator_insists(cast: Cast) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    first = cast.plan_of(request_id)
    done(act(cast.referrer, f"/proposals/{first['id']}", "consent", {"reason": "too_far"}))
    assert cast.candidates(request_id) == []
    (again,) = cast.candidates(request_id, lift="refused_before")
    path, body = f"/requests/{request_id}/proposals", {"candidate": again["id"]}
    assert cast.siao.post(path, body).json["reason"] == "refused_before"
    cast.clock.instant += timedelta(minutes=1)
    made = done(cast.siao.post(path, {**body, "override": True}))
    assert (made["state"], made["manual"], made["run_id"]) == ("sent", True, None)
    with reading(cast.engine) as session:
        assert session.scalars(select(RefusedPair)).one().overridden_at == cast.clock.instant


def test_candidates_are_three_at_most_and_say_nothing_of_hidden_places(cast: Cast) -> None:
    secret = cast.home(kind="mecs_specialised", disclosure=Disclosure.SECRET, decisions=(), admits=[])
    for _ in range(5):
        cast.room(cast.home(), 0, 20)
    hidden = cast.room(cast.home(disclosure=Disclosure.CONFIDENTIAL, departement="67"), 0, 25)
    request_id = cast.file(origin_insee="69123")
    shown = cast.candidates(request_id)
    assert len(shown) == 3
    text = str(shown)
    for private in (secret.id, hidden.id, hidden.facility_id):
        assert private not in text
    closed = [each for each in shown if each["legs"][0]["disclosure"] == "confidential"]
    assert [each["cost"] for each in closed] == [None] * len(closed)
    old = shown[0]
    cast.candidates(request_id)
    gone = cast.siao.post(f"/requests/{request_id}/proposals", {"candidate": old["id"]})
    assert (gone.status_code, gone.json["reason"]) == (409, "candidate_gone")
    fresh = cast.candidates(request_id)[0]
    cast.clock.instant += timedelta(minutes=15)
    late = cast.siao.post(f"/requests/{request_id}/proposals", {"candidate": fresh["id"]})
    assert late.json["reason"] == "candidate_gone"


@pytest.mark.parametrize("state", ["sent", "accepted"])
def test_a_new_danger_withdraws_what_is_open_with_an_alert(cast: Cast, state: str) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    sent = cast.plan_of(request_id)
    if state == "accepted":
        cast.accept(sent["id"])
    path = f"/requests/{request_id}"
    harmless = cast.referrer.patch(path, {"preferences": ["pets"], "nights": 40}, If_Match=_tag(cast, path))
    done(harmless)
    assert cast.plan_of(request_id)["state"] == state, "what still stands is left alone"
    zones = [{"kind": "departement", "departement": "69", "with_neighbours": False}]
    done(cast.referrer.patch(path, {"zones": zones}, If_Match=_tag(cast, path)))
    ended = cast.plan_of(request_id)
    assert (ended["state"], ended["withdrawal_reason"]) == ("withdrawn", "unsafe")
    assert cast.state_of(request_id) == "searching"
    assert [stay["state"] for stay in cast.stays()] == ([] if state == "sent" else ["cancelled"])
    with reading(cast.engine) as session:
        kinds = set(session.scalars(select(Alert.kind)))
    assert kinds == {AlertKind.UNSAFE_WITHDRAWN}
    cast.run()
    assert cast.state_of(request_id) == "searching"


def test_nobody_is_moved_by_software(cast: Cast) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    cast.accept(cast.plan_of(request_id)["id"])
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    path = f"/requests/{request_id}"
    zones = [{"kind": "departement", "departement": "69", "with_neighbours": False}]
    done(cast.referrer.patch(path, {"zones": zones}, If_Match=_tag(cast, path)))
    assert [stay["state"] for stay in cast.stays()] == ["occupied"]
    assert cast.state_of(request_id) == "admitted"
    with reading(cast.engine) as session:
        assert set(session.scalars(select(Alert.kind))) == {AlertKind.UNSAFE_STAY}


def test_a_facility_that_changes_looks_at_its_open_plans_again(cast: Cast) -> None:
    home = cast.home()
    cast.room(home, 0, 20)
    request_id = cast.file()
    cast.run()
    path = f"/facilities/{home.id}"
    done(
        cast.shelter.patch(path, {"services": ["midwife_pmi", "pets"]}, If_Match=cast.shelter.get(path).headers["ETag"])
    )
    assert cast.plan_of(request_id)["state"] == "sent"
    done(cast.shelter.patch(path, {"audience": "men"}, If_Match=cast.shelter.get(path).headers["ETag"]))
    assert cast.plan_of(request_id)["withdrawal_reason"] == "place_changed"


def _shut(cast: Cast, path: str, **closure: Any) -> None:
    tag = {"If_Match": cast.shelter.get(path).headers["ETag"]}
    if closure:
        done(cast.shelter.post(f"{path}/closures", {"reason": "works", **closure}, **tag))
    else:
        done(cast.shelter.patch(path, {"closed": True}, **tag))


def _alerts(caller: Any) -> list[tuple[str, str]]:
    return [(alert["kind"], alert["subject_kind"]) for alert in caller.get("/alerts").json["items"]]


@pytest.mark.parametrize("closure", [{}, {"from_night": "2026-11-25"}, {"from_night": "2026-12-30"}])
def test_a_place_that_shuts_lets_go_of_what_is_held_on_its_nights(cast: Cast, closure: dict[str, str]) -> None:
    room = cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    later = closure.get("from_night", "") > "2026-12-11"
    _shut(cast, f"/places/{room.id}", **closure)
    plan = cast.plan_of(request_id)
    assert (plan["state"], plan["withdrawal_reason"]) == (("sent", None) if later else ("withdrawn", "place_changed"))
    assert cast.state_of(request_id) == ("proposed" if later else "searching")
    told = [] if later else [("place_shut", "proposal")]
    assert [_alerts(caller) for caller in (cast.referrer, cast.siao, cast.shelter)] == [told, told, []]
    with reading(cast.engine) as session:
        assert bool(session.scalars(select(Booking).where(Booking.live)).all()) is later


@pytest.mark.parametrize("arrived", [False, True])
def test_whoever_was_promised_a_place_that_shuts_is_not_put_out_by_software(cast: Cast, *, arrived: bool) -> None:
    room = cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    cast.run()
    cast.accept(cast.plan_of(request_id)["id"])
    if arrived:
        done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    _shut(cast, f"/places/{room.id}")
    assert [stay["state"] for stay in cast.stays()] == ["occupied" if arrived else "booked"]
    assert cast.state_of(request_id) == "admitted"
    assert _alerts(cast.siao) == [("place_shut", "request")]
    assert _alerts(cast.shelter) == [("place_shut", "stay")]


@pytest.mark.parametrize("end", ["closed", "cancelled", "expired"])
def test_free_notes_are_erased_when_a_request_is_over(cast: Cast, end: str) -> None:
    cast.room(cast.home(), 0, 20)
    cast.room(cast.home(cast.other_shelter), 0, 20)
    request_id = cast.file(latest_night="2026-11-22")
    cast.run()
    first = cast.plan_of(request_id)
    note = {"reason": "other", "text": "dit connaître quelqu’un dans la rue"}
    done(act(cast.referrer, f"/proposals/{first['id']}", "consent", note))
    assert cast.plan_of(request_id)["refusal_text"] == note["text"]
    path = f"/requests/{request_id}"
    if end == "cancelled":
        done(act(cast.referrer, path, "cancellation"))
    elif end == "expired":
        cast.clock.instant += timedelta(days=2)
        assert cast.work(request_acts.expire_requests) == 1
    else:
        cast.run()
        shelters = [cast.shelter, cast.other_shelter]
        owner = next(each for each in shelters if each.get("/proposals?state=sent").json["items"])
        cast.accept(cast.plan_of(request_id)["id"], owner)
        stay = f"/stays/{cast.stays(owner)[0]['id']}"
        done(act(owner, stay, "arrival"))
        assert cast.referrer.get(f"/proposals/{first['id']}").json["refusal_text"] == note["text"]
        done(act(owner, stay, "departure"))
    assert cast.state_of(request_id) == end
    erased = cast.referrer.get(f"/proposals/{first['id']}").json
    assert (erased["refusal_reason"], erased["refusal_text"]) == ("other", None)


def test_a_draft_waits_until_it_is_completed(cast: Cast) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file(draft=True)
    cast.run()
    assert cast.state_of(request_id) == "draft"
    path = f"/requests/{request_id}"
    done(act(cast.referrer, path, "completion"))
    asked = done(act(cast.siao, path, "question", {"fields": ["nights", "needs"]}))
    assert (asked["state"], asked["missing_fields"]) == ("to_complete", ["needs", "nights"])
    cast.run()
    assert cast.state_of(request_id) == "to_complete"
    assert done(act(cast.referrer, path, "completion"))["missing_fields"] is None
    cast.run()
    assert cast.state_of(request_id) == "proposed"
    unknown = act(cast.siao, path, "question", {"fields": ["colour"]})
    assert (unknown.status_code, list(unknown.json["errors"])) == (422, ["fields[0]"])


def test_a_request_expires_after_its_latest_night_and_comes_back_with_its_seniority(cast: Cast) -> None:
    request_id = cast.file(latest_night="2026-11-22", waiting_since="2026-10-01")
    assert cast.work(request_acts.expire_requests) == 0
    cast.clock.instant += timedelta(days=2)
    assert cast.work(request_acts.expire_requests) == 1
    assert cast.state_of(request_id) == "expired"
    back = done(act(cast.referrer, f"/requests/{request_id}", "reactivation"))
    assert (back["state"], back["waiting_since"], back["latest_night"]) == ("submitted", "2026-10-01", None)


def test_one_tap_confirms_every_place_and_what_ages_is_listed(cast: Cast) -> None:
    home, hidden = cast.home(), cast.home(disclosure=Disclosure.SECRET)
    rooms = [cast.room(home), cast.room(hidden)]
    foreign = cast.room(cast.home(cast.other_shelter))
    cast.clock.instant += timedelta(hours=30)
    stale = cast.shelter.get("/availability/stale").json["items"]
    assert {row["id"] for row in stale} == {row.id for row in rooms}
    (to_call,) = cast.siao.get("/vacancies/stale").json["items"]
    assert (to_call["kind"], to_call["departement"], to_call["places"]) == ("chu", "69", 2), "a secret one is not told"
    assert done(cast.shelter.post("/availability/confirmation", {"facility_id": home.id}))["places"] == 1
    assert done(cast.shelter.post("/availability/confirmation", {}))["places"] == 2
    assert cast.shelter.get("/availability/stale").json["items"] == []
    assert [row["id"] for row in cast.other_shelter.get("/availability/stale").json["items"]] == [foreign.id]
    strange = cast.other_shelter.post("/availability/confirmation", {"facility_id": home.id})
    assert strange.status_code == 404


def test_a_place_is_what_stands_beside_it(cast: Cast) -> None:
    room = cast.room(cast.home(), 0, 20)
    path = f"/places/{room.id}"

    def on(night: str) -> str:
        return str(cast.shelter.get(f"{path}/state?night={night}").json["state"])

    assert (on("2026-11-21"), on("2026-12-25")) == ("available", "occupied")
    request_id = cast.file(nights=5)
    cast.run()
    assert (on("2026-11-21"), on("2026-11-26")) == ("held", "available")
    cast.accept(cast.plan_of(request_id)["id"])
    assert on("2026-11-21") == "booked"
    stay = f"/stays/{cast.stays()[0]['id']}"
    done(act(cast.shelter, stay, "arrival"))
    assert on("2026-11-21") == "occupied"
    done(act(cast.shelter, stay, "leaving", {"night": "2026-11-24"}))
    assert (on("2026-11-23"), on("2026-11-24")) == ("leaving", "available")
    tag = {"If_Match": cast.shelter.get(path).headers["ETag"]}
    done(cast.shelter.post(f"{path}/closures", {"reason": "works", "from_night": "2026-11-28"}, **tag))
    assert on("2026-11-28") == "unavailable"
    tag = {"If_Match": cast.shelter.get(path).headers["ETag"]}
    done(cast.shelter.patch(path, {"closed": True}, **tag))
    assert on("2026-11-28") == "closed"


def test_the_sheet_holds_nothing_confidential(cast: Cast) -> None:
    room = cast.room(cast.home(disclosure=Disclosure.SECRET), 0, 20)
    request_id = cast.file(origin_insee="69123")
    cast.run()
    sent = cast.plan_of(request_id)
    for caller in (cast.referrer, cast.siao, cast.shelter):
        answer = caller.get(f"/proposals/{sent['id']}/sheet")
        assert answer.json["household"]["members"][0]["age"] == 24
        assert answer.json["legs"][0]["departement"] is None or caller is cast.shelter
        for private in (room.id, room.facility_id, request_id, "45.76", "zones", "69123"):
            assert private not in answer.get_data(as_text=True)
    assert cast.decider.get(f"/proposals/{sent['id']}/sheet").status_code == 403


def test_the_page_shows_the_machines_as_they_are() -> None:
    text = workflow.PAGE.read_text("utf-8")
    assert workflow.page(text) == text
    for machine in workflow.MACHINES:
        assert workflow.drawing(machine).count("-->") >= len(machine.transitions)


def _tag(cast: Cast, path: str) -> str:
    return cast.referrer.get(path).headers["ETag"]
