"""The compiled enumeration finds the plans that NumPy finds, column by column."""

from random import Random  # noqa: TID251 -- seeded instances for tests

import numpy as np
import pytest

from data.seed.problems import realistic_problem
from matcher.codec import problem_from_json
from matcher.geo import great_circle_km
from matcher.kernels.choice import COMPILED
from matcher.plans import Plans, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.rules import RULES
from matcher.tables import Tables
from tests.matcher.forms import LYON, PARIS, place, problem, request
from tests.matcher.instances import random_problem

pytestmark = pytest.mark.skipif(not COMPILED, reason="the extra fast (numba) is not installed")
LIFTABLE = [rule.code for rule in RULES if rule.liftable]


def found(asked: Problem, wish: str, monkeypatch: pytest.MonkeyPatch, lifted: frozenset[str] = frozenset()) -> Plans:
    monkeypatch.setenv("ESCALE_COMPILED", wish)
    tables = Tables(asked)
    return admissible_plans(tables, Residents(tables), lifted)


def assert_same(one: Plans, other: Plans) -> None:
    for name in Plans.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize("chunk", range(6))
def test_random_problems(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared places, residents, circles, refusals, unknown coordinates, weights of nothing; rules lifted too."""
    plans = 0
    for seed in range(60 * chunk, 60 * chunk + 60):
        rng = Random(seed)
        asked = problem_from_json(random_problem(rng, 1, requests=8, places=14))
        lifted = frozenset(rng.sample(LIFTABLE, rng.randint(0, 3)))
        plain = found(asked, "never", monkeypatch, lifted)
        assert_same(found(asked, "always", monkeypatch, lifted), plain)
        plans += len(plain)
    assert plans > 300


def test_a_realistic_night(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = realistic_problem(400, 900, seed=3, specialist=True)
    plain = found(asked, "never", monkeypatch)
    assert len(plain) > 1000
    assert_same(found(asked, "always", monkeypatch), plain)


@pytest.mark.parametrize("beyond", [-1e-6, -1e-12, 0.0, 1e-12, 1e-6])
@pytest.mark.parametrize("field", ["anchor", "circle"])
def test_a_distance_at_its_limit(field: str, beyond: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paris to Lyon against a limit that rounding could miss."""
    limit = float(great_circle_km(*PARIS.values(), *(np.array([value]) for value in LYON.values()))[0]) + beyond
    measured = {"anchor": PARIS | {"max_km": limit}} if field == "anchor" else {}
    zones = {"zones": {"circles": [PARIS | {"km": limit}]}} if field == "circle" else {}
    asked = problem_from_json(problem([request(**measured, **zones)], [place()]))
    plain = found(asked, "never", monkeypatch)
    assert len(plain) == (beyond >= 0) ^ (field == "circle")
    assert_same(found(asked, "always", monkeypatch), plain)
