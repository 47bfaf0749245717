"""The JSON form: examples come back equal, and whatever is wrong is named by its exact path."""

import copy
import json
import math
from pathlib import Path
from random import Random  # noqa: TID251 -- seeded mutations
from typing import Any

import jsonschema
import pytest

from matcher.codec import problem_from_json
from matcher.encode import problem_to_json
from matcher.errors import ProblemError
from tests.matcher.forms import LYON, MAN, WOMAN, place, problem, request
from tests.matcher.instances import day, seeded_problem

Json = dict[str, Any]

INSTANCES = Path(__file__).parents[1] / "instances"
SCHEMA = json.loads((INSTANCES / "problem.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker(["date"]))


def whole() -> Json:
    """A problem that uses every field."""
    households = [
        request(
            "r0", latest_night=day(3), nights=4, contingents=["c"], pregnant_weeks=20, statuses=["s"], decisions=["d"],
            needs=["n"], preferences=["x"], kinds=["chu"], origin=dict(LYON), anchor=LYON | {"max_km": 40},
            refused_facilities=["f9"], separation_group="g", sent_place="p0",
            zones={"departements": ["13"], "circles": [LYON | {"km": 3}]},
            members=[WOMAN, MAN | {"role": "partner", "presumed_minor": True}],
        ),
        request("r1"),
    ]  # fmt: skip
    places = [
        place(
            "p0", precision_km=0.5, cots=1, sharing="private", pair_is_one=True, max_stay_nights=9,
            free=[{"from": day(0), "until": day(2), "beds": 2, "cots": 1}, {"from": day(2)}],
            admits=[{"principal_age": [13, 17], "pregnant_weeks_min": 28, "youngest_child_months_below": 36,
                     "statuses": ["s"], "minor_principal": True, "has_partner": False}],
            ages=[13, 99], audience="women", requires=["s"], decisions=["d"], serves=["75"], services=["n"],
            specialisms=["n"], confirmed_hours_ago=5, reserved_to={"departements": ["75"], "contingents": ["c"]},
        ),
        place("p1", sharing="shared"),
    ]  # fmt: skip
    resident = {"facility": "f-p0", "place": "p0", "from": day(-3), "until": day(1), "separation_group": "g"}
    return problem(
        households,
        places,
        horizon_nights=20,
        seed=7,
        policy={"max_legs": 2, "secure_nights": 9, "fallbacks": 2, "weights": {"scarcity": 1, "change": 0}},
        residents=[resident | {"has_minor": False, "has_adult": False}],
        quotas=[{"id": "q0", "places": ["p0", "p1"], "fact": "has_partner", "max": 3, "already": 1}],
    )


Path_ = tuple[str | int, ...]


def changed(form: Json, path: Path_, value: object) -> Json:
    """A copy with one field set, or taken away when the value is `...`."""
    copied = copy.deepcopy(form)
    inner: Any = copied
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    elif isinstance(inner, list) and path[-1] == len(inner):
        inner.append(value)
    else:
        inner[path[-1]] = value
    return copied


def written(path: Path_) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


R0, P0 = ("requests", 0), ("places", 0)
MEMBER, CLAUSE, CIRCLE = (*R0, "members", 0), (*P0, "admits", 0), (*R0, "zones", "circles", 0)
WEIGHTS, RESIDENT, QUOTA = ("policy", "weights"), ("residents", 0), ("quotas", 0)

MUTATIONS: list[tuple[Path_, object, Path_ | None]] = [
    (("format",), 2, None),
    (("format",), True, None),
    (("format",), ..., None),
    (("night",), ..., None),
    (("night",), "21/11/2026", None),
    (("night",), "2026-02-30", None),
    (("night",), "20261121", None),
    (("night",), 20261121, None),
    (("night",), "9999-12-31", None),
    (("requests",), {}, None),
    (("requests",), None, None),
    (("places",), "p", None),
    (("night_",), "2026-11-21", None),
    (("horizon_nights",), 0, None),
    (("horizon_nights",), 401, None),
    (("horizon_nights",), 28.5, None),
    (("horizon_nights",), None, None),
    (("horizon_nights",), True, None),
    (("seed",), -1, None),
    (("seed",), 10**30, None),
    (("policy",), [], None),
    (("policy", "max_legs"), 3, None),
    (("policy", "max_legs"), True, None),
    (("policy", "secure_nights"), 0, None),
    (("policy", "fallbacks"), -1, None),
    (("policy", "speed"), 1, None),
    ((*WEIGHTS, "scarcity"), -1, None),
    ((*WEIGHTS, "scarcity"), 10**15, None),
    ((*WEIGHTS, "scarcity"), 0.5, None),
    ((*WEIGHTS, "kindness"), 1, None),
    ((*R0, "id"), "", None),
    ((*R0, "id"), 3, None),
    (("requests", 1, "id"), "r0", None),
    ((*R0, "class"), 5, None),
    ((*R0, "class"), 0, None),
    ((*R0, "class"), "1", None),
    ((*R0, "class"), ..., None),
    ((*R0, "waiting_since"), None, None),
    ((*R0, "from_night"), day(-1), None),
    ((*R0, "latest_night"), "soon", None),
    ((*R0, "nights"), 0, None),
    ((*R0, "nights"), "3", None),
    ((*R0, "departement"), 75, None),
    ((*R0, "departement"), None, None),
    ((*R0, "members"), [], None),
    ((*R0, "members", 2), dict(WOMAN), (*R0, "members")),
    ((*R0, "members", 0, "role"), "partner", (*R0, "members")),
    ((*MEMBER, "age_months"), -1, None),
    ((*MEMBER, "age_months"), 1441, None),
    ((*MEMBER, "age_months"), "30 years", None),
    ((*MEMBER, "age_months"), math.nan, None),
    ((*MEMBER, "age_months"), ..., None),
    ((*MEMBER, "sex"), "W", None),
    ((*MEMBER, "sex"), ..., None),
    ((*MEMBER, "role"), "head", None),
    ((*MEMBER, "presumed_minor"), 1, None),
    ((*MEMBER, "nationality"), "any", None),
    ((*R0, "name"), "any", None),
    ((*R0, "pregnant_weeks"), 46, None),
    ((*R0, "pregnant_weeks"), 0, None),
    ((*R0, "statuses"), "s", None),
    ((*R0, "statuses", 1), 3, None),
    ((*R0, "needs"), None, None),
    ((*R0, "zones"), None, None),
    ((*R0, "zones", "departements"), None, None),
    ((*R0, "zones", "communes"), [], None),
    ((*CIRCLE, "km"), 0, None),
    ((*CIRCLE, "km"), math.inf, None),
    ((*CIRCLE, "km"), math.nan, None),
    ((*CIRCLE, "km"), 10**400, None),
    ((*CIRCLE, "lat"), ..., None),
    ((*CIRCLE, "lat"), 91, None),
    ((*R0, "origin", "lon"), 181, None),
    ((*R0, "origin", "lon"), math.nan, None),
    ((*R0, "origin", "km"), 3, None),
    ((*R0, "anchor", "max_km"), 0, None),
    ((*R0, "anchor", "max_km"), math.inf, None),
    ((*R0, "sent_place"), ["p0"], None),
    ((*P0, "id"), ..., None),
    (("places", 1, "id"), "p0", None),
    ((*P0, "facility"), "", None),
    ((*P0, "kind"), None, None),
    ((*P0, "lat"), 90.5, None),
    ((*P0, "lon"), math.inf, None),
    ((*P0, "lat"), True, None),
    ((*P0, "precision_km"), -1, None),
    ((*P0, "precision_km"), math.nan, None),
    ((*P0, "precision_km"), None, None),
    ((*P0, "beds"), 0, None),
    ((*P0, "beds"), True, None),
    ((*P0, "cots"), -1, None),
    ((*P0, "sharing"), "open", None),
    ((*P0, "pair_is_one"), "yes", None),
    ((*P0, "free"), ..., None),
    ((*P0, "free", 1, "from"), day(1), (*P0, "free")),
    ((*P0, "free", 0, "until"), None, (*P0, "free")),
    ((*P0, "free", 0, "until"), day(0), None),
    ((*P0, "free", 0, "from"), ..., None),
    ((*P0, "free", 0, "beds"), -1, None),
    ((*P0, "free", 0, "start"), day(0), None),
    ((*P0, "max_stay_nights"), 0, None),
    ((*P0, "admits"), {}, None),
    ((*CLAUSE, "principal_age"), [17, 13], None),
    ((*CLAUSE, "principal_age"), [13], None),
    ((*CLAUSE, "minor_principal"), 1, None),
    ((*CLAUSE, "minor_principal"), None, None),
    ((*CLAUSE, "principal_age"), None, None),
    ((*CLAUSE, "pregnant_weeks_min"), None, None),
    ((*CLAUSE, "hair"), "red", None),
    ((*P0, "admits", 1), {}, None),
    ((*P0, "ages"), [1, 2, 3], None),
    ((*P0, "ages"), [18, 17], None),
    ((*P0, "ages", 0), "18", None),
    ((*P0, "audience"), "everyone", None),
    ((*P0, "reserved_to"), [], None),
    ((*P0, "reserved_to", "regions"), [], None),
    ((*P0, "serves"), "75", None),
    ((*P0, "confirmed_hours_ago"), -1, None),
    ((*P0, "price"), 3, None),
    ((*RESIDENT, "from"), ..., None),
    ((*RESIDENT, "place"), ..., None),
    ((*RESIDENT, "has_minor"), None, None),
    ((*RESIDENT, "age"), 3, None),
    ((*QUOTA, "places"), [], None),
    ((*QUOTA, "fact"), "has_child", None),
    ((*QUOTA, "max"), -1, None),
    ((*QUOTA, "max"), ..., None),
    ((*QUOTA, "already"), -1, None),
    (("quotas", 1), {"id": "q0", "places": ["p1"], "fact": "has_partner", "max": 0}, ("quotas", 1, "id")),
]


@pytest.mark.parametrize(
    ("path", "value", "blamed"),
    [pytest.param(*case, id=f"{written(case[0])}={str(case[1])[:20]}") for case in MUTATIONS],
)
def test_whatever_is_wrong_is_named(path: Path_, value: object, blamed: Path_ | None) -> None:
    with pytest.raises(ProblemError) as caught:
        problem_from_json(changed(whole(), path, value))
    assert caught.value.path == written(blamed or path)
    assert str(caught.value).startswith(caught.value.path)
    assert caught.value.message


@pytest.mark.parametrize("value", [None, [], "problem", 3, math.nan])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(ProblemError, match="an object is expected"):
        problem_from_json(value)


def test_the_whole_form_is_read() -> None:
    form = whole()
    VALIDATOR.validate(form)
    read = problem_from_json(form)
    assert read.requests[0].zones.circles[0].km == 3
    assert problem_from_json(json.loads(json.dumps(problem_to_json(read)))) == read


def test_defaults_are_those_of_the_schema() -> None:
    """A problem of the fields required alone equals one where every default of the schema is written out."""
    form = problem([request()], [place(free=[{"from": day(0)}])])
    full = _with_defaults(form, SCHEMA)
    assert full != form
    assert problem_from_json(full) == problem_from_json(form)


def _with_defaults(form: Any, schema: Json) -> Any:  # noqa: ANN401 -- any part of the form
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(form, list):
        return [_with_defaults(item, schema.get("items", {})) for item in form]
    if not isinstance(form, dict):
        return form
    properties = schema.get("properties", {})
    filled = {name: rule["default"] for name, rule in properties.items() if "default" in rule} | form
    if "policy" in properties:
        filled.setdefault("policy", {"weights": {}})
    return {name: _with_defaults(value, properties.get(name, {})) for name, value in filled.items()}


@pytest.mark.parametrize("seed", range(0, 200, 4))
def test_random_instances_come_back_equal(seed: int) -> None:
    form = seeded_problem(seed, 2)
    VALIDATOR.validate(form)
    read = problem_from_json(form)
    assert problem_from_json(json.loads(json.dumps(problem_to_json(read)))) == read


def test_3_0_is_a_whole_number_as_in_json_schema() -> None:
    form = changed(whole(), (*P0, "beds"), 3.0)
    VALIDATOR.validate(form)
    assert problem_from_json(form).places[0].beds == 3


JUNK: list[object] = [None, True, False, 0, 1, -1, 2.5, 3.0, 10**6, "", "x", "2026-11-22", [], ["x"], ["x", "x"],
                      [1, 2], {}, {"x": 1}, math.nan, ..., [None], [{}]]  # fmt: skip


def _anywhere(rng: Random, form: Json) -> Path_:
    """The path of some field, existing or new."""
    path: list[str | int] = []
    inner: Any = form
    while isinstance(inner, dict | list) and inner and (not path or rng.random() < 0.75):
        key = rng.choice(list(inner)) if isinstance(inner, dict) else rng.randrange(len(inner))
        path.append(key)
        inner = inner[key]
    if isinstance(inner, dict) and rng.random() < 0.1:
        path.append("unheard_of")
    return tuple(path)


def _only_repeats(error: jsonschema.ValidationError) -> bool:
    """The one difference made on purpose: lists that are sets may say a thing twice."""
    return error.validator == "uniqueItems"


def test_what_is_accepted_the_schema_accepts() -> None:
    rng = Random(20261121)
    accepted = refused = 0
    for _ in range(6000):
        form = whole()
        path = _anywhere(rng, form)
        value = rng.choice(JUNK)
        if value is ... and path[-1] == "unheard_of":
            continue
        form = changed(form, path, value)
        try:
            problem_from_json(form)
        except ProblemError:
            refused += 1
            continue
        accepted += 1
        errors = [error for error in VALIDATOR.iter_errors(form) if not _only_repeats(error)]
        assert not errors, (written(path), value, errors[0].message)
    assert accepted > 300
    assert refused > 2000
