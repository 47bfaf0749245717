"""Every route declares its policy, and every route × role × ownership answers as the access table says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from api import security
from api.app import create_app
from api.config import Settings
from api.services.access import POLICIES, PUBLIC, Reach
from api.services.actor import Actor
from api.services.audit import record
from api.services.audit_trail import REVEAL
from api.services.context import Context
from data.models.organisation import Organisation, TokenRole
from data.models.proposal import Decision
from data.models.run import RunOutcome, RunState, RunStatus
from data.session import transaction
from tests import builders, journey_builders, notice_builders
from tests.api.conftest import SECRET, Caller, filing

BODIES: dict[str, Any] = {
    "organisations.create": {"name": "Association", "kind": "operator"},
    "organisations.amend": {"name": "Association"},
    "facilities.create": {"kind": "chu"},
    "facilities.amend": {"services": ["pets"]},
    "places.create": {"label": "chambre", "beds": 1},
    "places.amend": {"beds": 3},
    "availability.replace": {"free": []},
    "availability.close": {"reason": "works", "from_night": "2026-11-22"},
    "requests.submit": filing(),
    "requests.amend": {"nights": 3},
    "requests.ask_to_complete": {"fields": ["nights"]},
    "proposals.answer": {"answer": "agreed"},
    "proposals.decide": {},
    "proposals.consent": {},
    "proposals.candidates": {},
    "proposals.create": {"candidate": "0" * 32},
    "waivers.create": {"candidate": "0" * 32, "until_night": "2026-12-20"},
    "waivers.agree": {"agreed_by": "responsable ASE"},
    "availability.confirm_all": {},
    "stays.renew": {"until_night": "2026-12-20"},
    "stays.announce_leaving": {"night": "2026-11-25"},
    "runs.start": {},
    "journeys.plan": {
        "escort": "ase",
        "leaves_at": "2026-11-21T19:00:00+00:00",
        "due_at": "2026-11-21T23:00:00+00:00",
    },
    "journeys.amend": {"escort": "pjj"},
    "checklists.amend": {"owner": "pjj"},
    "contact_points.create": {"channel": "email", "address": "nuit@exemple.org"},
    "contact_points.amend": {"digest": "daily"},
    "contact_points.verify": {"code": "000000000000"},
}
"""A right body for every action that takes one: a wrong one would be refused before whose row it is is asked."""
SHARED = {"runs.outcomes"}
"""Actions addressed by a run, which is everybody's, though the rows in the answer are not: the marks guard those."""
PASSED = {200, 201, 409, 412}
"""What somebody entitled gets: the thing itself, or a refusal that only who may see the row can get."""
GUESSED = {"contact_points.verify"}
"""Actions whose body holds a code that nobody knows: 422, after whose row it is was asked."""


@dataclass
class Rows:
    """One row of each noun, all of one organisation, with a mark in every field that is P3 or P4."""

    ids: dict[str, str]
    place_marks: tuple[str, ...]
    request_marks: tuple[str, ...]
    told_marks: tuple[str, ...] = ()


def plant(engine: Engine, owner: Organisation, departement: str, mark: str) -> Rows:
    """Write one row of each noun. Their kind asks for the département's decision, so that deciders have some."""
    latitude = 44.0 + int(mark, 16) / 1e6
    home = builders.facility(owner, "mecs", departement="69", latitude=latitude, longitude=4.84)
    room = builders.place(home, label=f"LABEL{mark}")
    closing = builders.closure(room, builders.nights(40))
    asking = builders.request(
        owner,
        departement=departement,
        zones=[builders.circle("13055", 100 + int(mark, 16) / 1e4)],
        priority_overridden_because=f"WHY{mark}",
        separation_group=f"group{mark}",
        reference_hash=mark * 16,
    )
    sent = builders.proposal(
        asking,
        [builders.leg(room, deciders=("departement", "judge"), decision=Decision.AWAITING)],
        context={
            "request": {"members": [], "statuses": [f"STATUS{mark}"], "zones": f"ZONE{mark}"},
            "places": [{"lat": f"LAT{mark}"}],
        },
        cost={f"COST{mark}": 1},
    )
    lifted = builders.waiver(asking, home, owner, departement=departement, agreed_at=None, agreed_by=None)
    living = builders.stay(room, until_night=builders.nights(20), request_id=asking.id)
    way = journey_builders.journey(living, meeting_point=f"MEET{mark}")
    step = journey_builders.step(asking)
    run = builders.run(
        owner,
        state=RunState.DONE,
        finished_at=builders.NOW,
        status=RunStatus.OPTIMAL,
        objective=[],
        bound=[],
        greedy_objective=[],
        solver="flow",
        matcher_version="1",
        seconds={},
        digest="0" * 64,
        requests=1,
        served=0,
    )
    told_at = notice_builders.contact_point(owner, address=f"night{mark}@exemple.org")
    builders.save(engine, told_at, notice_builders.notice(owner, subject_id=f"TOLD{mark}"))
    seen = builders.alert(("proposal", sent.id), owner)
    builders.save(engine, seen)
    outcome = RunOutcome(run_id=run.id, request_id=asking.id, served=False, funnel=[])
    builders.save(engine, home, room, closing, asking, sent, lifted, living, way, step, run, outcome)
    with transaction(engine) as session:
        seen_by = Actor(owner.id, TokenRole.REFERRER, None, owner.kind)
        record(Context(session, builders.NOW, SECRET), seen_by, REVEAL, ("facility", home.id), {"mark": f"ACT{mark}"})
    return Rows(
        ids={
            "organisation_id": owner.id,
            "facility_id": home.id,
            "place_id": room.id,
            "closure_id": closing.id,
            "request_id": asking.id,
            "proposal_id": sent.id,
            "stay_id": living.id,
            "waiver_id": lifted.id,
            "run_id": run.id,
            "alert_id": seen.id,
            "contact_point_id": told_at.id,
            "journey_id": way.id,
            "step_id": step.id,
        },
        place_marks=(f"LABEL{mark}", str(latitude), room.id, home.id, closing.id),
        request_marks=(f"WHY{mark}", f"group{mark}", str(100 + int(mark, 16) / 1e4), asking.id),
        told_marks=(f"night{mark}", f"TOLD{mark}"),
    )


NEVER = ("STATUS", "ZONE", "LAT0", "MEET", "reference_hash", "token_hash", "secret of")
"""In no answer at all: the frozen context, where somebody was met, hashes, secrets."""


def routes(app: Flask) -> Iterator[tuple[str, str, str, frozenset[str]]]:
    """Method, address, action and arguments of every route for programs that is not public (pages: test_pages.py)."""
    actions = security.declared(app)
    for rule in app.url_map.iter_rules():
        action = actions[rule.endpoint]
        if action not in PUBLIC and rule.rule.startswith("/api/"):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, rule.rule, action, frozenset(rule.arguments)


def ask(caller: Caller, method: str, rule: str, action: str, ids: dict[str, str]) -> TestResponse:
    path = rule.removeprefix("/api/v1")
    for name, identifier in ids.items():
        path = path.replace(f"<identifier:{name}>", identifier)
    if action == "reference.read" and rule.endswith("communes"):
        path += "?q=paris"
    return caller.send(method, path, BODIES.get(action), If_Match='"1"')


@pytest.mark.parametrize("role", list(TokenRole))
def test_every_route_answers_each_role_as_the_table_says(
    app: Flask, engine: Engine, enrol: Callable[..., Caller], role: TokenRole
) -> None:
    caller, stranger = enrol(role, departement="75"), enrol(role, departement="93")
    assert caller.organisation is not None
    assert stranger.organisation is not None
    mine = plant(engine, caller.organisation, "75", "0a1b")
    theirs = plant(engine, stranger.organisation, "93", "0c2d")
    # No row bears these identifiers.
    missing = Rows(dict.fromkeys(mine.ids, "0" * 32), (), ())
    for method, rule, action, arguments in routes(app):
        granted = POLICIES[action].get(role)
        for whose, rows in (("own", mine), ("other", theirs), ("missing", missing)):
            answer = ask(caller, method, rule, action, rows.ids)
            where = f"{method} {rule} as {role} on {whose}: {answer.status_code}"
            if granted is None:
                assert answer.status_code == 403, where
            elif arguments and (whose == "missing" or (whose == "other" and not _everybodys(action, granted))):
                assert answer.status_code == 404, where
                assert answer.json == caller.get("/nothing").json, where
            else:
                passed = PASSED | ({422} if action in GUESSED else set())
                assert answer.status_code in passed, f"{where} {answer.json}"
            refuse_strays(answer, role, mine, theirs, where)


def _everybodys(action: str, granted: Reach) -> bool:
    return granted is Reach.ALL or action in SHARED


def refuse_strays(answer: TestResponse, role: TokenRole, mine: Rows, theirs: Rows, where: str) -> None:
    """Nothing that is not the caller's is in a body or a header."""
    text = answer.get_data(as_text=True) + str(answer.headers)
    forbidden = [*NEVER, *theirs.place_marks, *theirs.request_marks, *theirs.told_marks]
    if role is TokenRole.AUDITOR:
        # Identifiers alone, in the audit log: an auditor can look none of them up.
        forbidden = [mark for mark in forbidden if mark != theirs.ids["facility_id"]]
    elif role is not TokenRole.SHELTER:
        forbidden += mine.place_marks
    if role not in {TokenRole.REFERRER, TokenRole.COORDINATOR}:
        forbidden += mine.request_marks
    for mark in forbidden:
        assert mark not in text, f"{where}: {mark}"


def test_without_a_token_only_public_routes_answer(app: Flask) -> None:
    anonymous, wrong = Caller(app.test_client(), None), Caller(app.test_client(), "wrong")
    for method, rule, action, arguments in routes(app):
        ids = dict.fromkeys(arguments, "0" * 32)
        for caller in (anonymous, wrong):
            answer = ask(caller, method, rule, action, ids)
            assert answer.status_code == 401, f"{method} {rule}"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert caller.send("OPTIONS", "/requests").status_code == 401


def test_every_action_of_the_table_is_some_routes(app: Flask) -> None:
    assert set(security.declared(app).values()) == POLICIES.keys() | PUBLIC


def test_an_undeclared_route_stops_the_application() -> None:
    app = create_app(Settings(database_url="sqlite://", reference_secret=SECRET))
    app.add_url_rule("/forgotten", "forgotten", lambda: "")
    with pytest.raises(security.UndeclaredRoute, match="/forgotten"):
        security.declared(app)
    with pytest.raises(security.UndeclaredRoute):
        security.policy("requests.invent")


def test_a_token_opens_nothing_once_it_is_over(app: Flask, engine: Engine) -> None:
    owner = builders.organisation()
    unverified = builders.organisation(verified_at=None)
    builders.save(
        engine,
        owner,
        unverified,
        builders.token(owner, TokenRole.COORDINATOR, "good"),
        builders.token(
            owner, TokenRole.COORDINATOR, "expired", created_at=builders.NOW.replace(year=2025), expires_at=builders.NOW
        ),
        builders.token(owner, TokenRole.COORDINATOR, "revoked", revoked_at=builders.NOW),
        builders.token(unverified, TokenRole.COORDINATOR, "unverified"),
    )
    answers = {
        secret: Caller(app.test_client(), secret).get("/requests")
        for secret in ("good", "expired", "revoked", "unverified", "é")
    }
    assert answers.pop("good").status_code == 200
    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({answer.get_data() for answer in answers.values()}) == 1, "which of them is not said"
