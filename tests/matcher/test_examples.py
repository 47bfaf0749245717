"""The contract's examples: exactly the optimum it gives, exactly those without a place, exactly why."""

import json
from pathlib import Path

import pytest

from tests.matcher.forms import answer

INSTANCES = Path(__file__).parents[1] / "instances"
NAMES = sorted(path.name.removesuffix(".problem.json") for path in INSTANCES.glob("*.problem.json"))


def test_no_example_is_lost() -> None:
    assert len(NAMES) >= 14
    assert sorted(path.name.removesuffix(".expected.json") for path in INSTANCES.glob("*.expected.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_example(name: str) -> None:
    problem = json.loads((INSTANCES / f"{name}.problem.json").read_text(encoding="utf-8"))
    expected = json.loads((INSTANCES / f"{name}.expected.json").read_text(encoding="utf-8"))
    result = answer(problem)
    assert result["objective"] == expected["objective"]
    assert result["bound"] == expected["objective"]
    assert {row["request"]: {"binding": row["binding"]} for row in result["unserved"]} == expected["unserved"]
