"""Compiled code and NumPy give the same answer, the one that seed and identifiers choose among equals."""

from dataclasses import replace
from random import Random  # noqa: TID251 -- seeded instances for tests

import numpy as np
import pytest

from data.seed.problems import realistic_problem
from matcher.codec import problem_from_json
from matcher.components import split
from matcher.errors import ProblemError
from matcher.kernels.choice import COMPILED
from matcher.plans import admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.solvers import augment, flow
from matcher.solvers.prices import Costs, Face
from matcher.stages import stages
from matcher.tables import Tables
from tests.matcher.instances import private_problem
from tests.matcher.test_assignment import check_certificate, random_network

compiled = pytest.mark.skipif(not COMPILED, reason="the extra fast (numba) is not installed")


def given(problem: Problem) -> dict[str, tuple[str, int]]:
    """Who is given which place from which night, by identifiers."""
    tables = Tables(problem)
    plans = admissible_plans(tables, Residents(tables))
    found = {}
    for component in split(tables, plans):
        chosen = flow.solve_assignment(tables, plans, component.requests, seed=problem.seed).chosen
        for request in component.requests[chosen[component.requests] >= 0]:
            row = chosen[request]
            found[tables.requests[request].id] = tables.places[plans.place[row]].id, int(plans.start[row])
    return found


@pytest.fixture(scope="module")
def night() -> Problem:
    return realistic_problem(400, 900, seed=3)


@compiled
def test_compiled_and_numpy_choose_the_same_places(night: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "FIRST_PLANS", 3)  # so that there is something to repair
    repairs = []
    repair = augment.repair
    monkeypatch.setattr(augment, "repair", lambda *arguments: repairs.append(1) or repair(*arguments))
    monkeypatch.setenv("ESCALE_COMPILED", "never")
    plain = given(night)
    assert not repairs
    monkeypatch.setattr(flow, "REPAIRED_SHARE", 1.0)
    monkeypatch.setenv("ESCALE_COMPILED", "always")
    assert given(night) == plain
    assert len(repairs) >= 3


@compiled
@pytest.mark.parametrize("chunk", range(4))
def test_repairs_equal_flows_on_random_instances(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steep weights, several stages, columns that must be filled; one by one and in rounds; again and from prices."""
    monkeypatch.setattr(flow, "FIRST_PLANS", 1)
    monkeypatch.setattr(flow, "REPAIRED_SHARE", float(chunk % 2))
    monkeypatch.setattr(augment, "EFFORT", [99, 0, 0, 1][chunk])
    monkeypatch.setattr(augment, "WORTH", [8, 0, 9, 1][chunk])
    for seed in range(3000 + 20 * chunk, 3020 + 20 * chunk):
        problem = problem_from_json(private_problem(seed, 20))
        monkeypatch.setenv("ESCALE_COMPILED", "never")
        plain = given(problem)
        monkeypatch.setenv("ESCALE_COMPILED", "always")
        assert given(problem) == plain, seed


@compiled
@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_repair_proves_its_answer(seed: int, together: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """From nobody served to all plans, columns of any capacity: the certificate holds arc by arc."""
    if together:
        monkeypatch.setattr(augment, "EFFORT", 0)
        monkeypatch.setattr(augment, "WORTH", 0)
    monkeypatch.setenv("ESCALE_COMPILED", "always")
    network, costs, _, _ = random_network(seed)
    rng = Random(seed)
    network = replace(network, capacity=np.array([rng.randint(1, 3) for _ in range(network.columns)]))
    everything = np.ones(len(costs.plan), dtype=np.bool_)
    face = Face(everything, np.ones(network.requests, dtype=np.bool_), np.zeros(network.columns, dtype=np.bool_))
    monkeypatch.setattr(flow, "REPAIRED_SHARE", 1.0)
    match, prices = flow._minimise(network, face, np.zeros(len(costs.plan), dtype=np.bool_), costs)
    plain = flow._flow(network, face, np.arange(len(costs.plan)), costs)
    assert total(costs, match) == total(costs, plain)
    if (network.capacity == 1).all():
        check_certificate(network, costs, match, prices)


def total(costs: Costs, match: np.ndarray) -> int:
    return int(costs.plan[match[match >= 0]].sum() + costs.stay[match < 0].sum())


def test_shuffled_rows_give_the_same_places(night: Problem) -> None:
    first = given(night)
    rng = Random(0)
    for _ in range(3):
        requests = tuple(rng.sample(night.requests, len(night.requests)))
        places = tuple(rng.sample(night.places, len(night.places)))
        assert given(replace(night, requests=requests, places=places)) == first


def test_the_first_plans_of_a_stage_do_not_choose_among_equals(night: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    first = given(night)
    monkeypatch.setattr(flow, "FIRST_PLANS", 2)
    assert given(night) == first


def test_an_entry_too_large_for_the_network_is_refused(night: Problem) -> None:
    tables = Tables(night)
    plans = admissible_plans(tables, Residents(tables))
    with pytest.raises(ProblemError, match=r"^requests: entry 0 of the objective alone leaves 64-bit integers"):
        list(stages(tables, plans, np.unique(plans.request), nodes=2**61))
