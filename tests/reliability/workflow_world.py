"""A small country on an empty database, and the services as its people and jobs call them, at an hour that is given."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.config import Settings
from api.jobs.tasks import BY_NAME
from api.runtime import Runtime
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from api.services.errors import ServiceError
from api.services.nights import tonight
from data.models.facility import Facility
from data.session import retrying
from matcher.place import Sharing
from tests import builders as b
from tests.api.conftest import SECRET, StoppedClock

ELSEWHERE: Final = frozenset({"anchor_audit", "deliver_notices", "forget_keys"})
"""Jobs that write to files and other machines, or do nothing within a year."""
JOBS: Final = tuple(sorted(BY_NAME.keys() - ELSEWHERE))
_Result = TypeVar("_Result")


class Site(NamedTuple):
    """Where a facility is, as its shelter last said."""

    departement: str | None
    latitude: float | None
    longitude: float | None


LYON: Final = Site("69", 45.76, 4.84)
STRASBOURG: Final = Site("67", 48.58, 7.75)
LILLE: Final = Site("59", 50.63, 3.06)
NOWHERE: Final = Site("69", None, None)
"""A département and no coordinates."""
SITES: Final = (LYON, STRASBOURG, LILLE, NOWHERE)


class Numbered:
    """Stands for `secrets` where identifiers are drawn: the same world draws the same ones, so that failures shrink."""

    def __init__(self) -> None:
        self._numbers = count()

    def token_hex(self, size: int) -> str:
        return hashlib.sha256(str(next(self._numbers)).encode()).hexdigest()[: 2 * size]


@dataclass
class World:
    """Everybody, one of each, with few places: households compete for them.

    Parameters
    ----------
    engine : Engine
        Of a database with the schema and no row.
    """

    engine: Engine
    clock: StoppedClock = field(default_factory=StoppedClock)
    sites: dict[str, Site] = field(default_factory=dict)
    reserved: dict[str, tuple[str, ...]] = field(default_factory=dict)
    filed: set[str] = field(default_factory=set)
    met: Counter[str] = field(default_factory=Counter)
    """Acts done and refusals met, by name: what a machine went through."""

    def __post_init__(self) -> None:
        """Write the organisations, facilities and places."""
        owners = {
            Role.REFERRER: b.organisation(OrganisationKind.REFERRER),
            Role.COORDINATOR: b.organisation(),
            Role.DECIDER: b.organisation(OrganisationKind.DEPARTEMENT),
        }
        rhone = b.organisation(OrganisationKind.DEPARTEMENT, departement="69")
        shelters = [b.operator(), b.operator()]
        b.save(self.engine, *owners.values(), rhone, *shelters)
        self.referrer, self.siao, self.paris = (_actor(owner, role) for role, owner in owners.items())
        self.rhone = _actor(rhone, Role.DECIDER)
        self.shelters = [_actor(owner, Role.SHELTER) for owner in shelters]
        first, second = shelters
        homes = [
            self._home(first, LYON),
            self._home(second, STRASBOURG),
            self._home(first, LYON, kind="night_shelter"),
            self._home(second, LILLE, kind="centre_maternel"),
            self._home(second, LYON, reserved_departements=("69",)),
        ]
        rooms = [
            b.place(homes[0], free=[b.interval(b.NIGHT, b.nights(90))]),
            b.place(homes[1], sharing=Sharing.SHARED, beds=3, cots=1, free=[b.interval(b.NIGHT, b.nights(120))]),
            b.place(homes[2], free=[b.interval(b.NIGHT, b.nights(6))]),
            b.place(homes[3], free=[b.interval(b.nights(3))]),
            b.place(homes[4]),
        ]
        b.save(self.engine, *homes, *rooms)
        self.facilities = [home.id for home in homes]
        self.places = [room.id for room in rooms]
        self._owner = {
            row.id: self.shelters[shelters.index(owner)]
            for row, owner in zip((*homes, *rooms), (first, second, first, second, second) * 2, strict=True)
        }

    def _home(self, owner: Any, site: Site, **columns: Any) -> Facility:  # noqa: ANN401 - columns are of every type
        row = b.facility(owner, **{"serves": ("75",), "services": ("midwife_pmi",), **site._asdict(), **columns})
        self.sites[row.id], self.reserved[row.id] = site, row.reserved_departements or ()
        return row

    def owner_of(self, row_id: str) -> Actor:
        """The shelter of a facility or a place."""
        return self._owner[row_id]

    def night(self, ahead: int) -> date:
        """So many nights after tonight."""
        return tonight(self.clock.now()) + timedelta(days=ahead)

    def context(self, session: Session) -> Context:
        return Context(session=session, now=self.clock.now(), reference_secret=SECRET)

    def act(self, name: str, service: Callable[[Context], _Result]) -> _Result | None:
        """Do an act in a transaction of its own; None when it is refused, which is the only failure allowed."""
        return self.try_(name, lambda: retrying(self.engine, lambda session: service(self.context(session))))

    def try_(self, name: str, work: Callable[[], _Result]) -> _Result | None:
        """The same for what opens transactions of its own."""
        try:
            result = work()
        except ServiceError as refused:
            self.met[f"{name}: {refused.reason.value}"] += 1
            return None
        self.met[name] += 1
        return result

    def job(self, name: str) -> None:
        """Let a job look, as its worker does: nothing may refuse it."""
        settings = Settings(database_url="", reference_secret=SECRET)
        if BY_NAME[name].work(Runtime(self.engine, self.clock, settings)):
            self.met[name] += 1


def _actor(owner: Any, role: Role) -> Actor:  # noqa: ANN401
    return Actor(owner.id, role, None, owner.kind, owner.departement)
