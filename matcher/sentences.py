"""What a binding set means, in one sentence for people.

Rules that protect are never worded as something to try: a set that contains one says that free places existed only
there (`matching.md` §6).
"""

from collections.abc import Sequence
from typing import Final, Literal

from matcher.rules import RULE_INDEX, RULES

_WITHOUT: Final = {
    "kind_not_admissible": ("l’agrément, qui vise un autre public", "the approval for another kind of household"),
    "age_out_of_range": ("la tranche d’âge", "the age range"),
    "audience": ("le public réservé (femmes, familles, mineurs…)", "the audience (women, families, minors…)"),
    "status_required": ("la situation exigée", "the status required"),
    "decision_missing": ("la décision qui manque encore", "the decision still missing"),
    "reserved_elsewhere": ("la réservation départementale", "the département’s reservation"),
    "out_of_scope": ("le périmètre d’accueil", "the area that requests may come from"),
    "too_far": ("la distance maximale", "the maximum distance"),
    "need_not_covered": ("l’accompagnement nécessaire", "the support needed"),
    "refused_before": ("le refus déjà donné", "the refusal already given"),
}
_ONLY_THERE: Final = {
    "hotel_minor": ("à l’hôtel", "in a hotel"),
    "unknown_location": ("à un endroit inconnu", "at an unknown location"),
    "danger_area": ("en zone à éviter", "in an area to avoid"),
}


def sentence(rules: Sequence[str], language: Literal["fr", "en"]) -> str:
    """Word one binding set.

    Parameters
    ----------
    rules : sequence of str
        Codes of liftable rules, in order.
    language : str
        ``fr`` or ``en``.

    Returns
    -------
    str
        One sentence. With a safety rule: a fact, never a proposal.
    """
    index = 0 if language == "fr" else 1
    safety = [_ONLY_THERE[code][index] for code in rules if RULES[RULE_INDEX[code]].safety]
    if safety:
        where = (" et ", " and ")[index].join(safety)
        return (f"Des places libres n’existaient que là : {where}.", f"Free places existed only there: {where}.")[index]
    without = (" ni ", " or ")[index].join(_WITHOUT[code][index] for code in rules)
    return (f"Sans {without}, une place conviendrait.", f"Without {without}, a place would do.")[index]
