"""What the demo says, in French first and in English: households, places, costs and reasons in plain words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from api.i18n import Language
from data.reference.loader import departements
from matcher.rules import RULES, TAKEN

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "preparing": ("Base de données neuve", "Fresh database"),
    "inventory": ("Inventaire national inventé", "Invented national inventory"),
    "inventory_done": (
        "{places} places de {organisations} organisations, {share} % occupées ou fermées ce soir",
        "{places} places of {organisations} organisations, {share} % full or closed tonight",
    ),
    "server": ("Serveur", "Server"),
    "filing": ("Dépôt des demandes par les SIAO", "SIAOs file the requests"),
    "matching": ("Rapprochement national", "National match"),
    "reading": ("Lecture des réponses", "Reading the answers"),
    "night": ("Nuit du {night}", "Night of {night}"),
    "sentence": (
        "{served} ménages à l’abri, {missing} sans solution ; {proof} ; le téléphone en aurait trouvé {phone}.",
        "{served} households sheltered, {missing} without a place; {proof}; the telephone would have found {phone}.",
    ),
    "proven": ("optimum prouvé en {seconds} s", "optimum proven in {seconds} s"),
    "unproven": (
        "meilleure réponse trouvée en {seconds} s, sans preuve",
        "best answer found in {seconds} s, not proven",
    ),
    "classes": ("Par classe de priorité", "By priority class"),
    "class": ("Classe", "Class"),
    "asked": ("Demandes", "Requests"),
    "best_served": ("À l’abri", "Sheltered"),
    "best_roofless": ("Nuits sans toit", "Nights without a roof"),
    "phone_served": ("À l’abri, par téléphone", "Sheltered, by telephone"),
    "phone_roofless": ("Nuits sans toit, par téléphone", "Nights without a roof, by telephone"),
    "plans": ("Qui va où ({shown} sur {all})", "Who goes where ({shown} of {all})"),
    "who": ("Ménage", "Household"),
    "from": ("Depuis", "From"),
    "where": ("Place", "Place"),
    "first_night": ("Dès", "From night"),
    "distance": ("Distance", "Distance"),
    "cost": ("Ce que cela coûte (points)", "What it costs (points)"),
    "unserved": ("Sans solution ({shown} sur {all})", "Without a place ({shown} of {all})"),
    "why": ("Pourquoi (places à adresse ouverte)", "Why (places with an open address)"),
    "rest": ("tableaux entiers : {file}", "whole tables: {file}"),
    "a_place": ("une place {kind}", "a {kind} place"),
    "secret_place": ("une place secrète ({kind})", "a secret place ({kind})"),
    "place_in": ("{kind}, {where}", "{kind}, {where}"),
    "from_zone": ("à {km} km de la zone à éviter", "{km} km from the area to avoid"),
    "from_anchor": ("à {km} km du lieu à garder proche", "{km} km from where to stay near"),
    "hidden": ("hors des zones à éviter", "outside the areas to avoid"),
    "roofless": ("{nights} nuit(s) sans toit", "{nights} night(s) without a roof"),
    "scarcity": ("place spécialisée", "specialised place"),
    "distance_cost": ("distance", "distance"),
    "spare_beds": ("lits en trop", "spare beds"),
    "preference": ("souhait non couvert", "wish not met"),
    "stale": ("confirmation ancienne", "old confirmation"),
    "shortfall": ("séjour plus court que voulu", "stay shorter than wanted"),
    "free": ("{count} libres assez grandes : {steps}", "{count} free and large enough: {steps}"),
    "none_free": ("aucune place libre assez grande", "no free place large enough"),
    "taken": ("données cette nuit à d’autres ménages", "given tonight to other households"),
    "distancing": ("Éloignement", "Distancing"),
    "distancing_how": (
        "La même nuit, résolue une seconde fois sans les zones à éviter (en mémoire : rien n’est écrit).",
        "The same night, solved once more without the areas to avoid (in memory: nothing is written).",
    ),
    "second_unproven": ("(Réponse bonne, sans preuve qu’elle soit la meilleure.)", "(A good answer, not proven best.)"),
    "without": (
        "Sans les zones : {inside} ménages menacés sur {sheltered} auraient dormi en zone à éviter.",
        "Without the areas: {inside} threatened households of {sheltered} would have slept in an area to avoid.",
    ),
    "how_near": (
        "La moitié d’entre eux à moins de {km} km du lieu qu’ils fuient.",
        "Half of them less than {km} km from the place they flee.",
    ),
    "with": (
        "Avec les zones : {inside} sur {sheltered}, vérifié à part.",
        "With the areas: {inside} of {sheltered}, checked apart.",
    ),
    "running": ("Le site tourne : {address} (Ctrl-C l’arrête)", "The site is running: {address} (Ctrl-C ends it)"),
    "tokens": ("Jetons de la démonstration : {file}", "Tokens of the demo: {file}"),
}
"""Key → French, English."""

_HOUSEHOLD: Final[Mapping[str, tuple[str, str]]] = {
    "child F": ("fille {age} ans", "girl, {age}"),
    "child M": ("garçon {age} ans", "boy, {age}"),
    "sibling": ("frère ou sœur {age} ans", "sibling, {age}"),
    "toddler": ("enfant {age} mois", "child, {age} months"),
    "minor F": ("mineure {age} ans", "girl, {age}"),
    "minor M": ("mineur {age} ans", "boy, {age}"),
    "parent F": ("mère {age} ans", "mother, {age}"),
    "parent M": ("père {age} ans", "father, {age}"),
    "adult F": ("femme {age} ans", "woman, {age}"),
    "adult M": ("homme {age} ans", "man, {age}"),
    "partner": ("conjoint {age} ans", "partner, {age}"),
    "pregnant": ("enceinte de {weeks} sem.", "{weeks} weeks pregnant"),
    "days": ("nourrisson {age} j", "newborn, {age} days"),
    "months": ("bébé {age} mois", "baby, {age} months"),
    "years": ("enfant {age} ans", "child, {age}"),
    "several": ("{count} enfants {ages} ans", "{count} children, {ages}"),
    "unaccompanied": ("sans représentant légal", "unaccompanied"),
    "trafficking_victim": ("victime présumée de traite", "presumed trafficking victim"),
    "violence_victim": ("victime de violences", "victim of violence"),
}

CHILD_YEARS: Final = 13
"""Under this age one says a girl or a boy (years)."""
BABY_MONTHS: Final = 24
"""Under this age one says a baby (months)."""
_TOLD: Final = ("unaccompanied", "trafficking_victim", "violence_victim")
_SHORT: Final[Mapping[str, tuple[str, str]]] = {
    "koutcha": ("Koutcha", "Koutcha"),
    "satouk": ("Satouk", "Satouk"),
    "acse": ("Ac.Sé", "Ac.Sé"),
    "lhss": ("LHSS", "LHSS"),
    "lhss_perinatal": ("LHSS périnatalité", "perinatal LHSS"),
    "lam": ("LAM", "LAM"),
    "chrs": ("CHRS", "CHRS"),
    "chu": ("hébergement d’urgence", "emergency shelter"),
    "night_shelter": ("place de nuit 115", "115 night place"),
    "perinatal": ("périnatale", "perinatal"),
    "centre_maternel": ("centre maternel", "mother and child centre"),
    "centre_parental": ("centre parental", "parents and child centre"),
    "hotel": ("hôtel", "hotel"),
    "foyer_enfance": ("foyer de l’enfance", "children’s emergency home"),
    "mecs": ("MECS", "children’s home"),
    "mecs_specialised": ("MECS spécialisée", "specialised children’s home"),
    "lieu_de_vie": ("lieu de vie", "family-style home"),
    "mna_shelter": ("mise à l’abri MNA", "shelter for unaccompanied minors"),
    "dna_fvv_teh": ("DNA femmes victimes", "asylum place, women victims"),
    "residence_sociale": ("résidence sociale", "social residence"),
    "pension_famille": ("pension de famille", "family boarding house"),
    "fjt": ("FJT", "young workers’ residence"),
}
"""Kinds of place as people on the telephone call them."""


def say(key: str, language: Language, **values: object) -> str:
    """Give a text in a language, with its values in place."""
    return _pick(TEXTS[key], language).format(**values)


def number(value: float, language: Language, decimals: int = 0) -> str:
    """Write a number as the language does: « 20 000 » and « 1,5 », or "20,000" and "1.5"."""
    text = f"{value:,.{decimals}f}"
    return text if language == "en" else text.replace(",", "\u202f").replace(".", ",")


def day(night: date, language: Language) -> str:
    """Write a date as the language does."""
    return f"{night:%d/%m/%Y}" if language == "fr" else night.isoformat()


def place(leg: Mapping[str, Any], language: Language) -> str:
    """Tell where a leg of a proposal is: kind and département, and of a secret place only that there is one."""
    name = _pick(_SHORT[leg["kind"]], language)
    if leg["disclosure"] == "secret":
        return say("a_place" if leg["kind"] == "koutcha" else "secret_place", language, kind=name)
    return say("place_in", language, kind=name, where=departement(leg["departement"]))


def departement(code: str | None) -> str:
    """Name a département with its code."""
    known = departements().get(code or "")
    return f"{known.name} ({known.code})" if known is not None else "—"


def household(body: Mapping[str, Any], language: Language) -> str:
    """Tell a household in words: « mère 24 ans, nourrisson 3 j ».

    Parameters
    ----------
    body : mapping
        A request in the interface's form.
    language : str
        ``fr`` or ``en``.
    """
    members: list[Mapping[str, Any]] = body["members"]
    first = next(member for member in members if member["role"] == "principal")
    parts = [_principal(first, members, language)]
    if body.get("pregnant_weeks"):
        parts.append(_word("pregnant", language, weeks=body["pregnant_weeks"]))
    parts += [_word("partner", language, age=member["age"]) for member in members if member["role"] == "partner"]
    parts += _children([member for member in members if member["role"] == "child"], language)
    parts += [_word("sibling", language, age=member["age"]) for member in members if member["role"] == "other"]
    statuses = set(body.get("statuses", ()))
    parts += [_word(code, language) for code in _TOLD if code in statuses]
    return ", ".join(parts)


def _principal(first: Mapping[str, Any], members: Sequence[Mapping[str, Any]], language: Language) -> str:
    presumed = first.get("minority_status") not in {None, "judged_adult"}
    part = "minor" if presumed or first["age"] < 18 else "adult"
    if part == "minor" and first["age"] < CHILD_YEARS:
        part = "child"
    if any(member["role"] == "child" for member in members):
        part = "parent"
    return _word(f"{part} {first['sex']}", language, age=first["age"])


def _children(children: Sequence[Mapping[str, Any]], language: Language) -> list[str]:
    parts = [
        _word("toddler" if unit == "months" and child["age"] >= BABY_MONTHS else unit, language, age=child["age"])
        for unit in ("days", "months")
        for child in children
        if child["age_unit"] == unit
    ]
    ages = sorted(child["age"] for child in children if child["age_unit"] == "years")
    if len(ages) == 1:
        parts.append(_word("years", language, age=ages[0]))
    elif ages:
        parts.append(_word("several", language, count=len(ages), ages=", ".join(map(str, ages))))
    return parts


def funnel(rows: Sequence[tuple[str, int]], language: Language) -> str:
    """Tell what stood in the way of an unserved household: places free, then the strongest steps.

    Parameters
    ----------
    rows : sequence of tuple of str and int
        Rules in order, each with the places that still stand after it.
    language : str
        ``fr`` or ``en``.
    """
    names = {rule.code: (rule.french, rule.english) for rule in RULES} | {TAKEN: TEXTS["taken"]}
    standing = [left for _, left in rows]
    start = next(index for index, (code, _) in enumerate(rows) if code == "not_available")
    if not standing[start]:
        return say("none_free", language)
    lost = [(standing[index] - standing[index + 1], -index) for index in range(start, len(rows) - 1)]
    # The strongest steps; what emptied the funnel is told last, however few places it was.
    last = next(index for index in range(start + 1, len(rows)) if not standing[index])
    told = sorted({-index + 1 for count, index in sorted(lost, reverse=True)[:3] if count} | {last})
    steps = [
        f"{number(standing[index - 1] - standing[index], language)} {_pick(names[rows[index][0]], language)}"
        for index in told
    ]
    return say("free", language, count=number(standing[start], language), steps=", ".join(steps))


def costs(terms: Mapping[str, int] | None, roofless: int, language: Language) -> str:
    """Tell what a plan costs, dearest first; nothing when its terms would measure a hidden place."""
    parts = [say("roofless", language, nights=roofless)] if roofless else []
    for term, value in sorted((terms or {}).items(), key=lambda item: (-item[1], item[0]))[:2]:
        key = "distance_cost" if term == "distance" else term
        parts.append(f"{say(key, language)} {number(value, language)}")
    return ", ".join(parts)


def _word(key: str, language: Language, **values: object) -> str:
    return _pick(_HOUSEHOLD[key], language).format(**values)


def _pick(pair: tuple[str, str], language: Language) -> str:
    return pair[0] if language == "fr" else pair[1]
