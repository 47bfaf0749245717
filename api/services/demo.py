"""Making the database of the demo: invented places, and the tokens of a few roles."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session

from api.services import demo_accounts, tokens
from api.services.actor import Role
from api.services.context import Context
from data import schema
from data.seed import store
from data.seed.inventory import Inventory, inventory
from data.seed.organisations import MARK
from data.session import make_engine, transaction

TOKEN_DAYS: Final = 30
"""Life of the demo's tokens, in days."""
SHOWN_SIAO: Final = ("75", "93")
"""Départements whose SIAO is among the demo's tokens and accounts."""
NATIONAL: Final = "coordination-koutcha"
"""Name of the token with which the demo asks for the night's run."""


class ForeignDatabase(Exception):  # noqa: N818 (a fact about the database, told to a person)
    """The database holds something that the demo did not make; it is left as it is."""


@dataclass(frozen=True)
class Demo:
    """A database that is ready.

    Parameters
    ----------
    places, organisations : int
        How many were written.
    occupied : int
        Places where nobody can come tonight: full, or closed.
    siao : mapping of str to str
        Secret of each SIAO's coordinator token, by département.
    tokens : mapping of str to str
        Secrets of the tokens shown to people, by name.
    """

    places: int
    organisations: int
    occupied: int
    siao: Mapping[str, str] = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)


def claim(url: str) -> Engine:
    """Open the demo's database, empty, at the newest schema.

    Parameters
    ----------
    url : str
        One that does not exist yet, is empty, or was made by an earlier demo: that one is made anew.

    Raises
    ------
    ForeignDatabase
        There is something else; nothing was touched.
    """
    if make_url(url).get_backend_name() == "sqlite":
        _make_way(Path(make_url(url).database or ""))
        engine = make_engine(url)
    else:
        engine = make_engine(url)
        if not store.is_empty(engine):
            if not store.holds_invented_data(engine):
                raise ForeignDatabase
            schema.downgrade(engine, "base")
    schema.upgrade(engine)
    return engine


def build(
    engine: Engine,
    context_of: Callable[[Session], Context],
    *,
    night: date,
    now: datetime,
    seed: int,
    scale: float = 1.0,
) -> Demo:
    """Fill an empty database with an invented inventory, and make tokens.

    Parameters
    ----------
    engine : Engine
        From `claim`.
    context_of : callable
        Session → context.
    night, now : date and datetime
        For which it is made.
    seed : int
        Of every draw; only the tokens' secrets are not drawn from it.
    scale : float
        1 for 20 000 places.
    """
    made = inventory(seed, night, now, scale)
    with transaction(engine) as session:
        store.write(session, made)
        context = context_of(session)
        siao = {
            departement: _token(context, organisation, Role.COORDINATOR, f"SIAO {departement}")
            for departement, organisation in made.organisations.siao.items()
        }
        shown = {name: _token(context, *whose, name) for name, whose in _roles(made).items()}
        siao_at_night = {f"siao-{code}": (made.organisations.siao[code], Role.COORDINATOR) for code in SHOWN_SIAO}
        demo_accounts.make(context, {**_roles(made), **siao_at_night})
    return Demo(
        places=len(made.places),
        organisations=len(made.organisations.rows),
        occupied=made.occupied(night),
        siao=siao,
        tokens={**shown, **{f"siao-{code}": siao[code] for code in SHOWN_SIAO}},
    )


def _roles(made: Inventory) -> dict[str, tuple[str, Role]]:
    """Say which organisations' tokens are shown, one of each role at least."""
    owners = made.organisations
    largest = max({row["organisation_id"] for row in made.facilities}, key=lambda one: (made.run_by(one), one))
    return {
        NATIONAL: (owners.national["koutcha"], Role.COORDINATOR),
        "coordination-acse": (owners.national["acse"], Role.DECIDER),
        "siao-93-referrer": (owners.siao["93"], Role.REFERRER),
        "departement-93-decider": (owners.departement["93"], Role.DECIDER),
        "shelter": (largest, Role.SHELTER),
        "analyst": (owners.national["observatory"], Role.ANALYST),
        "auditor": (owners.national["demo"], Role.AUDITOR),
        "admin": (owners.national["demo"], Role.ADMIN),
    }


def _token(context: Context, organisation: str, role: Role, label: str) -> str:
    made = tokens.create(context, organisation_id=organisation, role=role, label=f"Demo: {label}", days=TOKEN_DAYS)
    return made.secret


def _make_way(path: Path) -> None:
    if path.exists():
        # Looked at by a reader that may change nothing: opening it as ours would already write to it.
        if path.stat().st_size and not _is_ours(path):
            raise ForeignDatabase
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)


def _is_ours(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM organisation WHERE name = ?", (MARK,)).fetchone()
    except sqlite3.Error:
        return False
    return found is not None
