"""Hypothesis strategies: random problems of the matcher, in their JSON form and as values.

Problems come from the generator of `tests.matcher.instances`, driven by Hypothesis's own choices, so a failure shrinks.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from matcher.codec import problem_from_json
from matcher.problem import Problem
from tests.matcher.instances import random_place, random_problem

Json = dict[str, Any]

PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)
"""Every run tries the same examples: a failure in CI is a failure everywhere."""

chance = st.randoms(use_true_random=False)
"""What decides like `random.Random`, and shrinks."""


@st.composite
def forms(draw: st.DrawFn, max_legs: tuple[int, ...] = (1, 2), requests: int = 5, places: int = 7) -> Json:
    """A small problem in its JSON form."""
    return random_problem(draw(chance), draw(st.sampled_from(max_legs)), requests, places)


@st.composite
def problems(draw: st.DrawFn, max_legs: tuple[int, ...] = (1, 2)) -> Problem:
    """A small problem as a value."""
    return problem_from_json(draw(forms(max_legs)))


@st.composite
def new_places(draw: st.DrawFn, identifier: str = "new") -> Json:
    """One place more, in its JSON form."""
    return random_place(draw(chance), identifier, draw(st.sampled_from([0.0, 0.3])))
