"""Real servers on this machine that take what Escale sends, each told what to answer."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Mailbox:
    """An SMTP server: answers ``recipient`` to RCPT and ``text`` to DATA."""

    recipient: str = "250 OK"
    text: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's own name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        del server, session
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (same)
        del server
        if self.text.startswith("250"):
            content = cast("bytes", envelope.content)
            self.mails.append(cast("EmailMessage", message_from_bytes(content, policy=policy.default)))
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
            self.encrypted.append(session.ssl is not None)
        return self.text

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401
        del server, session, envelope, mechanism
        self.logins.append(data.login)
        return AuthResult(success=data.password == b"right horse")


@contextmanager
def smtp_server(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A server on a free port of this machine; with a context it offers STARTTLS and asks for a password."""
    mailbox = Mailbox()
    secured: dict[str, Any] = {}
    if context is not None:
        secured = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": mailbox.check,
            "auth_required": True,
        }
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), **secured)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Hook:
    """A web server: answers ``status`` to every POST."""

    status: int = 204
    location: str = ""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def http_server() -> Iterator[Hook]:
    """A server on a free port of this machine."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/escale?door=1"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
