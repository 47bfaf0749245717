"""The parts of the method: distances, packing, components, stages, with known answers and small complete searches."""

from itertools import product
from random import Random  # noqa: TID251 -- seeded instances for tests
from typing import Any

import numpy as np
import pytest
from geopy.distance import great_circle

import matcher.stages
from matcher.check_leg import distance_km
from matcher.codec import problem_from_json
from matcher.components import split
from matcher.geo import EARTH_RADIUS_KM, great_circle_km
from matcher.objective import ENTRIES, plan_values, unserved_values
from matcher.packing import Seat, pack
from matcher.plans import admissible_plans
from matcher.residents import Residents
from matcher.stages import stages
from matcher.tables import Tables
from tests.matcher.forms import place, problem, request, tabulated
from tests.matcher.instances import day, private_problem

Json = dict[str, Any]


def test_distances_are_geopys() -> None:
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-90, 90, 600), rng.uniform(-180, 180, 600)
    lat[:50], lon[:50] = lat[50:100] + 1e-5, lon[50:100]
    lat[100:110], lon[100:110] = -lat[0], lon[0] - 180 if lon[0] > 0 else lon[0] + 180
    ours = great_circle_km(lat[0], lon[0], lat, lon)
    for index in range(600):
        expected = great_circle((lat[0], lon[0]), (lat[index], lon[index])).km
        assert ours[index] == pytest.approx(expected, abs=1e-6 if expected < 20_000 else 1e-3)
        assert distance_km(lat[0], lon[0], lat[index], lon[index]) == pytest.approx(ours[index], abs=1e-6)


def test_distances_known() -> None:
    quarter = np.pi / 2 * EARTH_RADIUS_KM
    ours = great_circle_km(0.0, 0.0, np.array([90.0, 0.0, 0.0, 0.0, np.nan]), np.array([0.0, 90.0, 180.0, 0.0, 1.0]))
    assert ours[:4] == pytest.approx([quarter, quarter, 2 * quarter, 0.0])
    assert np.isnan(ours[4])


def seats(*options: tuple[int, int, int]) -> list[Seat]:
    return [Seat(*option) for option in options]


@pytest.mark.parametrize(
    ("households", "room", "expected"),
    [
        ([], {}, []),
        ([[]], {0: (9, 9)}, None),
        ([seats((0, 2, 0))], {0: (2, 0)}, [0]),
        ([seats((0, 2, 0))], {0: (1, 5)}, None),
        ([seats((0, 1, 1))], {0: (5, 0)}, None),
        ([seats((0, 1, 0), (1, 1, 0)), seats((0, 1, 0))], {0: (1, 0), 1: (1, 0)}, [1, 0]),
        ([seats((0, 1, 0), (1, 1, 0))] * 3, {0: (1, 0), 1: (1, 0)}, None),
        ([seats((0, 2, 0), (1, 1, 1)), seats((0, 2, 0), (1, 2, 0))], {0: (2, 0), 1: (1, 1)}, [1, 0]),
    ],
)
def test_packing(households: list[list[Seat]], room: dict[int, tuple[int, int]], expected: list[int] | None) -> None:
    found = pack(households, room)
    assert (None if found is None else [seat.interval for seat in found]) == expected


@pytest.mark.parametrize("seed", range(60))
def test_packing_finds_a_way_when_there_is_one(seed: int) -> None:
    rng = Random(seed)
    room = {interval: (rng.randint(0, 4), rng.randint(0, 2)) for interval in range(rng.randint(1, 3))}
    households = [
        [Seat(interval, rng.randint(1, 2), rng.randint(0, 1)) for interval in room if rng.random() < 0.8]
        for _ in range(rng.randint(1, 5))
    ]

    def fits(chosen: tuple[Seat, ...]) -> bool:
        own = {interval: [seat for seat in chosen if seat.interval == interval] for interval in room}
        return all(
            sum(seat.beds for seat in own[interval]) <= beds and sum(seat.cots for seat in own[interval]) <= cots
            for interval, (beds, cots) in room.items()
        )

    found = pack(households, room)
    assert (found is not None) == any(fits(chosen) for chosen in product(*households))
    assert found is None or fits(tuple(found))


def parts(requests: list[Json], places: list[Json], **fields: Any) -> list[tuple[list[str], bool]]:  # noqa: ANN401
    tables, plans = tabulated(problem(requests, places, **fields))
    return [
        ([tables.requests[index].id for index in component.requests], component.assignment)
        for component in split(tables, plans)
    ]


HERE, THERE = {"departement": "75", "kinds": ["here"]}, {"departement": "13", "kinds": ["there"]}
APART = [place("p", kind="here"), place("q", kind="there")]


@pytest.mark.parametrize(
    ("requests", "places", "fields", "expected"),
    [
        ([request("a", **HERE), request("b", **THERE)], APART, {}, [(["a", "b"], True)]),
        ([request("a", **HERE), request("b", **HERE)], APART, {}, [(["a", "b"], True)]),
        ([request("a", **HERE), request("b", kinds=[])], APART, {}, [(["a"], True)]),
        ([request("a", kinds=[])], APART, {}, []),
        (
            [request("a", **HERE), request("b", **THERE)],
            [place("p", kind="here", sharing="shared"), place("q", kind="there")],
            {},
            [(["b"], True), (["a"], False)],
        ),
        (
            [request("a", **HERE), request("b", **THERE)],
            [place("p", kind="here", sharing="shared"), place("q", kind="there", sharing="shared")],
            {},
            [(["a"], False), (["b"], False)],
        ),
        (
            [request("a", **HERE, separation_group="g"), request("b", **THERE, separation_group="g")],
            [place("p", kind="here", facility="f"), place("q", kind="there", facility="f")],
            {},
            [(["a", "b"], False)],
        ),
        (
            [request("a", **HERE, separation_group="g"), request("b", **THERE)],
            [place("p", kind="here", facility="f"), place("q", kind="there", facility="f")],
            {},
            [(["a", "b"], True)],
        ),
        (
            [request("a", **HERE), request("b", **THERE), request("c", kinds=["third"])],
            [*APART, place("r", kind="third")],
            {"quotas": [{"id": "q", "places": ["p", "q"], "fact": "outside_departement", "max": 1}]},
            [(["c"], True), (["a", "b"], False)],
        ),
        (
            [request("a", **HERE), request("b", kinds=["here", "there"]), request("c", **THERE)],
            [place("p", kind="here", sharing="shared"), place("q", kind="there")],
            {},
            [(["a", "b", "c"], False)],
        ),
    ],
)
def test_components(requests: list[Json], places: list[Json], fields: Json, expected: list[Any]) -> None:
    assert parts(requests, places, **fields) == expected


def test_two_legs_are_no_assignment() -> None:
    places = [place("p", free=[{"from": day(0), "until": day(4)}]), place("q", free=[{"from": day(2)}])]
    assert parts([request("a")], places, policy={"max_legs": 2}) == [(["a"], False)]


@pytest.mark.parametrize("bound", [2**61, 2**30, 1])
@pytest.mark.parametrize("seed", range(12))
def test_stages_keep_the_lexicographic_order(seed: int, bound: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every assignment of a small problem: sorted by the stages' sums as by the vector."""
    monkeypatch.setattr(matcher.stages, "GROUP_BOUND", bound)
    tables = Tables(problem_from_json(private_problem(seed, 4)))
    plans = admissible_plans(tables, Residents(tables))
    requests = np.unique(plans.request)
    packed = list(stages(tables, plans, requests, nodes=7))
    assert sum((stage.entries for stage in packed), start=()) == tuple(
        sorted({entry for stage in packed for entry in stage.entries})
    )
    options = [[None, *range(*plans.rows_of(int(request)).indices(len(plans)))] for request in requests]
    values, alone = plan_values(tables, plans), unserved_values(tables)
    seen: dict[tuple[int, ...], tuple[int, ...]] = {}
    for choice in product(*options):
        rows = [alone[request] if row is None else values[row] for request, row in zip(requests, choice, strict=True)]
        sums = [
            sum(
                int(stage.unserved_cost[request] if row is None else stage.plan_cost[row])
                for request, row in zip(requests, choice, strict=True)
            )
            for stage in packed
        ]
        vector = np.sum(rows, axis=0) if rows else np.zeros(ENTRIES, dtype=np.int64)
        assert seen.setdefault(tuple(sums), tuple(vector.tolist())) == tuple(vector.tolist())
    in_order = [vector for _, vector in sorted(seen.items())]
    assert in_order == sorted(in_order)
