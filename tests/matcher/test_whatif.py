"""What if: both vectors equal everything tried on the problem as written by hand, and who gains or loses adds up."""

from random import Random  # noqa: TID251 -- seeded instances
from typing import Any

import pytest

from matcher.codec import problem_from_json
from matcher.errors import ProblemError
from matcher.rules import RULES
from matcher.scenario import scenario_from_json
from matcher.sentences import sentence
from matcher.whatif import Comparison, what_if
from tests.matcher.brute_causes import LIFTABLE
from tests.matcher.brute_force import Brute
from tests.matcher.forms import Json, place, problem, request
from tests.matcher.instances import day, seeded_problem


def compared(form: Json, scenario: Json) -> Comparison:
    given = problem_from_json(form)
    return what_if(given, scenario_from_json(given, scenario))


@pytest.mark.parametrize("seed", range(40))
def test_lifting_for_all_equals_brute_force(seed: int) -> None:
    form = seeded_problem(seed, 1 + seed % 2)
    codes = Random(seed).sample(LIFTABLE, 2)
    found = compared(form, {"lift": codes})
    assert found.before == Brute(form).best()
    assert found.after == Brute(form, lifted=frozenset(codes)).best()
    assert found.after <= found.before


@pytest.mark.parametrize("seed", range(40))
def test_opening_closing_and_changing_equals_the_problem_written_so(seed: int) -> None:
    form = seeded_problem(seed, 1 + seed % 2)
    rng = Random(seed)
    names = [row["id"] for row in form["places"]]
    closed, like = rng.choice(names), rng.choice(names)
    kind = rng.choice(form["places"])["kind"]
    scenario = {
        "open": [{"like": like, "places": 2}],
        "close": [closed],
        "change": [{"kind": kind, "set": {"ages": [14, 60], "audience": None}}],
    }
    changed = [
        {key: value for key, value in row.items() if key != "audience"} | {"ages": [14, 60]}
        if row["kind"] == kind
        else row
        for row in form["places"]
    ]
    (model,) = (row for row in changed if row["id"] == like)
    new = [model | {"id": f"new{n}", "facility": f"new{n}", "free": [{"from": day(0)}]} for n in range(2)]
    quotas = [row | {"places": [name for name in row["places"] if name != closed]} for row in form.get("quotas", [])]
    wanted = form | {"places": [row for row in changed if row["id"] != closed] + new, "quotas": quotas}
    assert compared(form, scenario).after == Brute(wanted).best()


def test_who_gains_and_who_loses_is_told() -> None:
    first, second = request("a", **{"class": 1}), request("b", departement="93")
    form = problem([first, second], [place("p", reserved_to={"departements": ["93"]})])
    found = compared(form, {"lift": ["reserved_elsewhere"]})
    assert (found.newly_served, found.no_longer_served) == (("a",), ("b",))
    assert (found.fewer_nights, found.more_nights) == ((), ())
    later = problem([first], [place("p", free=[{"from": day(3)}])])
    assert compared(later, {"open": [{"like": "p"}]}).fewer_nights == (("a", -3),)
    assert compared(later, {"close": ["p"]}).no_longer_served == ("a",)
    shorter = {"change": [{"places": ["p"], "set": {"max_stay_nights": 4}}]}
    assert compared(later, shorter).more_nights == (("a", 7),)


@pytest.mark.parametrize(
    ("scenario", "path"),
    [
        ([], ""),
        ({}, ""),
        ({"raise": 1}, "raise"),
        ({"lift": "too_far"}, "lift"),
        ({"lift": ["separation"]}, "lift[0]"),
        ({"lift": ["nonsense"]}, "lift[0]"),
        ({"open": [{"like": "nowhere"}]}, "open[0].like"),
        ({"open": [{"like": "p", "places": 0}]}, "open[0].places"),
        ({"open": [{"like": "p", "beds": 2}]}, "open[0].beds"),
        ({"open": {"like": "p"}}, "open"),
        ({"close": ["nowhere"]}, "close"),
        ({"change": [{"kind": "lam", "set": {"beds": 1}}]}, "change[0]"),
        ({"change": [{"kind": "chu", "set": {"id": "other"}}]}, "change[0].set"),
        ({"change": [{"kind": "chu"}]}, "change[0].set"),
        ({"change": [{"places": ["p"], "set": {"beds": -1}}]}, "places[0].beds"),
    ],
)
def test_a_scenario_that_cannot_be_names_its_field(scenario: Any, path: str) -> None:  # noqa: ANN401 -- JSON
    form = problem([request()], [place()])
    with pytest.raises(ProblemError) as caught:
        compared(form, scenario)
    assert caught.value.path == path


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.liftable], ids=lambda rule: rule.code)
def test_safety_is_stated_and_never_proposed(rule: Any) -> None:  # noqa: ANN401 -- a rule
    french, english = sentence([rule.code], "fr"), sentence([rule.code], "en")
    assert french.startswith("Des places libres n’existaient que là") == rule.safety
    assert english.startswith("Free places existed only there") == rule.safety
    assert french.startswith("Sans ") == english.startswith("Without ") == (not rule.safety)


def test_a_set_with_one_safety_rule_proposes_nothing() -> None:
    assert sentence(["danger_area", "too_far"], "fr") == "Des places libres n’existaient que là : en zone à éviter."
    assert sentence(["audience", "too_far"], "en") == (
        "Without the audience (women, families, minors…) or the maximum distance, a place would do."
    )
