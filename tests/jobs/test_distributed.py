"""Two real workers of procrastinate on PostgreSQL: one dies in the middle of a run, and the work is done once."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from api.jobs.distributed import cron, install
from data import schema
from data.models.lease import Heartbeat, Lease
from data.models.proposal import Proposal, ProposalLeg
from data.models.run import Run, RunState
from data.session import reading
from tests import builders
from tests.jobs.servers import eventually, running

pytestmark = pytest.mark.postgresql


@pytest.fixture
def engine(bare_engine: Engine) -> Iterator[Engine]:
    if bare_engine.dialect.name != "postgresql":
        pytest.skip("procrastinate needs PostgreSQL")
    schema.upgrade(bare_engine)
    install(bare_engine)
    return bare_engine


def test_its_tables_are_made_once_and_apart_from_ours(engine: Engine) -> None:
    assert install(engine) is False
    with engine.connect() as connection:
        where = connection.execute(
            text("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'procrastinate%'")
        )
        assert where.scalars().all() == ["procrastinate"]


def running_now(engine: Engine) -> str | None:
    """Who makes a run that is not over."""
    with reading(engine) as session:
        if session.scalar(select(Run.id).where(Run.state == RunState.RUNNING)) is None:
            return None
        return session.scalar(select(Lease.holder).where(Lease.name == "matching"))


def parent(pid: int) -> int:
    """The process that started another."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_of_two_workers_one_is_killed_in_the_middle_and_the_work_is_done_once(engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "workers.log"
    log.touch()
    filer, operator = builders.organisation(), builders.operator()
    home = builders.facility(operator, "chu", serves=("75",))
    room = builders.place(home)
    builders.save(engine, filer, operator, home, room)
    url = engine.url.render_as_string(hide_password=False)
    settings = {"ESCALE_DATABASE_URL": url, "ESCALE_JOBS": "procrastinate"}
    with running(log, "jobs", "work", **settings) as one, running(log, "jobs", "work", **settings) as two:

        def beating() -> int:
            with reading(engine) as session:
                return session.scalar(select(func.count()).select_from(Heartbeat)) or 0

        eventually(lambda: beating() == 2, log)
        # The facility is locked: the run stops in the middle, just before it writes.
        with engine.connect() as connection, connection.begin():
            connection.execute(text("SELECT 1 FROM facility WHERE id = :id FOR UPDATE"), {"id": home.id})
            from_tonight = {
                "from_night": builders.NIGHT.replace(year=2020),
                "created_at": builders.NOW.replace(year=2020),
            }
            asking = builders.request(filer, priority=1, **from_tonight)
            builders.save(engine, asking)
            eventually(lambda: running_now(engine) is not None, log)
            holder = running_now(engine)
            assert holder is not None
            worker = parent(int(holder.split(":")[1]))
            assert worker in {one.pid, two.pid}
            os.killpg(worker, signal.SIGKILL)
        eventually(lambda: done(engine) == 1, log)
        with reading(engine) as session:
            assert len(session.scalars(select(Proposal.id)).all()) == 1
            assert session.scalars(select(ProposalLeg.request_id)).all() == [asking.id]
            states = session.scalars(select(Run.state)).all()
        assert sorted(states) == [RunState.DONE, RunState.FAILED], "what the dead one began is over, and was nothing"


def done(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(Run).where(Run.state == RunState.DONE)) or 0


@pytest.mark.parametrize(
    ("seconds", "written"), [(1, "* * * * * */1"), (30, "* * * * * */30"), (60, "*/1 * * * *"), (3600, "0 * * * *")]
)
def test_a_period_is_written_as_procrastinate_reads_it(seconds: int, written: str) -> None:
    assert cron(seconds) == written


@pytest.mark.parametrize("seconds", [61, 7200])
def test_a_period_it_cannot_write_is_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="no period"):
        cron(seconds)
