"""Other servers, to show that the bars notice: one answers before it commits, one long after.

Named to gunicorn as ``tests.reliability.variants:early()``.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.app import create_app
from api.config import Settings
from api.extensions import smorest
from data.session import retrying, transaction

SECONDS: Final = 1.0
"""Between commit and answer."""


def early() -> Flask:
    """Answer a change, then commit it: what is acknowledged may be lost."""
    smorest.retrying = _early  # type: ignore[assignment]
    return create_app(Settings.from_env())


def late() -> Flask:
    """Commit a change, and be killed before the answer more often than not: only a key tells a repeat."""
    smorest.retrying = _late  # type: ignore[assignment]
    return create_app(Settings.from_env())


def _early(engine: Engine, work: Callable[[Session], Any]) -> Any:  # noqa: ANN401 - what the work returns
    with ExitStack() as stack:
        answer = work(stack.enter_context(transaction(engine)))
        later = stack.pop_all()

    def commit() -> None:
        time.sleep(SECONDS)
        later.close()

    threading.Thread(target=commit).start()
    return answer


def _late(engine: Engine, work: Callable[[Session], Any]) -> Any:  # noqa: ANN401 - what the work returns
    answer = retrying(engine, work)
    time.sleep(SECONDS)
    return answer
