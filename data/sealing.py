"""Sealing what must not rest in clear: AES-256-GCM, each value bound to its own cell.

A sealed value is text: ``KEY_ID.NONCE+CIPHERTEXT`` (base64url). Table, column, row and key are authenticated with it,
so that a value copied to another row, column or key does not open. Nothing opens by itself: whoever reads a row reads
the sealed text, and the few who need what is in it ask a `Keyring`. Source: security.md, "Controls".
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
"""Length of a key: AES-256."""
NONCE_BYTES: Final = 12
"""Length of a nonce, drawn anew for each sealing: 2**32 of one key stay far from the bound of NIST SP 800-38D, §8.3."""
KEY_ID_MAX: Final = 16
"""Longest name of a key (characters)."""


class Cell(NamedTuple):
    """Where a value is kept."""

    table: str
    column: str
    row: str


class SealBroken(Exception):  # noqa: N818 (a fact about the value)
    """A sealed value does not open: altered, moved from another cell, or of a key that is not there.

    Which of these, and where, is for the log's allow-listed fields; the value is never quoted.
    """


@dataclass(frozen=True)
class Keyring:
    """The keys that open, and the one that seals.

    Parameters
    ----------
    active : str
        Name of the key that new values are sealed with.
    keys : mapping of str to bytes
        By name; 32 bytes each.

    Raises
    ------
    ValueError
        A name is not 1 to 16 letters and digits, a key has another length, two are equal, or the active one is missing.
    """

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse keys that would not protect."""
        if self.active not in self.keys:
            message = f"the active key {self.active!r} is not among the keys"
            raise ValueError(message)
        for name, key in self.keys.items():
            if not (name.isascii() and name.isalnum() and len(name) <= KEY_ID_MAX):
                message = f"a key's name is 1 to {KEY_ID_MAX} letters and digits"
                raise ValueError(message)
            if len(key) != KEY_BYTES:
                message = f"key {name}: {KEY_BYTES} bytes, not {len(key)}"
                raise ValueError(message)
        if len(set(self.keys.values())) < len(self.keys):
            message = "two names bear the same key"
            raise ValueError(message)

    def seal(self, cell: Cell, text: str) -> str:
        """Seal a text for one cell with the active key.

        Parameters
        ----------
        cell : Cell
            Where it will be kept; the same cell opens it.
        text : str
            What to seal, of any length.

        Returns
        -------
        str
            Never the same twice.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(self.keys[self.active]).encrypt(nonce, text.encode(), _bound(cell, self.active))
        return f"{self.active}.{base64.urlsafe_b64encode(nonce + cipher).decode()}"

    def open(self, cell: Cell, sealed: str) -> str:
        """Open what was sealed for a cell.

        Raises
        ------
        SealBroken
            It was not sealed for this cell by one of these keys, or it was altered.
        """
        name = key_of(sealed)
        key = self.keys.get(name)
        if key is None:
            message = "no key of that name"
            raise SealBroken(message)
        try:
            raw = base64.b64decode(sealed[len(name) + 1 :], altchars=b"-_", validate=True)
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(cell, name)).decode()
        except (binascii.Error, InvalidTag, ValueError):
            message = "the value was altered, or belongs to another cell"
            raise SealBroken(message) from None

    def is_current(self, sealed: str) -> bool:
        """Tell whether a value is sealed with the active key: a rotation leaves it as it is."""
        return key_of(sealed) == self.active


def key_of(sealed: str) -> str:
    """Return the name of the key a value was sealed with; empty when it is no sealed value."""
    name, dot, _ = sealed.partition(".")
    return name if dot else ""


def _bound(cell: Cell, key_id: str) -> bytes:
    # Lengths before the parts: no two cells give the same bytes.
    parts = [part.encode() for part in (*cell, key_id)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
