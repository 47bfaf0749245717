"""``escale solve FILE``: solve a problem written as JSON and print the answer."""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from matcher.codec import problem_from_json
from matcher.encode import solution_to_json
from matcher.errors import ProblemError
from matcher.solve import solve as solve_problem


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def solve(file: Path) -> None:
    """Solve the problem in FILE ("-": standard input) and print the answer as JSON.

    The form of both is that of docs/matching.md. A problem that is not valid gets a message naming the field, and
    exit code 2.
    """
    text = sys.stdin.read() if str(file) == "-" else _text(file)
    try:
        problem = problem_from_json(json.loads(text, parse_constant=_refuse_constant))
        solution = solve_problem(problem)
    except json.JSONDecodeError as error:
        _refuse(f"{file}: not JSON: {error.msg} (line {error.lineno}, column {error.colno})")
    except RecursionError:
        _refuse(f"{file}: not JSON we read: nested too deeply")
    except ProblemError as error:
        _refuse(f"{file}: {error}")
    else:
        click.echo(json.dumps(solution_to_json(solution), ensure_ascii=False, indent=2))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        _refuse(f"{file}: not UTF-8 text")


def _refuse_constant(name: str) -> float:
    # Python reads NaN and Infinity; JSON has neither.
    raise ProblemError("", f"{name} is not a number in JSON")


def _refuse(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)
