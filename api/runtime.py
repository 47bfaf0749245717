"""What one application holds while it runs: its engine, clock and settings."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.clock import Clock
from api.config import Settings
from api.services.context import Context

_NAME = "escale"


@dataclass(frozen=True)
class Runtime:
    """Parts that every request uses.

    Parameters
    ----------
    engine : Engine
        Of the database.
    clock : Clock
        Tells the time.
    settings : Settings
        As read at start.
    """

    engine: Engine
    clock: Clock
    settings: Settings

    def context(self, session: Session) -> Context:
        """Say where and when a service works, for one transaction."""
        return Context(
            session=session,
            now=self.clock.now(),
            reference_secret=self.settings.reference_secret,
            audit_secret=self.settings.audit_secret,
        )


def install(app: Flask, runtime: Runtime) -> None:
    """Give an application its parts."""
    app.extensions[_NAME] = runtime


def runtime() -> Runtime:
    """Return the parts of the application that answers."""
    return runtime_of(current_app)


def runtime_of(app: Flask) -> Runtime:
    """Return the parts of an application."""
    return cast("Runtime", app.extensions[_NAME])
