"""The programme's variables say what plans say: bridges tied to lasting legs, free intervals of one sort."""

import numpy as np
import pytest

from matcher.codec import problem_from_json
from matcher.plans import NONE, Plans, admissible_plans
from matcher.residents import Residents
from matcher.solvers.rows import Rows
from matcher.solvers.sorts import sorts_of
from matcher.solvers.ties import Ties, distinct, is_product
from matcher.tables import Bools, Ints, Tables
from tests.matcher.forms import place, problem, request, tabulated
from tests.matcher.instances import day, seeded_problem


def night(seed: int) -> tuple[Tables, Plans]:
    tables = Tables(problem_from_json(seeded_problem(seed, 2)))
    return tables, admissible_plans(tables, Residents(tables))


def holds(rows: Rows, point: Bools) -> bool:
    return all(row.low <= int(row.coefficients @ point[row.variables]) <= row.high for row in rows.rows)


def pairs_that_hold(ties: Ties) -> set[tuple[int, int]]:
    """Try every first leg with every last one; (v, v) for a variable that is a plan."""
    rows, many = Rows(), int(ties.stays.variable.max(initial=-1)) + 1
    ties.state(rows)
    first = ties.stays.variable[ties.stays.begins].tolist()
    last = [None, *ties.stays.variable[~ties.stays.begins].tolist()]
    found = set()
    for begin in first:
        for end in last:
            point = np.zeros(many, dtype=np.bool_)
            point[[begin] if end is None else [begin, end]] = True
            whole = bool((ties.first == begin)[ties.first == ties.second].any())
            if whole == (end is None) and holds(rows, point):
                found.add((begin, begin if end is None else end))
    return found


def of_request(plans: Plans, number: int) -> Plans:
    rows = plans.rows_of(number)
    return plans.take(np.arange(rows.start, rows.stop))


@pytest.mark.parametrize("seed", range(40))
def test_rows_leave_exactly_the_pairs_that_are_plans(seed: int) -> None:
    tables, plans = night(seed)
    for number in range(len(tables.requests)):
        own = of_request(plans, number)
        ties = Ties(tables, own, 0)
        assert pairs_that_hold(ties) == set(zip(ties.first.tolist(), ties.second.tolist(), strict=True))


def two_by_two() -> tuple[Tables, Plans]:
    """Two bridges, left tomorrow or the night after, and two lasting places; one of each is in a place of both."""
    early, late = [{"from": day(0), "until": day(5)}], [{"from": day(2)}]
    places = [
        place("a", free=early),
        place("b", free=[*early, {"from": day(6)}]),
        place("c", free=late),
        place("d", free=[{"from": day(4)}]),
    ]
    return tabulated(problem([request("r")], places, policy={"max_legs": 2}))


def test_a_missing_pair_is_never_put_together_again() -> None:
    tables, plans = two_by_two()
    two = np.flatnonzero(plans.last_place != NONE)
    assert is_product(plans, two).all()
    for missing in two.tolist():
        left = plans.take(np.arange(len(plans)) != missing)
        ties = Ties(tables, left, 0)
        held = pairs_that_hold(ties)
        assert held == set(zip(ties.first.tolist(), ties.second.tolist(), strict=True))
        assert len(held) == len(left)


@pytest.mark.parametrize("seed", range(40))
def test_what_does_instead_uses_a_part_and_is_no_worse(seed: int) -> None:
    tables, plans = night(seed)
    if not len(plans):
        return
    sorts = sorts_of(tables, plans)
    instead = sorts.rows[sorts.image]

    def uses(row: int) -> set[int]:
        return {int(each) for each in (plans.interval[row], plans.last_interval[row]) if each != NONE}

    assert (plans.request[instead] == plans.request).all()
    assert (plans.roofless[instead] <= plans.roofless).all()
    for row, other in enumerate(instead.tolist()):
        assert uses(other) <= {int(sorts.stands[interval]) for interval in uses(row)}
    assert sorts.room.sum() == len(tables.intervals)
    assert (sorts.room[tables.shared[tables.intervals.place]] == 1).all()


def test_alike_places_are_one_sort_unless_a_quota_tells_them_apart() -> None:
    places = [place(name) for name in ("p", "q", "s")]
    tables, plans = tabulated(problem([request("r")], places))
    assert sorts_of(tables, plans).room.tolist() == [3, 0, 0]
    quota = {"id": "k", "places": ["q"], "fact": "outside_departement", "max": 1}
    tables, plans = tabulated(problem([request("r")], places, quotas=[quota]))
    assert sorts_of(tables, plans).room.tolist() == [2, 1, 0]


def test_distinct_rows_with_columns_too_wide_for_one_number() -> None:
    wide: Ints = np.array([0, 2**40, 2**40, 0, 7])
    other = np.array([-(2**40), 5, 5, 5, -(2**40)])
    first, which = distinct(wide, other, wide)
    assert first.tolist() == [0, 3, 4, 1]
    assert which.tolist() == [0, 3, 3, 1, 2]
