"""``escale whatif FILE SCENARIO``: the optimum as it is and as it would be, and who gains or loses."""

import json
from pathlib import Path

import click

from api.commands.problem_file import FILE, read_json, read_problem, refuse
from matcher.errors import ProblemError
from matcher.scenario import scenario_from_json
from matcher.whatif import what_if


@click.command()
@click.argument("file", type=FILE)
@click.argument("scenario", type=FILE)
def whatif(file: Path, scenario: Path) -> None:
    """Compare the optimum of the problem in FILE with that under SCENARIO, and print both as JSON.

    A scenario lifts rules for everyone ("lift"), opens places like one given ("open"), closes places ("close") or
    sets fields of places by kind or identifier ("change"); matcher/README.md shows one.
    """
    problem, form = read_problem(file), read_json(scenario)
    try:
        found = what_if(problem, scenario_from_json(problem, form))
    except ProblemError as error:
        refuse(f"{scenario}: {error}")
    answer = {
        "format": 1,
        "before": list(found.before),
        "after": list(found.after),
        "status": "optimal" if found.proven else "feasible",
        "newly_served": list(found.newly_served),
        "no_longer_served": list(found.no_longer_served),
        "fewer_nights_without_a_roof": dict(found.fewer_nights),
        "more_nights_without_a_roof": dict(found.more_nights),
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
