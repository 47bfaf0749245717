"""Kinds of place and the rules in force on a night, read from `place_kinds.toml`.

The file says what each field means. Rules are data with a source and validity dates; nothing about a kind is written in
the code.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from matcher.place import Audience, Clause

PLACE_KINDS: Final = Path(__file__).with_name("place_kinds.toml")


class Scope(StrEnum):
    """From where a request may come."""

    DEPARTEMENT = "departement"
    REGION = "region"
    OTHER_DEPARTEMENT = "other_departement"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a kind of place.

    Parameters
    ----------
    field : str
        Field of `PlaceKind` it sets.
    value : object
        As read from the file.
    source : str
        Where the rule comes from, in French.
    valid_from : date
        First night it holds.
    valid_until : date or None
        First night it no longer holds; None: in force.
    configurable : bool
        Whether an operator may set another value.
    """

    field: str
    value: Any
    source: str
    valid_from: date
    valid_until: date | None = None
    configurable: bool = False

    def in_force(self, on: date) -> bool:
        """Say whether the rule holds on a night."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """A kind of place, with the rules in force on a night. The facility's own agreement goes before every field.

    Parameters
    ----------
    code, fr, en : str
        Code, French and English names.
    finess : tuple of str
        Categories of the FINESS register; empty when it has none.
    rules : tuple of Rule
        Those in force, with their sources.
    decider : tuple of str
        Who agrees to the admission, all of them (vocabulary ``deciders``).
    admits : tuple of Clause
        Who is admissible; one clause is enough.
    scope : Scope
        From where a request may come.
    disclosure : str
        ``open``, ``confidential`` or ``secret``: who may learn the address.
    answer_hours : int
        Hours a proposal waits for an answer before it expires.
    follow_on_nights : int
        Nights before the end of a stay at which the follow-on request is opened; 0: at once.
    ages : tuple of int or None
        Youngest and oldest age of principal and partner, whole years, inclusive.
    audience : Audience
        Whom it receives.
    requires : frozenset of str
        Statuses the request must all hold.
    decisions : frozenset of str
        Decisions of which the request must hold one; empty: none is needed.
    max_stay_nights, longest_nights : int or None
        Longest single stay, and longest once renewed; None: open.
    renewable : bool
        Whether a stay may be renewed.
    child_limit_months : int or None
        Age of the youngest child at which the stay ends.
    age_limit_years : int or None
        Age of the principal at which the stay ends.
    pair_is_one : bool
        Mother and infant count as one.
    may_be_secret : bool
        Whether a facility of the kind may be declared secret.
    emergency : bool
        Whether it receives at once; False: an admission procedure comes first.
    partner_percent : int or None
        Share of its places open to a household with a partner, per cent; None: not limited.
    """

    code: str
    fr: str
    en: str
    finess: tuple[str, ...]
    rules: tuple[Rule, ...]
    decider: tuple[str, ...]
    admits: tuple[Clause, ...]
    scope: Scope
    disclosure: str
    answer_hours: int
    follow_on_nights: int
    ages: tuple[int, int] | None = None
    audience: Audience = Audience.MIXED
    requires: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    max_stay_nights: int | None = None
    longest_nights: int | None = None
    renewable: bool = False
    child_limit_months: int | None = None
    age_limit_years: int | None = None
    pair_is_one: bool = False
    may_be_secret: bool = False
    emergency: bool = True
    partner_percent: int | None = None


MANDATORY: Final = frozenset({"decider", "admits", "scope", "disclosure", "answer_hours", "follow_on_nights"})
"""Fields without which a kind does not exist on a night: none of them has a harmless default."""

RULED: Final = frozenset(field.name for field in fields(PlaceKind)) - {"code", "fr", "en", "finess", "rules"}
"""Fields a rule may set."""


def _clause(given: Mapping[str, Any]) -> Clause:
    values = dict(given)
    if "principal_age" in values:
        lowest, highest = values["principal_age"]
        values["principal_age"] = (lowest, highest)
    values["statuses"] = frozenset(values.get("statuses", ()))
    return Clause(**values)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "admits": lambda given: tuple(_clause(clause) for clause in given),
    "ages": lambda given: (given[0], given[1]),
    "audience": Audience,
    "decider": tuple,
    "decisions": frozenset,
    "requires": frozenset,
    "scope": Scope,
}
"""How the value of a field is read; the others are taken as they are."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A kind as the file has it, with all its rules, past and future."""

    code: str
    fr: str
    en: str
    finess: tuple[str, ...]
    rules: tuple[Rule, ...]


@cache
def entries() -> tuple[_Entry, ...]:
    """Read `place_kinds.toml`.

    Raises
    ------
    ValueError
        A rule sets no known field, names no known source, ends before it begins, or meets another rule of its field
        on some night; the message names the kind and the field.
    """
    content = tomllib.loads(PLACE_KINDS.read_text("utf-8"))
    sources: dict[str, str] = content["sources"]
    found = []
    for kind in content["kinds"]:
        rules = tuple(_rule(kind["code"], rule, sources) for rule in kind["rules"])
        _refuse_overlaps(kind["code"], rules)
        found.append(_Entry(kind["code"], kind["fr"], kind["en"], tuple(kind["finess"]), rules))
    return tuple(found)


def _rule(kind: str, given: Mapping[str, Any], sources: Mapping[str, str]) -> Rule:
    where = f"{PLACE_KINDS.name}, {kind}, {given['field']}"
    if given["field"] not in RULED:
        raise ValueError(f"{where}: no such field")
    if given["source"] not in sources:
        raise ValueError(f"{where}: no source is called {given['source']}")
    rule = Rule(**{**given, "source": sources[given["source"]]})
    if rule.valid_until is not None and rule.valid_until <= rule.valid_from:
        raise ValueError(f"{where}: the rule ends before it begins")
    return rule


def _refuse_overlaps(kind: str, rules: tuple[Rule, ...]) -> None:
    for index, one in enumerate(rules):
        for other in rules[index + 1 :]:
            if one.field == other.field and (one.in_force(other.valid_from) or other.in_force(one.valid_from)):
                raise ValueError(f"{PLACE_KINDS.name}, {kind}, {one.field}: two rules on {other.valid_from}")


@cache
def place_kinds(on: date) -> Mapping[str, PlaceKind]:
    """Give the kinds of place that exist on a night, with the rules then in force.

    Parameters
    ----------
    on : date
        The night.

    Returns
    -------
    mapping of str to PlaceKind
        By code, in the order of the file; read-only. A kind lacks while one of `MANDATORY` has no rule.
    """
    kinds = {}
    for entry in entries():
        rules = tuple(rule for rule in entry.rules if rule.in_force(on))
        values = {rule.field: _READERS.get(rule.field, _as_it_is)(rule.value) for rule in rules}
        if values.keys() >= MANDATORY:
            kinds[entry.code] = PlaceKind(entry.code, entry.fr, entry.en, entry.finess, rules, **values)
    return MappingProxyType(kinds)


def _as_it_is(value: object) -> object:
    return value
