"""Every refusal is worded in both languages, and the schema library's own sentences too."""

import string

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from api.i18n import TEXTS, translate, word
from api.services.reasons import Reason


def values_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("reason", list(Reason))
def test_both_languages_say_the_same_values(reason: Reason) -> None:
    french, english = TEXTS[reason]
    assert french
    assert english
    assert french != english
    assert values_in(french) == values_in(english)


class Everything(Schema):
    missing = fields.Integer(required=True)
    null = fields.Integer()
    whole = fields.Integer(strict=True)
    day = fields.Date()
    text = fields.String()
    flag = fields.Boolean()
    number = fields.Float()
    rows = fields.List(fields.Integer())
    nested = fields.Nested(lambda: Everything(only=("day",)))
    low = fields.Integer(validate=validate.Range(min=1, max=4))
    above = fields.Float(validate=validate.Range(min=0, min_inclusive=False))
    short = fields.String(validate=validate.Length(min=2))
    long = fields.String(validate=validate.Length(max=2))
    pair = fields.List(fields.Integer(), validate=validate.Length(equal=2))
    one = fields.String(validate=validate.OneOf(["a", "b"]))
    form = fields.String(validate=validate.Regexp("a"))
    infinite = fields.Float()


def test_no_sentence_of_the_library_stays_in_english() -> None:
    given = {
        "null": None,
        "whole": 17.5,
        "day": "x",
        "text": 3,
        "flag": "x",
        "number": "x",
        "rows": 3,
        "nested": 3,
        "low": 9,
        "above": 0,
        "short": "a",
        "long": "aaa",
        "pair": [1],
        "one": "c",
        "form": "b",
        "infinite": float("inf"),
        "unknown": 1,
    }
    with pytest.raises(ValidationError) as refused:
        Everything().load(given)
    messages = refused.value.normalized_messages()
    assert messages.keys() == Everything().fields.keys() | {"unknown"}
    for name, found in messages.items():
        for message in found if isinstance(found, list) else found["_schema"]:
            assert translate(message, "fr") != message, f"{name}: {message}"
            assert "{" not in translate(message, "fr")
    assert (
        translate("Must be greater than or equal to 1 and less than or equal to 4.", "fr") == "Hors limites (≥ 1, ≤ 4)."
    )
    assert translate("Something else.", "fr") == "Something else."


def test_values_are_named() -> None:
    assert word(Reason.NIGHT_PAST, {"tonight": "2026-11-21"}, "en").endswith("2026-11-21.")
