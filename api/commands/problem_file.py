"""Reading the JSON files given to `escale solve`, `marginal` and `whatif`, with a message for whatever is wrong."""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from matcher.codec import problem_from_json
from matcher.errors import ProblemError
from matcher.problem import Problem

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


def read_json(file: Path) -> object:
    """Read JSON from a file ("-": standard input); ends the command with exit code 2 when it is none."""
    try:
        found: object = json.loads(_text(file), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        refuse(f"{file}: not JSON: {error.msg} (line {error.lineno}, column {error.colno})")
    except RecursionError:
        refuse(f"{file}: not JSON we read: nested too deeply")
    except ProblemError as error:
        refuse(f"{file}: {error}")
    return found


def read_problem(file: Path) -> Problem:
    """Read a problem; one that is not valid ends the command with a message naming the field, and exit code 2."""
    try:
        return problem_from_json(read_json(file))
    except RecursionError:
        refuse(f"{file}: not JSON we read: nested too deeply")
    except ProblemError as error:
        refuse(f"{file}: {error}")


def refuse(message: str) -> NoReturn:
    """Say what is wrong and end with exit code 2."""
    click.echo(message, err=True)
    sys.exit(2)


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except UnicodeDecodeError:
        refuse(f"{file}: not UTF-8 text")


def _refuse_constant(name: str) -> float:
    # Python reads NaN and Infinity; JSON has neither.
    raise ProblemError("", f"{name} is not a number in JSON")
