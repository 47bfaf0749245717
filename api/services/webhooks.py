"""Webhooks: a signed POST, after Standard Webhooks (standardwebhooks.com, version 1).

The signature covers identifier, instant and body: what is replayed is old, what is repeated bears the same identifier.
"""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from api.config import PostSettings
from api.services.letters import Letter, link_of
from api.services.outcome import DELIVERED, Fate, Outcome, fault, later, refused
from api.services.peers import NotAllowed, resolve

SECONDS: Final = 10
"""Longest wait for one step of the answer."""
WHOLE_SECONDS: Final = 30
"""Longest wait for all of it: somebody who answers a byte at a time holds no worker."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (how Standard Webhooks marks a secret)
_WAIT: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def shown(secret: bytes) -> str:
    """Write a secret as its owner's library takes it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def body_of(letter: Letter, settings: PostSettings) -> bytes:
    """Write the body of a letter: the same bytes at every try."""
    data: dict[str, object] = {"id": letter.id}
    if letter.code is None:
        data |= {"urgent": letter.urgent, "link": link_of(letter, settings.site_url)}
    else:
        data |= {"code": letter.code}
    kind = "escale.awaits" if letter.code is None else "escale.verification"
    whole = {"type": kind, "timestamp": letter.created_at.isoformat(), "data": data}
    return json.dumps(whole, separators=(",", ":")).encode()


def headers_of(letter: Letter, body: bytes) -> Mapping[str, str]:
    """Sign a body for one try.

    Parameters
    ----------
    letter : Letter
        For its identifier, the instant of the try and the secret.
    body : bytes
        As sent.
    """
    instant = str(int(letter.now.timestamp()))
    signed = b".".join((letter.id.encode(), instant.encode(), body))
    mac = base64.b64encode(hmac.new(letter.secret, signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Escale",
        "webhook-id": letter.id,
        "webhook-timestamp": instant,
        "webhook-signature": f"v1,{mac}",
    }


def send(letter: Letter, settings: PostSettings) -> Outcome:
    """Post a letter to its webhook.

    Returns
    -------
    Outcome
        Delivered on 2xx. Refused on 3xx (redirects are not followed: they would lead where nobody agreed to) and 4xx;
        gone on 410. Later on 5xx, 408, 425, 429, and when nobody answers. Refused, without a byte sent, where the
        address is not one of the public Internet (`api.services.peers`).
    """
    body = body_of(letter, settings)
    try:
        status = _post(urlsplit(letter.address), body, headers_of(letter, body), settings)
    except NotAllowed:
        return refused("address_not_public")
    except (OSError, http.client.HTTPException) as error:
        return later(fault(error))
    return _judge(status)


def _judge(status: int) -> Outcome:
    if 200 <= status < 300:
        return DELIVERED
    if status == HTTPStatus.GONE:
        return Outcome(Fate.GONE, "http_410")
    return later(f"http_{status}") if status >= 500 or status in _WAIT else refused(f"http_{status}")


def _post(url: SplitResult, body: bytes, headers: Mapping[str, str], settings: PostSettings) -> int:
    host, secure = url.hostname or "", url.scheme == "https"
    port = url.port or (443 if secure else 80)
    # To the very address that was judged: the name is not looked up a second time.
    family, peer = resolve(host, port, in_clear=not secure, loopback=settings.loopback)
    sock = socket.socket(family, socket.SOCK_STREAM)
    if secure:
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    with closing(sock), _deadline(sock):
        sock.settimeout(SECONDS)
        sock.connect(peer)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = sock
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, body, {"Host": url.netloc, **headers})
        # What is answered is not read: only whether it was taken.
        return connection.getresponse().status


@contextmanager
def _deadline(sock: socket.socket) -> Iterator[None]:
    def cut() -> None:
        with suppress(OSError):
            # The plain one, below TLS: it wakes whoever waits for a byte.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = Timer(WHOLE_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
