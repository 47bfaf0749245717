"""Deferred work on any number of hosts: procrastinate keeps its queue in PostgreSQL, its workers do the same tasks.

Every task is periodic, and waits at most once: whatever is lost comes again with the next round. A worker that dies in
the middle of one is known by its silence; its job is then done by another.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from api.jobs.lanes import ChildRunner
from api.jobs.ping import Ping
from api.jobs.tasks import TASKS, Lane, Task
from api.runtime import Runtime
from api.services import heartbeats, leases
from data.errors import DataError
from data.session import retrying

SCHEMA: Final = "procrastinate"
"""Its tables stand apart from ours."""
BEAT_SECONDS: Final = 5.0
"""How often a worker says that it is there."""
STALLED_SECONDS: Final = 15.0
"""After how long without a sign of life its jobs are taken from it."""
SWEEP_SECONDS: Final = 5
"""How often somebody looks for such jobs."""

_log = logging.getLogger("escale.jobs")


def install(engine: Engine) -> bool:
    """Make procrastinate's tables by its own schema, unless they are there.

    Parameters
    ----------
    engine : Engine
        Of PostgreSQL.

    Returns
    -------
    bool
        Whether they were made now.
    """
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        there = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.procrastinate_jobs"})
        if there.scalar_one() is not None:
            return False
    with App(connector=_connector(engine)).open() as app:
        app.schema_manager.apply_schema()
    return True


def _connector(engine: Engine) -> PsycopgConnector:
    address = make_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    return PsycopgConnector(conninfo=address, kwargs={"options": f"-c search_path={SCHEMA}"})


def make_app(runtime: Runtime, solver: ChildRunner) -> App:
    """Make the application whose workers do our tasks.

    Parameters
    ----------
    runtime : Runtime
        Of this process.
    solver : ChildRunner
        Where what computes is computed.
    """
    app = App(connector=_connector(runtime.engine))
    alone = threading.Lock()
    for task in TASKS:
        _register(app, task, _within(runtime, task, solver, alone))

    async def sweep(timestamp: int) -> None:
        del timestamp
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await _take_back(app, job)

    registered = app.task(name="sweep", queue="sweep", queueing_lock="sweep")(sweep)
    app.periodic(cron=cron(SWEEP_SECONDS))(registered)
    return app


def _within(runtime: Runtime, task: Task, solver: ChildRunner, alone: threading.Lock) -> Callable[[int], int]:
    def quick(timestamp: int) -> int:
        del timestamp
        return task.work(runtime)

    def computed(timestamp: int) -> int:
        del timestamp
        with alone:
            return solver.run(task)

    return computed if task.lane is Lane.SOLVER else quick


def _register(app: App, task: Task, work: Callable[[int], int]) -> None:
    # One waits at most, one runs at most: two would do the same.
    made = app.task(name=task.name, queue=task.lane.value, queueing_lock=task.name, lock=task.name)(work)
    app.periodic(cron=cron(task.every_seconds))(made)


def cron(every_seconds: int) -> str:
    """Write a period as procrastinate reads it: five fields, and a sixth for the second.

    Raises
    ------
    ValueError
        It is neither less than a minute, nor whole minutes below the hour, nor an hour.
    """
    if every_seconds < 60:
        return f"* * * * * */{every_seconds}"
    minutes, rest = divmod(every_seconds, 60)
    if rest or minutes > 60:
        raise ValueError(f"{every_seconds} s is no period of a task")
    return "0 * * * *" if minutes == 60 else f"*/{minutes} * * * *"


async def _take_back(app: App, job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
    except ConnectorException:
        # The next round of the same task waits already: it does what this one was about.
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    _log.warning("task %s was taken from a worker that fell silent", job.task_name)


def work(runtime: Runtime, concurrency: int) -> None:
    """Work until told to stop (SIGINT, SIGTERM).

    Parameters
    ----------
    runtime : Runtime
        Of PostgreSQL.
    concurrency : int
        Tasks at once; those that compute are one at a time.
    """
    solver = ChildRunner(runtime.settings.jobs.run_seconds)
    try:
        asyncio.run(_work(runtime, make_app(runtime, solver), concurrency))
    finally:
        solver.stop()


async def _work(runtime: Runtime, app: App, concurrency: int) -> None:
    name = leases.new_holder()
    signs = asyncio.create_task(_live(runtime, name))
    try:
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency,
                delete_jobs="always",  # what failed is in the log; the next round does it
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=BEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                # The solver's process is ended after it: nothing it has not committed is kept.
                shutdown_graceful_timeout=10.0,
            )
    finally:
        signs.cancel()
        retrying(runtime.engine, lambda session: heartbeats.leave(runtime.context(session), name))


async def _live(runtime: Runtime, name: str) -> None:
    started, ping = runtime.clock.now(), Ping(runtime.settings.jobs.ping_url)

    def beat() -> None:
        retrying(runtime.engine, lambda session: heartbeats.beat(runtime.context(session), name, started))

    while True:
        try:
            await asyncio.to_thread(beat)
            ping.send()
        except (DataError, SQLAlchemyError):
            _log.warning("the database could not be asked", exc_info=True)
        await asyncio.sleep(BEAT_SECONDS)
