"""What a facility's places admit on a night: its own agreement where it says something, else its kind's rules.

Kinds, scopes, neighbours and régions are resolved here into the plain fields of `matcher.place.Place`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from data.queries.night import AnyRow
from data.reference.loader import PlaceKind, Scope, departements, regions
from matcher.place import Audience, Clause, Reservation, Sharing

_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What all places of one facility have in common, as the matcher's fields.

    Parameters
    ----------
    common : mapping of str to object
        Arguments of `matcher.place.Place` that do not depend on the place.
    admits : mapping of Sharing to tuple of Clause or None
        Who is admissible, in private and in shared places.
    pair_is_one : bool
        The kind counts mother and infant as one.
    """

    common: Mapping[str, Any]
    admits: Mapping[Sharing, tuple[Clause, ...] | None]
    pair_is_one: bool


def resolve(facility: AnyRow, kind: PlaceKind) -> Agreement:
    """Resolve a facility's agreement with its kind's rules.

    The agreement goes before the kind. Three fields only add up, because they protect: statuses required by either
    are required; an audience ``mixed`` says nothing beside the kind's; mother and infant who count as one in a kind
    do so in all its places.

    Parameters
    ----------
    facility : Row
        Columns of `data.models.facility.Facility`.
    kind : PlaceKind
        Its kind's rules on the night.

    Returns
    -------
    Agreement
        For every place of the facility.
    """
    common = {
        "facility": facility.id,
        "kind": facility.kind,
        "departement": facility.departement,
        "lat": facility.latitude,
        "lon": facility.longitude,
        "precision_km": facility.precision_km,
        "ages": kind.ages if facility.age_min is None else (facility.age_min, facility.age_max),
        "audience": kind.audience if facility.audience is Audience.MIXED else facility.audience,
        "requires": kind.requires | frozenset(facility.requires),
        "decisions": kind.decisions if facility.decisions is None else frozenset(facility.decisions),
        "reserved_to": _reservation(facility),
        "serves": served(facility, kind.scope),
        "services": frozenset(facility.services),
        "specialisms": frozenset(facility.specialisms),
        "max_stay_nights": facility.max_stay_nights or kind.max_stay_nights,
    }
    admits = {sharing: admitted(facility.admits, kind, sharing) for sharing in Sharing}
    return Agreement(common, admits, kind.pair_is_one)


def admitted(given: list[dict[str, Any]] | None, kind: PlaceKind, sharing: Sharing) -> tuple[Clause, ...] | None:
    """Say who is admissible in the places of a facility.

    In a kind for adults no clause receives a minor who comes as principal, unless the facility's agreement says so
    in so many words and the place is private: a clause silent on it gets ``minor_principal: false``, and one that
    receives minors is void in a shared place.

    Parameters
    ----------
    given : list of dict or None
        The facility's clauses in the JSON form; None: the kind's own.
    kind : PlaceKind
        The kind's rules on the night.
    sharing : Sharing
        Of the place.

    Returns
    -------
    tuple of Clause or None
        None: anyone. An empty tuple admits nobody.
    """
    if given is None:
        return kind.admits
    clauses = tuple(clause(each) for each in given)
    if not is_for_adults(kind):
        return clauses
    return tuple(
        replace(each, minor_principal=False) if each.minor_principal is None else each
        for each in clauses
        if not (each.minor_principal and sharing is Sharing.SHARED)
    )


def is_for_adults(kind: PlaceKind) -> bool:
    """Tell whether a kind by itself receives no minor who comes as principal."""
    return all(each.minor_principal is False for each in kind.admits)


def clause(given: Mapping[str, Any]) -> Clause:
    """Read a clause of ``admits`` from its JSON form (checked when the facility was written)."""
    values = dict(given)
    if "principal_age" in values:
        youngest, oldest = values["principal_age"]
        values["principal_age"] = (youngest, oldest)
    if "statuses" in values:
        values["statuses"] = frozenset(values["statuses"])
    return Clause(**values)


def served(facility: AnyRow, scope: Scope) -> frozenset[str] | None:
    """Give the départements whose requests a facility may receive.

    Parameters
    ----------
    facility : Row
        Columns ``serves`` and ``departement``.
    scope : Scope
        Of its kind.

    Returns
    -------
    frozenset of str or None
        None: any. Empty when the scope depends on a département that is not known.
    """
    if facility.serves is not None:
        return frozenset(facility.serves)
    if scope is Scope.NATIONAL:
        return None
    known = departements().get(facility.departement or "")
    if known is None:
        return _NOBODY
    if scope is Scope.DEPARTEMENT:
        return frozenset({known.code})
    if scope is Scope.REGION:
        return regions()[known.region_code]
    return frozenset(departements()) - {known.code}


def _reservation(facility: AnyRow) -> Reservation | None:
    if facility.reserved_departements is None and facility.reserved_contingents is None:
        return None
    return Reservation(frozenset(facility.reserved_departements or ()), frozenset(facility.reserved_contingents or ()))
