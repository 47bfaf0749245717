"""The hard rules that look at one request and one place; a plan breaking one never appears.

A rule sees only the facets it declares: a few facts of the request and a few of the place. Facets repeat
(a thousand places share an age range), so `matcher.tables` asks each rule once per pair of *distinct* facets
and turns the answers into arrays: one statement of a rule serves the fast path and the explanation alike.
`matcher.check` states the rules a second time, on purpose, from the contract.

Three need more than facets: `not_available` looks at dates (`matcher.legs`), `danger_area` around a circle
and `too_far` measure distances, `refused_before` names facilities (`matcher.standing`). The rules that look at
other households (`separation`, `adult_with_minor`, `quota_full`) are in `matcher.ledger`.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from matcher.place import Audience, Clause, Place
from matcher.request import Request, Role, Sex

GROWN_MONTHS: Final = 156
"""From this age (months, 13 years) a boy counts as a man where only women are received."""
HOTEL_ASE_MONTHS: Final = 252
"""Under this age (months, 21 years) nobody in the care of the ASE sleeps in a hotel (CASF L221-2-3)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One hard rule.

    Parameters
    ----------
    code : str
        Its name in answers and statistics.
    source : str
        Where it comes from.
    french, english : str
        One line for people: what it means that a place is excluded by it.
    liftable : bool
        Whether an explanation may ask what would happen without it.
    safety : bool
        Whether it protects: it is counted, and never worded as something to try.
    request_facet, place_facet : callable or None
        What the rule looks at; None for rules judged by measuring or beside other households.
    excludes : callable or None
        Whether a place with the second facet is excluded for a request with the first.
    """

    code: str
    source: str
    french: str
    english: str
    liftable: bool = True
    safety: bool = False
    request_facet: Callable[[Request], Hashable] | None = None
    place_facet: Callable[[Place], Hashable] | None = None
    excludes: Callable[[Any, Any], bool] | None = None


def beds_needed(heads: int, infants: int, cots: int, *, pair_is_one: bool) -> int:
    """Beds a household needs where ``cots`` cots are offered.

    Parameters
    ----------
    heads, infants : int
        Members who need a bed; members under 24 months.
    cots : int
        Cots of the place, or of one free interval.
    pair_is_one : bool
        Infants then need neither bed nor cot.

    Returns
    -------
    int
        A bed for each head, and for each infant without a cot.
    """
    return heads if pair_is_one else heads + max(0, infants - cots)


def _too_large(household: tuple[int, int], room: tuple[int, int, bool]) -> bool:
    heads, infants = household
    beds, cots, pair_is_one = room
    return beds_needed(heads, infants, cots, pair_is_one=pair_is_one) > beds


@dataclass(frozen=True, slots=True)
class _Profile:
    """What a clause of admission can look at."""

    kinds: frozenset[str] | None
    years: int
    weeks: int | None
    youngest: int | None
    statuses: frozenset[str]
    minor: bool
    partner: bool


def _profile(request: Request) -> _Profile:
    return _Profile(
        request.kinds,
        request.principal.years,
        request.pregnant_weeks,
        request.youngest_child_months,
        request.statuses,
        request.principal.is_minor,
        request.has_partner,
    )


def _clause_holds(clause: Clause, profile: _Profile) -> bool:
    below = clause.youngest_child_months_below
    weeks = clause.pregnant_weeks_min
    return (
        (clause.principal_age is None or clause.principal_age[0] <= profile.years <= clause.principal_age[1])
        and (weeks is None or (profile.weeks is not None and profile.weeks >= weeks))
        and (below is None or (profile.youngest is not None and profile.youngest < below))
        and clause.statuses <= profile.statuses
        and clause.minor_principal in {None, profile.minor}
        and clause.has_partner in {None, profile.partner}
    )


def _kind_not_admissible(profile: _Profile, place: tuple[str, tuple[Clause, ...] | None]) -> bool:
    kind, admits = place
    if profile.kinds is not None and kind not in profile.kinds:
        return True
    return admits is not None and not any(_clause_holds(clause, profile) for clause in admits)


def _couple_years(request: Request) -> tuple[int, int]:
    years = [member.years for member in request.members if member.role in {Role.PRINCIPAL, Role.PARTNER}]
    return min(years), max(years)


def _age_out_of_range(years: tuple[int, int], ages: tuple[int, int] | None) -> bool:
    return ages is not None and not ages[0] <= years[0] <= years[1] <= ages[1]


@dataclass(frozen=True, slots=True)
class _Household:
    """What an audience looks at."""

    minor_principal: bool
    grown_male: bool
    female: bool
    child_or_pregnancy: bool


def _household(request: Request) -> _Household:
    return _Household(
        request.principal.is_minor,
        any(member.sex is Sex.M and member.months >= GROWN_MONTHS for member in request.members),
        any(member.sex is Sex.F for member in request.members),
        request.has_child or request.pregnant_weeks is not None,
    )


def _audience(household: _Household, audience: Audience) -> bool:
    return {
        Audience.MINORS: not household.minor_principal,
        Audience.WOMEN: household.grown_male,
        Audience.WOMEN_WITH_CHILDREN: household.grown_male or not household.child_or_pregnancy,
        Audience.FAMILIES: not household.child_or_pregnancy,
        Audience.MEN: household.female,
        Audience.MIXED: False,
    }[audience]


def _hotel_minor(request: Request) -> bool:
    principal = request.principal
    return principal.is_minor or (principal.months < HOTEL_ASE_MONTHS and "under_ase" in request.statuses)


def _unknown_location(zones: tuple[bool, bool], known: tuple[bool, bool]) -> bool:
    (departements, circles), (departement, coordinates) = zones, known
    return (departements and not departement) or (circles and not coordinates)


def _danger_departement(zones: frozenset[str], place: tuple[str | None, frozenset[str]]) -> bool:
    departement, reserved_to = place
    return departement in zones or bool(reserved_to & zones)


def _reserved_elsewhere(
    request: tuple[str, frozenset[str]], reserved: tuple[frozenset[str], frozenset[str]] | None
) -> bool:
    departement, contingents = request
    return reserved is not None and departement not in reserved[0] and not contingents & reserved[1]


def _reservation(place: Place) -> tuple[frozenset[str], frozenset[str]] | None:
    kept = place.reserved_to
    return None if kept is None else (kept.departements, kept.contingents)


RULES: Final = (
    Rule(
        "household_too_large",
        "matching.md §2; a household is never split",
        "trop petites pour le ménage",
        "too small for the household",
        liftable=False,
        request_facet=lambda request: (request.heads, request.infants),
        place_facet=lambda place: (place.beds, place.cots, place.pair_is_one),
        excludes=_too_large,
    ),
    Rule(
        "not_available",
        "matching.md §1; dates, beds and latest night",
        "occupées, ou libres à d’autres dates",
        "taken, or free on other dates",
        liftable=False,
    ),
    Rule(
        "kind_not_admissible",
        "CASF, and the facility's own agreement (domain.md §3)",
        "pour un autre public que ce ménage",
        "meant for another kind of household",
        request_facet=_profile,
        place_facet=lambda place: (place.kind, place.admits),
        excludes=_kind_not_admissible,
    ),
    Rule(
        "age_out_of_range",
        "the facility's authorisation (domain.md §3)",
        "pour un autre âge",
        "meant for another age",
        request_facet=_couple_years,
        place_facet=lambda place: place.ages,
        excludes=_age_out_of_range,
    ),
    Rule(
        "audience",
        "the facility's agreement (domain.md §3)",
        "réservées à d’autres (femmes, familles, mineurs…)",
        "for others only (women, families, minors…)",
        request_facet=_household,
        place_facet=lambda place: place.audience,
        excludes=_audience,
    ),
    Rule(
        "hotel_minor",
        "CASF L221-2-3: no hotel for minors, nor under 21 in the care of the ASE",
        "à l’hôtel, jamais pour un mineur",
        "in a hotel, never for a minor",
        safety=True,
        request_facet=_hotel_minor,
        place_facet=lambda place: place.kind == "hotel",
        excludes=lambda protected, hotel: protected and hotel,
    ),
    Rule(
        "status_required",
        "the facility's authorisation (domain.md §3)",
        "pour une situation que la demande n’indique pas",
        "for a situation the request does not state",
        request_facet=lambda request: request.statuses,
        place_facet=lambda place: place.requires,
        excludes=lambda statuses, requires: not requires <= statuses,
    ),
    Rule(
        "decision_missing",
        "CASF L222-5, L313-8 and the deciders of domain.md §3",
        "soumises à une décision qui manque encore",
        "waiting for a decision not taken yet",
        request_facet=lambda request: request.decisions,
        place_facet=lambda place: place.decisions,
        excludes=lambda held, asked: bool(asked) and not asked & held,
    ),
    Rule(
        "unknown_location",
        "domain.md §4: a place whose location is unknown is excluded",
        "à un endroit inconnu, donc peut-être en danger",
        "at an unknown location, so perhaps in danger",
        safety=True,
        request_facet=lambda request: (bool(request.zones.departements), bool(request.zones.circles)),
        place_facet=lambda place: (place.departement is not None, place.located),
        excludes=_unknown_location,
    ),
    Rule(
        "danger_area",
        "domain.md §4: éloignement; every place inside any zone is excluded",
        "en zone à éviter",
        "in an area to avoid",
        safety=True,
        request_facet=lambda request: request.zones.departements,
        place_facet=lambda place: (
            place.departement,
            frozenset() if place.reserved_to is None else place.reserved_to.departements,
        ),
        excludes=_danger_departement,
    ),
    Rule(
        "reserved_elsewhere",
        "local reservations (domain.md §2)",
        "réservées à un autre département",
        "kept for another département",
        request_facet=lambda request: (request.departement, request.contingents),
        place_facet=_reservation,
        excludes=_reserved_elsewhere,
    ),
    Rule(
        "out_of_scope",
        "the kind's scope (domain.md §3)",
        "qui n’accueillent pas depuis ce département",
        "not open to requests from this département",
        request_facet=lambda request: request.departement,
        place_facet=lambda place: place.serves,
        excludes=lambda departement, serves: serves is not None and departement not in serves,
    ),
    Rule(
        "too_far",
        "domain.md §4: proximity to maternity, PMI or school",
        "trop loin du lieu à garder proche",
        "too far from where the household must stay near",
    ),
    Rule(
        "need_not_covered",
        "domain.md §2: continuity of care",
        "sans l’accompagnement nécessaire",
        "without the care needed",
        request_facet=lambda request: request.needs,
        place_facet=lambda place: place.services,
        excludes=lambda needs, services: not needs <= services,
    ),
    Rule(
        "refused_before",
        "domain.md §5: a refused pair is not proposed again",
        "ayant déjà donné lieu à un refus",
        "already refused for this request",
    ),
    Rule(
        "separation",
        "domain.md §2: co-victims of one network are separable",
        "où se trouve une personne à tenir à distance",
        "where somebody to be kept apart already is",
        liftable=False,
    ),
    Rule(
        "adult_with_minor",
        "domain.md §4: a presumed minor never shares a room with an unrelated adult",
        "à partager entre un mineur et un adulte sans lien",
        "to be shared by a minor and an unrelated adult",
        liftable=False,
    ),
    Rule(
        "quota_full",
        "the facility's agreement (domain.md §3)",
        "dont le quota est atteint",
        "whose quota is reached",
        liftable=False,
    ),
)
"""Every hard rule, in the order in which a funnel tells them (`matching.md` §2)."""

TAKEN: Final = "taken_this_run"
"""Last row of a funnel: places left once the other plans of the run are counted."""

RULE_INDEX: Final = {rule.code: index for index, rule in enumerate(RULES)}
"""Position of each rule in the order of `RULES`."""

FACET_RULES: Final = tuple(rule for rule in RULES if rule.excludes is not None)
"""The rules judged by facets alone."""
