"""What is written of a contact point, as values, and how it is checked and shown."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from api.config import ADDRESS, LOOPBACK_HOSTS
from api.services.errors import FieldError, Invalid
from api.services.reasons import Reason
from api.services.request_facts import unknown_codes
from data.models.notice import Channel, ContactPoint, Digest, DisabledBecause, Language, Topic

MUTABLE: Final = frozenset(topic.value for topic in Topic) - {Topic.VERIFICATION.value}
"""Topics a contact point may not want to hear of."""


@dataclass(frozen=True, kw_only=True)
class ContactPointFacts:
    """Where and how somebody is told.

    Parameters
    ----------
    channel : Channel
        E-mail or webhook; fixed, like the address: another address is another contact point.
    address : str
        E-mail address, or URL (https; http for this machine alone).
    language : Language
        Of e-mails.
    digest : Digest
        How long notices that are not urgent wait for each other.
    muted : tuple of str
        Topics it is not told of, urgent ones included.
    enabled : bool
        It is told at all.
    """

    channel: Channel
    address: str
    language: Language = Language.FR
    digest: Digest = Digest.AT_ONCE
    muted: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class FailingView:
    """A contact point that does not answer, as an admin sees it: without its address.

    Parameters
    ----------
    id, organisation_id : str
        Which, whose.
    channel : Channel
        E-mail or webhook.
    failures, bounces : int
        Tries in a row that failed; messages in a row refused for good.
    disabled_because : DisabledBecause or None
        None: it is still tried.
    retry_at : datetime or None
        UTC; nothing that is not urgent is tried before.
    """

    id: str
    organisation_id: str
    channel: Channel
    failures: int
    bounces: int
    disabled_because: DisabledBecause | None
    retry_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ContactPointView(FailingView, ContactPointFacts):
    """A contact point as its organisation sees it."""

    verified_at: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True)
class SecretView:
    """The secret of a webhook, shown once.

    Parameters
    ----------
    secret : str
        ``whsec_`` and base64, as libraries of Standard Webhooks take it.
    version : int
        Of the contact point.
    """

    secret: str
    version: int


def view(row: ContactPoint) -> ContactPointView:
    """Show a contact point to its organisation."""
    shown = {field.name: getattr(row, field.name) for field in fields(ContactPointView) if field.name != "enabled"}
    return ContactPointView(**shown, enabled=row.disabled_at is None)


def view_failing(row: ContactPoint) -> FailingView:
    """Show a contact point to an admin."""
    return FailingView(**{field.name: getattr(row, field.name) for field in fields(FailingView)})


def check(facts: ContactPointFacts) -> None:
    """Check what is written of a new contact point.

    Raises
    ------
    Invalid
        The address is not one of its channel; a topic is unknown, given twice, or may not be muted.
    """
    right = bool(ADDRESS.fullmatch(facts.address)) if facts.channel is Channel.EMAIL else _is_url(facts.address)
    if not right:
        reason = Reason.WRONG_EMAIL if facts.channel is Channel.EMAIL else Reason.WRONG_URL
        raise Invalid([FieldError("address", reason)])
    check_topics(facts.muted)


def check_topics(muted: tuple[str, ...]) -> None:
    """Check topics that are to be muted.

    Raises
    ------
    Invalid
        One is unknown, given twice, or may not be muted.
    """
    if wrong := list(unknown_codes("muted", muted, MUTABLE)):
        raise Invalid(wrong)


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text
    scheme = url.scheme == "https" or (url.scheme == "http" and host in LOOPBACK_HOSTS)
    # A password in an address would be kept and shown.
    return plain and scheme and bool(host) and port != 0 and "@" not in url.netloc and not url.fragment
