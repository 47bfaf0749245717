"""One night's requests, as the bodies that the interface takes: invented, and placed where the need is."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from data.reference.loader import Commune, communes, departements
from data.seed.chance import Chance
from data.seed.geography import town, weights
from data.seed.households import Json, Sheet
from data.seed.occupancy import NETWORKS, network

FILE: Final = Path(__file__).with_name("towns.toml")
OVERSEAS_KM: Final = 150
"""Nobody overseas is sent off the island, or across the forest, in a night (km)."""
CO_VICTIMS: Final = 0.04
"""Part of the requests that are of a network of which others ask, or are sheltered already."""


def night_of_requests(count: int, seed: int, night: date) -> list[Json]:
    """Invent the requests of a night.

    Parameters
    ----------
    count : int
        How many households.
    seed : int
        Of every draw.
    night : date
        Tonight.

    Returns
    -------
    list of dict
        Bodies of ``POST /requests``, to be filed by the SIAO of their ``departement``. The same for the same
        arguments; the first ones do not depend on how many there are.
    """
    where = weights(tuple(departements()), by_need=True)
    bodies = []
    for number in range(1, count + 1):
        # One source each: a longer night begins with the same households.
        chance = Chance(seed, f"request {number}")
        write = chance.weighted(_SITUATIONS)
        departement = chance.weighted(where)
        sheet = Sheet(chance, night, departement, town(chance, departement))
        write(sheet)
        _keep_overseas(sheet)
        _co_victim(sheet)
        sheet.body["reference"] = f"DEMO-{night:%Y%m%d}-{number:05}"
        bodies.append(sheet.body)
    return bodies


@cache
def maternities() -> Mapping[str, list[Commune]]:
    """Give the communes with a maternity that the night knows, by département."""
    found: dict[str, list[Commune]] = {}
    for insee in tomllib.loads(FILE.read_text("utf-8"))["maternities"]:
        found.setdefault(communes()[insee].departement, []).append(communes()[insee])
    return found


def _maternity(sheet: Sheet) -> Commune:
    known = maternities()
    return sheet.chance.one(known[sheet.departement]) if sheet.departement in known else sheet.origin


def _keep_overseas(sheet: Sheet) -> None:
    if sheet.departement.startswith("97"):
        sheet.body.setdefault("anchor_insee", sheet.origin.insee)
        sheet.body["anchor_max_km"] = min(sheet.body.get("anchor_max_km", OVERSEAS_KM), OVERSEAS_KM)


def _co_victim(sheet: Sheet) -> None:
    if "trafficking_victim" in sheet.body["statuses"] and sheet.chance.happens(CO_VICTIMS * 5):
        sheet.body["separation_group"] = network(sheet.chance.between(0, NETWORKS - 1))


def _minor_alone(sheet: Sheet) -> None:
    chance = sheet.chance
    status = chance.weighted({"declared": 5, "in_evaluation": 3, "contested_pending_appeal": 1})
    sheet.person(chance.between(14, 17), "M" if chance.happens(0.88) else "F", "principal", minority=status)
    sheet.has("statuses", ["unaccompanied"])
    sheet.sleeps(street=6, station=3)
    sheet.may_have("needs", interpreter=0.3)
    sheet.may_have("decisions", opp=0.25)
    if chance.happens(0.12):
        sheet.flees()


def _minor_victim(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(13, 17), "F" if chance.happens(0.75) else "M", "principal")
    sheet.has("statuses", ["trafficking_victim"])
    sheet.may_have("statuses", sexual_exploitation=0.6, immediate_danger=0.7, under_ase=0.4, unaccompanied=0.3)
    sheet.has("decisions", [chance.weighted({"opp": 55, "ase": 30, "judge_order": 15})] if chance.happens(0.75) else [])
    sheet.may_have("decisions", koutcha_evaluation=0.3)
    sheet.sleeps(exploiter=4, street=3, facility=2, third_party=1)
    sheet.may_have("needs", trafficking_support=0.35, addiction_care=0.06)
    sheet.may_have("preferences", psychotrauma_care=0.5, schooling=0.6)
    sheet.flees()


def _child_in_care(sheet: Sheet) -> None:
    chance = sheet.chance
    age = chance.between(5, 17)
    sheet.person(age, chance.one(("F", "M")), "principal")
    if chance.happens(0.2):
        sheet.person(chance.between(3, min(12, age)), chance.one(("F", "M")), "other")
    sheet.has("decisions", [chance.weighted({"opp": 5, "ase": 4, "judge_order": 1})])
    sheet.has("statuses", ["under_ase"])
    sheet.sleeps(third_party=4, facility=5, street=1)
    sheet.may_have("needs", child_psychiatry=0.08)
    sheet.may_have("preferences", schooling=0.6, child_psychiatry=0.2)
    if chance.happens(0.15):
        sheet.flees()


def _young_victim(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(18, 20), "F" if chance.happens(0.8) else "M", "principal")
    sheet.has("statuses", ["trafficking_victim"])
    sheet.may_have("statuses", immediate_danger=0.6, sexual_exploitation=0.6, under_ase=0.3)
    sheet.may_have("decisions", koutcha_evaluation=0.5, acse_evaluation=0.4, ase=0.25)
    sheet.sleeps(exploiter=4, street=3, third_party=2)
    sheet.may_have("needs", trafficking_support=0.3)
    sheet.may_have("preferences", psychotrauma_care=0.5, legal_support=0.3)
    sheet.flees()


def _adult_victim(sheet: Sheet) -> None:
    chance = sheet.chance
    woman = chance.happens(0.75)
    sheet.person(chance.between(21, 45), "F" if woman else "M", "principal")
    if woman and chance.happens(0.25):
        sheet.children(1, 0, 6)
    sheet.has("statuses", ["trafficking_victim"])
    sheet.may_have("statuses", immediate_danger=0.5, entry_condition=0.4)
    sheet.may_have("decisions", acse_evaluation=0.6, ofii=0.3, siao=0.4)
    sheet.sleeps(exploiter=4, street=3, third_party=3)
    sheet.may_have("preferences", interpreter=0.5, legal_support=0.5, trafficking_support=0.6)
    sheet.flees()


def _violence(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(20, 55), "F", "principal")
    sheet.children(chance.weighted({0: 4, 1: 4, 2: 3, 3: 1}), 0, 14)
    sheet.has("statuses", ["violence_victim"])
    sheet.may_have("statuses", immediate_danger=0.55, entry_condition=0.25)
    sheet.may_have("contingents", violences_conjugales=0.6)
    sheet.may_have("decisions", ofii=0.15, siao=0.5)
    sheet.sleeps(third_party=4, street=2, emergency_115=3)
    sheet.may_have("needs", secure_site=0.1)
    sheet.may_have("preferences", psychotrauma_care=0.4, legal_support=0.4)
    if chance.happens(0.55):
        sheet.flees()


def _pregnant(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(18, 40) if chance.happens(0.93) else chance.between(16, 17), "F", "principal")
    if chance.happens(0.15) and sheet.body["members"][0]["age"] >= 18:
        sheet.partner("M")
    if chance.happens(0.2):
        sheet.children(1, 1, 6)
    sheet.body |= {"pregnant_weeks": chance.between(22, 39), "pregnancy_as_of": sheet.night.isoformat()}
    sheet.may_have("decisions", ase=0.5, medical_opinion=0.1)
    sheet.sleeps(street=4, third_party=3, emergency_115=4)
    sheet.may_have("needs", midwife_pmi=0.2)
    sheet.may_have("preferences", midwife_pmi=0.5, baby_supplies=0.4)
    if chance.happens(0.6):
        sheet.stays_near(_maternity(sheet).insee)


def _leaves_maternity(sheet: Sheet, *, partner: bool = False) -> None:
    chance = sheet.chance
    maternity = _maternity(sheet)
    sheet.body["origin_insee"] = maternity.insee
    sheet.person(chance.between(18, 42) if partner or chance.happens(0.95) else 17, "F", "principal")
    if partner:
        sheet.partner("M")
    sheet.newborn()
    sheet.children(chance.weighted({0: 3, 1: 3, 2: 2, 3: 1} if partner else {0: 7, 1: 2, 2: 1}), 1, 12)
    sheet.body["sleeping_tonight"] = "maternity"
    sheet.leaves_on(sheet.night + timedelta(chance.weighted({0: 5, 1: 3, 2: 1})))
    sheet.may_have("decisions", ase=0.5, medical_opinion=0.12)
    sheet.may_have("contingents", sortie_maternite=0.4)
    sheet.may_have("needs", baby_supplies=0.1, paediatric_care=0.04)
    sheet.may_have("preferences", midwife_pmi=0.5, baby_supplies=0.5)
    if chance.happens(0.5):
        sheet.stays_near(maternity.insee)


def _couple_leaves_maternity(sheet: Sheet) -> None:
    _leaves_maternity(sheet, partner=True)


def _hotel_family(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(22, 50), "F" if chance.happens(0.8) else "M", "principal")
    if chance.happens(0.45):
        sheet.partner(chance.weighted({"M": 8, "F": 2}))
    sheet.children(chance.weighted({1: 5, 2: 4, 3: 1.5, 4: 0.7, 6: 0.4}), 0, 15)
    sheet.body["sleeping_tonight"] = "emergency_115"
    sheet.leaves_on(sheet.night + timedelta(chance.weighted({0: 4, 1: 2, 2: 1, 3: 1})))
    sheet.may_have("preferences", schooling=0.3)
    sheet.may_have("statuses", entry_condition=0.3)
    if chance.happens(0.5):
        sheet.stays_near(sheet.origin.insee)


def _youth(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(18, 25), chance.weighted({"M": 6, "F": 4}), "principal")
    sheet.sleeps(street=5, station=2, third_party=2)
    sheet.may_have("statuses", entry_condition=0.4)
    sheet.may_have("needs", addiction_care=0.04, pets=0.04)
    sheet.may_have("decisions", medical_opinion=0.06, siao=0.4)


def _single(sheet: Sheet) -> None:
    chance = sheet.chance
    sheet.person(chance.between(26, 74), chance.weighted({"M": 7, "F": 3}), "principal")
    if chance.happens(0.12):
        sheet.partner(chance.one(("M", "F")))
    sheet.sleeps(street=6, station=1, emergency_115=2, facility=1)
    sheet.may_have("statuses", entry_condition=0.3)
    sheet.may_have("decisions", siao=0.5)
    if chance.happens(0.2):
        sheet.has("decisions", ["medical_opinion"])
        sheet.may_have("needs", medical_bed=0.6)
    sheet.may_have("needs", wheelchair_access=0.05, pets=0.06)


_SITUATIONS: Final[Mapping[Callable[[Sheet], None], float]] = {
    _minor_alone: 9,
    _minor_victim: 7,
    _child_in_care: 6,
    _young_victim: 4,
    _adult_victim: 6,
    _violence: 10,
    _pregnant: 10,
    _leaves_maternity: 17,
    _couple_leaves_maternity: 5,
    _hotel_family: 11,
    _youth: 6,
    _single: 8,
}
"""Who asks tonight, with weights (design): mostly those the founding documents speak of."""
