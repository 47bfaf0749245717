"""No password and no message leaves this machine in clear."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.config import PostSettings
from api.services import mail
from api.services.letters import Letter
from api.services.outcome import Fate
from data.models.notice import Channel, Language
from tests.api.receivers import Mailbox, smtp_server

BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
LETTER = Letter(
    id="0" * 32,
    channel=Channel.EMAIL,
    address="nuit@exemple.org",
    language=Language.FR,
    urgent=False,
    code=None,
    created_at=BEGINS,
    now=BEGINS,
    secret=b"",
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relais")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(BEGINS)
        .not_valid_after(BEGINS + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "relais.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def relay(certificate: Path) -> Iterator[Mailbox]:
    """A relay that takes nothing without TLS and a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with smtp_server(context) as running:
        yield running


def settings(port: int, credentials: str = "escale:right%20horse@") -> PostSettings:
    return PostSettings(smtp_url=f"smtp://{credentials}127.0.0.1:{port}")


def test_tls_then_the_password(relay: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert mail.send(LETTER, settings(relay.port)).fate is Fate.DELIVERED
    assert relay.encrypted == [True]
    assert relay.logins == [b"escale"]


def test_a_wrong_password_is_ours_to_correct(
    relay: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert mail.send(LETTER, settings(relay.port, "escale:wrong@")).fate is Fate.LATER
    assert relay.mails == []


def test_a_certificate_nobody_vouches_for_gets_nothing(relay: Mailbox) -> None:
    outcome = mail.send(LETTER, settings(relay.port))
    assert (outcome.fate, outcome.error) == (Fate.LATER, "tls")
    assert relay.logins == []


def test_a_server_without_tls_gets_nothing() -> None:
    with smtp_server() as plain:
        outcome = mail.send(LETTER, settings(plain.port))
        assert (outcome.fate, outcome.error) == (Fate.LATER, "tls")
        assert (plain.logins, plain.mails) == ([], [])


def test_a_certificate_of_another_name_gets_nothing(
    relay: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    elsewhere = PostSettings(smtp_url=f"smtp://escale:right%20horse@localhost:{relay.port}")
    assert mail.send(LETTER, elsewhere).error == "tls"
    assert relay.logins == []
