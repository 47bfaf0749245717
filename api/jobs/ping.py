"""The sign of life given outside: when it stops, somebody else's machine raises the alarm."""

import logging
import threading
import time
import urllib.request
from typing import Final

PING_SECONDS: Final = 30.0
"""How often, at most."""
TIMEOUT_SECONDS: Final = 5.0
"""How long the other machine may take."""

_log = logging.getLogger("escale.jobs")


class Ping:
    """Asks for an address now and then; what it answers does not matter, and nobody waits for it.

    Parameters
    ----------
    url : str or None
        ``https://…`` of a service that watches for its absence; None: nothing is sent.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._next = 0.0

    def send(self) -> None:
        """Give the sign, unless it was given just now."""
        now = time.monotonic()
        if self._url is None or now < self._next:
            return
        self._next = now + PING_SECONDS
        threading.Thread(target=self._ask, args=(self._url,), name="escale ping", daemon=True).start()

    @staticmethod
    def _ask(url: str) -> None:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS):  # noqa: S310 (a setting, checked to be HTTP)
                pass
        except OSError as error:
            # Its address may hold a secret: only the kind of error is told.
            _log.warning("the outside watch could not be reached: %s", type(error).__name__)
