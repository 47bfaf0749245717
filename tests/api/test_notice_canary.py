"""Nothing confidential leaves by mail or webhook: a whole story, with a mark in every field that is P3 or P4."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from api.config import PostSettings
from api.services.checklists import open_steps, overdue_steps
from api.services.delivery import deliver
from api.services.follow_ons import open_follow_ons
from api.services.overdue_arrivals import overdue_arrivals
from data.models.notice import Channel
from tests import builders as b
from tests import notice_builders as nb
from tests.api.cast import Cast, act, cast, done
from tests.api.receivers import Hook, Mailbox, http_server, smtp_server

__all__ = ["cast"]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def hook() -> Iterator[Hook]:
    with http_server() as running:
        yield running


def story(cast: Cast) -> list[str]:
    """From a request to a follow-on request, everybody late; what must stay inside."""
    home = cast.home(latitude=45.767767, longitude=4.834834)
    room = cast.room(home, label="LABELCANARY")
    request_id = cast.file(
        statuses=["trafficking_victim"],
        needs=["midwife_pmi"],
        separation_group="group_canary",
        zones=[{"kind": "circle", "commune_insee": "13055", "km": 123.25}],
        reference="REFERENCECANARY",
    )
    sent = cast.propose(request_id, cast.candidates(request_id)[0])
    cast.accept(sent["id"])
    planned = {
        "escort": "ase",
        "escort_function": "FUNCTIONCANARY",
        "leaves_at": "2026-11-21T19:00:00+00:00",
        "due_at": "2026-11-21T23:00:00+00:00",
        "meeting_point": "MEETINGCANARY",
    }
    journey = done(cast.referrer.post(f"/proposals/{sent['id']}/journeys", planned))
    cast.work(open_steps)
    cast.clock.instant += timedelta(hours=6)
    assert cast.work(overdue_arrivals) == 1
    stay = cast.stays()[0]
    done(act(cast.shelter, f"/stays/{stay['id']}", "arrival"))
    done(act(cast.shelter, f"/stays/{stay['id']}", "leaving", {"night": "2026-12-01"}))
    cast.clock.instant += timedelta(days=8)
    assert cast.work(overdue_steps) >= 1
    assert cast.work(open_follow_ons) == 1
    rows = [home.id, room.id, request_id, sent["id"], journey["id"], stay["id"]]
    words = [
        "CANARY",
        "canary",
        "45.76",
        "4.83",
        "123.25",
        "13055",
        "trafficking",
        "midwife",
        "chu",
        "proposal",
        "stay",
    ]
    return [*rows, *words, "Lyon", "2026-12-01", "request"]


def test_nothing_confidential_leaves(cast: Cast, mailbox: Mailbox, hook: Hook) -> None:
    for number, caller in enumerate((cast.referrer, cast.siao, cast.shelter)):
        assert caller.organisation is not None
        b.save(
            cast.engine,
            nb.contact_point(caller.organisation, address=f"{number}@exemple.org"),
            nb.contact_point(caller.organisation, channel=Channel.WEBHOOK, address=hook.url, secret_version=1),
        )
    inside = story(cast)
    settings = PostSettings(
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}?starttls=no", site_url="https://escale.exemple.org", loopback=True
    )
    assert deliver(cast.engine, cast.context, settings) == 6, "one message for each contact point"
    outside = [f"{mail.as_string()} {mail.get_content()}" for mail in mailbox.mails]
    outside += [f"{path} {headers} {body.decode()}" for path, headers, body in hook.posts]
    assert len(outside) == 6
    for text in outside:
        assert [mark for mark in inside if re.search(rf"\b{re.escape(mark)}", text, re.IGNORECASE)] == []
    assert {frozenset(json.loads(body)["data"]) for _, _, body in hook.posts} == {frozenset({"id", "link", "urgent"})}
