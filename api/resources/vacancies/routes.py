"""How much is free, by kind and département: for coordinations, without any place's identity."""

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.vacancies.schemas import VacanciesOut
from api.services import vacancies

routes = Routes("vacancies", "Counts of places by kind and département, for coordinations")


@routes.get("/vacancies", action="vacancies.list", answer=VacanciesOut)
def list_all(call: Call) -> Reply:
    """Count places and those free tonight; of secret kinds, only that one exists."""
    return Reply({"items": vacancies.list_vacancies(call.actor, call.context)})
