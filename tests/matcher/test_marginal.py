"""One more place: the change told at once equals adding the place and solving again, every entry."""

from dataclasses import replace
from random import Random  # noqa: TID251 -- seeded instances

import pytest

from data.seed.problems import realistic_problem
from matcher.cells import Cell, cells_of, new_places
from matcher.codec import problem_from_json
from matcher.marginal import marginal
from matcher.optimise import Effort, optimise
from tests.matcher.brute_force import Brute
from tests.matcher.forms import Json
from tests.matcher.instances import day, private_problem, seeded_problem

CHUNK = 20
CHUNKS = range(8)
"""8 chunks of 20: 160 instances with one leg, 160 with two, 160 scarce assignments."""


def with_one_more(form: Json, cell: Cell) -> Json:
    """The problem with the copy, written by hand from the contract."""
    model = next(place for place in form["places"] if place["id"] == cell.place.id)
    copy = model | {"id": "one more", "facility": "of its own", "free": [{"from": day(0)}]}
    return form | {"places": [*form["places"], copy]}


def compare(form: Json, cells: int, rng: Random) -> None:
    problem = problem_from_json(form)
    every = cells_of(problem, profiles=True)
    asked = rng.sample(every, min(cells, len(every)))
    before, rows = marginal(problem, asked)
    assert [row.cell for row in rows] == asked
    assert before == Brute(form).best()
    for row in rows:
        after = Brute(with_one_more(form, row.cell)).best()
        assert row.change == tuple(now - then for now, then in zip(after, before, strict=True))
        assert row.change <= (0,) * 10
        assert row.proven


@pytest.mark.parametrize("max_legs", [1, 2])
@pytest.mark.parametrize("chunk", CHUNKS)
def test_any_place_equals_adding_it(chunk: int, max_legs: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        try:
            compare(seeded_problem(seed, max_legs), 2, Random(seed))
        except AssertionError as error:
            error.add_note(f"seeded_problem({seed}, {max_legs})")
            raise


def scarce_assignment(seed: int) -> Json:
    """Private places for half of the requests: a new one lets several move."""
    problem = private_problem(seed, 8)
    problem["places"] = problem["places"][: max(2, len(problem["requests"]) // 2)]
    return problem


@pytest.mark.parametrize("chunk", CHUNKS)
def test_scarce_assignments_equal_adding_it(chunk: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        try:
            compare(scarce_assignment(seed), 9, Random(seed))
        except AssertionError as error:
            error.add_note(f"scarce_assignment({seed})")
            raise


@pytest.mark.parametrize(("requests", "places", "specialist"), [(300, 200, False), (40, 60, True)])
def test_realistic_nights_equal_solving_again(requests: int, places: int, specialist: bool) -> None:  # noqa: FBT001
    problem = realistic_problem(requests, places, specialist=specialist)
    every = cells_of(problem)
    asked = every[:: max(1, len(every) // 8)]
    before, rows = marginal(problem, asked)
    for row, copy in zip(rows, new_places(problem, [cell.place for cell in asked]), strict=True):
        after = optimise(replace(problem, places=(*problem.places, copy)), Effort()).objective
        assert row.change == tuple(now - then for now, then in zip(after, before, strict=True))
    assert any(any(row.change) for row in rows)
