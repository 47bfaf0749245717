"""What must always hold (contract §8), on random problems that Hypothesis chooses and shrinks."""

import copy
from collections.abc import Callable
from random import Random  # noqa: TID251 -- seeded shuffles
from typing import Any

import pytest
from geopy.distance import great_circle
from hypothesis import HealthCheck, assume, given, settings

from matcher.codec import problem_from_json
from matcher.encode import solution_to_json
from matcher.optimise import Effort
from matcher.problem import Problem
from matcher.solve import solve
from tests.matcher.brute_answers import greedy
from tests.matcher.brute_force import Brute
from tests.matcher.forms import tabulated
from tests.matcher.instances import CODES, SERVICES, TOWNS, seeded_problem
from tests.strategies import PROPERTY, chance, forms, new_places, problems

Json = dict[str, Any]
PATIENT = settings(PROPERTY, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def optimum(form: Json) -> tuple[int, ...]:
    return solve(problem_from_json(form)).objective


@PATIENT
@given(form=forms())
def test_never_worse_than_greedy(form: Json) -> None:
    answer = solve(problem_from_json(form))
    assert answer.greedy_objective == greedy(Brute(form))
    assert answer.objective <= answer.greedy_objective


@PATIENT
@given(form=forms(), place=new_places())
def test_one_more_place_never_makes_it_worse(form: Json, place: Json) -> None:
    assert optimum(form | {"places": [*form["places"], place]}) <= optimum(form)


def _everywhere(rows: str, /, **fields: Any) -> Callable[[Json], None]:  # noqa: ANN401 -- fields of every type
    def lift(form: Json) -> None:
        for row in form[rows]:
            row.update(copy.deepcopy(fields))

    return lift


def _any_kind(form: Json) -> None:
    """Kinds, clauses and hotels: a hotel that is no hotel, where kinds do not matter, excludes nobody."""
    _everywhere("requests", kinds=None)(form)
    _everywhere("places", admits=None, kind="any")(form)


def _any_distance(form: Json) -> None:
    for row in form["requests"]:
        if row.get("anchor"):
            row["anchor"].pop("max_km", None)


def _any_audience(form: Json) -> None:
    """Not those for women with children: there the audience is what lets minors and adults share."""
    for row in form["places"]:
        if row.get("audience") != "women_with_children":
            row["audience"] = "mixed"


def _dropped(name: str) -> Callable[[Json], None]:
    return lambda form: form.pop(name, None)


LIFTS: dict[str, Callable[[Json], Any]] = {
    "kind_not_admissible, hotel_minor": _any_kind,
    "age_out_of_range": _everywhere("places", ages=None),
    "audience": _any_audience,
    "status_required": _everywhere("places", requires=[]),
    "decision_missing": _everywhere("places", decisions=[]),
    "unknown_location, danger_area": _everywhere("requests", zones={}),
    "reserved_elsewhere": _everywhere("places", reserved_to=None),
    "out_of_scope": _everywhere("places", serves=None),
    "too_far": _any_distance,
    "need_not_covered": _everywhere("places", services=SERVICES),
    "refused_before": _everywhere("requests", refused_facilities=[]),
    "separation": _everywhere("requests", separation_group=None),
    "residents": _dropped("residents"),
    "quota_full": _dropped("quotas"),
}


@pytest.mark.parametrize("rule", LIFTS)
@settings(PATIENT, max_examples=25)
@given(form=forms(requests=4, places=5))
def test_lifting_a_rule_for_everyone_never_makes_it_worse(rule: str, form: Json) -> None:
    lifted = copy.deepcopy(form)
    LIFTS[rule](lifted)
    assume(lifted != form)
    assert optimum(lifted) <= optimum(form)


def shuffled(form: Json, rng: Random) -> Json:
    """Every list of rows and every list that means a set, in another order."""

    def walk(value: Any) -> Any:  # noqa: ANN401 -- any part of the form
        if isinstance(value, dict):
            return {name: walk(value[name]) for name in rng.sample(list(value), len(value))}
        if isinstance(value, list) and not (len(value) == 2 and all(isinstance(item, int) for item in value)):
            return [walk(item) for item in rng.sample(value, len(value))]
        return value

    result: Json = walk(form)
    return result


@PATIENT
@given(form=forms(), rng=chance)
def test_the_order_of_rows_changes_nothing(form: Json, rng: Random) -> None:
    assert solve(problem_from_json(shuffled(form, rng))) == solve(problem_from_json(form))


@pytest.mark.parametrize("seed", range(120))
def test_the_order_of_rows_changes_nothing_on_tied_instances(seed: int) -> None:
    """Without costs and with everyone alike, many answers are equal: the same one must be chosen."""
    form = seeded_problem(seed, 1 + seed % 2)
    form["policy"]["weights"] = dict.fromkeys(("scarcity", "per_km_anchor", "per_km_origin", "spare_bed", "preference",
                                               "stale_hour", "move", "shortfall_night", "change"), 0)  # fmt: skip
    for row in form["requests"]:
        row |= {"class": 1, "waiting_since": form["night"], "zones": {}, "kinds": None, "needs": []}
    rng = Random(seed)
    expected = solve(problem_from_json(form))
    for _ in range(2):
        assert solve(problem_from_json(shuffled(form, rng))) == expected


def renamed(form: Json, rng: Random) -> Json:
    """The same problem under other identifiers of everything."""
    names: dict[tuple[str, str], str] = {}

    def new(kind: str, old: str | None) -> str | None:
        return None if old is None else names.setdefault((kind, old), f"{rng.randint(0, 10**6):07d}-{len(names)}")

    result = copy.deepcopy(form)
    for row in result["requests"]:
        row["id"] = new("request", row["id"])
        row["sent_place"] = new("place", row.get("sent_place"))
        row["separation_group"] = new("group", row.get("separation_group"))
        row["refused_facilities"] = [new("facility", name) for name in row.get("refused_facilities", [])]
    for row in result["places"]:
        row |= {"id": new("place", row["id"]), "facility": new("facility", row["facility"])}
    for row in result.get("residents", []):
        row |= {"place": new("place", row["place"]), "facility": new("facility", row["facility"])}
        row["separation_group"] = new("group", row.get("separation_group"))
    for row in result.get("quotas", []):
        row |= {"id": new("quota", row["id"]), "places": [new("place", name) for name in row["places"]]}
    return result


@PATIENT
@given(form=forms(), rng=chance)
def test_names_do_not_matter(form: Json, rng: Random) -> None:
    assert optimum(renamed(form, rng)) == optimum(form)


def reachable(form: Json) -> set[tuple[str, str]]:
    """(request, place) of every admissible plan."""
    tables, plans = tabulated(form)
    return {
        (tables.requests[request].id, tables.places[place].id)
        for request, place in zip(plans.request.tolist(), plans.place.tolist(), strict=True)
    }


def outside(place: Json, zones: Json) -> bool:
    """Whether a place whose département and coordinates are known lies outside zones, by geopy's distances."""
    kept = (place.get("reserved_to") or {}).get("departements", [])
    if {place["departement"], *kept} & set(zones.get("departements", [])):
        return False
    return all(
        great_circle((place["lat"], place["lon"]), (circle["lat"], circle["lon"])).km
        > circle["km"] + place.get("precision_km", 0) + 1e-6
        for circle in zones.get("circles", [])
    )


def known(place: Json) -> bool:
    return None not in (place["departement"], place["lat"], place["lon"])


@PATIENT
@given(form=forms(max_legs=(1,)), rng=chance)
def test_a_new_zone_takes_nothing_away_elsewhere(form: Json, rng: Random) -> None:
    before = reachable(form)
    wider = copy.deepcopy(form)
    for row in wider["requests"]:
        zones = row.setdefault("zones", {})
        lat, lon = TOWNS[rng.choice(CODES)]
        zones["departements"] = [*zones.get("departements", []), rng.choice(CODES)]
        zones["circles"] = [*zones.get("circles", []), {"lat": lat, "lon": lon, "km": rng.choice([10, 100])}]
    after = reachable(wider)
    assert after <= before
    zones_of = {row["id"]: row["zones"] for row in wider["requests"]}
    for place in filter(known, form["places"]):
        for request, name in before:
            if name == place["id"]:
                assert ((request, name) in after) is outside(place, zones_of[request])


@PATIENT
@given(form=forms())
def test_nobody_ever_sleeps_in_a_danger_zone(form: Json) -> None:
    """Neither in a plan nor in a fallback, measured without our code."""
    places = {row["id"]: row for row in form["places"]}
    zones_of = {row["id"]: row.get("zones", {}) for row in form["requests"]}
    for row in solution_to_json(solve(problem_from_json(form)))["plans"]:
        zones = zones_of[row["request"]]
        for leg in [leg for option in [row, *row["fallback"]] for leg in option["legs"]]:
            place = places[leg["place"]]
            assert not zones.get("departements") or place["departement"] is not None
            assert not zones.get("circles") or None not in (place["lat"], place["lon"])
            assert not (zones.get("departements") or zones.get("circles")) or not known(place) or outside(place, zones)


@settings(PATIENT, max_examples=30)
@given(problem=problems())
def test_the_same_input_gives_the_same_answer(problem: Problem) -> None:
    first = solve(problem)
    assert solve(problem) == first
    assert solve(problem) == first


@pytest.mark.parametrize("limit", [0.0, 1e-5, 1e-4, 1e-3])
@pytest.mark.parametrize("max_legs", [1, 2])
def test_out_of_time_the_answer_is_valid_and_says_how_far_it_may_be(limit: float, max_legs: int) -> None:
    """Never an exception, never worse than greedy; the first entry that differs from the bound could not be lower."""
    for seed in range(60):
        form = seeded_problem(seed, max_legs)
        answer = solve(problem_from_json(form), Effort(deterministic_limit=limit))
        best = Brute(form).best()
        pairs = list(zip(answer.bound, answer.objective, strict=True))
        proven = next((index for index, (bound, value) in enumerate(pairs) if bound != value), 10) + 1
        assert answer.bound[:proven] <= best[:proven]
        assert answer.bound[proven:] == answer.objective[proven:]
        assert best <= answer.objective <= answer.greedy_objective
        assert answer.status == ("optimal" if answer.bound == answer.objective else "feasible")


def test_an_empty_night() -> None:
    form = seeded_problem(3, 1)
    nobody = solve(problem_from_json(form | {"requests": []}))
    assert (nobody.objective, nobody.plans, nobody.unserved, nobody.solver) == ((0,) * 10, (), (), "none")
    nothing = solve(problem_from_json(form | {"places": [], "residents": [], "quotas": []}))
    assert len(nothing.unserved) == len(form["requests"])
    assert all(count == 0 for row in nothing.unserved for _, count in row.funnel)
