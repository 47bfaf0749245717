"""Flow against a reference without stages, against constraint programming, and its proof against wrong answers."""

from random import Random  # noqa: TID251 -- seeded instances for tests

import numpy as np
import pytest

from matcher.codec import problem_from_json
from matcher.objective import UNSERVED, objective
from matcher.plans import Plans, admissible_plans
from matcher.residents import Residents
from matcher.solve import solve
from matcher.solvers.cpsat import solve_component
from matcher.solvers.flow import FIRST_PLANS, solve_assignment
from matcher.solvers.prices import Costs, Face, Network, NotProvenError, Prices, residual_prices
from matcher.stages import stages
from matcher.tables import Ints, Tables
from tests.matcher.brute_force import Brute
from tests.matcher.hungarian import best_assignment, minimum
from tests.matcher.instances import private_problem


def instance(seed: int, size: int) -> tuple[Tables, Plans, Ints]:
    tables = Tables(problem_from_json(private_problem(seed, size)))
    plans = admissible_plans(tables, Residents(tables))
    return tables, plans, np.unique(plans.request)


def test_the_reference_itself() -> None:
    assert minimum([[4, 1, 3], [2, 0, 5], [3, 2, 2]]) == [1, 0, 2]


@pytest.mark.parametrize("seed", range(30))
def test_the_reference_equals_brute_force(seed: int) -> None:
    tables, plans, _ = instance(seed, 6)
    assert best_assignment(tables, plans) == Brute(private_problem(seed, 6)).best()


@pytest.mark.parametrize("chunk", range(8))
def test_flow_equals_the_reference(chunk: int) -> None:
    for seed in range(1000 + 20 * chunk, 1020 + 20 * chunk):
        tables, plans, requests = instance(seed, 30)
        if len(plans):
            outcome = solve_assignment(tables, plans, requests, seed=seed)
            assert outcome.proven
            assert outcome.bound == objective(tables, plans, outcome.chosen, requests)
            assert objective(tables, plans, outcome.chosen) == best_assignment(tables, plans), seed


@pytest.mark.parametrize("chunk", range(4))
def test_flow_equals_constraint_programming(chunk: int) -> None:
    for seed in range(2000 + 5 * chunk, 2005 + 5 * chunk):
        tables, plans, requests = instance(seed, 30)
        if len(plans):
            start = np.full(len(tables.requests), UNSERVED)
            flow = solve_assignment(tables, plans, requests, seed=0)
            other = solve_component(tables, plans, requests, start, seed=0, deterministic_limit=60.0)
            assert other.proven
            assert objective(tables, plans, other.chosen) == objective(tables, plans, flow.chosen), seed


def test_private_places_are_solved_by_flow_in_several_stages() -> None:
    """Steep weights and a century of waiting do not fit 64 bits in one stage: the instances above must show it."""
    several = 0
    for seed in range(1000, 1160):
        tables, plans, requests = instance(seed, 30)
        if len(plans):
            several += len(list(stages(tables, plans, requests, nodes=len(requests) + 1))) > 1
    assert several >= 50


@pytest.mark.parametrize("seed", range(1000, 1005))
def test_private_places_are_solved_by_flow(seed: int) -> None:
    assert solve(problem_from_json(private_problem(seed, 30))).solver == "flow"


def test_the_pricing_loop_has_work_to_do() -> None:
    """Some requests above have more plans than a stage starts from."""
    assert any(np.bincount(instance(seed, 30)[1].request).max() > FIRST_PLANS for seed in range(1000, 1020))


def check_certificate(network: Network, costs: Costs, match: Ints, prices: Prices) -> None:
    """Dual feasibility and complementary slackness, arc by arc: together they prove the assignment."""
    served = match != UNSERVED
    used = np.zeros(network.columns, dtype=np.bool_)
    used[network.column[match[served]]] = True
    assert (prices.of_plans(network, costs.plan) >= 0).all()
    assert (prices.of_plans(network, costs.plan)[match[served]] == 0).all()
    assert (prices.of_staying(costs.stay)[served] >= 0).all()
    assert (prices.of_staying(costs.stay)[~served] <= 0).all()
    assert (prices.of_columns()[used] <= 0).all()
    assert (prices.of_columns()[~used] == 0).all()


def random_network(seed: int) -> tuple[Network, Costs, Ints, list[list[int]]]:
    """A small network where everyone may stay, and its cost matrix (staying is one more column per request)."""
    rng = Random(seed)
    requests, columns = rng.randint(1, 5), rng.randint(1, 5)
    pairs = [(r, c) for r in range(requests) for c in range(columns) if rng.random() < 0.7]
    plan = [rng.randint(-9, 9) for _ in pairs]
    stay = [rng.randint(-9, 20) for _ in range(requests)]
    matrix = [[10_000] * columns + [stay[r] if r == other else 10_000 for other in range(requests)]
              for r in range(requests)]  # fmt: skip
    for (r, c), value in zip(pairs, plan, strict=True):
        matrix[r][c] = value
    ends = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2).T
    network = Network(ends[0], ends[1], requests, np.ones(columns, dtype=np.int64))
    return network, Costs(np.array(plan, dtype=np.int64), np.array(stay, dtype=np.int64)), ends, matrix


@pytest.mark.parametrize("seed", range(120))
def test_prices_exist_for_optimal_assignments_alone(seed: int) -> None:
    """Every assignment of a small network: the proof is found for the cheapest ones and refused for all others."""
    network, costs, ends, matrix = random_network(seed)
    face = Face(
        np.ones(len(costs.plan), dtype=np.bool_),
        np.ones(network.requests, dtype=np.bool_),
        np.zeros(network.columns, dtype=np.bool_),
    )
    least = sum(matrix[row][column] for row, column in enumerate(minimum(matrix)))
    everything = np.arange(len(costs.plan))
    rng = Random(seed)
    for _ in range(25):
        match = np.full(network.requests, UNSERVED)
        taken: set[int] = set()
        for row in rng.sample(range(len(costs.plan)), len(costs.plan)):
            request, column = int(ends[0][row]), int(ends[1][row])
            if match[request] == UNSERVED and column not in taken and rng.random() < 0.7:
                match[request] = row
                taken.add(column)
        total = int(costs.stay[match == UNSERVED].sum() + costs.plan[match[match != UNSERVED]].sum())
        if total == least:
            prices = residual_prices(network, face, everything, costs, match)
            check_certificate(network, costs, match, prices)
        else:
            with pytest.raises(NotProvenError):
                residual_prices(network, face, everything, costs, match)
