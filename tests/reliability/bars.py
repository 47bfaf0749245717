"""`make bars`: every bar whole, on both engines, and its figures in docs/reliability.md.

``python -m tests.reliability.bars [name …]`` runs some; rows of the others stay as they are.
"""

import os
import platform
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import make_url, text

from data import schema
from data.session import make_engine, sqlite_version
from tests.conftest import SERVER
from tests.reliability import events, expiries, families, kills, last_place, places_http, same_key, stops, zones
from tests.reliability.harness import Bar, Figures

BARS: Final = (
    last_place.BAR,
    families.BAR,
    expiries.BAR,
    zones.BAR,
    places_http.BAR,
    same_key.BAR,
    kills.BAR,
    stops.BAR,
)
"""All bars, of races and of the real server; a new one is a module beside these and a name here."""
SERVED: Final = (events.BAR,)
"""Bars of the real server by itself; `tests/jobs` shows the same in small."""
PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
_ROW: Final = "| {name} | {engine} | {size} | {figures} | {seconds} |"


@contextmanager
def database(engine_name: str) -> Iterator[str]:
    """Make an empty database with the schema, and drop it afterwards; yield its URL."""
    if engine_name == "SQLite":
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bar.db"
            _make(url)
            yield url
        return
    name = f"escale_bar_{secrets.token_hex(6)}"
    server = make_engine(SERVER)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        try:
            _make(url)
            yield url
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            server.dispose()


def _make(url: str) -> None:
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()


def row(bar: Bar, engine_name: str, figures: Figures, seconds: float) -> str:
    """Write a bar's line of the table."""
    told = "; ".join(f"{name}: {value}" for name, value in figures.items())
    return _ROW.format(name=bar.name, engine=engine_name, size=bar.size, figures=told, seconds=round(seconds))


def written(page: str, line: str) -> str:
    """Put a line in the page's table in place of the one with the same bar and engine, or after the last."""
    head = re.escape("|".join(line.split("|")[:3]))
    if re.search(f"^{head}\\|", page, flags=re.MULTILINE):
        return re.sub(f"^{head}\\|.*$", lambda _: line, page, flags=re.MULTILINE)
    lines = page.splitlines()
    last = max(number for number, each in enumerate(lines) if each.startswith("|"))
    return "\n".join([*lines[: last + 1], line, *lines[last + 1 :]]) + "\n"


def main(names: list[str]) -> int:
    """Run bars and write their figures; the number of broken promises."""
    print(f"{platform.machine()}, {os.cpu_count()} cores; SQLite {'.'.join(map(str, sqlite_version()))}")
    broken = 0
    for bar in (*BARS, *SERVED):
        if names and bar.name not in names:
            continue
        for engine_name in ("SQLite", "PostgreSQL"):
            with database(engine_name) as url:
                begun = time.monotonic()
                try:
                    figures = bar.run(url, bar.size)
                except AssertionError as failure:
                    broken += 1
                    print(f"BROKEN {bar.name} on {engine_name}: {failure}")
                    continue
                line = row(bar, engine_name, figures, time.monotonic() - begun)
                print(line, flush=True)
                PAGE.write_text(written(PAGE.read_text(), line))
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
