"""The workflow, through the API, on both engines: whole stories from a request to the last night."""

from datetime import timedelta

from sqlalchemy import select

from api.services import endings, next_plans
from data.models.booking import Booking
from data.session import reading
from tests.api.cast import Cast, act, cast, done

__all__ = ["cast"]


def test_from_the_maternity_over_a_bridge_to_a_lasting_place(cast: Cast) -> None:
    bridge = cast.room(cast.home(kind="night_shelter"), 0, 5)
    centre = cast.home(cast.other_shelter, kind="centre_maternel")
    lasting = cast.room(centre, 3)
    request_id = cast.file(decisions=["ase"], needs=["midwife_pmi"])
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    assert sent["manual"]
    assert [(leg["kind"], leg["from_night"], leg["until_night"]) for leg in sent["legs"]] == [
        ("night_shelter", "2026-11-21", "2026-11-24"),
        ("centre_maternel", "2026-11-24", "2026-12-19"),
    ]
    path = f"/proposals/{sent['id']}"

    done(act(cast.shelter, path, "answer", {"answer": "accepted"}))
    assert cast.plan_of(request_id)["state"] == "sent", "each leg is answered by its own shelter"
    talk = {"answer": "interview", "interview_at": "2026-11-22T09:00:00+00:00"}
    asked = done(act(cast.other_shelter, path, "answer", talk))
    assert asked["state"] == "interview"
    assert asked["expires_at"] == "2026-11-24T09:00:00+00:00", "nobody is hurried before the interview"
    cast.clock.instant += timedelta(hours=20)
    done(act(cast.referrer, path, "consent", {}))
    done(act(cast.decider, path, "decision", {}))
    assert cast.state_of(request_id) == "proposed"
    accepted = done(act(cast.other_shelter, path, "answer", {"answer": "accepted"}))
    assert (accepted["state"], cast.state_of(request_id)) == ("accepted", "admitted")

    first, second = cast.stays()[0], cast.stays(cast.other_shelter)[0]
    assert (first["place_id"], second["place_id"]) == (bridge.id, lasting.id)
    assert first["until_night"] == second["from_night"] == "2026-11-24", "no night lies between"
    done(act(cast.shelter, f"/stays/{first['id']}", "arrival"))
    assert cast.plan_of(request_id)["state"] == "arrived"
    early = act(cast.other_shelter, f"/stays/{second['id']}", "arrival")
    assert (early.status_code, early.json["reason"]) == (409, "too_early")

    cast.clock.instant += timedelta(days=2)
    done(act(cast.other_shelter, f"/stays/{second['id']}", "arrival"))
    assert cast.stays()[0]["state"] == "ended"
    assert cast.stays()[0]["until_night"] == "2026-11-24"
    assert cast.state_of(request_id) == "admitted"

    cast.clock.instant += timedelta(days=10)
    done(act(cast.other_shelter, f"/stays/{second['id']}", "renewal", {"until_night": "2027-02-01"}))
    done(act(cast.other_shelter, f"/stays/{second['id']}", "leaving", {"night": "2027-01-10"}))
    assert cast.stays(cast.other_shelter)[0]["until_night"] == "2027-01-10"
    gone = done(act(cast.other_shelter, f"/stays/{second['id']}", "departure"))
    assert (gone["state"], gone["until_night"]) == ("ended", "2026-12-04")
    assert cast.state_of(request_id) == "closed"
    with reading(cast.engine) as session:
        assert session.scalars(select(Booking).where(Booking.live)).all() == []


def test_a_refusal_is_remembered_and_the_next_plan_goes_out_by_itself(cast: Cast) -> None:
    near, far = cast.home(), cast.home(cast.other_shelter, latitude=48.58, longitude=7.75, departement="67")
    cast.room(near, 0, 20)
    cast.room(far, 0, 20)
    request_id = cast.file(origin_insee="69123")
    cast.run()
    first = cast.plan_of(request_id)
    assert first["legs"][0]["departement"] == "69"
    waiting = cast.referrer.get(f"/requests/{request_id}").json["waiting_since"]
    refusal = {"answer": "refused", "reason": "other", "text": "dégât des eaux"}
    done(act(cast.shelter, f"/proposals/{first['id']}", "answer", refusal))
    ended = cast.plan_of(request_id)
    assert (ended["state"], ended["refusal_text"]) == ("refused_by_facility", "dégât des eaux")
    assert cast.state_of(request_id) == "searching"
    assert cast.work(next_plans.due_next) == [request_id]
    cast.clock.instant += timedelta(minutes=1)
    cast.work(lambda context: next_plans.send_next(context, request_id))
    second = cast.plan_of(request_id)
    assert second["legs"][0]["departement"] == "67"
    assert (second["state"], cast.state_of(request_id)) == ("sent", "proposed")
    assert cast.referrer.get(f"/requests/{request_id}").json["waiting_since"] == waiting, "nothing is lost by a refusal"
    assert cast.work(lambda context: next_plans.send_next(context, request_id)) is None, "one open plan of the list"

    done(act(cast.referrer, f"/proposals/{second['id']}", "consent", {"reason": "too_far"}))
    assert cast.work(lambda context: next_plans.send_next(context, request_id)) is None
    cast.run()
    assert cast.state_of(request_id) == "searching", "a refused pair is not proposed again"
    cast.clock.instant += timedelta(minutes=1)
    tag = cast.shelter.get(f"/facilities/{near.id}").headers["ETag"]
    done(cast.shelter.patch(f"/facilities/{near.id}", {"services": ["midwife_pmi", "pets"]}, If_Match=tag))
    cast.run()
    assert cast.plan_of(request_id)["legs"][0]["departement"] == "69", "unless one side has changed"


def test_silence_expires_a_proposal(cast: Cast) -> None:
    room = cast.room(cast.home(kind="night_shelter"), 0, 5)
    request_id = cast.file()
    cast.run()
    sent = cast.plan_of(request_id)
    cast.clock.instant += timedelta(hours=2)
    late = act(cast.shelter, f"/proposals/{sent['id']}", "answer", {"answer": "accepted"})
    assert (late.status_code, late.json["reason"]) == (409, "too_late")
    assert cast.work(endings.expire_due) == 1
    assert cast.work(endings.expire_due) == 0
    assert (cast.plan_of(request_id)["state"], cast.state_of(request_id)) == ("expired", "searching")
    cast.run()
    assert cast.state_of(request_id) == "searching"
    tag = cast.shelter.get(f"/places/{room.id}").headers["ETag"]
    done(cast.shelter.post(f"/places/{room.id}/confirmation", If_Match=tag))
    cast.run()
    assert cast.state_of(request_id) == "proposed", "the shelter is awake again"


def test_nobody_came(cast: Cast) -> None:
    cast.room(cast.home(kind="night_shelter"), 0, 5)
    cast.room(cast.home(cast.other_shelter), 3)
    request_id = cast.file()
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    assert len(sent["legs"]) == 2
    cast.accept(sent["id"], cast.shelter, cast.other_shelter)
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "no-show"))
    assert [stay["state"] for stay in (*cast.stays(), *cast.stays(cast.other_shelter))] == ["no_show", "cancelled"]
    assert (cast.plan_of(request_id)["state"], cast.state_of(request_id)) == ("no_show", "searching")
    with reading(cast.engine) as session:
        assert session.scalars(select(Booking).where(Booking.live)).all() == []


def test_accepting_a_plan_supersedes_the_others_of_its_request(cast: Cast) -> None:
    cast.room(cast.home(), 0, 20)
    cast.room(cast.home(cast.other_shelter), 0, 10)
    request_id = cast.file()
    cast.run()
    first = cast.plan_of(request_id)
    other = cast.propose(request_id, cast.candidates(request_id)[0])
    assert first["id"] != other["id"]
    done(act(cast.shelter, f"/proposals/{first['id']}", "answer", {"answer": "agreed"}))
    assert cast.state_of(request_id) == "agreed_in_principle"
    assert cast.accept(other["id"], cast.other_shelter)["state"] == "accepted"
    ended = cast.referrer.get(f"/proposals/{first['id']}").json
    assert (ended["state"], ended["withdrawal_reason"]) == ("superseded", "other_plan_accepted")
    assert cast.stays() == []
    late = act(cast.shelter, f"/proposals/{first['id']}", "answer", {"answer": "accepted"})
    assert (late.status_code, late.json["reason"]) == (409, "not_in_state")


def test_everything_that_happens_is_recorded(cast: Cast) -> None:
    cast.room(cast.home(), 0, 20)
    request_id = cast.file()
    before = cast.acts()
    cast.run()
    sent = cast.plan_of(request_id)
    cast.accept(sent["id"])
    done(act(cast.shelter, f"/stays/{cast.stays()[0]['id']}", "arrival"))
    # propose, send; answer, agree (twice); consent, accept, book, admit; arrive (twice): and the run itself.
    assert cast.acts() - before >= 11
