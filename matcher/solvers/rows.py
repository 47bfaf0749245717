"""Linear rows over 0/1 variables, ready for CP-SAT, for an LP solver and for exact arithmetic on arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.tables import Bools, Ints

FREE: Final = 2**40
"""A bound that bounds nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """low ≤ Σ coefficient · variable ≤ high."""

    variables: Ints
    coefficients: Ints
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows side by side: entries (row, variable, coefficient), and the bounds of each row."""

    row: Ints
    variable: Ints
    coefficient: Ints
    low: Ints
    high: Ints


class Rows:
    """A growing list of rows."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = list(rows)

    def add(self, variables: Sequence[int] | Ints, coefficients: Sequence[int] | Ints, low: int, high: int) -> None:
        """Add a row."""
        entries = np.asarray(variables, dtype=np.int64), np.asarray(coefficients, dtype=np.int64)
        self.rows.append(Row(*entries, low, high))

    def at_most(self, variables: Sequence[int], coefficients: Sequence[int], high: int) -> None:
        """Add Σ coefficient · variable ≤ high."""
        self.add(variables, coefficients, -FREE, high)

    def at_most_one(self, variables: Sequence[int]) -> None:
        """Let at most one of them be used."""
        self.at_most(variables, [1] * len(variables), 1)

    def exactly_one(self, variables: Sequence[int]) -> None:
        """Let exactly one of them be used."""
        self.add(variables, [1] * len(variables), 1, 1)

    def equal(self, some: Sequence[int], others: Sequence[int]) -> None:
        """Let as many of some be used as of the others."""
        self.add([*some, *others], [1] * len(some) + [-1] * len(others), 0, 0)

    def at_most_as_many(self, some: Sequence[int], others: Sequence[int]) -> None:
        """Let at most as many of some be used as of the others."""
        self.at_most([*some, *others], [1] * len(some) + [-1] * len(others), 0)

    def implies(self, one: int, other: int) -> None:
        """Let one be used only with the other."""
        self.at_most([one, other], [1, -1], 0)

    def matrix(self, allowed: Bools) -> Matrix:
        """Give the rows on the variables allowed; a row without any stays, empty."""
        lengths = [len(row.variables) for row in self.rows]
        number = np.repeat(np.arange(len(self.rows)), lengths)
        nothing = [np.zeros(0, dtype=np.int64)]
        variable = np.concatenate([row.variables for row in self.rows] or nothing)
        coefficient = np.concatenate([row.coefficients for row in self.rows] or nothing)
        keep = allowed[variable]
        return Matrix(
            number[keep],
            variable[keep],
            coefficient[keep],
            np.array([row.low for row in self.rows], dtype=np.int64),
            np.array([row.high for row in self.rows], dtype=np.int64),
        )
