"""The English catalogue says everything the pages say in French, and the compiled one is the one that is read."""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
ENGLISH = ROOT / "api/web/translations/en/LC_MESSAGES"
METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def said() -> set[str]:
    found = extract_from_dir(ROOT / "api", METHODS, keywords=KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def english() -> Catalog:
    with (ENGLISH / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def test_everything_said_is_said_in_english_too() -> None:
    worded = {each.id if isinstance(each.id, str) else each.id[0] for each in english() if each.id}
    assert said() - worded == set(), "not in the catalogue: make translations"
    assert worded - said() == set(), "nobody says these any more: make translations"
    empty = [
        each.id
        for each in english()
        if each.id and not (each.string if isinstance(each.string, str) else all(each.string))
    ]
    assert empty == []


def test_placeholders_are_the_same_in_both() -> None:
    wrong = [(each.id, errors) for each in english() if each.id for errors in [list(each.check())] if errors]
    assert wrong == []


def test_the_compiled_catalogue_is_the_one_that_is_read() -> None:
    expected = io.BytesIO()
    write_mo(expected, english())
    with (ENGLISH / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    expected.seek(0)
    # The header tells when; the words are what counts.
    words = [{each.id: each.string for each in catalogue if each.id} for catalogue in (compiled, read_mo(expected))]
    assert words[0] == words[1]
