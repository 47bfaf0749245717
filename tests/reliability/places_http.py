"""One winner for the last place, through the real server: as many coordinators as there are propose it at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, func, insert, select

from api.services.context import Context
from api.services.nights import tonight
from api.services.plans_now import PlansNow
from data.base import new_id
from data.models.booking import Booking
from data.models.candidate import Candidate
from data.models.organisation import Organisation
from data.models.proposal import Proposal
from data.models.request import Request
from data.session import reading, transaction
from matcher.encode import option_to_json
from tests import builders as b
from tests.reliability.harness import Bar, Figures, percentile
from tests.reliability.server import GIVE_UP_SECONDS, enrol, opened, serving

CLIENTS: Final = 50
WORKERS: Final = 4

Wish = tuple[str, str]
"""A request, and the handle of the plan its coordinator was shown."""


def run(url: str, trials: int) -> Figures:
    """Let 50 clients propose each of some places at once, each for another household; one does, 49 get 409."""
    together = threading.Barrier(CLIENTS, timeout=GIVE_UP_SECONDS)
    milliseconds: list[float] = []
    with opened(url) as engine:
        siao, token = enrol(engine)
        wishes = _wishes(engine, siao, trials)
        with serving(url, WORKERS) as server:

            def contend(client: int) -> list[int]:
                statuses = []
                for trial in range(trials):
                    request, handle = wishes[trial][client]
                    together.wait()
                    begun = time.perf_counter()
                    path = f"/requests/{request}/proposals"
                    status, _, _ = server.post(path, {"candidate": handle}, token, f"{client}-{trial}")
                    milliseconds.append((time.perf_counter() - begun) * 1000)
                    statuses.append(status)
                return statuses

            with ThreadPoolExecutor(CLIENTS) as pool:
                met = list(zip(*pool.map(contend, range(CLIENTS)), strict=True))
        with reading(engine) as session:
            sent = session.scalar(select(func.count()).select_from(Proposal))
            taken = session.scalar(select(func.count(Booking.place_id.distinct())).where(Booking.live))
    wrong = [statuses for statuses in met if sorted(statuses) != [201] + [409] * (CLIENTS - 1)]
    assert not wrong, f"{len(wrong)} places without exactly one winner: {wrong[0]}"
    assert (sent, taken) == (trials, trials), f"{sent} proposals hold {taken} places of {trials}"
    return {
        "winners of a place": "exactly 1",
        "losers told so": (CLIENTS - 1) * trials,
        "p99 (ms)": percentile(milliseconds, 0.99),
    }


def _wishes(engine: Engine, siao: Organisation, trials: int) -> list[list[Wish]]:
    """Write places of one bed, each in a home of its own, and for each as many households that were shown it."""
    now = datetime.now(UTC)  # noqa: TID251 - the clock of the server started beside
    night = tonight(now)
    owner = b.operator()
    homes = [b.facility(owner, "night_shelter", serves=("75",)) for _ in range(trials)]
    rooms = [b.place(home, beds=1, cots=0, free=[b.interval(night)], confirmed_at=now) for home in homes]
    asked = [[_household(siao, night) for _ in range(CLIENTS)] for _ in homes]
    b.save(engine, owner, *homes, *rooms, *(request for each in asked for request in each))
    with reading(engine) as session:
        shown = PlansNow(Context(session, now, b""), asked[0][0].id, frozenset({homes[0].id})).best(1)[0]
    legs = option_to_json(shown)["legs"]
    rows = [
        {
            "id": new_id(),
            "request_id": request.id,
            "organisation_id": siao.id,
            "legs": [{**leg, "place": room.id} for leg in legs],
            "created_at": now,
            "expires_at": now + timedelta(days=1),
        }
        for room, households in zip(rooms, asked, strict=True)
        for request in households
    ]
    with transaction(engine) as session:
        session.execute(insert(Candidate), rows)
    return [
        [(row["request_id"], row["id"]) for row in rows[start : start + CLIENTS]]
        for start in range(0, len(rows), CLIENTS)
    ]


def _household(siao: Organisation, night: date) -> Request:
    return b.request(siao, from_night=night, waiting_since=night, members=[b.member(age_as_of=night)])


BAR: Final = Bar(
    "last place, by HTTP",
    f"{CLIENTS} clients propose each place at once through the real server: one does, the others get 409.",
    500,
    4,
    run,
)
