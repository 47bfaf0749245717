"""The demo's answers as tables: for a terminal, and as plain text where there is none."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from api.commands import demo_words as words
from api.i18n import Language
from api.services.demo_distances import Nights, km_outside, km_to_anchor
from matcher.problem import Problem

PLAIN_WIDTH: Final = 160
"""Columns of the tables where there is no terminal to ask."""
CLASSES: Final = (1, 2, 3, 4)


@dataclass(frozen=True)
class Answers:
    """What the interface answered, and what distances are measured on.

    Parameters
    ----------
    run : mapping
        The run, as the interface gives it.
    requests : mapping of str to mapping
        The requests filed, by identifier.
    proposals : sequence of mapping
        Those of the run.
    outcomes : sequence of mapping
        What the run answered to each request.
    problem : Problem
        The night, read before the run.
    where : mapping of str to str
        Request → place, as the run wrote it.
    """

    run: Mapping[str, Any]
    requests: Mapping[str, Mapping[str, Any]]
    proposals: Sequence[Mapping[str, Any]]
    outcomes: Sequence[Mapping[str, Any]]
    problem: Problem
    where: Mapping[str, str]


def console(file: Path | None = None) -> Console:
    """Make a console: the terminal, plain text of a fixed width without one, or a file."""
    if file is not None:
        return Console(file=file.open("w", encoding="utf-8"), width=PLAIN_WIDTH)
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def sentence(answers: Answers, language: Language) -> str:
    """Say in one sentence what came out."""
    run = answers.run
    seconds = words.number(sum((run["seconds"] or {}).values()), language, 1)
    proof = words.say("proven" if run["status"] == "optimal" else "unproven", language, seconds=seconds)
    return words.say(
        "sentence",
        language,
        served=run["served"],
        missing=run["requests"] - run["served"],
        proof=proof,
        phone=run["requests"] - sum(run["greedy_objective"][0:8:2]),
    )


def by_class(answers: Answers, language: Language) -> Table:
    """Set the optimum beside what the telephone would have found, by priority class."""
    table = _table(words.say("classes", language))
    table.add_column(words.say("class", language))
    for key in ("asked", "best_served", "phone_served", "best_roofless", "phone_roofless"):
        table.add_column(words.say(key, language), justify="right")
    best, phone = answers.run["objective"], answers.run["greedy_objective"]
    for number in CLASSES:
        asked = sum(request["priority"] == number for request in answers.requests.values())
        entry = 2 * (number - 1)
        cells = (asked, asked - best[entry], asked - phone[entry], best[entry + 1], phone[entry + 1])
        table.add_row(f"P{number}", *map(str, cells))
    return table


def plans(answers: Answers, language: Language, most: int | None) -> Table:
    """Tell who goes where: the household in words, the place as far as it may be shown, the distance, the cost.

    Parameters
    ----------
    answers : Answers
        Of the night.
    language : str
        ``fr`` or ``en``.
    most : int or None
        Rows at most, one of each kind of place before two of any; None: all.
    """
    ordered = sorted(answers.proposals, key=lambda one: _rank(answers.requests[one["request_id"]]))
    shown = _varied(ordered, most, lambda one: str(one["legs"][0]["kind"]))
    table = _table(words.say("plans", language, shown=len(shown), all=len(ordered)))
    for key in ("class", "who", "from", "where", "first_night", "distance", "cost"):
        table.add_column(words.say(key, language))
    for proposal in shown:
        request, leg = answers.requests[proposal["request_id"]], proposal["legs"][0]
        table.add_row(
            f"P{request['priority']}",
            words.household(request, language),
            words.departement(request["departement"]),
            words.place(leg, language),
            words.day(date.fromisoformat(leg["from_night"]), language),
            _distance(answers, proposal["request_id"], leg, language),
            words.costs(proposal["cost"], proposal["roofless_nights"], language),
        )
    return table


def unserved(answers: Answers, language: Language, most: int | None) -> Table:
    """Tell who stays without a place, and which rules took the places away."""
    missing = [one for one in answers.outcomes if not one["served"]]
    ordered = sorted(missing, key=lambda one: _rank(answers.requests[one["request_id"]]))
    shown = _varied(ordered, most, _emptied_by)
    table = _table(words.say("unserved", language, shown=len(shown), all=len(ordered)))
    for key in ("class", "who", "from", "why"):
        table.add_column(words.say(key, language))
    for outcome in shown:
        request = answers.requests[outcome["request_id"]]
        rows = [(str(code), int(left)) for code, left in outcome["funnel"]]
        table.add_row(
            f"P{request['priority']}",
            words.household(request, language),
            words.departement(request["departement"]),
            words.funnel(rows, language),
        )
    return table


def distancing(kept: Nights, lifted: Nights, language: Language) -> list[str]:
    """Tell what the danger zones prevented, a line each."""
    lines = [
        words.say("distancing_how", language),
        words.say("without", language, inside=lifted.inside, sheltered=lifted.sheltered),
    ]
    if not lifted.proven:
        lines[0] += " " + words.say("second_unproven", language)
    if lifted.km is not None:
        lines.append(words.say("how_near", language, km=words.number(lifted.km, language)))
    return [*lines, words.say("with", language, inside=kept.inside, sheltered=kept.sheltered)]


def _distance(answers: Answers, request_id: str, leg: Mapping[str, Any], language: Language) -> str:
    request = next(one for one in answers.problem.requests if one.id == request_id)
    place = next(one for one in answers.problem.places if one.id == answers.where[request_id])
    threatened = bool(request.zones.departements or request.zones.circles)
    if leg["disclosure"] != "open":
        return words.say("hidden", language) if threatened else "—"
    if threatened:
        away = km_outside(request.zones, place)
        return "—" if away is None else words.say("from_zone", language, km=words.number(away, language))
    near = km_to_anchor(request, place)
    return "—" if near is None else words.say("from_anchor", language, km=words.number(near, language))


def _rank(request: Mapping[str, Any]) -> tuple[int, str, str]:
    return request["priority"], request["waiting_since"], request["id"]


def _varied(
    rows: Sequence[Mapping[str, Any]], most: int | None, sort: Callable[[Mapping[str, Any]], str]
) -> list[Mapping[str, Any]]:
    """Take so many rows, one of each sort before two of any, in their order."""
    if most is None or len(rows) <= most:
        return list(rows)
    seen: Counter[str] = Counter()
    turns = []
    for index, row in enumerate(rows):
        seen[sort(row)] += 1
        turns.append((seen[sort(row)], index))
    return [rows[index] for _, index in sorted(sorted(turns)[:most], key=itemgetter(1))]


def _emptied_by(outcome: Mapping[str, Any]) -> str:
    """Name the rule after which no place stood."""
    return next((str(code) for code, left in outcome["funnel"] if not left), "")


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", header_style="bold", show_lines=False)
