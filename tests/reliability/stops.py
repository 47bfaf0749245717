"""Nothing acknowledged is lost when PostgreSQL itself stops at once under load, and recovers."""

from typing import Final

from sqlalchemy import make_url

from data import schema
from tests.reliability.cluster import cluster
from tests.reliability.harness import Bar, Figures
from tests.reliability.kills import CLIENTS, WORKERS, judged
from tests.reliability.server import Load, enrol, opened, serving

BETWEEN: Final = 6
"""Requests acknowledged between two stops."""


def run(url: str, trials: int) -> Figures:
    """Stop PostgreSQL at once while requests are filed, again and again, in a cluster made for it.

    ``url``: of a database of the engine that is measured; SQLite has no server, and no figures here.
    """
    if make_url(url).get_backend_name() != "postgresql":
        return {"stops": "SQLite has no server"}
    with cluster() as own, opened(own.url) as engine:
        schema.upgrade(engine)
        _, token = enrol(engine)
        with serving(own.url, WORKERS) as server:
            load = Load(server, token, CLIENTS)
            with load.running():
                for _ in range(trials):
                    load.wait_for(BETWEEN)
                    own.crash()
        # Its connections of before are gone.
        engine.dispose()
        return judged(engine, load)


BAR: Final = Bar(
    "PostgreSQL stopped",
    f"{CLIENTS} clients file requests while PostgreSQL is stopped at once and recovers: nothing is lost or done twice.",
    25,
    3,
    run,
)
