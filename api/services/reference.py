"""Reference data as services and lists use them: départements, communes, kinds of place, vocabulary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from data.models.facility import Disclosure
from data.reference import loader
from data.reference.loader import Commune, Departement, PlaceKind, Term

FOUND_MAX = 20
"""Most communes one search gives."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes in force on a night, by what they are."""

    kinds: frozenset[str]
    services: frozenset[str]
    statuses: frozenset[str]
    decisions: frozenset[str]
    departements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the vocabulary: its code, and its terms in the order lists show them."""

    code: str
    terms: tuple[Term, ...]


@cache
def codes(on: date) -> Codes:
    """Return the codes in force on a night."""
    words = loader.vocabulary()
    return Codes(
        kinds=frozenset(loader.place_kinds(on)),
        services=frozenset(words["services"]),
        statuses=frozenset(words["statuses"]),
        decisions=frozenset(words["decisions"]),
        departements=frozenset(loader.departements()),
    )


def is_departement(code: str) -> bool:
    """Tell whether a département has this code."""
    return code in loader.departements()


def is_commune(insee: str) -> bool:
    """Tell whether a commune has this INSEE code."""
    return insee in loader.communes()


def commune(insee: str) -> Commune:
    """Return a commune that exists."""
    return loader.communes()[insee]


def disclosure_of(kind: str, on: date) -> Disclosure:
    """Return who may learn where facilities of a kind are, unless they are more secret."""
    return Disclosure(loader.place_kinds(on)[kind].disclosure)


def answer_hours(kinds: Iterable[str], on: date) -> int:
    """Return how long a proposal waits for its answer, in hours: the shortest of its places' kinds."""
    known = loader.place_kinds(on)
    return min(known[kind].answer_hours for kind in kinds)


def kinds_deciding(decisions: frozenset[str], on: date) -> frozenset[str]:
    """Return the kinds of place that ask for one of these decisions."""
    return frozenset(kind.code for kind in loader.place_kinds(on).values() if kind.decisions & decisions)


def list_departements() -> Sequence[Departement]:
    """List the départements in the order of their codes."""
    return tuple(loader.departements().values())


def list_kinds(on: date) -> Sequence[PlaceKind]:
    """List the kinds of place in force on a night, with their rules and sources."""
    return tuple(loader.place_kinds(on).values())


def list_vocabulary() -> Sequence[Group]:
    """List the vocabulary by group."""
    return tuple(Group(code, tuple(terms.values())) for code, terms in loader.vocabulary().items())


def find_communes(text: str) -> Sequence[Commune]:
    """Find communes by the beginning of their name or of a postal code, at most 20."""
    return loader.find_communes(text, limit=FOUND_MAX)
