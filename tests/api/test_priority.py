"""The priority grid, one household a line."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.services.priority import Person, Situation, priority_class
from matcher.request import Role

NIGHT = date(2026, 11, 21)
ADULT = Person(40 * 12, Role.PRINCIPAL)
YOUNG = Person(19 * 12, Role.PRINCIPAL)
TEEN = Person(16 * 12, Role.PRINCIPAL)
BASE = Situation((ADULT,), None, frozenset(), "third_party", None, NIGHT)


def child(months: int) -> Person:
    return Person(months, Role.CHILD)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 4),
        ({"people": (ADULT, child(2))}, 1),
        ({"people": (ADULT, child(3))}, 2),
        ({"people": (ADULT, child(35))}, 2),
        ({"people": (ADULT, child(36))}, 3),
        ({"pregnant_weeks": 24}, 1),
        ({"pregnant_weeks": 23}, 4),
        ({"statuses": {"trafficking_victim", "immediate_danger"}}, 1),
        ({"statuses": {"trafficking_victim"}}, 2),
        ({"statuses": {"violence_victim"}}, 2),
        ({"statuses": {"immediate_danger"}}, 3),
        ({"statuses": {"health_problem"}}, 2),
        ({"statuses": {"strong_vulnerability"}}, 3),
        ({"people": (TEEN,), "sleeping_tonight": "street"}, 1),
        ({"people": (TEEN,), "sleeping_tonight": "exploiter"}, 1),
        ({"people": (TEEN,), "sleeping_tonight": "third_party"}, 3),
        ({"people": (TEEN,), "sleeping_tonight": "facility", "sleeping_until": NIGHT - timedelta(days=1)}, 1),
        ({"people": (TEEN,), "sleeping_tonight": "facility", "sleeping_until": NIGHT}, 3),
        ({"people": (Person(30 * 12, Role.PRINCIPAL, presumed_minor=True),), "sleeping_tonight": "street"}, 1),
        ({"people": (TEEN, Person(20 * 12, Role.OTHER)), "sleeping_tonight": "street"}, 3),
        (
            {
                "people": (TEEN, Person(20 * 12, Role.OTHER)),
                "sleeping_tonight": "street",
                "statuses": {"unaccompanied"},
            },
            1,
        ),
        ({"people": (YOUNG,), "sleeping_tonight": "street"}, 2),
        ({"people": (Person(25 * 12 + 11, Role.PRINCIPAL),), "sleeping_tonight": "station"}, 2),
        ({"people": (Person(26 * 12, Role.PRINCIPAL),), "sleeping_tonight": "station"}, 4),
        ({"people": (YOUNG,)}, 4),
        ({"people": (Person(65 * 12, Role.PRINCIPAL),)}, 3),
    ],
)
def test_grid(changes: dict[str, object], expected: int) -> None:
    if "statuses" in changes:
        changes = {**changes, "statuses": frozenset(changes["statuses"])}  # type: ignore[call-overload]
    assert priority_class(replace(BASE, **changes)) == expected  # type: ignore[arg-type]
