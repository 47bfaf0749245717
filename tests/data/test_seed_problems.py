import numpy as np
from sqlalchemy import Engine

from data.seed import store
from data.seed.inventory import inventory
from data.seed.problems import NIGHT, NOW, night_problem, realistic_problem
from data.session import reading, transaction
from data.snapshots import load_snapshot
from matcher.greedy import greedy
from matcher.objective import UNSERVED
from matcher.place import Sharing
from matcher.plans import admissible_plans
from matcher.residents import Residents
from matcher.solve import solve
from matcher.tables import Tables


def test_the_problem_without_a_database_is_the_one_read_from_it(engine: Engine) -> None:
    with transaction(engine) as session:
        store.write(session, inventory(5, NIGHT, NOW, 0.05))
    with reading(engine) as session:
        read = load_snapshot(session, night=NIGHT, now=NOW, seed=5)
    direct = night_problem(5, requests=10, scale=0.05)
    assert read.set_aside == ()
    assert read.problem.places == direct.places
    assert set(read.problem.residents) == set(direct.residents)
    assert set(read.problem.quotas) == set(direct.quotas)


def test_the_plain_problem_is_an_assignment_of_the_size_asked() -> None:
    problem = realistic_problem(requests=300, places=2_000, seed=1)
    assert (len(problem.requests), len(problem.places)) == (300, 2_000)
    assert all(place.sharing is Sharing.PRIVATE and place.free for place in problem.places)
    assert not problem.quotas
    assert not problem.residents
    assert problem == realistic_problem(requests=300, places=2_000, seed=1)
    tables = Tables(problem)
    share = len(admissible_plans(tables, Residents(tables))) / (300 * 2_000)
    assert 0.015 < share < 0.035
    assert solve(problem).solver == "flow"


def test_the_specialist_problem_has_what_an_assignment_has_not() -> None:
    problem = realistic_problem(requests=120, places=1_000, seed=1, specialist=True)
    assert any(place.sharing is Sharing.SHARED for place in problem.places)
    assert problem.quotas
    assert any(request.separation_group for request in problem.requests)
    assert "cpsat" in solve(problem).solver


def test_about_a_quarter_of_a_night_stays_without_a_place() -> None:
    for seed in (1, 2):
        tables = Tables(night_problem(seed))
        residents = Residents(tables)
        plans = admissible_plans(tables, residents)
        # By telephone; the optimum shelters some more.
        unserved = float(np.mean(greedy(tables, residents, plans) == UNSERVED))
        hopeless = 1 - len(np.unique(plans.request)) / len(tables.requests)
        assert 0.2 < unserved < 0.35
        assert 0.05 < hopeless < 0.15


def test_a_smaller_night_shows_various_reasons_and_places_far_away() -> None:
    problem = night_problem(1, requests=200, scale=1 / 3)
    solution = solve(problem)
    assert solution.objective < solution.greedy_objective
    emptied = {next(code for code, left in one.funnel if not left) for one in solution.unserved}
    assert emptied >= {"out_of_scope", "need_not_covered", "too_far", "taken_this_run"}
    places = {place.id: place for place in problem.places}
    requests = {request.id: request for request in problem.requests}
    away = [
        plan
        for plan in solution.plans
        if places[plan.given.legs[0].place].departement != requests[plan.request].departement
    ]
    assert len(away) > 30
