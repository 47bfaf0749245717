"""One request and every place: the index answers what enumerating everything answers, whatever changed before."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice
from random import Random  # noqa: TID251 -- seeded changes

import pytest
from hypothesis import given, settings

from data.seed.problems import realistic_problem
from matcher.codec import problem_from_json
from matcher.errors import ProblemError
from matcher.greedy import fits, preferred_order
from matcher.ledger import Ledger
from matcher.nights import night, number
from matcher.online import Candidate, OnlineIndex
from matcher.place import Place
from matcher.plans import request_plans
from matcher.problem import Problem, Resident
from matcher.request import Request
from matcher.residents import Residents
from matcher.tables import Tables
from tests.matcher.forms import place, problem, request
from tests.matcher.instances import GROUPS, NIGHT, day, random_place
from tests.strategies import PROPERTY, chance, problems


def enumerated(problem: Problem, household: Request) -> list[Candidate]:
    """Every plan of one leg that an empty run would accept, best first, none twice."""
    tables = Tables(replace(problem, requests=(household,), policy=replace(problem.policy, max_legs=1)))
    residents = Residents(tables)
    ledger, plans = Ledger(tables, residents), request_plans(tables, residents, 0)
    tonight = number(problem.night)
    found: dict[Candidate, None] = {}
    for row in preferred_order(plans, slice(0, len(plans))).tolist():
        if fits(tables, ledger, plans, row):
            dates = night(tonight + int(plans.start[row])), night(tonight + int(plans.end[row]))
            name = tables.places[plans.place[row]].id
            found[Candidate(name, *dates, int(plans.roofless[row]), int(plans.cost[row]))] = None
    return list(found)


def same(index: OnlineIndex, problem: Problem, most: int) -> None:
    for household in problem.requests:
        expected = enumerated(problem, household)
        assert index.best(household, most) == tuple(islice(expected, most))
        assert index.eligible(household) == len({candidate.place for candidate in expected})


@PROPERTY
@given(problem=problems())
def test_an_index_answers_what_enumerating_answers(problem: Problem) -> None:
    index = OnlineIndex(problem)
    for most in (1, 3, 50):
        same(index, problem, most)


def drawn_place(rng: Random, name: str) -> Place:
    form = problem([request()], [random_place(rng, name, rng.choice([0.0, 0.3]))])
    return problem_from_json(form).places[0]


def changed(problem: Problem, index: OnlineIndex, rng: Random) -> Problem:
    """Change something in the index, and give the problem as it is then."""
    places = {place.id: place for place in problem.places}
    name = rng.choice([*places, "new"])
    match rng.choice(["replace", "fill", "open", "close", "leave", "arrive", "count"]):
        case "replace":
            places[name] = drawn_place(rng, name)
            index.change([places[name]])
        case "fill" if name in places:
            places[name] = replace(places[name], free=())
            index.change([places[name]])
        case "open":
            new = [drawn_place(rng, f"{rng.choice('aoz')}{rng.randint(0, 9)}") for _ in range(rng.randint(1, 2))]
            index.change(new)
            places |= {place.id: place for place in new}
        case "close":
            places.pop(name, None)
            index.change(closed=[name, "nowhere"])
        case "leave":
            problem = replace(problem, residents=problem.residents[1:])
            index.change(residents=problem.residents)
        case "arrive" if name in places:
            there = Resident(places[name].facility, name, NIGHT, separation_group=rng.choice([None, *GROUPS]))
            problem = replace(problem, residents=(*problem.residents, there))
            index.change(residents=problem.residents)
        case "count":
            problem = replace(problem, quotas=tuple(replace(quota, already=quota.max) for quota in problem.quotas))
            index.change(quotas=problem.quotas)
    return replace(problem, places=tuple(places.values()))


@settings(PROPERTY, max_examples=80)
@given(problem=problems(), rng=chance)
def test_after_any_changes_too(problem: Problem, rng: Random) -> None:
    index = OnlineIndex(problem)
    for _ in range(4):
        problem = changed(problem, index, rng)
        same(index, problem, 4)


def test_a_realistic_night() -> None:
    """Places enough that most are never put in order; residents, quotas and groups."""
    problem = realistic_problem(60, 1_500, specialist=True)
    index = OnlineIndex(problem)
    same(index, problem, 20)
    taken = [index.best(household)[0].place for household in problem.requests if index.best(household)]
    index.change(closed=taken)
    assert index.changed == 0
    same(index, replace(problem, places=tuple(place for place in problem.places if place.id not in taken)), 20)


def test_residents_who_refuse_the_best_places_make_it_look_further() -> None:
    household = request(separation_group="g1")
    rows = [place(f"p{number}", confirmed_hours_ago=number) for number in range(12)]
    near = [{"facility": row["facility"], "place": row["id"], "from": day(0), "separation_group": "g1"} for row in rows]
    form = problem([household], rows, residents=near[:11])
    asked = problem_from_json(form)
    index = OnlineIndex(asked)
    assert [candidate.place for candidate in index.best(asked.requests[0], 1)] == ["p11"]
    assert index.eligible(asked.requests[0]) == 1


def test_equal_places_are_ordered_by_their_identifiers_wherever_they_were_compiled() -> None:
    asked = problem_from_json(problem([request()], [place(name) for name in "bdf"]))
    index = OnlineIndex(asked)
    index.change([problem_from_json(problem([], [place(name)])).places[0] for name in "gceaf"])
    assert [candidate.place for candidate in index.best(asked.requests[0], 6)] == list("abcdef")
    assert index.changed == 5


def test_a_request_for_a_night_gone_by_is_refused() -> None:
    asked = problem_from_json(problem([request()], [place()]))
    index = OnlineIndex(asked)
    with pytest.raises(ProblemError, match="not before the run night"):
        index.best(replace(asked.requests[0], from_night=NIGHT - timedelta(1)))


def test_nothing_to_offer() -> None:
    asked = problem_from_json(problem([request()], []))
    assert OnlineIndex(asked).best(asked.requests[0]) == ()
    assert OnlineIndex(asked).eligible(asked.requests[0]) == 0
