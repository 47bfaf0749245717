import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from api.cli import cli
from api.services.simulation import Manner, Year, admissible, by_optimum, by_telephone, live
from api.services.simulation_case import case
from api.services.simulation_compare import FIRST, Comparison, compare, manners, sampled_prices, steps
from api.services.simulation_nights import missed, most_nights
from data.simulation.world import Size, World, other_future, world
from matcher.objective import UNSERVED
from matcher.tables import Ints

SIZE = Size(nights=60, scale=0.3, load=2.0)
SEED = 2


@pytest.fixture(scope="module")
def year() -> tuple[World, list[Ints]]:
    made = world(SEED, SIZE)
    return made, admissible(made)


@pytest.fixture(scope="module")
def lived(year: tuple[World, list[Ints]]) -> dict[str, tuple[Manner, Year]]:
    made, allowed = year
    group = case(made, allowed, FIRST).group
    prices = sampled_prices(made, group, iter([other_future(made, SEED, 1, SIZE)]))
    return {manner.name: (manner, live(made, allowed, manner)) for manner in manners(prices)}


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(SEED, SIZE, futures=1)


def test_nobody_is_where_the_rules_or_a_refusal_forbid(
    year: tuple[World, list[Ints]], lived: dict[str, tuple[Manner, Year]]
) -> None:
    made, allowed = year
    for _, found in lived.values():
        for one in np.flatnonzero(found.since != UNSERVED).tolist():
            household, place = made.households[one], int(found.place[one])
            assert place in allowed[one]
            assert made.places[place].facility not in household.never
            assert household.arrives <= found.since[one] < household.leaves


def test_no_place_holds_two_households_on_a_night(
    year: tuple[World, list[Ints]], lived: dict[str, tuple[Manner, Year]]
) -> None:
    made, _ = year
    for _, found in lived.values():
        nights: Counter[tuple[int, int]] = Counter()
        for one in np.flatnonzero(found.since != UNSERVED).tolist():
            place = int(found.place[one])
            assert found.since[one] >= made.vacant_from[place]
            nights.update((place, night) for night in range(int(found.since[one]), made.households[one].leaves))
        assert max(nights.values()) == 1


def test_a_reserve_shelters_class_1_alone(
    year: tuple[World, list[Ints]], lived: dict[str, tuple[Manner, Year]]
) -> None:
    made, _ = year
    for manner, found in lived.values():
        inside = np.flatnonzero(found.since != UNSERVED).tolist()
        kept = [one for one in inside if made.places[int(found.place[one])].id in manner.reserve]
        assert {made.households[one].request.priority for one in kept} <= {1}
        assert inside
    assert any(manner.reserve for manner, _ in lived.values())


def test_refusals_happen_and_no_pair_is_asked_twice(
    year: tuple[World, list[Ints]], lived: dict[str, tuple[Manner, Year]]
) -> None:
    made, _ = year
    pairs = sum(len(one.never) for one in made.households)
    for _, found in lived.values():
        assert 0 < found.refusals_by_facility + found.refusals_by_person <= pairs


def test_a_world_without_refusals_has_none(year: tuple[World, list[Ints]]) -> None:
    made, allowed = year
    nobody: frozenset[str] = frozenset()
    kind = replace(made, households=tuple(replace(one, refused_by=nobody, refuses=nobody) for one in made.households))
    found = live(kind, allowed, Manner("optimum", by_optimum))
    assert found.refusals_by_facility == found.refusals_by_person == 0


def test_the_first_night_by_optimum_shelters_no_fewer_of_class_1_than_by_telephone(
    year: tuple[World, list[Ints]],
) -> None:
    made, allowed = year
    nobody: frozenset[str] = frozenset()
    arrived = tuple(replace(one, refused_by=nobody, refuses=nobody) for one in made.households if one.arrives == 0)
    first = replace(made, nights=1, households=arrived)
    counts = [
        int((live(first, allowed[: len(arrived)], Manner(name, assign)).since >= 0).sum())
        for name, assign in (("optimum", by_optimum), ("telephone", by_telephone))
    ]
    assert counts[0] >= counts[1]


def test_no_policy_exceeds_the_bound(compared: Comparison) -> None:
    assert 0 < compared.most <= compared.need
    for policy in compared.policies:
        assert policy.sheltered_nights[1] <= compared.most
        assert policy.share == pytest.approx(policy.sheltered_nights[1] / compared.most, abs=1e-4)
        assert policy.street_nights[1] + policy.sheltered_nights[1] == compared.need


def test_knowing_the_year_never_lowers_the_bound_of_more_places(year: tuple[World, list[Ints]]) -> None:
    made, allowed = year
    before = case(made, allowed, FIRST)
    empty = replace(made, vacant_from=tuple(0 for _ in made.places))
    after = case(empty, allowed, FIRST)
    assert most_nights(after, missed(after)) >= most_nights(before, missed(before))


def test_figures_are_of_those_the_network_may_take(compared: Comparison, year: tuple[World, list[Ints]]) -> None:
    made, allowed = year
    assert compared.households == len(made.households)
    for policy in compared.policies:
        assert sum(policy.households.values()) == compared.households - compared.outside
        assert all(policy.sheltered[rank] <= policy.households[rank] for rank in policy.households)
        assert policy.street_person_nights[1] >= policy.street_nights[1]
    assert compared.outside == sum(not len(places) for places in allowed)


def test_every_step_is_told() -> None:
    told = []
    size = Size(nights=10, scale=0.1)
    compare(1, size, 2, lambda: told.append(1))
    assert len(told) == steps(size, 2)


def test_command_prints_the_same_json_twice_and_a_table() -> None:
    options = ["simulate", "--nights", "20", "--scale", "0.15", "--futures", "1", "--seeds", "2"]
    first, second = (CliRunner().invoke(cli, [*options, "--json"]) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    years = json.loads(first.stdout)
    assert [one["seed"] for one in years] == [0, 1]
    names = [policy["policy"] for policy in years[0]["policies"]]
    table = CliRunner().invoke(cli, options).stdout
    assert all(name in table for name in names)
    assert str(years[0]["policies"][0]["street_nights"]["1"]) in table
