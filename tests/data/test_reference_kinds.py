"""Kinds of place and vocabulary: every row, their rules on a night, and the words they use."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models.facility import Disclosure
from data.models.place import ClosureReason
from data.models.request_codes import MinorityStatus, RefusalReason, RefusedBy, RequestState, SleepingTonight
from data.reference import kinds
from data.reference.kinds import MANDATORY, RULED, Scope, entries, place_kinds
from data.reference.loader import priority_classes, vocabulary
from matcher.place import Audience, Clause, Sharing
from matcher.request import Role, Sex

NOW = date(2026, 11, 21)
TRAFFICKED = frozenset({"trafficking_victim"})
ADULTS = [
    "acse",
    "chrs",
    "chu",
    "dna_fvv_teh",
    "hotel",
    "lam",
    "lhss",
    "night_shelter",
    "pension_famille",
    "residence_sociale",
]


def test_every_kind_of_the_field_is_there() -> None:
    assert list(place_kinds(NOW)) == [
        "koutcha",
        "satouk",
        "acse",
        "lhss",
        "lhss_perinatal",
        "lam",
        "chrs",
        "chu",
        "night_shelter",
        "perinatal",
        "centre_maternel",
        "centre_parental",
        "hotel",
        "foyer_enfance",
        "mecs",
        "mecs_specialised",
        "lieu_de_vie",
        "mna_shelter",
        "dna_fvv_teh",
        "residence_sociale",
        "pension_famille",
        "fjt",
    ]


def test_secret_and_confidential_kinds() -> None:
    of = {kind.code: kind.disclosure for kind in place_kinds(NOW).values()}
    assert {code for code, level in of.items() if level == "secret"} == {"koutcha", "mecs_specialised"}
    assert {code for code, level in of.items() if level == "confidential"} == {"satouk", "acse", "dna_fvv_teh"}
    may = {kind.code for kind in place_kinds(NOW).values() if kind.may_be_secret}
    assert may == {"chrs", "chu", "centre_maternel"}


@pytest.mark.parametrize("code", ADULTS)
def test_kinds_for_adults_never_admit_a_minor_as_principal(code: str) -> None:
    assert all(clause.minor_principal is False for clause in place_kinds(NOW)[code].admits)


def test_only_these_kinds_may_admit_an_unaccompanied_minor() -> None:
    def admits_minor(clause: Clause) -> bool:
        return clause.minor_principal is not False and (clause.principal_age is None or clause.principal_age[0] < 18)

    alone = {
        kind.code
        for kind in place_kinds(NOW).values()
        for clause in kind.admits
        # A clause about a child or a pregnancy speaks of a mother, one about a partner of a couple.
        if admits_minor(clause) and clause.youngest_child_months_below is None and clause.pregnant_weeks_min is None
    }
    assert alone == {
        *("koutcha", "satouk", "foyer_enfance", "mecs", "mecs_specialised", "lieu_de_vie", "mna_shelter", "fjt")
    }


def test_koutcha() -> None:
    kind = place_kinds(NOW)["koutcha"]
    assert kind.finess == ("378",)
    assert kind.admits == (
        Clause(principal_age=(13, 17), statuses=TRAFFICKED),
        Clause(principal_age=(18, 20), statuses=TRAFFICKED),
    )
    assert (kind.max_stay_nights, kind.renewable, kind.longest_nights) == (182, True, 365)
    assert kind.decisions == {"koutcha_evaluation"}
    assert kind.scope is Scope.NATIONAL


def test_mother_and_infant() -> None:
    perinatal, lhss = place_kinds(NOW)["perinatal"], place_kinds(NOW)["lhss_perinatal"]
    assert perinatal.admits == (Clause(pregnant_weeks_min=24), Clause(youngest_child_months_below=3))
    assert (perinatal.child_limit_months, perinatal.partner_percent, perinatal.scope) == (3, 20, Scope.REGION)
    assert lhss.pair_is_one
    assert lhss.max_stay_nights == 60
    assert [kind.code for kind in place_kinds(NOW).values() if kind.pair_is_one] == ["lhss_perinatal"]
    couple = {clause.has_partner for clause in place_kinds(NOW)["centre_maternel"].admits}
    assert couple == {False}


def test_acse_is_no_emergency_scheme_and_lies_in_another_departement() -> None:
    kind = place_kinds(NOW)["acse"]
    assert not kind.emergency
    assert kind.scope is Scope.OTHER_DEPARTEMENT
    assert kind.decisions == {"acse_evaluation"}


def test_unaccompanied_minors_are_sheltered_five_nights_three_times() -> None:
    kind = place_kinds(NOW)["mna_shelter"]
    assert (kind.max_stay_nights, kind.longest_nights) == (5, 15)
    assert kind.decisions == frozenset()


def test_a_rule_changes_source_on_its_night() -> None:
    def why(on: date, code: str, field: str) -> str:
        (rule,) = [rule for rule in place_kinds(on)[code].rules if rule.field == field]
        return rule.source

    assert "L221-2-3" not in why(date(2024, 1, 31), "hotel", "admits")
    assert "L221-2-3" in why(date(2024, 2, 1), "hotel", "admits")
    assert "Expérimentation" in why(date(2024, 12, 4), "lhss_perinatal", "pair_is_one")
    assert "Décret" in why(date(2024, 12, 5), "lhss_perinatal", "pair_is_one")


def test_a_kind_does_not_exist_before_its_rules() -> None:
    assert "koutcha" not in place_kinds(date(2020, 12, 31))
    assert "koutcha" in place_kinds(date(2021, 1, 1))
    assert place_kinds(date(1990, 1, 1)) == {}


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 1, 1)))
def test_on_any_night_the_kinds_are_whole_and_speak_the_vocabulary(on: date) -> None:
    words = vocabulary()
    for kind in place_kinds(on).values():
        given_fields = [rule.field for rule in kind.rules]
        assert len(given_fields) == len(set(given_fields))
        assert set(given_fields) >= MANDATORY
        assert all(rule.source and rule.in_force(on) for rule in kind.rules)
        assert set(kind.decider) <= words["deciders"].keys()
        assert kind.decisions <= words["decisions"].keys()
        assert kind.requires <= words["statuses"].keys()
        assert all(clause.statuses <= words["statuses"].keys() for clause in kind.admits)
        assert kind.disclosure in words["disclosures"]
        assert kind.admits
        assert kind.answer_hours > 0
        assert kind.longest_nights is None or (
            kind.max_stay_nights is not None and kind.max_stay_nights <= kind.longest_nights
        )


def test_words_and_closed_lists_agree() -> None:
    words = vocabulary()
    for group, codes in (
        ("audiences", Audience),
        ("sharing", Sharing),
        ("roles", Role),
        ("sexes", Sex),
        ("scopes", Scope),
        ("disclosures", Disclosure),
        ("closure_reasons", ClosureReason),
        ("minority_statuses", MinorityStatus),
        ("request_states", RequestState),
        ("sleeping_tonight", SleepingTonight),
    ):
        assert list(words[group]) == [str(code) for code in codes], group
    for who in RefusedBy:
        mine = [term.code for term in words["refusal_reasons"].values() if who.value in term.by]
        assert mine == [reason.value for reason in RefusalReason.of(who)]


def test_every_word_has_both_languages() -> None:
    for group, terms in vocabulary().items():
        for code, term in terms.items():
            assert term.code == code
            assert term.fr.strip(), (group, code)
            assert term.en.strip(), (group, code)


def test_the_15_services() -> None:
    assert len(vocabulary()["services"]) == 15


def test_priority_classes_leave_the_less_urgent_more_time() -> None:
    assert [one.latest_nights for one in priority_classes().values()] == [3, 7, 14, 14]
    assert list(priority_classes()) == [1, 2, 3, 4]


FILE = """
[sources]
law = "Loi"
[[kinds]]
code = "x"
finess = []
fr = "X"
en = "X"
rules = [{rules}]
"""


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('{ field = "colour", value = 1, source = "law", valid_from = 2020-01-01 }', "x, colour: no such field"),
        ('{ field = "ages", value = [1, 2], source = "lore", valid_from = 2020-01-01 }', "no source is called lore"),
        (
            '{ field = "ages", value = [1, 2], source = "law", valid_from = 2020-01-01, valid_until = 2020-01-01 }',
            "ends before it begins",
        ),
        (
            (
                '{ field = "ages", value = [1, 2], source = "law", valid_from = 2020-01-01, valid_until = 2021-01-02 },'
                '{ field = "ages", value = [1, 3], source = "law", valid_from = 2021-01-01 }'
            ),
            "two rules on 2021-01-01",
        ),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str, message: str) -> None:
    path = tmp_path / "place_kinds.toml"
    path.write_text(FILE.replace("{rules}", rules), encoding="utf-8")
    monkeypatch.setattr(kinds, "PLACE_KINDS", path)
    entries.cache_clear()
    try:
        with pytest.raises(ValueError, match=message):
            entries()
    finally:
        entries.cache_clear()


def test_rules_name_every_field_they_may_set() -> None:
    assert {rule.field for entry in entries() for rule in entry.rules} == RULED
    night = timedelta(days=1)
    ended = [rule for entry in entries() for rule in entry.rules if rule.valid_until]
    assert all(rule.in_force(rule.valid_until - night) and not rule.in_force(rule.valid_until) for rule in ended)
