"""The outbox leaves: once, later, never twice knowingly, and without a word of what it is about."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.config import PostSettings
from api.services.alerts import AlertKind
from api.services.context import Context
from api.services.delivery import BACK_OFF, BOUNCES_MAX, CLAIM, deliver
from api.services.notices import Topic, tell
from data.models.alert import Alert
from data.models.notice import Channel, ContactPoint, Digest, DisabledBecause, Language, Message, MessageState
from data.models.organisation import Organisation
from data.session import reading, transaction
from tests import builders as b
from tests import notice_builders as nb
from tests.api.conftest import SECRET
from tests.api.receivers import Hook, Mailbox, http_server, smtp_server

SITE = "https://escale.exemple.org"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def hook() -> Iterator[Hook]:
    with http_server() as running:
        yield running


class Post:
    """Tells and delivers at an hour one may move."""

    def __init__(self, engine: Engine, mailbox: Mailbox | None = None) -> None:
        self.engine, self.now = engine, b.NOW
        self.settings = PostSettings(
            smtp_url=f"smtp://127.0.0.1:{mailbox.port}?starttls=no" if mailbox else None,
            mail_from="escale@exemple.org",
            site_url=SITE,
            loopback=True,
        )

    def context(self, session: Session) -> Context:
        return Context(session=session, now=self.now, reference_secret=SECRET)

    def tell(self, to: Organisation, topic: Topic = Topic.PROPOSAL, *, urgent: bool = False) -> None:
        with transaction(self.engine) as session:
            tell(self.context(session), to.id, topic, ("proposal", "f" * 32), urgent=urgent)

    def deliver(self, after: timedelta = timedelta(0)) -> int:
        self.now += after
        return deliver(self.engine, self.context, self.settings)

    def message(self) -> Message:
        with reading(self.engine) as session:
            return session.scalars(select(Message).order_by(Message.created_at.desc(), Message.id)).all()[0]

    def point(self) -> ContactPoint:
        with reading(self.engine) as session:
            return session.scalars(select(ContactPoint)).one()

    def states(self) -> list[MessageState]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Message.state).order_by(Message.created_at, Message.id)))

    def alerts(self) -> int:
        with reading(self.engine) as session:
            open_ones = select(func.count()).where(Alert.kind == AlertKind.NOTICE_FAILED, Alert.resolved_at.is_(None))
            return session.scalar(open_ones) or 0


@pytest.fixture
def owner(engine: Engine) -> Organisation:
    row = b.operator()
    b.save(engine, row)
    return row


def test_a_mail_says_that_something_awaits_and_nothing_else(
    engine: Engine, mailbox: Mailbox, owner: Organisation
) -> None:
    b.save(engine, nb.contact_point(owner))
    post = Post(engine, mailbox)
    post.tell(owner)
    assert post.deliver() == 1
    (mail,) = mailbox.mails
    message = post.message()
    assert mailbox.envelopes == [("escale@exemple.org", ["permanence@exemple.org"])]
    assert mail["Message-ID"] == f"<{message.id}@exemple.org>"
    assert mail["Subject"] == "Escale : quelque chose vous attend"
    text = mail.get_content()
    assert f"{SITE}/messages/{message.id}" in text
    assert "proposal" not in mail.as_string()
    assert "f" * 32 not in mail.as_string()
    assert post.deliver() == 0, "what was sent is not sent again"


def test_english_and_urgent(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    b.save(engine, nb.contact_point(owner, language=Language.EN, digest=Digest.DAILY))
    post = Post(engine, mailbox)
    post.tell(owner, urgent=True)
    assert post.deliver() == 1, "what is urgent waits for no digest"
    assert mailbox.mails[0]["Subject"] == "Escale: something urgent awaits you"


def test_without_the_act_nothing_is_told(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    b.save(engine, nb.contact_point(owner))
    post = Post(engine, mailbox)

    def fail() -> None:
        with transaction(engine) as session:
            tell(post.context(session), owner.id, Topic.PROPOSAL, ("proposal", "f" * 32))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert post.deliver() == 0


@pytest.mark.parametrize(
    "columns",
    [
        {"verified_at": None},
        {"disabled_at": b.NOW, "disabled_because": DisabledBecause.CHOICE},
        {"muted": ["proposal"]},
    ],
    ids=["unverified", "disabled", "muted"],
)
def test_who_is_not_told(engine: Engine, mailbox: Mailbox, owner: Organisation, columns: dict[str, object]) -> None:
    other = b.organisation()
    b.save(engine, other, nb.contact_point(owner, **columns), nb.contact_point(other, address="autre@exemple.org"))
    post = Post(engine, mailbox)
    post.tell(owner, urgent=True)
    assert post.deliver() == 0
    assert post.states() == []


@pytest.mark.parametrize(
    ("digest", "hours"), [(Digest.HOURLY, 1), (Digest.DAILY, 12)], ids=["hourly", "daily: 06:00 UTC"]
)
def test_a_digest_is_one_message(
    engine: Engine, mailbox: Mailbox, owner: Organisation, digest: Digest, hours: int
) -> None:
    b.save(engine, nb.contact_point(owner, digest=digest))
    post = Post(engine, mailbox)
    post.tell(owner)
    assert post.deliver() == 0
    post.tell(owner, Topic.JOURNEY)
    assert post.deliver(timedelta(minutes=59)) == 0
    assert post.deliver(timedelta(hours=hours, minutes=-59)) == 1
    assert len(mailbox.mails) == 1
    post.tell(owner)
    assert post.deliver() == 0, "the next one waits again"


def test_an_urgent_one_takes_along_what_waits(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    b.save(engine, nb.contact_point(owner, digest=Digest.DAILY))
    post = Post(engine, mailbox)
    post.tell(owner)
    assert post.deliver() == 0
    post.tell(owner, Topic.JOURNEY, urgent=True)
    assert post.deliver() == 1
    assert len(post.states()) == 1


def test_a_temporary_refusal_is_tried_again_unchanged(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    b.save(engine, nb.contact_point(owner))
    post = Post(engine, mailbox)
    mailbox.recipient = "451 4.7.1 greylisted"
    post.tell(owner)
    assert post.deliver() == 0
    first = post.message()
    assert (first.state, first.error, post.point().failures) == (MessageState.FAILING, "smtp_451", 1)
    mailbox.recipient = "250 OK"
    post.tell(owner)
    assert post.deliver() == 0, "it is left alone for a while"
    assert post.deliver(BACK_OFF[0]) == 2
    assert {mail["Message-ID"] for mail in mailbox.mails} >= {f"<{first.id}@exemple.org>"}
    assert (post.point().failures, post.point().retry_at) == (0, None)


def test_it_is_given_up_in_the_end_with_an_alert(engine: Engine, owner: Organisation) -> None:
    b.save(engine, nb.contact_point(owner))
    post = Post(engine)
    post.tell(owner)
    post.deliver()
    for wait in BACK_OFF:
        assert (post.states(), post.alerts()) == ([MessageState.FAILING], 0)
        post.deliver(wait)
    assert post.states() == [MessageState.GIVEN_UP]
    assert post.alerts() == 2, "its organisation's and the admins'"
    assert post.point().disabled_at is None, "what is temporary disables nobody"


def test_whom_a_server_refuses_for_good_is_disabled_after_some(
    engine: Engine, mailbox: Mailbox, owner: Organisation
) -> None:
    b.save(engine, nb.contact_point(owner))
    post = Post(engine, mailbox)
    mailbox.recipient = "550 5.1.1 no such user"
    for count in range(1, BOUNCES_MAX + 1):
        assert post.point().disabled_at is None
        post.tell(owner)
        post.deliver()
        assert (post.point().bounces, post.message().error) == (count, "smtp_550")
    assert post.point().disabled_because is DisabledBecause.BOUNCED
    assert set(post.states()) == {MessageState.BOUNCED}
    assert post.alerts() == 2
    mailbox.recipient = "250 OK"
    post.tell(owner)
    assert post.deliver(timedelta(days=2)) == 0


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (("550 5.7.1 relaying denied", "250 OK"), MessageState.FAILING),
        (("250 OK", "554 5.6.0 not this text"), MessageState.BOUNCED),
        (("250 OK", "554 5.7.1 your host is listed"), MessageState.FAILING),
        (("250 OK", "452 full"), MessageState.FAILING),
    ],
)
def test_our_servers_fault_is_not_the_addresss(
    engine: Engine, mailbox: Mailbox, owner: Organisation, answers: tuple[str, str], state: MessageState
) -> None:
    b.save(engine, nb.contact_point(owner))
    post = Post(engine, mailbox)
    mailbox.recipient, mailbox.text = answers
    post.tell(owner)
    post.deliver()
    assert post.states() == [state]


def test_a_claim_that_was_left_is_taken_over(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    point = nb.contact_point(owner)
    b.save(engine, point, nb.message(point, attempts=1, claimed_until=b.NOW + CLAIM))
    post = Post(engine, mailbox)
    assert post.deliver() == 0
    assert post.deliver(CLAIM) == 1


def test_two_workers_never_send_the_same(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    points = [nb.contact_point(owner, address=f"{number}@exemple.org") for number in range(12)]
    b.save(engine, *points)
    post = Post(engine, mailbox)
    for _ in range(3):
        post.tell(owner)
    ready, counts = Barrier(4), []

    def work() -> None:
        ready.wait()
        counts.append(post.deliver())

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [mail["Message-ID"] for mail in mailbox.mails]
    assert len(sent) == len(set(sent)) == sum(counts)
    assert {mail["To"] for mail in mailbox.mails} == {point.address for point in points}
    assert set(post.states()) == {MessageState.SENT}


def webhook(engine: Engine, owner: Organisation, hook: Hook, **columns: object) -> ContactPoint:
    row = nb.contact_point(owner, channel=Channel.WEBHOOK, address=hook.url, secret_version=1, **columns)
    b.save(engine, row)
    return row


def signature(secret: bytes, headers: dict[str, str], body: bytes) -> str:
    """As Standard Webhooks says it, written anew."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}"
    return "v1," + base64.b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode()


def test_a_webhook_is_signed_and_empty(engine: Engine, hook: Hook, owner: Organisation) -> None:
    from api.services.letters import signing_secret

    point = webhook(engine, owner, hook)
    post = Post(engine)
    post.tell(owner, urgent=True)
    assert post.deliver() == 1
    ((path, headers, body),) = hook.posts
    message = post.message()
    assert path == "/escale?door=1"
    assert headers["webhook-id"] == message.id
    assert headers["webhook-timestamp"] == str(int(b.NOW.timestamp()))
    assert headers["webhook-signature"] == signature(signing_secret(SECRET, point), headers, body)
    assert headers["webhook-signature"] != signature(b"another", headers, body)
    assert json.loads(body) == {
        "type": "escale.awaits",
        "timestamp": b.NOW.isoformat(),
        "data": {"id": message.id, "urgent": True, "link": f"{SITE}/messages/{message.id}"},
    }


def test_a_retry_has_the_same_body_and_identifier_and_a_new_instant(
    engine: Engine, hook: Hook, owner: Organisation
) -> None:
    webhook(engine, owner, hook)
    post = Post(engine)
    hook.status = 503
    post.tell(owner)
    post.deliver()
    hook.status = 200
    assert post.deliver(BACK_OFF[0]) == 1
    (_, first, body), (_, second, again) = hook.posts
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "state", "disabled"),
    [
        (500, MessageState.FAILING, False),
        (429, MessageState.FAILING, False),
        (404, MessageState.BOUNCED, False),
        (302, MessageState.BOUNCED, False),
        (410, MessageState.BOUNCED, True),
    ],
)
def test_what_a_webhook_answers(
    engine: Engine, hook: Hook, owner: Organisation, status: int, state: MessageState, *, disabled: bool
) -> None:
    webhook(engine, owner, hook)
    hook.status, hook.location = status, hook.url
    post = Post(engine)
    post.tell(owner)
    post.deliver()
    assert len(hook.posts) == 1, "a redirect is not followed"
    assert (post.states(), post.message().error) == ([state], f"http_{status}")
    assert (post.point().disabled_at is not None) is disabled


def test_nobody_there_is_tried_again(engine: Engine, owner: Organisation) -> None:
    with http_server() as gone:
        webhook(engine, owner, gone)
    post = Post(engine)
    post.tell(owner)
    post.deliver()
    assert (post.states(), post.message().error) == ([MessageState.FAILING], "connection")


def test_this_machine_is_reached_only_where_it_is_allowed(engine: Engine, hook: Hook, owner: Organisation) -> None:
    webhook(engine, owner, hook)
    post = Post(engine)
    post.settings = PostSettings(loopback=False)
    post.tell(owner)
    post.deliver()
    assert hook.posts == []
    assert (post.states(), post.message().error) == ([MessageState.BOUNCED], "address_not_public")


def test_a_message_that_cannot_be_made_holds_up_no_other(engine: Engine, mailbox: Mailbox, owner: Organisation) -> None:
    b.save(engine, nb.contact_point(owner, address="a\nb@exemple.org"), nb.contact_point(owner))
    post = Post(engine, mailbox)
    post.tell(owner)
    assert post.deliver() == 1
    assert sorted(post.states()) == [MessageState.FAILING, MessageState.SENT]
