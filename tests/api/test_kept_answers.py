"""A key means the same act for a month, whoever of the organisation repeats it, and nothing afterwards."""

from datetime import timedelta

from sqlalchemy import Engine, select

from api.app import create_app
from api.config import Settings
from api.services.kept_answers import forget_keys
from data.models.idempotency_key import IdempotencyKey
from data.session import reading, transaction
from tests import builders
from tests.api.conftest import SECRET, Caller, StoppedClock, filing


def test_a_forgotten_key_means_nothing_any_more(engine: Engine, referrer: Caller, clock: StoppedClock) -> None:
    first = referrer.post("/requests", filing(), Idempotency_Key="a").json["id"]
    clock.instant = builders.NOW + timedelta(hours=1)
    assert referrer.post("/requests", filing(), Idempotency_Key="a").json["id"] == first
    later = referrer.post("/requests", filing(), Idempotency_Key="b").json["id"]
    with transaction(engine) as session:
        assert forget_keys(session, builders.NOW) == 0
        assert forget_keys(session, builders.NOW + timedelta(minutes=30)) == 1
    with reading(engine) as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["b"]
    assert referrer.post("/requests", filing(), Idempotency_Key="b").json["id"] == later
    assert referrer.post("/requests", filing(), Idempotency_Key="a").json["id"] not in {first, later}


def test_when_nobody_knows_whether_it_was_done_the_answer_says_so() -> None:
    app = create_app(Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing", reference_secret=SECRET))
    answer = Caller(app.test_client(), "any").post("/requests", filing(), Idempotency_Key="a")
    assert (answer.status_code, answer.json["reason"], answer.headers["Retry-After"]) == (503, "outcome_unknown", "1")
    assert "Idempotency-Key" in answer.json["message"]
