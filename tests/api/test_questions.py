"""`escale marginal` and `escale whatif`: questions asked on the command line about a problem in a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli import cli

INSTANCES = Path(__file__).parents[1] / "instances"
LAST_PLACE = str(INSTANCES / "story-last-place.problem.json")
"""A newborn takes the only room; a family that waited for 81 days has none."""


def escale(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def test_one_more_place_would_serve_the_family() -> None:
    done = escale("marginal", LAST_PLACE)
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    (row,) = answer["cells"]
    assert answer["objective"] == [0, 0, 0, 0, 1, 0, 0, 0, 81, 20]
    assert (row["kind"], row["departement"], row["like"], row["places"]) == ("chu", "69", "chu-69", 1)
    assert row["change"][:9] == [0, 0, 0, 0, -1, 0, 0, 0, -81]


def test_a_scenario_tells_both_vectors_and_who_gains(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.json"
    scenario.write_text('{"open": [{"like": "chu-69"}]}', encoding="utf-8")
    done = escale("whatif", LAST_PLACE, str(scenario))
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["before"][4] - answer["after"][4] == 1
    assert (answer["newly_served"], answer["no_longer_served"]) == (["family-waiting-long"], [])
    assert answer["status"] == "optimal"


@pytest.mark.parametrize(
    ("text", "field"), [("[", "line 1"), ('{"lift": ["separation"]}', "lift[0]"), ('{"close": ["x"]}', "close")]
)
def test_a_wrong_scenario_is_refused_by_field(text: str, field: str, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.json"
    scenario.write_text(text, encoding="utf-8")
    refused = escale("whatif", LAST_PLACE, str(scenario))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert field in refused.stderr


@pytest.mark.parametrize("arguments", [("marginal", "-"), ("marginal", "-", "--profiles"), ("whatif", "-", LAST_PLACE)])
def test_a_wrong_problem_is_refused(arguments: tuple[str, ...]) -> None:
    form: dict[str, Any] = {"format": 1, "night": "2026-11-21", "requests": [], "places": [], "horizon_nights": 0}
    refused = escale(*arguments, stdin=json.dumps(form))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "horizon_nights" in refused.stderr
