"""Nothing acknowledged is lost: processes are killed under load, clients repeat what was not answered."""

from typing import Final

from sqlalchemy import Engine, func, select, text

from api.services.audit_check import verify
from data.models.audit import AuditEvent
from data.models.request import Request
from data.session import reading
from tests.reliability.harness import Bar, Figures
from tests.reliability.server import AUDIT_SECRET, Load, enrol, opened, serving

CLIENTS: Final = 6
WORKERS: Final = 3
BETWEEN: Final = 3
"""Requests acknowledged between two kills: enough that the processes are at work, few enough that many are cut off."""
ALL_AT_ONCE: Final = 20
"""Every so many kills all processes are killed, not one."""


def run(url: str, trials: int, *, keyed: bool = True, app: str = "wsgi:app", all_at_once: int = ALL_AT_ONCE) -> Figures:
    """Kill processes that file requests; every request acknowledged is there, none twice, the chain whole.

    ``keyed`` False: the clients repeat without a key; ``app``: another application; ``all_at_once``: every so many
    kills all processes are killed, not one.
    """
    with opened(url) as engine:
        _, token = enrol(engine)
        with serving(url, WORKERS, app) as server:
            load = Load(server, token, CLIENTS, keyed=keyed)
            with load.running():
                for trial in range(1, trials + 1):
                    load.wait_for(BETWEEN)
                    if trial % all_at_once == 0:
                        server.kill()
                    else:
                        server.kill_a_worker(trial)
        return judged(engine, load)


def judged(engine: Engine, load: Load) -> Figures:
    """Compare what was acknowledged with what is there."""
    with reading(engine) as session:
        rows = set(session.scalars(select(Request.id)))
        recorded = session.scalar(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.act == "request.submit")
        )
        if engine.dialect.name == "sqlite":
            assert session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
    acknowledged = set(load.acknowledged)
    assert acknowledged <= rows, f"{len(acknowledged - rows)} acknowledged and lost"
    # Each client has seen the answer to its last act: what is there beyond was done twice.
    assert len(rows) == len(load.acknowledged), f"{len(rows) - len(acknowledged)} done twice"
    found = verify(engine, [AUDIT_SECRET])
    assert found.fault is None, f"the chain is broken after row {found.rows}"
    assert recorded == len(rows), f"{recorded} acts recorded of {len(rows)}"
    return {
        "acknowledged": len(acknowledged),
        "sent again": load.repeats,
        "lost": 0,
        "done twice": 0,
        "chain": "whole",
    }


BAR: Final = Bar(
    "kill -9",
    f"{CLIENTS} clients file requests while processes are killed: nothing acknowledged is lost, nothing done twice.",
    200,
    10,
    run,
)
