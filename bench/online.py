"""One request against every place, the best twenty: the resident index against an indexed SQL query.

What the query leaves out is told in `bench.vacancies`: it is given less to do, and answers less. Each question is
asked three times of everybody and the quickest counts, since others may use the machine; seconds are of the clock on
the wall, for a server works in a process of its own.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import mean, median
from typing import Any, Final

import psycopg
import pysqlite3
from sqlalchemy import make_url

from bench.clock import peak_mib, timed
from bench.vacancies import COLUMNS, INDEXES, TABLE, Vacancies
from data.seed.problems import realistic_problem
from matcher.online import OnlineIndex

ASKED: Final = 200
"""Requests asked."""
TIMES: Final = 3
MOST: Final = 20
CHANGED: Final = 100
"""Places changed one by one."""
SERVER: Final = os.environ.get("ESCALE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
"""A PostgreSQL whose user may create databases; the bench makes its own there and drops it."""


def _quickest(ask: Callable[[Any], object], questions: Sequence[Any]) -> list[float]:
    return [min(timed(lambda question=question: ask(question))[0] for _ in range(TIMES)) for question in questions]  # type: ignore[misc]


def _sqlite(vacancies: Vacancies, questions: list[tuple[str, list[Any]]]) -> list[float]:
    connection = pysqlite3.connect(":memory:")
    connection.execute(TABLE)
    connection.executemany(f"INSERT INTO vacancy VALUES ({', '.join('?' * COLUMNS)})", vacancies.rows())  # noqa: S608
    for statement in INDEXES:
        connection.execute(statement)
    return _quickest(lambda question: connection.execute(*question).fetchall(), questions)


@contextmanager
def _database() -> Iterator[str]:
    """Make a PostgreSQL database and drop it again; give its address."""
    url, name = make_url(SERVER).set(drivername="postgresql"), f"escale_bench_{secrets.token_hex(6)}"
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _postgresql(vacancies: Vacancies, questions: list[tuple[str, list[Any]]]) -> list[float] | None:
    """Ask PostgreSQL; None where there is none."""
    try:
        with _database() as address, psycopg.connect(address, autocommit=True) as connection:
            connection.execute(TABLE)
            with connection.cursor().copy("COPY vacancy FROM STDIN") as copy:
                for row in vacancies.rows():
                    copy.write_row(row)
            for statement in INDEXES:
                connection.execute(statement)
            asked = [(statement.replace("?", "%s"), values) for statement, values in questions]
            return _quickest(lambda question: connection.execute(*question).fetchall(), asked)
    except psycopg.OperationalError:
        return None


def measure(places: int) -> dict[str, object]:
    """Measure one size.

    Parameters
    ----------
    places : int
        How many; shared ones, residents and quotas among them.

    Returns
    -------
    dict
        One row of the table. ``first``: each question asked for the first time.
    """
    problem = realistic_problem(2 * ASKED, places, seed=0, specialist=True)
    requests = [request for request in problem.requests if request.origin or request.anchor][:ASKED]
    build, index = timed(lambda: OnlineIndex(problem))
    memory = peak_mib()
    first = [timed(lambda request=request: index.best(request, MOST))[0] for request in requests]  # type: ignore[misc]
    ours = _quickest(lambda request: index.best(request, MOST), requests)
    eligible = _quickest(index.eligible, requests)
    vacancies = Vacancies(problem)
    questions = [vacancies.question(request, MOST) for request in requests]
    sqlite, postgresql = _sqlite(vacancies, questions), _postgresql(vacancies, questions)
    changed = [replace(place, free=()) for place in problem.places[:: places // CHANGED]]
    change = [timed(lambda place=place: index.change([place]))[0] for place in changed]  # type: ignore[misc]
    row: dict[str, object] = {
        "places": places,
        "built in": f"{build:.1f} s",
        "best 20, median": f"{median(ours) * 1e3:.2f} ms",
        "mean": f"{mean(ours) * 1e3:.2f} ms",
        "mean, first": f"{mean(first) * 1e3:.2f} ms",
        "count, mean": f"{mean(eligible) * 1e3:.2f} ms",
        "one place changed": f"{median(change) * 1e3:.2f} ms",
    }
    for name, seconds in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        row[f"{name}, mean"] = "not reached" if seconds is None else f"{mean(seconds) * 1e3:.1f} ms"
        row[f"ratio to {name}"] = "" if seconds is None else f"1 / {mean(seconds) / mean(ours):.1f}"
    return row | {"peak memory": f"{memory} MiB"}
