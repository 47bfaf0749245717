"""Problems in their JSON form, field by field, for known examples: an adult alone, a free room for two in Lyon."""

from typing import Any

from matcher.codec import problem_from_json
from matcher.encode import solution_to_json
from matcher.plans import Plans, admissible_plans
from matcher.residents import Residents
from matcher.solve import solve
from matcher.tables import Tables
from tests.matcher.instances import NIGHT, day, member

Json = dict[str, Any]

PARIS = {"lat": 48.8566, "lon": 2.3522}
LYON = {"lat": 45.76, "lon": 4.84}
WOMAN = member(360, "F")
MAN = member(360, "M")


def request(identifier: str = "r", **fields: Any) -> Json:  # noqa: ANN401 -- fields of every type
    """A woman of 30 in the care of Paris, class 2, waiting for two days, from the run night, open-ended."""
    row = {"id": identifier, "class": 2, "waiting_since": day(-2), "from_night": day(0), "departement": "75"}
    return row | {"members": [WOMAN]} | fields


def place(identifier: str = "p", **fields: Any) -> Json:  # noqa: ANN401 -- fields of every type
    """A private room of two beds in a CHU in Lyon, free from the run night without end."""
    row = {"id": identifier, "facility": f"f-{identifier}", "kind": "chu", "departement": "69", **LYON}
    return row | {"beds": 2, "free": [{"from": day(0)}]} | fields


def problem(requests: list[Json], places: list[Json], **fields: Any) -> Json:  # noqa: ANN401 -- fields of every type
    return {"format": 1, "night": NIGHT.isoformat(), "requests": requests, "places": places} | fields


def answer(form: Json) -> Json:
    """Solve, in the JSON form of an answer."""
    return solution_to_json(solve(problem_from_json(form)))


def served(form: Json) -> dict[str, list[str]]:
    """Who is given which places."""
    return {row["request"]: [leg["place"] for leg in row["legs"]] for row in answer(form)["plans"]}


def cost(form: Json) -> Json:
    """Terms of the cost of the only plan."""
    (row,) = answer(form)["plans"]
    terms: Json = row["cost"]
    return terms


def tabulated(form: Json) -> tuple[Tables, Plans]:
    """The problem as columns, and every admissible plan."""
    tables = Tables(problem_from_json(form))
    return tables, admissible_plans(tables, Residents(tables))
