"""``escale demo``: an invented country, one night's requests through the interface, its answer, a site to look at."""

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.clock import SystemClock
from api.commands import demo_tables as tables
from api.commands import demo_words as words
from api.commands.demo_server import HOST, Client, serving
from api.config import DEMO_SECRET, Jobs
from api.i18n import LANGUAGES, Language
from api.services import demo as use_case
from api.services.context import Context
from api.services.demo_distances import Nights, assigned, given, nights, without_zones
from api.services.nights import tonight
from data.seed.requests import night_of_requests
from data.session import reading
from data.snapshots import load_snapshot
from matcher.optimise import Effort
from matcher.problem import Problem
from matcher.solve import solve

FOLDER: Final = Path("var")
"""Where the demo keeps what it makes."""
CLIENTS: Final = 4
"""Programs of SIAOs that speak at once."""

SECOND_LIMIT: Final = 5.0
"""Deterministic time of the solve that only shows what distancing prevents; it says so when it is not proven."""


@dataclass(frozen=True)
class _Wish:
    """What was asked on the command line."""

    seed: int
    requests: int
    scale: float
    port: int
    language: Language
    rows: int | None
    serve: bool


@click.command()
@click.option("--seed", type=click.IntRange(0), default=5, show_default=True, help="Of everything invented.")
@click.option("--requests", type=click.IntRange(1, 5000), default=600, show_default=True, help="Households asking.")
@click.option("--scale", type=click.FloatRange(0.001, 1), default=1.0, show_default=True, help="Of the 20,000 places.")
@click.option("--database", default=str(FOLDER / "demo.db"), show_default=True, help="A file, or a PostgreSQL URL.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--serve/--no-serve", default=True, show_default=True, help="Leave the site running.")
@click.option("--rows", type=click.IntRange(0), default=24, show_default=True, help="Rows of each table; 0: all.")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="fr", show_default=True)
def demo(
    *, seed: int, requests: int, scale: float, database: str, port: int, serve: bool, rows: int, language: Language
) -> None:
    """Build an invented country, match one night of requests, show the answer, leave the site running.

    Everything is invented; nothing leaves this machine. The database is made anew each time, and only one that this
    command made is ever replaced.
    """
    wish = _Wish(seed, requests, scale, port, language, rows or None, serve)
    url = database if "://" in database else f"sqlite:///{database}"
    FOLDER.mkdir(exist_ok=True)
    try:
        _Demo(wish, url, tables.console()).run()
    except use_case.ForeignDatabase:
        raise click.ClickException(
            f"{database.rsplit('@', maxsplit=1)[-1]} holds something this demo did not make: give another --database"
        ) from None
    except KeyboardInterrupt:
        click.echo()


class _Demo:
    """One demonstration, step by step."""

    def __init__(self, wish: _Wish, url: str, console: Console) -> None:
        self._wish, self._url, self._console = wish, url, console
        self._now = SystemClock().now()
        self._night = tonight(self._now)

    def run(self) -> None:
        """Build, match, show, serve."""
        engine = self._prepare()
        log = FOLDER / "demo-server.log"
        log.unlink(missing_ok=True)
        # One run answers the whole night, as told below: nothing is matched by itself before.
        with serving(self._url, self._wish.port, log, Jobs.OFF):
            answers, lifted = self._match(engine)
        engine.dispose()
        self._show(answers, lifted)
        if self._wish.serve:
            with serving(self._url, self._wish.port, log, Jobs.EMBEDDED) as server:
                address = f"http://{HOST}:{self._wish.port}/"
                self._console.print(self._say("running", address=address), style="bold")
                self._console.print(self._say("tokens", file=self._tokens_file()))
                server.wait()

    def _prepare(self) -> Engine:
        with self._step("inventory", None):
            engine = use_case.claim(self._url)
            made = use_case.build(
                engine,
                self._context,
                night=self._night,
                now=self._now,
                seed=self._wish.seed,
                scale=self._wish.scale,
            )
        self._siao, self._tokens = made.siao, made.tokens
        _write_secret(self._tokens_file(), made.tokens)
        number = self._number
        share = number(100 * made.occupied / made.places, 1)
        self._print("inventory_done", places=number(made.places), organisations=made.organisations, share=share)
        return engine

    def _match(self, engine: Engine) -> tuple[tables.Answers, Nights]:
        client, wish = Client(self._wish.port), self._wish
        requests = self._file(client)
        with reading(engine) as session:
            problem = load_snapshot(session, night=self._night, now=self._now, seed=wish.seed).problem
        national = self._tokens[use_case.NATIONAL]
        with self._step("matching", None), ThreadPoolExecutor(1) as pool:
            running = pool.submit(client.post, "/runs", {"seed": wish.seed}, national, f"demo-run-{wish.seed}")
            # Meanwhile, on the other core: the same night as if nobody were in danger anywhere.
            other = solve(without_zones(problem), Effort(deterministic_limit=SECOND_LIMIT, causes_limit=None))
            lifted = nights(problem, given(other), proven=other.status == "optimal")
            run = running.result()
        answers = self._read(client, run, requests, problem, assigned(engine, run["id"]))
        return answers, lifted

    def _file(self, client: Client) -> dict[str, Mapping[str, Any]]:
        bodies = night_of_requests(self._wish.requests, self._wish.seed, self._night)

        def file(body: dict[str, Any]) -> dict[str, Any]:
            return client.post("/requests", body, self._siao[body["departement"]], body["reference"])

        filed: dict[str, Mapping[str, Any]] = {}
        with self._step("filing", len(bodies)) as advance, ThreadPoolExecutor(CLIENTS) as pool:
            for made in pool.map(file, bodies):
                filed[made["id"]] = made
                advance()
        return filed

    def _read(
        self,
        client: Client,
        run: Mapping[str, Any],
        requests: Mapping[str, Mapping[str, Any]],
        problem: Problem,
        where: Mapping[str, str],
    ) -> tables.Answers:
        def read(departement: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
            token = self._siao[departement]
            outcomes = list(client.everything(f"/runs/{run['id']}/outcomes", token))
            return list(client.everything("/proposals", token)), outcomes

        asking = sorted({request["departement"] for request in requests.values()})
        proposals: list[dict[str, Any]] = []
        outcomes: list[dict[str, Any]] = []
        with self._step("reading", len(asking)) as advance, ThreadPoolExecutor(CLIENTS) as pool:
            for some_proposals, some_outcomes in pool.map(read, asking):
                proposals += some_proposals
                outcomes += some_outcomes
                advance()
        return tables.Answers(run, requests, proposals, outcomes, problem, where)

    def _show(self, answers: tables.Answers, lifted: Nights) -> None:
        language, whole = self._wish.language, FOLDER / "demo-report.txt"
        file = tables.console(whole)
        kept = nights(answers.problem, answers.where)
        for console, most in ((self._console, self._wish.rows), (file, None)):
            console.print()
            console.print(self._say("night", night=words.day(self._night, language)), style="bold")
            console.print(tables.sentence(answers, language), style="bold green")
            for table in (
                tables.by_class(answers, language),
                tables.plans(answers, language, most),
                tables.unserved(answers, language, most),
            ):
                console.print()
                console.print(table)
            console.print()
            console.print(self._say("distancing"), style="bold")
            for line in tables.distancing(kept, lifted, language):
                console.print(line)
        file.file.close()
        self._console.print()
        self._console.print(self._say("rest", file=whole))

    @contextmanager
    def _step(self, key: str, total: int | None) -> Iterator[Any]:
        """Show that a step is under way; give what counts it."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        counted = (*columns, MofNCompleteColumn()) if total is not None else columns
        with Progress(*counted, console=self._console) as progress:
            task = progress.add_task(self._say(key), total=total)
            yield lambda: progress.advance(task)
            if total is None:
                progress.update(task, total=1, completed=1)

    def _context(self, session: Session) -> Context:
        return Context(session=session, now=self._now, reference_secret=DEMO_SECRET)

    def _tokens_file(self) -> Path:
        return FOLDER / "demo-tokens.json"

    def _say(self, key: str, **values: object) -> str:
        return words.say(key, self._wish.language, **values)

    def _print(self, key: str, **values: object) -> None:
        self._console.print(self._say(key, **values))

    def _number(self, value: float, decimals: int = 0) -> str:
        return words.number(value, self._wish.language, decimals)


def _write_secret(path: Path, content: Mapping[str, str]) -> None:
    # Never readable by others, not even for an instant: the file is made with its mode.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(dict(content), file, indent=2)
        file.write("\n")
