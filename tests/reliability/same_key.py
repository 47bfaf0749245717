"""Retries are safe: many clients send the same act under the same key at once, and it is done once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy import func, select

from data.models.request import Request
from data.session import reading
from tests.reliability.harness import Bar, Figures, percentile
from tests.reliability.server import GIVE_UP_SECONDS, enrol, filing, opened, serving

CLIENTS: Final = 16
WORKERS: Final = 4


def run(url: str, trials: int, *, keyed: bool = True) -> Figures:
    """Let 16 clients file each request at the same moment under the same key; one row, one answer.

    ``keyed`` False: without the key, when the promise must break.
    """
    together = threading.Barrier(CLIENTS, timeout=GIVE_UP_SECONDS)
    milliseconds: list[float] = []
    with opened(url) as engine:
        _, token = enrol(engine)
        with serving(url, WORKERS) as server:

            def repeat(_client: int) -> list[str]:
                body, answers = filing(), []
                for trial in range(trials):
                    together.wait()
                    begun = time.perf_counter()
                    status, answer, _ = server.post("/requests", body, token, f"trial-{trial}" if keyed else None)
                    milliseconds.append((time.perf_counter() - begun) * 1000)
                    assert status == 201, answer
                    answers.append(answer["id"])
                return answers

            with ThreadPoolExecutor(CLIENTS) as pool:
                met = list(zip(*pool.map(repeat, range(CLIENTS)), strict=True))
            refused, _, _ = server.post("/requests", {**filing(), "nights": 3}, token, "trial-0" if keyed else None)
        with reading(engine) as session:
            rows = session.scalar(select(func.count()).select_from(Request))
    assert rows == trials, f"{rows} rows of {trials} acts"
    assert all(len(set(answers)) == 1 for answers in met), "two answers to one act"
    assert refused == 409, "another body under the same key was not refused"
    return {"POSTs": CLIENTS * trials, "rows of a key": "exactly 1", "p99 (ms)": percentile(milliseconds, 0.99)}


BAR: Final = Bar(
    "same key",
    f"{CLIENTS} clients send each act at once under one key: it is done once, and all have the same answer.",
    300,
    10,
    run,
)
