"""Settings of one running service, read once from the environment and frozen."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

SECRET_BYTES_MIN = 32
"""Shortest key of a keyed hash, in bytes (the output length of SHA-256)."""
DEMO_SECRET = b"escale demo: invented data only, so this key protects nothing"
"""Key of the demo, public on purpose; refused outside it."""
DEMO_AUDIT_SECRET = b"escale demo: nobody needs to trust what is recorded of invented acts"
"""Same, for the chain of the audit log."""
DEMO_SESSION_SECRET = b"escale demo: whoever reads this may log in to invented data"
"""Same, for cookies and second factors."""


ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
"""An e-mail address as HTML forms take it (WHATWG, "valid e-mail address"), ASCII only."""
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine."""


_HOURS = frozenset(map(str, range(24)))


class ConfigError(Exception):
    """A setting is missing or wrong; the message names the variable and what it should be."""


@dataclass(frozen=True)
class PostSettings:
    """Where notifications leave from.

    Parameters
    ----------
    smtp_url : str or None
        ``smtps://[USER:PASSWORD@]HOST[:PORT]``, or ``smtp://…``, which starts TLS before anything else
        (``ESCALE_SMTP_URL``). ``?starttls=no`` is for a relay on the same machine only. None: no e-mail leaves.
    mail_from : str
        Sender (``ESCALE_MAIL_FROM``).
    site_url : str
        Where messages lead (``ESCALE_SITE_URL``), without a slash at the end.
    loopback : bool
        Webhooks may be on this machine, in plain HTTP (``ESCALE_WEBHOOKS_LOOPBACK=1``, or the demo).
    """

    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "escale@localhost"
    site_url: str = "http://127.0.0.1:8000"
    loopback: bool = False


class Jobs(StrEnum):
    """Who does the work that must happen later."""

    EMBEDDED = "embedded"
    """One of the web server's own processes."""
    PROCRASTINATE = "procrastinate"
    """`escale jobs work`, on any number of hosts; PostgreSQL only."""
    OFF = "off"
    """Nobody: for tests and for maintenance."""


@dataclass(frozen=True)
class JobSettings:
    """How the work that must happen later is done.

    Parameters
    ----------
    mode : Jobs
        Who does it (``ESCALE_JOBS``).
    nightly_hour : int
        Hour in Paris of the run of the night, 0 to 23 (``ESCALE_NIGHTLY_HOUR``).
    silent_seconds : int
        How long a worker may be silent before an alert (``ESCALE_JOBS_SILENT_SECONDS``).
    run_seconds : int
        How long one run may be computed before its process is ended (``ESCALE_RUN_SECONDS``).
    ping_url : str or None
        Asked for while all is well; whoever watches it raises the alarm when it stops (``ESCALE_PING_URL``).
    anchor_file : str or None
        File, on another machine's disk, that lines of the record of acts are added to (``ESCALE_ANCHOR_FILE``).
    """

    mode: Jobs = Jobs.OFF
    nightly_hour: int = 18
    silent_seconds: int = 60
    run_seconds: int = 900
    ping_url: str | None = field(default=None, repr=False)
    anchor_file: str | None = None


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
    session_secret : bytes
        Key of cookies, links and second factors (``ESCALE_SESSION_SECRET``, same form). Losing it ends every session
        and asks everybody for a new second factor.
    trusted_proxies : int
        How many proxies stand in front, whose word on the browser's address is taken (``ESCALE_TRUSTED_PROXIES``).
    demo : bool
        Invented data only (``ESCALE_DEMO=1``): the keys above may then be left out.
    body_bytes_max : int
        Largest request body accepted, in bytes (``ESCALE_BODY_BYTES_MAX``).
    post : PostSettings
        Where notifications leave from.
    jobs : JobSettings
        How the work that must happen later is done.
    """

    database_url: str = field(repr=False)
    reference_secret: bytes = field(repr=False)
    demo: bool = False
    body_bytes_max: int = 256 * 1024
    audit_secret: bytes = field(default=DEMO_AUDIT_SECRET, repr=False)
    audit_secrets_old: tuple[bytes, ...] = field(default=(), repr=False)
    session_secret: bytes = field(default=DEMO_SESSION_SECRET, repr=False)
    trusted_proxies: int = 0
    post: PostSettings = PostSettings()
    jobs: JobSettings = JobSettings()

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
            session_secret=_secret(env, "ESCALE_SESSION_SECRET", DEMO_SESSION_SECRET if demo else None),
            trusted_proxies=_whole(env, "ESCALE_TRUSTED_PROXIES", 0),
            demo=demo,
            body_bytes_max=_positive(env, "ESCALE_BODY_BYTES_MAX", 256 * 1024),
            post=_post(env, demo=demo),
            jobs=_jobs(env),
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


def _post(env: Mapping[str, str], *, demo: bool) -> PostSettings:
    smtp_url = env.get("ESCALE_SMTP_URL") or None
    if smtp_url is not None:
        _check_smtp(smtp_url)
    site_url = env.get("ESCALE_SITE_URL", PostSettings.site_url).rstrip("/")
    site = urlsplit(site_url)
    if site.scheme not in {"http", "https"} or not site.hostname or site.query or site.fragment:
        raise ConfigError("ESCALE_SITE_URL: give https://HOST")
    mail_from = env.get("ESCALE_MAIL_FROM", PostSettings.mail_from)
    if not ADDRESS.fullmatch(mail_from):
        raise ConfigError("ESCALE_MAIL_FROM: give an address, name@host")
    loopback = demo or _flag(env, "ESCALE_WEBHOOKS_LOOPBACK")
    return PostSettings(smtp_url=smtp_url, mail_from=mail_from, site_url=site_url, loopback=loopback)


def _check_smtp(text: str) -> None:
    # The value is never quoted in the message: it may hold a password.
    url = urlsplit(text)
    try:
        right = url.scheme in {"smtp", "smtps"} and bool(url.hostname) and url.port != 0
    except ValueError:
        right = False
    if not right or url.path.strip("/") or url.query not in {"", "starttls=no"}:
        raise ConfigError("ESCALE_SMTP_URL: give smtps://USER:PASSWORD@HOST:PORT or smtp://USER:PASSWORD@HOST:PORT")
    if url.query and (url.scheme == "smtps" or url.hostname not in LOOPBACK_HOSTS):
        raise ConfigError("ESCALE_SMTP_URL: starttls=no is for a relay on this machine only")


def _jobs(env: Mapping[str, str]) -> JobSettings:
    try:
        mode = Jobs(env.get("ESCALE_JOBS", Jobs.EMBEDDED))
    except ValueError:
        raise ConfigError(f"ESCALE_JOBS: give {', '.join(Jobs)}") from None
    if mode is Jobs.PROCRASTINATE and not env.get("ESCALE_DATABASE_URL", "").startswith("postgresql"):
        raise ConfigError("ESCALE_JOBS: procrastinate needs PostgreSQL in ESCALE_DATABASE_URL")
    hour = env.get("ESCALE_NIGHTLY_HOUR", str(JobSettings.nightly_hour))
    if hour not in _HOURS:
        raise ConfigError(f"ESCALE_NIGHTLY_HOUR: give a whole number from 0 to 23, not {hour!r}")
    # The value is never quoted in the message: its path is often a secret.
    ping_url = env.get("ESCALE_PING_URL") or None
    if ping_url is not None and (urlsplit(ping_url).scheme not in {"http", "https"} or not urlsplit(ping_url).hostname):
        raise ConfigError("ESCALE_PING_URL: give https://HOST/PATH")
    return JobSettings(
        mode=mode,
        nightly_hour=int(hour),
        silent_seconds=_positive(env, "ESCALE_JOBS_SILENT_SECONDS", JobSettings.silent_seconds),
        run_seconds=_positive(env, "ESCALE_RUN_SECONDS", JobSettings.run_seconds),
        ping_url=ping_url,
        anchor_file=env.get("ESCALE_ANCHOR_FILE") or None,
    )


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "0")
    if text not in {"0", "1"}:
        raise ConfigError(f"{name}: give 0 or 1, not {text!r}")
    return text == "1"


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 1:
        raise ConfigError(f"{name}: give a whole number from 0 to 9, not {text!r}")
    return int(text)


def _positive(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ConfigError(f"{name}: give a whole number of 1 or more, not {text!r}")
    return int(text)
