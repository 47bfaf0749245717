"""Mails of the account library (a password forgotten or changed), sent as all our mails are."""

import threading
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any

from flask_security import MailUtil

from api.runtime import runtime
from api.services import mail


class AccountMail(MailUtil):
    """Sends what the library has worded, as text alone: no mail program has anything to fetch."""

    def send_mail(self, *given: Any, **_context: Any) -> None:  # noqa: ANN401 (the library's template, subject, …)
        """Send one mail, beside the answer: whether an address has an account must not show in its time.

        Without a mail server nothing is sent: an admin invites the person anew.
        """
        _template, subject, recipient, _sender, body, _html = given
        parts = runtime()
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"], message["To"], message["Subject"] = parts.settings.post.mail_from, recipient, str(subject)
        message["Date"] = format_datetime(parts.clock.now())
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        threading.Thread(target=mail.hand_over, args=(message, recipient, parts.settings.post), daemon=True).start()
