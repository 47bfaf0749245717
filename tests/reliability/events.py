"""Matched on events: from an urgent request acknowledged by the real server to its answer, on a national inventory."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.config import DEMO_SECRET
from api.services import demo
from api.services.context import Context
from api.services.nights import tonight
from data.models.lease import Lease
from data.models.rematch import Rematch
from data.models.run import RunOutcome
from data.session import make_engine, reading
from tests.jobs.servers import ask, eventually, serving
from tests.reliability.harness import Bar, Figures, percentile

WHOLE: Final = 20
"""Trials of the whole bar; from there on the inventory is the whole country's."""
_SMALL_SCALE: Final = 0.02
_SEED: Final = 5


def run(url: str, trials: int) -> Figures:
    """File urgent requests one after another; measure from each answer of the server to the answer of the matcher."""
    engine = make_engine(url)
    now = datetime.now(UTC)  # noqa: TID251 - the clock of the server started beside

    def context_of(session: Session) -> Context:
        return Context(session=session, now=now, reference_secret=DEMO_SECRET)

    scale = 1.0 if trials >= WHOLE else _SMALL_SCALE
    made = demo.build(engine, context_of, night=tonight(now), now=now, seed=_SEED, scale=scale)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        log.touch()
        with serving(log, ESCALE_DATABASE_URL=url) as root:
            # First the places themselves are looked at: they are all new.
            eventually(lambda: _is_quiet(engine), log)
            milliseconds = [_answered(engine, root, made.siao["75"], log, now) for _ in range(trials)]
    served = _served(engine)
    engine.dispose()
    return {
        "places": made.places,
        "served": served,
        "p50 (ms)": percentile(milliseconds, 0.5),
        "longest (ms)": percentile(milliseconds, 1.0),
    }


def _is_quiet(engine: Engine) -> bool:
    with reading(engine) as session:
        working = session.scalar(select(Lease.holder).where(Lease.name == "jobs")) is not None
        return working and session.scalar(select(Rematch.row_id).limit(1)) is None


def _answered(engine: Engine, root: str, token: str, log: Path, now: datetime) -> float:
    status, filed = ask("POST", f"{root}/requests", token, _filing(tonight(now).isoformat()))
    begun = time.perf_counter()
    assert status == 201, filed

    def answered() -> bool:
        with reading(engine) as session:
            return session.scalar(select(RunOutcome.run_id).where(RunOutcome.request_id == filed["id"])) is not None

    eventually(answered, log, every_seconds=0.02)
    return (time.perf_counter() - begun) * 1000


def _served(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.scalars(select(RunOutcome.request_id).where(RunOutcome.served)).all())


def _filing(night: str) -> dict[str, Any]:
    # A mother in danger with a newborn: class 1, and away from her own département.
    person = {"age_as_of": night, "role": "principal", "age": 24, "age_unit": "years", "sex": "F"}
    newborn = {"age_as_of": night, "role": "child", "age": 12, "age_unit": "days", "sex": "M"}
    return {
        "departement": "75",
        "from_night": night,
        "sleeping_tonight": "maternity",
        "members": [person, newborn],
        "statuses": ["violence_victim"],
        "zones": [{"kind": "departement", "departement": "75", "with_neighbours": True}],
    }


BAR: Final = Bar(
    name="matched on events",
    promise="an urgent request is answered by the matcher within 5 s, at national scale",
    size=WHOLE,
    small=2,
    run=run,
)
