"""Reference lists: the codes and places all other resources speak of."""

from typing import Any

from api.extensions.replies import Reply
from api.extensions.smorest import Call, Routes
from api.resources.reference.schemas import (
    CommuneQuery,
    CommunesOut,
    DepartementsOut,
    PlaceKindsOut,
    VocabularyOut,
)
from api.services import reference

routes = Routes("reference", "Codes, kinds of place, départements and communes, with their sources")


@routes.get("/reference/departements", action="reference.read", answer=DepartementsOut)
def departements(call: Call) -> Reply:
    """List the départements and their neighbours."""
    del call
    return Reply({"items": reference.list_departements()})


@routes.get("/reference/communes", action="reference.read", query=CommuneQuery, answer=CommunesOut)
def communes(call: Call, query: dict[str, Any]) -> Reply:
    """Find communes by the beginning of a name or postal code."""
    del call
    return Reply({"items": reference.find_communes(query["q"])})


@routes.get("/reference/place-kinds", action="reference.read", answer=PlaceKindsOut)
def place_kinds(call: Call) -> Reply:
    """List the kinds of place in force tonight, with the source of every rule."""
    return Reply({"items": reference.list_kinds(call.context.tonight)})


@routes.get("/reference/vocabulary", action="reference.read", answer=VocabularyOut)
def vocabulary(call: Call) -> Reply:
    """List all codes, by group, in French and in English."""
    del call
    return Reply({"items": reference.list_vocabulary()})
