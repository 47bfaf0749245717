"""What a message says: that something awaits, and where; nothing else, ever (security.md, "Controls")."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from data.models.notice import Channel, ContactPoint, Language, Message

CODE_DIGITS: Final = 12
"""Hexadecimal digits of the code by which a contact point shows that it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message ready to leave: the same at every try, but for the instant it is sent at.

    Parameters
    ----------
    id : str
        Of the message: at every try the same, so that whoever receives it twice notices.
    channel : Channel
        How it leaves.
    address : str
        E-mail address or URL.
    language : Language
        Of the words.
    urgent : bool
        Somebody should look now.
    code : str or None
        To be sent back, when the contact point is being verified; then nothing awaits.
    created_at, now : datetime
        UTC: of the message, and of this try.
    secret : bytes
        Signs a webhook.
    """

    id: str
    channel: Channel
    address: str
    language: Language
    urgent: bool
    code: str | None
    created_at: datetime
    now: datetime
    secret: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of an e-mail; ``{link}``, ``{site}`` and ``{code}`` stand for what they name."""

    subject: str
    text: str


AWAITS: Final[Mapping[Language, Words]] = {
    Language.FR: Words(
        "Escale : quelque chose vous attend",
        "Bonjour,\n\nQuelque chose vous attend dans Escale :\n{link}\n\n"
        "Ce message n’en dit pas plus, pour la sécurité des personnes.\n"
        "Vous choisissez dans Escale ce qui vous est envoyé, et quand.\n",
    ),
    Language.EN: Words(
        "Escale: something awaits you",
        "Hello,\n\nSomething awaits you in Escale:\n{link}\n\n"
        "This message says no more, for people’s safety.\n"
        "You choose in Escale what is sent to you, and when.\n",
    ),
}
URGENT: Final[Mapping[Language, Words]] = {
    Language.FR: Words("Escale : quelque chose d’urgent vous attend", AWAITS[Language.FR].text),
    Language.EN: Words("Escale: something urgent awaits you", AWAITS[Language.EN].text),
}
VERIFIES: Final[Mapping[Language, Words]] = {
    Language.FR: Words(
        "Escale : confirmez cette adresse",
        "Bonjour,\n\nVotre organisation demande qu’Escale ({site}) vous prévienne à cette adresse.\n"
        "Code à lui donner : {code}\n\n"
        "Si vous n’y êtes pour rien, ne faites rien : rien d’autre ne vous sera envoyé.\n",
    ),
    Language.EN: Words(
        "Escale: confirm this address",
        "Hello,\n\nYour organisation asks Escale ({site}) to tell you at this address when something awaits you.\n"
        "Code to give it: {code}\n\n"
        "If this is not yours, do nothing: nothing else will be sent to you.\n",
    ),
}
"""The three letters there are, in both languages."""


def words_of(letter: Letter) -> Words:
    """Choose the words of an e-mail."""
    if letter.code is not None:
        return VERIFIES[letter.language]
    return (URGENT if letter.urgent else AWAITS)[letter.language]


def link_of(letter: Letter, site_url: str) -> str:
    """Return where a message leads: to itself, which only its own organisation can open."""
    return f"{site_url}/messages/{letter.id}"


def verification_code(secret: bytes, point: ContactPoint) -> str:
    """Return the code that only whoever reads what is sent to a contact point can know.

    Parameters
    ----------
    secret : bytes
        Key of the keyed hash of references.
    point : ContactPoint
        Its address is part of the code.
    """
    return _keyed(secret, b"verification", point.id, point.address).hex()[:CODE_DIGITS]


def signing_secret(secret: bytes, point: ContactPoint) -> bytes:
    """Return the secret that signs what is sent to a webhook: derived, so that the database holds none.

    Parameters
    ----------
    secret : bytes
        Key of the keyed hash of references.
    point : ContactPoint
        Its ``secret_version`` is part of it: a new version is a new secret.
    """
    return _keyed(secret, b"webhook", point.id, str(point.secret_version))


def compose(secret: bytes, message: Message, point: ContactPoint, now: datetime, *, verifies: bool) -> Letter:
    """Make a message ready to leave.

    Parameters
    ----------
    secret : bytes
        Key of the keyed hash of references.
    message, point : row
        The message, and whom it is for.
    now : datetime
        UTC, of this try.
    verifies : bool
        It asks the contact point to show that it is read.
    """
    return Letter(
        id=message.id,
        channel=point.channel,
        address=point.address,
        language=point.language,
        urgent=message.urgent,
        code=verification_code(secret, point) if verifies else None,
        created_at=message.created_at,
        now=now,
        secret=signing_secret(secret, point),
    )


def _keyed(secret: bytes, purpose: bytes, *parts: str) -> bytes:
    # The purpose first: no value of one kind is one of another.
    text = b"\0".join([b"escale contact point", purpose, *(part.encode() for part in parts)])
    return hmac.new(secret, text, hashlib.sha256).digest()
