"""What an agreement and a kind's rules say together; no database."""

from typing import Any

import pytest

from data.agreements import Agreement, resolve
from data.reference.loader import departements, place_kinds, regions
from matcher.place import Clause, Sharing
from tests import builders as b


def agreement(kind: str, **given: Any) -> Agreement:  # noqa: ANN401 - columns of the facility
    return resolve(b.facility(b.operator(), kind, **given), place_kinds(b.NIGHT)[kind])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("koutcha", None),
        ("chu", frozenset({"69"})),
        ("perinatal", regions()["84"]),
        ("acse", frozenset(departements()) - {"69"}),
    ],
)
def test_serves_comes_from_the_kinds_scope(kind: str, expected: frozenset[str] | None) -> None:
    assert agreement(kind).common["serves"] == expected


@pytest.mark.parametrize("kind", ["chu", "perinatal", "acse"])
def test_a_scope_around_an_unknown_departement_serves_nobody(kind: str) -> None:
    unknown = {"departement": None, "latitude": None, "longitude": None}
    assert agreement(kind, **unknown).common["serves"] == frozenset()


ADULTS = Clause(minor_principal=False)


@pytest.mark.parametrize("kind", ["chu", "night_shelter", "hotel", "chrs", "lhss", "lam", "acse"])
def test_kinds_for_adults_receive_no_minor_as_principal(kind: str) -> None:
    for admits in agreement(kind).admits.values():
        assert admits
        assert all(clause.minor_principal is False for clause in admits)


@pytest.mark.parametrize(
    ("sharing", "said", "expected"),
    [
        # Silent on minors: the kind's rule stays.
        (Sharing.PRIVATE, [{"has_partner": False}], (Clause(has_partner=False, minor_principal=False),)),
        # Said in so many words: true in a private place, void in a shared one.
        (Sharing.PRIVATE, [{"minor_principal": True}], (Clause(minor_principal=True),)),
        (Sharing.SHARED, [{"minor_principal": True}], ()),
        (Sharing.SHARED, [{"minor_principal": True}, {"pregnant_weeks_min": 1}],
         (Clause(pregnant_weeks_min=1, minor_principal=False),)),
        (Sharing.SHARED, None, (ADULTS,)),
        (Sharing.PRIVATE, None, (ADULTS,)),
    ],
)  # fmt: skip
def test_a_minor_in_a_kind_for_adults_needs_the_agreement_and_a_private_place(
    sharing: Sharing,
    said: list[dict[str, Any]] | None,
    expected: tuple[Clause, ...],
) -> None:
    assert agreement("chu", admits=said).admits[sharing] == expected
