"""``escale marginal FILE``: what one more place of each kind and département would change."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from api.commands.problem_file import FILE, read_problem, refuse
from matcher.cells import cells_of
from matcher.errors import ProblemError
from matcher.marginal import Marginal
from matcher.marginal import marginal as marginal_of
from matcher.objective import Vector

ENTRY_NAMES = ("P1", "nuits P1", "P2", "nuits P2", "P3", "nuits P3", "P4", "nuits P4", "ancienneté", "coût")


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--profiles", is_flag=True, help="One row for each distinct sort of place, not only kind and département."
)
def marginal(file: Path, *, profiles: bool) -> None:
    """Tell what one more place would change in the optimum of the problem in FILE ("-": standard input).

    One row per kind and département, best first: the change of the ten entries of the objective, exactly. A table on
    a terminal, JSON otherwise.
    """
    problem = read_problem(file)
    try:
        before, rows = marginal_of(problem, cells_of(problem, profiles=profiles))
    except ProblemError as error:
        refuse(f"{file}: {error}")
    rows = tuple(sorted(rows, key=lambda row: row.change))
    if sys.stdout.isatty():
        Console().print(_table(rows))
    else:
        click.echo(json.dumps(_form(before, rows), ensure_ascii=False, indent=2))


def _form(before: Vector, rows: tuple[Marginal, ...]) -> dict[str, object]:
    cells = [
        {
            "kind": row.cell.kind,
            "departement": row.cell.departement,
            "like": row.cell.place.id,
            "places": row.cell.places,
            "change": list(row.change),
            **({} if row.proven else {"unproven": True}),
        }
        for row in rows
    ]
    return {"format": 1, "objective": list(before), "cells": cells}


def _table(rows: tuple[Marginal, ...]) -> Table:
    table = Table(title="Une place de plus, pareille à…")
    for name in ("type", "département", "places", "pareille à"):
        table.add_column(name)
    for name in ENTRY_NAMES:
        table.add_column(name, justify="right")
    for row in rows:
        numbers = (str(entry) if entry else "" for entry in row.change)
        cell = row.cell
        table.add_row(cell.kind, cell.departement or "?", str(cell.places), cell.place.id, *numbers)
    return table
