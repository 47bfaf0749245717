"""``escale solve FILE``: solve a problem written as JSON and print the answer."""

import json
from pathlib import Path

import click

from api.commands.problem_file import FILE, read_problem, refuse
from matcher.encode import solution_to_json
from matcher.errors import ProblemError
from matcher.solve import solve as solve_problem


@click.command()
@click.argument("file", type=FILE)
def solve(file: Path) -> None:
    """Solve the problem in FILE ("-": standard input) and print the answer as JSON.

    The form of both is that of docs/matching.md. A problem that is not valid gets a message naming the field, and
    exit code 2.
    """
    problem = read_problem(file)
    try:
        solution = solve_problem(problem)
    except ProblemError as error:
        refuse(f"{file}: {error}")
    click.echo(json.dumps(solution_to_json(solution), ensure_ascii=False, indent=2))
