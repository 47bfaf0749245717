"""Every rule on one request and one place: one admitted, one excluded, at the boundary."""

from typing import Any

import numpy as np
import pytest

from matcher.geo import great_circle_km
from tests.matcher.forms import LYON, MAN, PARIS, WOMAN, answer, place, problem, request
from tests.matcher.instances import day, member

Json = dict[str, Any]
PRESUMED = member(240, "M", presumed_minor=True)
TO_PARIS = float(great_circle_km(LYON["lat"], LYON["lon"], np.array([PARIS["lat"]]), np.array([PARIS["lon"]]))[0])
IN_PARIS = {"departement": "75", **PARIS}


def household(*members: Json, **fields: Any) -> Json:  # noqa: ANN401 -- fields of every type
    return {"members": list(members), **fields}


def years(age: int, sex: str = "F") -> Json:
    return household(member(12 * age, sex))


def child(months: int, sex: str = "F") -> Json:
    return member(months, sex, "child")


def partner(months: int, sex: str = "M") -> Json:
    return member(months, sex, "partner")


def admits(**clause: Any) -> Json:  # noqa: ANN401 -- fields of every type
    return {"admits": [clause]}


def circle(km: float) -> Json:
    return {"zones": {"circles": [LYON | {"km": km}]}}


def departements(*codes: str) -> Json:
    return {"zones": {"departements": list(codes)}}


LARGE, KIND, AGES = "household_too_large", "kind_not_admissible", "age_out_of_range"
UNKNOWN, DANGER, ELSEWHERE = "unknown_location", "danger_area", "reserved_elsewhere"
FOR_COUNTRY = {"reserved_to": {"departements": ["13"], "contingents": ["east"]}}
CARE = {"services": ["midwife_pmi"]}

CASES: list[tuple[str, str, Json, Json, bool]] = [
    ("three heads in two beds", LARGE, household(WOMAN, child(30), child(40)), {}, False),
    ("two heads in two beds", LARGE, household(WOMAN, child(24)), {}, True),
    ("an infant in the cot", LARGE, household(WOMAN, child(30), child(23)), {"cots": 1}, True),
    ("an infant without a cot", LARGE, household(WOMAN, child(30), child(23)), {}, False),
    ("two infants and one cot", LARGE, household(WOMAN, child(1), child(1)), {"cots": 1}, True),
    ("three infants and one cot", LARGE, household(WOMAN, child(1), child(1), child(1)), {"cots": 1}, False),
    ("twins where a pair is one", LARGE, household(WOMAN, child(1), child(1)), {"beds": 1, "pair_is_one": True}, True),
    ("two heads where a pair is one", LARGE, household(WOMAN, child(24)), {"beds": 1, "pair_is_one": True}, False),
    ("a cot never replaces a bed", LARGE, household(WOMAN, child(24)), {"beds": 1, "cots": 3}, False),
    ("free tomorrow, latest tonight", "not_available", {"latest_night": day(0)}, {"free": [{"from": day(1)}]}, False),
    ("free tonight, latest tonight", "not_available", {"latest_night": day(0)}, {"free": [{"from": day(0)}]}, True),
    ("never free", "not_available", {}, {"free": []}, False),
    ("free until the first night", "not_available", {"from_night": day(2)},
     {"free": [{"from": day(0), "until": day(2)}]}, False),
    ("free on the first night only", "not_available", {"from_night": day(2)},
     {"free": [{"from": day(0), "until": day(3)}]}, True),
    ("after the horizon", "not_available", {"from_night": day(28)}, {}, False),
    ("on the last night", "not_available", {"from_night": day(27)}, {}, True),
    ("half a private place", "not_available", {}, {"free": [{"from": day(0), "beds": 1}]}, False),
    ("one bed of a shared place", "not_available", {}, {"sharing": "shared", "free": [{"from": day(0), "beds": 1}]},
     True),
    ("a bed too few now", "not_available", household(WOMAN, child(30)),
     {"sharing": "shared", "free": [{"from": day(0), "beds": 1}]}, False),
    ("the cot is taken now", "not_available", household(WOMAN, child(1)),
     {"beds": 1, "cots": 1, "free": [{"from": day(0), "cots": 0}]}, False),
    ("any kind", KIND, {"kinds": None}, {}, True),
    ("its kind", KIND, {"kinds": ["chrs", "chu"]}, {}, True),
    ("another kind", KIND, {"kinds": ["chrs"]}, {}, False),
    ("no kind at all", KIND, {"kinds": []}, {}, False),
    ("no clause at all", KIND, {}, {"admits": []}, False),
    ("the second clause", KIND, years(30), {"admits": [{"has_partner": True}, {"principal_age": [18, 30]}]}, True),
    ("both halves of a clause", KIND, years(30), admits(principal_age=[18, 99], has_partner=True), False),
    ("13 in 13-17", KIND, household(member(156, "F")), admits(principal_age=[13, 17]), True),
    ("12 years 11 months in 13-17", KIND, household(member(155, "F")), admits(principal_age=[13, 17]), False),
    ("17 years 11 months in 13-17", KIND, household(member(215, "F")), admits(principal_age=[13, 17]), True),
    ("18 in 13-17", KIND, household(member(216, "F")), admits(principal_age=[13, 17]), False),
    ("presumed minor of 20 in 13-17", KIND, household(PRESUMED), admits(principal_age=[13, 17]), True),
    ("28 weeks of 28", KIND, {"pregnant_weeks": 28}, admits(pregnant_weeks_min=28), True),
    ("27 weeks of 28", KIND, {"pregnant_weeks": 27}, admits(pregnant_weeks_min=28), False),
    ("not pregnant", KIND, {}, admits(pregnant_weeks_min=0), False),
    ("a child under 3", KIND, household(WOMAN, child(35)), admits(youngest_child_months_below=36), True),
    ("a child of 3", KIND, household(WOMAN, child(36)), admits(youngest_child_months_below=36), False),
    ("a baby sister is no child", KIND, household(WOMAN, member(10, "F", "other")),
     admits(youngest_child_months_below=36), False),
    ("both statuses", KIND, {"statuses": ["a", "b", "c"]}, admits(statuses=["a", "b"]), True),
    ("one status of two", KIND, {"statuses": ["a"]}, admits(statuses=["a", "b"]), False),
    ("a mother of 17", KIND, household(member(215, "F"), child(3)), admits(minor_principal=False), False),
    ("a mother of 18", KIND, household(member(216, "F"), child(3)), admits(minor_principal=False), True),
    ("a couple", KIND, household(WOMAN, partner(360)), admits(has_partner=True), True),
    ("no couple", KIND, household(WOMAN, member(360, "M", "other")), admits(has_partner=True), False),
    ("no couple wanted", KIND, household(WOMAN, partner(360)), admits(has_partner=False), False),
    ("18 of 18-25", AGES, years(18), {"ages": [18, 25]}, True),
    ("17 years 11 months of 18-25", AGES, household(member(215, "F")), {"ages": [18, 25]}, False),
    ("25 years 11 months of 18-25", AGES, household(member(311, "F")), {"ages": [18, 25]}, True),
    ("26 of 18-25", AGES, years(26), {"ages": [18, 25]}, False),
    ("a partner of 26", AGES, household(member(240, "F"), partner(312)), {"ages": [18, 25]}, False),
    ("a sister of 26", AGES, household(member(240, "F"), member(312, "F", "other")), {"ages": [18, 25]}, True),
    ("presumed minor of 20 in 18-25", AGES, household(PRESUMED), {"ages": [18, 25]}, False),
    ("minors: 17 years 11 months", "audience", household(member(215, "M")), {"audience": "minors"}, True),
    ("minors: 18", "audience", household(member(216, "M")), {"audience": "minors"}, False),
    ("minors: presumed minor aged 20", "audience", household(PRESUMED), {"audience": "minors"}, True),
    ("minors: a girl and her adult sister", "audience", household(member(200, "F"), member(240, "F", "other")),
     {"audience": "minors"}, True),
    ("women: a boy of 12", "audience", household(WOMAN, child(155, "M")), {"audience": "women"}, True),
    ("women: a boy of 13", "audience", household(WOMAN, child(156, "M")), {"audience": "women"}, False),
    ("women: a man", "audience", household(MAN), {"audience": "women"}, False),
    ("women: sex X", "audience", household(member(360, "X")), {"audience": "women"}, True),
    ("mothers: with a child", "audience", household(WOMAN, child(100)), {"audience": "women_with_children"}, True),
    ("mothers: a daughter of 20", "audience", household(WOMAN, child(240)), {"audience": "women_with_children"}, True),
    ("mothers: pregnant", "audience", {"pregnant_weeks": 1}, {"audience": "women_with_children"}, True),
    ("mothers: alone", "audience", {}, {"audience": "women_with_children"}, False),
    ("mothers: a boy of 13", "audience", household(WOMAN, child(156, "M")), {"audience": "women_with_children"}, False),
    ("families: a father", "audience", household(MAN, child(100)), {"audience": "families"}, True),
    ("families: pregnant", "audience", {"pregnant_weeks": 12}, {"audience": "families"}, True),
    ("families: a couple alone", "audience", household(WOMAN, partner(360)), {"audience": "families"}, False),
    ("men: a man", "audience", household(MAN), {"audience": "men"}, True),
    ("men: a father and a baby girl", "audience", household(MAN, child(3)), {"audience": "men"}, False),
    ("men: sex X", "audience", household(member(360, "X")), {"audience": "men"}, True),
    ("mixed: a couple", "audience", household(WOMAN, partner(360)), {"audience": "mixed"}, True),
    ("hotel: 18", "hotel_minor", years(18), {"kind": "hotel"}, True),
    ("hotel: 17 years 11 months", "hotel_minor", household(member(215, "F")), {"kind": "hotel"}, False),
    ("hotel: presumed minor aged 20", "hotel_minor", household(PRESUMED), {"kind": "hotel"}, False),
    ("hotel: a girl with her mother", "hotel_minor", household(WOMAN, child(100)), {"kind": "hotel"}, True),
    ("hotel: a girl whose mother comes along", "hotel_minor", household(member(200, "F"), member(480, "F", "other")),
     {"kind": "hotel"}, False),
    ("hotel: 20 in the care of the ASE", "hotel_minor", years(20) | {"statuses": ["under_ase"]}, {"kind": "hotel"},
     False),
    ("hotel: 20 years 11 months in the care of the ASE", "hotel_minor",
     household(member(251, "F"), statuses=["under_ase"]), {"kind": "hotel"}, False),
    ("hotel: 21 in the care of the ASE", "hotel_minor", years(21) | {"statuses": ["under_ase"]}, {"kind": "hotel"},
     True),
    ("no hotel: 20 in the care of the ASE", "hotel_minor", years(20) | {"statuses": ["under_ase"]}, {}, True),
    ("all statuses held", "status_required", {"statuses": ["a", "b"]}, {"requires": ["a"]}, True),
    ("one status missing", "status_required", {"statuses": ["a"]}, {"requires": ["a", "b"]}, False),
    ("one decision of two", "decision_missing", {"decisions": ["ase"]}, {"decisions": ["ase", "opp"]}, True),
    ("no decision", "decision_missing", {}, {"decisions": ["ase"]}, False),
    ("no decision asked", "decision_missing", {}, {"decisions": []}, True),
    ("zone département, place without one", UNKNOWN, departements("75"), {"departement": None}, False),
    ("no zone, place without département", UNKNOWN, {}, {"departement": None}, True),
    ("circle, place without département", UNKNOWN, {"zones": {"circles": [PARIS | {"km": 30}]}}, {"departement": None},
     True),
    ("circle, place without latitude", UNKNOWN, {"zones": {"circles": [PARIS | {"km": 30}]}}, {"lat": None}, False),
    ("circle, place without longitude", UNKNOWN, {"zones": {"circles": [PARIS | {"km": 30}]}}, {"lon": None}, False),
    ("département, place without coordinates", UNKNOWN, departements("75"), {"lat": None, "lon": None}, True),
    ("in the département", DANGER, departements("75", "69"), {}, False),
    ("in another département", DANGER, departements("75"), {}, True),
    ("kept for the young people of the zone", DANGER, departements("13") | {"departement": "13"}, FOR_COUNTRY, False),
    ("on the circle's edge", DANGER, circle(TO_PARIS), IN_PARIS, False),
    ("a millimetre outside", DANGER, circle(TO_PARIS - 2e-6), IN_PARIS, True),
    ("on the edge by the place's precision", DANGER, circle(TO_PARIS - 4), IN_PARIS | {"precision_km": 4}, False),
    ("outside in spite of its precision", DANGER, circle(TO_PARIS - 4 - 2e-6), IN_PARIS | {"precision_km": 4}, True),
    ("in the second circle", DANGER, {"zones": {"circles": [PARIS | {"km": 1}, LYON | {"km": 1}]}}, {}, False),
    ("kept for its département", ELSEWHERE, {"departement": "13"}, FOR_COUNTRY, True),
    ("kept for its contingent", ELSEWHERE, {"contingents": ["east", "west"]}, FOR_COUNTRY, True),
    ("kept for others", ELSEWHERE, {"contingents": ["west"]}, FOR_COUNTRY, False),
    ("kept for nobody", ELSEWHERE, {}, {"reserved_to": {}}, False),
    ("serves its département", "out_of_scope", {}, {"serves": ["75"]}, True),
    ("serves another département", "out_of_scope", {}, {"serves": ["69"]}, False),
    ("serves none", "out_of_scope", {}, {"serves": []}, False),
    ("exactly far enough", "too_far", {"anchor": LYON | {"max_km": TO_PARIS}}, IN_PARIS, True),
    ("a millimetre too far", "too_far", {"anchor": LYON | {"max_km": TO_PARIS - 2e-6}}, IN_PARIS, False),
    ("precision does not bring it nearer", "too_far", {"anchor": LYON | {"max_km": TO_PARIS - 1}},
     IN_PARIS | {"precision_km": 5}, False),
    ("precision does not push it away", "too_far", {"anchor": LYON | {"max_km": TO_PARIS}},
     IN_PARIS | {"precision_km": 5}, True),
    ("no coordinates and a limit", "too_far", {"anchor": LYON | {"max_km": 900}}, {"lat": None}, False),
    ("no coordinates and no limit", "too_far", {"anchor": LYON}, {"lat": None}, True),
    ("the care needed", "need_not_covered", {"needs": ["midwife_pmi"]}, CARE, True),
    ("one care of two", "need_not_covered", {"needs": ["midwife_pmi", "addiction_care"]}, CARE, False),
    ("another facility refused", "refused_before", {"refused_facilities": ["f-other"]}, {}, True),
    ("this facility refused", "refused_before", {"refused_facilities": ["f-p"]}, {}, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "household_fields", "place_fields", "admitted"),
    [pytest.param(*case[1:], id=f"{case[1]}: {case[0]}") for case in CASES],
)
def test_rule(code: str, household_fields: Json, place_fields: Json, admitted: bool) -> None:  # noqa: FBT001
    result = answer(problem([request(**household_fields)], [place(**place_fields)]))
    assert bool(result["plans"]) is admitted
    if not admitted:
        (row,) = result["unserved"]
        assert next(name for name, left in row["funnel"] if left == 0) == code
