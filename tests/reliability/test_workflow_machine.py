"""The whole workflow in any order, on SQLite; and with one guarantee taken away, when it must fail."""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from data.session import make_engine
from tests.reliability.workflow_machine import Workflow
from tests.reliability.workflow_world import Numbered, World

SHARES = 2
"""Parts of the trials on an engine, so that several workers take some each."""
EXAMPLES = int(os.environ.get("ESCALE_WORKFLOW_EXAMPLES", "5"))
"""Of one share, each of 50 steps."""
PROMISED = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
BROKEN = settings(PROMISED, max_examples=25, phases=[Phase.generate], print_blob=False)


def machine(number: int, new_world: Callable[[], World]) -> type[Workflow]:
    """The workflow with a beginning of its own: every share tries other examples, and the same ones everywhere."""
    attributes: dict[str, Any] = {"new_world": staticmethod(new_world), "met": Counter()}
    return seed(number)(type("Workflow", (Workflow,), attributes))


@pytest.fixture
def new_world(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], World]:
    def make() -> World:
        monkeypatch.setattr("data.base.secrets", Numbered())
        return World(make_engine(new_database()))

    return make


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_whatever_people_do_nothing_is_given_twice_or_lost(new_world: Callable[[], World], share: int) -> None:
    made = machine(share, new_world)
    run_state_machine_as_test(made, settings=PROMISED)
    assert made.met.keys() >= {"consent", "arrive"}


def nothing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - stands for any function
    """Do nothing."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("api.services.endings.search_again", "its plans"),
    ],
)
@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_without_a_guarantee_it_is_broken(
    new_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch, broken: str, why: str
) -> None:
    monkeypatch.setattr(broken, nothing)
    with pytest.raises(AssertionError, match=why):
        run_state_machine_as_test(machine(0, new_world), settings=BROKEN)
