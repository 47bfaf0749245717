import random  # noqa: TID251 - seeded instances
from itertools import product

import numpy as np
import pytest

from api.services.simulation_case import Case, Stay
from api.services.simulation_nights import missed, most_nights


def _case(rng: random.Random) -> Case:
    groups, nights = rng.randint(1, 3), rng.randint(1, 4)
    places = np.array([[rng.randint(0, 2) for _ in range(nights)] for _ in range(groups)], dtype=np.float64)
    places = np.maximum.accumulate(places, axis=1)  # first residents leave, and do not come back
    stays = []
    for _ in range(rng.randint(0, 5)):
        first = rng.randrange(nights)
        own = rng.sample(range(groups), rng.randint(1, groups))
        stays.append(Stay(np.array(sorted(own)), first, rng.randint(first + 1, nights)))
    return Case(np.zeros(0, dtype=np.int64), places, stays)


def _largest(case: Case, night: int, places: list[int]) -> int:
    there = [stay for stay in case.stays if stay.first <= night < stay.last]
    choices = [[None, *stay.groups.tolist()] for stay in there]
    return max(
        sum(group is not None for group in choice)
        for choice in product(*choices)
        if all(choice.count(group) <= places[group] for group in range(len(places)))
    )


@pytest.mark.parametrize("seed", range(150))
def test_prices_are_what_one_more_place_brings_and_prove_the_bound(seed: int) -> None:
    case = _case(random.Random(seed))
    found = missed(case)
    total = 0
    for night in range(case.places.shape[1]):
        places = case.places[:, night].astype(int).tolist()
        best = _largest(case, night, places)
        total += best
        for group in range(len(places)):
            more = [count + (number == group) for number, count in enumerate(places)]
            assert found[group, night] == _largest(case, night, more) - best
    assert most_nights(case, found) == total


@pytest.mark.parametrize("seed", range(40))
def test_any_prices_bound_what_any_policy_shelters(seed: int) -> None:
    rng = random.Random(seed)
    case = _case(rng)
    best = most_nights(case, missed(case))
    prices = np.array([[rng.choice([0.0, 1.0, 2.0]) for _ in row] for row in case.places])
    assert most_nights(case, prices) >= best
