"""Settings of one running service, read once from the environment and frozen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

SECRET_BYTES_MIN = 32
"""Shortest key of a keyed hash, in bytes (the output length of SHA-256)."""
DEMO_SECRET = b"escale demo: invented data only, so this key protects nothing"
"""Key of the demo, public on purpose; refused outside it."""
DEMO_AUDIT_SECRET = b"escale demo: nobody needs to trust what is recorded of invented acts"
"""Same, for the chain of the audit log."""


class ConfigError(Exception):
    """A setting is missing or wrong; the message names the variable and what it should be."""


@dataclass(frozen=True)
class Settings:
    """What one process needs to know before it starts.

    Parameters
    ----------
    database_url : str
        SQLAlchemy URL: ``sqlite:///FILE`` or ``postgresql+psycopg://…`` (``ESCALE_DATABASE_URL``).
    reference_secret : bytes
        Key of the keyed hash of household references (``ESCALE_REFERENCE_SECRET``, hexadecimal, 32 bytes or
        more). Losing it only means that the same household filed twice is no longer noticed.
    audit_secret : bytes
        Key of the chain of the audit log (``ESCALE_AUDIT_SECRET``, same form). Kept apart from the database: whoever
        holds both can write the log anew, up to the last anchor kept elsewhere.
    audit_secrets_old : tuple of bytes
        Keys that were in use before (``ESCALE_AUDIT_SECRETS_OLD``, separated by commas): only `escale audit verify`
        needs them.
    demo : bool
        Invented data only (``ESCALE_DEMO=1``): the keys above may then be left out.
    body_bytes_max : int
        Largest request body accepted, in bytes (``ESCALE_BODY_BYTES_MAX``).
    """

    database_url: str = field(repr=False)
    reference_secret: bytes = field(repr=False)
    demo: bool = False
    body_bytes_max: int = 256 * 1024
    audit_secret: bytes = field(default=DEMO_AUDIT_SECRET, repr=False)
    audit_secrets_old: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Parameters
        ----------
        environ : mapping, optional
            In the place of the process's environment.

        Raises
        ------
        ConfigError
            A variable is missing or wrong.
        """
        env = os.environ if environ is None else environ
        demo = _flag(env, "ESCALE_DEMO")
        return cls(
            database_url=_database_url(env.get("ESCALE_DATABASE_URL", "sqlite:///escale.db")),
            reference_secret=_secret(env, "ESCALE_REFERENCE_SECRET", DEMO_SECRET if demo else None),
            audit_secret=_secret(env, "ESCALE_AUDIT_SECRET", DEMO_AUDIT_SECRET if demo else None),
            audit_secrets_old=tuple(
                _key("ESCALE_AUDIT_SECRETS_OLD", text)
                for text in env.get("ESCALE_AUDIT_SECRETS_OLD", "").split(",")
                if text
            ),
            demo=demo,
            body_bytes_max=_positive(env, "ESCALE_BODY_BYTES_MAX", 256 * 1024),
        )


def database_url_from_env(environ: Mapping[str, str] | None = None) -> str:
    """Read the database's address alone, for commands that need nothing else.

    Raises
    ------
    ConfigError
        The address is not one of SQLite or PostgreSQL.
    """
    env = os.environ if environ is None else environ
    return _database_url(env.get("ESCALE_DATABASE_URL", "sqlite:///escale.db"))


def _database_url(text: str) -> str:
    # The value is never quoted in the message: it may hold a password.
    if urlsplit(text).scheme.split("+")[0] not in {"sqlite", "postgresql"}:
        raise ConfigError("ESCALE_DATABASE_URL: give sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
    return text


def _secret(env: Mapping[str, str], name: str, of_demo: bytes | None) -> bytes:
    text = env.get(name)
    if text is not None:
        return _key(name, text)
    if of_demo is not None:
        return of_demo
    raise ConfigError(
        f"{name}: give a key of {SECRET_BYTES_MIN} bytes or more in hexadecimal, "
        'for instance from: python -c "import secrets; print(secrets.token_hex(32))"'
    )


def _key(name: str, text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise ConfigError(f"{name}: only hexadecimal digits are accepted") from None
    if len(key) < SECRET_BYTES_MIN:
        raise ConfigError(f"{name}: {SECRET_BYTES_MIN} bytes or more, not {len(key)}")
    return key


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "0")
    if text not in {"0", "1"}:
        raise ConfigError(f"{name}: give 0 or 1, not {text!r}")
    return text == "1"


def _positive(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ConfigError(f"{name}: give a whole number of 1 or more, not {text!r}")
    return int(text)
