"""``escale simulate``: invented years of a network of rare places, under several policies."""

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from api.services.simulation_compare import Comparison, compare, steps
from api.services.simulation_figures import CLASSES, Figures
from data.simulation.world import Size

WIDTH = 160
"""Columns where there is no terminal to ask."""


@click.command()
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the first year.")
@click.option("--seeds", type=click.IntRange(1, 50), default=1, show_default=True, help="Years, one seed each.")
@click.option("--nights", type=click.IntRange(1, 366), default=365, show_default=True, help="Length of a year.")
@click.option("--scale", type=click.FloatRange(0.05, 2), default=1.0, show_default=True, help="Of the network.")
@click.option("--load", type=click.FloatRange(0.1, 4), default=1.0, show_default=True, help="Of the arrivals alone.")
@click.option("--futures", type=click.IntRange(0, 50), default=4, show_default=True, help="Sampled for the prices.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def simulate(*, seed: int, seeds: int, nights: int, scale: float, load: float, futures: int, as_json: bool) -> None:
    """Live through invented years, matched by telephone, by the nightly optimum, and with opportunity prices.

    Everything is invented; nothing is read from a database, nothing is written. The same options give the same JSON.
    docs/simulation.md says what the figures mean.
    """
    size = Size(nights, scale, load)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    found = []
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=seeds * steps(size, futures))
        for number in range(seed, seed + seeds):
            progress.update(task, description=f"seed {number}")
            found.append(compare(number, size, futures, lambda: progress.advance(task)))
    if as_json:
        click.echo(json.dumps([one.plain() for one in found], ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        shown = console if console.is_terminal else Console(highlight=False, width=WIDTH)
        for one in found:
            shown.print(_table(one))


def _table(found: Comparison) -> Table:
    title = (
        f"Seed {found.seed}: {found.nights} nights, {found.places} places, {found.households} households asking, "
        f"{found.outside} of them for whom the network has no place. Class-1 nights: {found.need} needed, "
        f"{found.most} at most (hindsight)"
    )
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for policy in found.policies:
        table.add_column(policy.policy, justify="right")
    for name, cells in _rows(found.policies):
        table.add_row(name, *cells)
    return table


def _rows(policies: Sequence[Figures]) -> list[tuple[str, list[str]]]:
    spread = [one.spread for one in policies]
    return [
        ("share of hindsight, class-1 nights", [f"{one.share:.1%}" for one in policies]),
        *((f"P{rank} nights in the street", [f"{one.street_nights[rank]}" for one in policies]) for rank in CLASSES),
        *(
            (f"P{rank} households sheltered", [f"{one.sheltered[rank]} / {one.households[rank]}" for one in policies])
            for rank in CLASSES
        ),
        *((f"P{rank} mean wait (nights)", [_one(one.wait[rank], ".1f") for one in policies]) for rank in CLASSES),
        ("P1 person-nights in the street", [f"{one.street_person_nights[1]}" for one in policies]),
        (
            "départements, P1 nights sheltered: worst",
            [_one(None if one is None else one.worst, ".1%") for one in spread],
        ),
        ("départements: best", [_one(None if one is None else one.best, ".1%") for one in spread]),
        ("départements: worst / best", [_one(None if one is None else one.ratio, ".2f") for one in spread]),
        ("départements: Gini", [_one(None if one is None else one.gini, ".3f") for one in spread]),
        (
            "refusals, facilities / people",
            [f"{one.refusals_by_facility} / {one.refusals_by_person}" for one in policies],
        ),
    ]


def _one(value: float | None, form: str) -> str:
    return "—" if value is None else format(value, form)
