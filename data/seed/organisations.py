"""Invented organisations, named by what they do: SIAO, départements, coordinations, operators of places."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from data.models.organisation import OrganisationKind
from data.reference.loader import departements
from data.seed.chance import Chance
from data.seed.geography import population

Row = dict[str, Any]
"""Columns of one row, by name."""

MARK: Final = "Escale, données de démonstration"
"""Name of the organisation by which a database is known to hold invented data only."""
FEWEST: Final = 3
"""Operators of a département, at least."""
PEOPLE_EACH: Final = 200_000
"""Inhabitants for which there is one more operator."""


@dataclass(frozen=True)
class Organisations:
    """Rows of organisations, and who runs what.

    Parameters
    ----------
    rows : list of dict
        Rows of the table ``organisation``.
    siao, departement : mapping of str to str
        Identifier by code of the département.
    operators : mapping of str to list of str
        Identifiers of the operators of each département.
    national : mapping of str to str
        Identifier of ``koutcha``, ``acse``, ``ofii``, ``justice``, ``observatory`` and of the ``demo`` itself.
    """

    rows: list[Row]
    siao: Mapping[str, str]
    departement: Mapping[str, str]
    operators: Mapping[str, list[str]]
    national: Mapping[str, str]


_NATIONAL: Final = {
    "koutcha": ("Coordination Koutcha", OrganisationKind.COORDINATION),
    "acse": ("Coordination Ac.Sé", OrganisationKind.COORDINATION),
    "ofii": ("OFII", OrganisationKind.ADMINISTRATION),
    "justice": ("Autorité judiciaire", OrganisationKind.ADMINISTRATION),
    "observatory": ("Observatoire des besoins", OrganisationKind.ANALYST),
    "demo": (MARK, OrganisationKind.ADMINISTRATION),
}


def organisations(chance: Chance, now: datetime) -> Organisations:
    """Make one SIAO and one département council for each of the 101 départements, operators, and national bodies.

    Parameters
    ----------
    chance : Chance
        Draws the identifiers.
    now : datetime
        When they were registered and verified.
    """
    rows: list[Row] = []

    def add(name: str, kind: OrganisationKind, departement: str | None = None) -> str:
        identifier = chance.identifier()
        rows.append(
            {
                "id": identifier,
                "name": name,
                "kind": kind,
                "departement": departement,
                "verified_at": now,
                "created_at": now,
                "version": 1,
            }
        )
        return identifier

    national = {code: add(name, kind) for code, (name, kind) in _NATIONAL.items()}
    siao = {code: add(f"SIAO {code}", OrganisationKind.SIAO, code) for code in departements()}
    councils = {
        code: add(f"Conseil départemental {code}", OrganisationKind.DEPARTEMENT, code) for code in departements()
    }
    operators = {
        code: [
            add(f"Opérateur {code}-{number:02}", OrganisationKind.OPERATOR, code)
            for number in range(1, FEWEST + 1 + int(population(code) / PEOPLE_EACH))
        ]
        for code in departements()
    }
    return Organisations(rows, siao, councils, operators, national)
