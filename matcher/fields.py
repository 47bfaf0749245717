"""Reading a JSON object field by field, with the path of whatever is wrong."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from matcher.errors import ProblemError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_REQUIRED: Final = object()


@contextmanager
def at(path: str) -> Iterator[None]:
    """Put ``path`` before the path of a `ProblemError` raised inside."""
    try:
        yield
    except ProblemError as error:
        joined = path + ("." if error.path and not error.path.startswith("[") else "") + error.path
        raise ProblemError(joined, error.message) from error


def text(value: object) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise ProblemError("", f"text is expected, not {_shown(value)}")
    return value


def boolean(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ProblemError("", f"true or false is expected, not {_shown(value)}")
    return value


def integer(value: object) -> int:
    """Read a whole number of at most 15 digits; 3.0 is one, as in JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 10**15:
        raise ProblemError("", f"a whole number is expected, not {_shown(value)}")
    return value


def real(value: object) -> float:
    """Read a number."""
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > 1e15:
        raise ProblemError("", f"a number is expected, not {_shown(value)}")
    return float(value)


def day(value: object) -> date:
    """Read a date written YYYY-MM-DD, at least 400 days before the last one there is."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ProblemError("", f"a date written YYYY-MM-DD is expected, not {_shown(value)}")
    try:
        read = date.fromisoformat(value)
    except ValueError:
        raise ProblemError("", f"{value} is not a day of the calendar") from None
    if read.year >= 9990:
        raise ProblemError("", f"{value} is too far away; leave it out for an open end")
    return read


def one_of(choices: type[E]) -> Callable[[object], E]:
    """Read one of a fixed list of words."""

    def read(value: object) -> E:
        try:
            return choices(text(value))
        except ValueError:
            raise ProblemError("", f"{_shown(value)} is none of {', '.join(choices)}") from None

    return read


def optional(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Read null or something."""
    return lambda value: None if value is None else read(value)


def many(read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Read a list."""

    def read_all(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ProblemError("", f"a list is expected, not {_shown(value)}")
        items = []
        for index, item in enumerate(value):
            with at(f"[{index}]"):
                items.append(read(item))
        return tuple(items)

    return read_all


def texts(value: object) -> frozenset[str]:
    """Read a list of strings as a set."""
    return frozenset(many(text)(value))


def pair(value: object) -> tuple[int, int]:
    """Read two whole numbers, the first not after the second."""
    numbers = many(integer)(value)
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise ProblemError("", "two whole numbers are expected, the smaller first")
    return numbers[0], numbers[1]


class Fields:
    """The fields of one JSON object; those never asked for are refused.

    Parameters
    ----------
    value : object
        What should be an object.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ProblemError("", f"an object is expected, not {_shown(value)}")
        self._values: dict[str, Any] = dict(value)

    def take(self, name: str, read: Callable[[object], T], default: object = _REQUIRED) -> T:
        """Read one field; without a default it must be there."""
        if name not in self._values:
            if default is _REQUIRED:
                raise ProblemError(name, "this field is missing")
            return default  # type: ignore[return-value]  # the caller gives a default of the type read
        value = self._values.pop(name)
        with at(name):
            return read(value)

    def done(self) -> None:
        """Refuse what was not asked for."""
        for name in self._values:
            raise ProblemError(name, "no field has this name")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
