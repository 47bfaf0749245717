"""E-mail: one letter to one SMTP server, which must speak TLS unless it is on this machine."""

import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from api.config import PostSettings
from api.services.letters import Letter, link_of, words_of
from api.services.outcome import DELIVERED, Outcome, fault, later, refused

SECONDS: Final = 20
"""Longest wait for one answer of the server."""
_POLICY: Final = re.compile(r"[45]\.7\.\d")
"""Enhanced codes of security and policy (RFC 3463, X.7.X): between servers, and no fault of the address."""


def write(letter: Letter, settings: PostSettings) -> EmailMessage:
    """Write the e-mail of a letter.

    Returns
    -------
    EmailMessage
        Its Message-ID is the letter's at every try.
    """
    words = words_of(letter)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, letter.address, words.subject
    mail["Date"] = format_datetime(letter.now)
    mail["Message-ID"] = f"<{letter.id}@{_domain(settings.mail_from)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language.value
    mail.set_content(
        words.text.format(link=link_of(letter, settings.site_url), site=settings.site_url, code=letter.code)
    )
    return mail


def send(letter: Letter, settings: PostSettings) -> Outcome:
    """Write a letter and hand it over."""
    return hand_over(write(letter, settings), letter.address, settings)


def hand_over(mail: EmailMessage, address: str, settings: PostSettings) -> Outcome:
    """Hand an e-mail to the SMTP server.

    Parameters
    ----------
    mail : EmailMessage
        As it leaves.
    address : str
        Whom it is for: one address.
    settings : PostSettings
        Where it leaves from.

    Returns
    -------
    Outcome
        Delivered once the server has taken it; refused when it says that this address never will be served (5xx about
        the recipient or the text); later for everything else, a wrong password of ours included.
    """
    if settings.smtp_url is None:
        return later("smtp_unset")
    try:
        server = _connect(settings)
    except (OSError, smtplib.SMTPException) as error:
        return _unsaid(error)
    try:
        server.send_message(mail, settings.mail_from, [address])
    except smtplib.SMTPRecipientsRefused as error:
        return _said(*error.recipients[address])
    except smtplib.SMTPDataError as error:
        return _said(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return _unsaid(error)
    finally:
        # It has been taken, or it has not: how the server says goodbye changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    return DELIVERED


def _connect(settings: PostSettings) -> smtplib.SMTP:
    url = urlsplit(settings.smtp_url or "")
    host, name = url.hostname or "", _domain(settings.mail_from)
    secure = ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, name, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, url.port or 587, name, timeout=SECONDS)
    try:
        if url.scheme == "smtp" and not url.query:
            # Raises when the server does not offer it: nothing is said in clear.
            server.starttls(context=secure)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _said(code: int, text: bytes | str) -> Outcome:
    said = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    for_good = code >= 500 and not _POLICY.match(said)
    return refused(f"smtp_{code}") if for_good else later(f"smtp_{code}")


def _unsaid(error: Exception) -> Outcome:
    if isinstance(error, smtplib.SMTPResponseException):
        return later(f"smtp_{error.smtp_code}")
    return later("tls" if isinstance(error, smtplib.SMTPNotSupportedError) else fault(error))


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
