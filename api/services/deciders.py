"""Who outside must agree to an admission, and whose proposals a decider may see (domain.md §3, column "decider")."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Text, and_, cast, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from api.services.actor import Actor, OrganisationKind
from api.services.context import Context
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.proposal import Decision, Proposal, ProposalLeg
from data.models.request import Request
from data.reference.loader import place_kinds, vocabulary

_INSIDE: Final = frozenset({"siao", "facility"})
"""Who agrees by proposing and by answering."""
OUTSIDE: Final = frozenset(vocabulary()["deciders"]) - _INSIDE
"""Codes of those who decide from outside."""
_GIVES: Final = {
    "ase": "departement",
    "opp": "judge",
    "judge_order": "judge",
    "acse_evaluation": "acse",
    "koutcha_evaluation": "koutcha",
    "medical_opinion": "facility",
    "ofii": "ofii",
    "siao": "siao",
}
"""Decision a facility's agreement asks for → who gives it."""


def deciders_of(facility: Facility, night: date) -> tuple[str, ...]:
    """Give the outside deciders of whom one must agree to an admission.

    Parameters
    ----------
    facility : Facility
        Row. Its own list of decisions goes before its kind's deciders; an empty one asks for nobody.
    night : date
        On which rules are in force.

    Returns
    -------
    tuple of str
        Codes of the vocabulary ``deciders``, sorted; empty: the shelter's and the coordination's word is enough.
    """
    if facility.decisions is not None:
        wanted = {_GIVES[code] for code in facility.decisions if code in _GIVES}
    else:
        kind = place_kinds(night).get(facility.kind)
        wanted = set(kind.decider) if kind is not None else set()
    return tuple(sorted(wanted - _INSIDE))


def codes_of(actor: Actor) -> frozenset[str]:
    """Give whose admissions the caller decides: what its organisation declares, and a département its own."""
    own = {"departement"} if actor.kind is OrganisationKind.DEPARTEMENT else set()
    return frozenset(actor.decides) | own


def awaiting(actor: Actor) -> ColumnElement[bool]:
    """Say that a proposal has a leg whose decision the caller may give, or has given.

    A decider with a département decides for the requests of it alone.
    """
    mine = codes_of(actor)
    if not mine:
        return false()
    leg = and_(ProposalLeg.decision != Decision.NOT_NEEDED, _any_of(ProposalLeg.deciders, mine))
    condition = Proposal.legs.any(leg)
    if actor.departement is None:
        return condition
    return and_(condition, Proposal.request.has(Request.departement == actor.departement))


def organisations(context: Context, codes: Iterable[str], departement: str) -> frozenset[str]:
    """Find the verified organisations that decide for a request of a département.

    Parameters
    ----------
    codes : iterable of str
        Deciders.
    departement : str
        Of the request.
    """
    wanted = frozenset(codes)
    if not wanted:
        return frozenset()
    decides = _any_of(Organisation.decides, wanted)
    if "departement" in wanted:
        decides = or_(decides, Organisation.kind == OrganisationKind.DEPARTEMENT)
    statement = select(Organisation.id).where(
        Organisation.verified_at.is_not(None),
        decides,
        or_(Organisation.departement.is_(None), Organisation.departement == departement),
    )
    return frozenset(context.session.scalars(statement))


def _any_of(column: InstrumentedAttribute[tuple[str, ...]], codes: Iterable[str]) -> ColumnElement[bool]:
    # JSON on both engines: ["acse", "judge"].
    return or_(*(cast(column, Text).like(f'%"{code}"%') for code in sorted(codes)))
