"""How much is free, by kind and département: for coordinations, without any place's identity."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.vacancies.schemas import StaleKindsOut, StaleKindsQuery, VacanciesOut
from api.services import freshness, vacancies

routes = Routes("vacancies", "Counts of places by kind and département, for coordinations")


@routes.get("/vacancies", action="vacancies.list", answer=VacanciesOut)
def list_all(call: Call) -> Reply:
    """Count places and those free tonight; of secret kinds, only that one exists."""
    return Reply({"items": vacancies.list_vacancies(call.actor, call.context)})


@routes.get("/vacancies/stale", action="vacancies.stale", query=StaleKindsQuery, answer=StaleKindsOut)
def list_stale(call: Call, query: dict[str, Any]) -> Reply:
    """Count the places to call about, because nobody has confirmed them for long; secret ones are left out."""
    return Reply({"items": freshness.list_stale_kinds(call.actor, call.context, query["hours"])})
