"""Sealed values open in their own cell with their own key, and nowhere else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.sealing import KEY_BYTES, NONCE_BYTES, Cell, Keyring, SealBroken, key_of

OLD, NEW = bytes(range(KEY_BYTES)), bytes(range(1, KEY_BYTES + 1))
RING = Keyring("b", {"a": OLD, "b": NEW})
CELL = Cell("facility", "address", "0" * 32)
CELLS = st.builds(Cell, st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))


@given(CELLS, st.text(max_size=200))
def test_what_is_sealed_opens_in_its_cell(cell: Cell, text: str) -> None:
    assert RING.open(cell, RING.seal(cell, text)) == text


@given(CELLS, CELLS)
def test_no_other_cell_opens_it(mine: Cell, other: Cell) -> None:
    sealed = RING.seal(mine, "12 rue Inventée")
    if mine == other:
        assert RING.open(other, sealed)
    else:
        with pytest.raises(SealBroken):
            RING.open(other, sealed)


def test_cells_are_not_confused_by_where_their_parts_end() -> None:
    sealed = RING.seal(Cell("ab", "c", "d"), "x")
    with pytest.raises(SealBroken):
        RING.open(Cell("a", "bc", "d"), sealed)


@given(st.integers(0), st.integers(1, 255))
def test_an_altered_value_does_not_open(position: int, change: int) -> None:
    sealed = RING.seal(CELL, "12 rue Inventée")
    raw = bytearray(base64.urlsafe_b64decode(sealed[2:]))
    raw[position % len(raw)] ^= change
    with pytest.raises(SealBroken):
        RING.open(CELL, "b." + base64.urlsafe_b64encode(bytes(raw)).decode())


@pytest.mark.parametrize("junk", ["", ".", "b", "b.", "b.!!", "b.AAAA", "c." + "A" * 60, "12 rue Inventée"])
def test_what_was_never_sealed_does_not_open(junk: str) -> None:
    with pytest.raises(SealBroken):
        RING.open(CELL, junk)


def test_a_value_does_not_open_under_the_name_of_another_key() -> None:
    # The same key under two names is refused; a value renamed to another key is not that key's.
    sealed = RING.seal(CELL, "x")
    with pytest.raises(SealBroken):
        RING.open(CELL, "a" + sealed[1:])


def test_sealing_twice_gives_two_texts_without_the_clear_one() -> None:
    first, second = RING.seal(CELL, "CANARY"), RING.seal(CELL, "CANARY")
    assert first != second
    assert "CANARY" not in first
    assert len(first) >= NONCE_BYTES


def test_old_keys_open_and_the_active_one_seals() -> None:
    before = Keyring("a", {"a": OLD}).seal(CELL, "x")
    assert RING.open(CELL, before) == "x"
    assert not RING.is_current(before)
    assert key_of(RING.seal(CELL, "x")) == "b"
    assert RING.is_current(RING.seal(CELL, "x"))


@pytest.mark.parametrize(
    ("active", "keys"),
    [
        ("c", {"a": OLD}),
        ("a", {"a": OLD[:-1]}),
        ("a.b", {"a.b": OLD}),
        ("", {"": OLD}),
        ("a", {"a": OLD, "b": OLD}),
        ("a" * 17, {"a" * 17: OLD}),
    ],
)
def test_keys_that_would_not_protect_are_refused(active: str, keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring(active, keys)


def test_a_keyring_never_shows_its_keys() -> None:
    assert OLD.hex() not in repr(RING)
    assert repr(OLD) not in repr(RING)
