"""Who may do what on whose rows: one table, read by routes, services and the guard test.

A role absent from an action never does it (`Forbidden`, before any row is looked at). A present role does it within its
*reach*; a row outside the reach does not exist for the caller (`NotFound`). Source: security.md, "Who sees what".
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from api.services.actor import Actor, Role
from api.services.errors import Forbidden


class Reach(StrEnum):
    """Whose rows an action is about."""

    OWN = "own"
    """Rows of the caller's organisation."""
    TERRITORY = "territory"
    """Own rows, and for a SIAO every request whose authority in charge is its département."""
    SENT = "sent"
    """Proposals of which a leg stands in one of the caller's facilities."""
    DECIDES = "decides"
    """Open proposals of a place whose admission is decided by the caller (`api.services.deciders`)."""
    ALL = "all"
    """Every row; only for rows without P3 or P4, or for answers that hold none."""


PUBLIC: frozenset[str] = frozenset(
    {"account.login", "health.jobs", "health.live", "health.ready", "openapi.read", "web.home", "web.static"}
)
"""Actions open to anybody: they say nothing about anyone."""

_EVERY_ROLE: Mapping[Role, Reach] = dict.fromkeys(Role, Reach.ALL)
_SHELTER_OWN: Mapping[Role, Reach] = {Role.SHELTER: Reach.OWN}
_FILING: Mapping[Role, Reach] = {Role.REFERRER: Reach.OWN, Role.COORDINATOR: Reach.TERRITORY}
_COORDINATION: Mapping[Role, Reach] = {Role.COORDINATOR: Reach.ALL}
_ADMIN: Mapping[Role, Reach] = {Role.ADMIN: Reach.ALL}
_BOTH_ENDS: Mapping[Role, Reach] = {**_FILING, Role.SHELTER: Reach.SENT}
_TOLD: Mapping[Role, Reach] = dict.fromkeys(
    (Role.REFERRER, Role.COORDINATOR, Role.SHELTER, Role.DECIDER, Role.ADMIN), Reach.OWN
)
_PROPOSALS: Mapping[Role, Reach] = {**_FILING, Role.SHELTER: Reach.SENT, Role.DECIDER: Reach.DECIDES}

_WAIVERS: Mapping[Role, Reach] = {Role.COORDINATOR: Reach.TERRITORY, Role.DECIDER: Reach.DECIDES}

POLICIES: Mapping[str, Mapping[Role, Reach]] = MappingProxyType(
    {
        # One's own password, second factors and sessions.
        "account.manage": _EVERY_ROLE,
        "account.logout": _EVERY_ROLE,
        "alerts.list": dict.fromkeys(Role, Reach.OWN),
        "alerts.acknowledge": dict.fromkeys(Role, Reach.OWN),
        "accounts.list": _ADMIN,
        "accounts.invite": _ADMIN,
        "accounts.disable": _ADMIN,
        "accounts.enable": _ADMIN,
        "accounts.reset": _ADMIN,
        "reference.read": _EVERY_ROLE,
        "organisations.create": _ADMIN,
        "organisations.list": _ADMIN,
        "organisations.get": {**dict.fromkeys(Role, Reach.OWN), **_ADMIN},
        "organisations.amend": _ADMIN,
        "facilities.create": _SHELTER_OWN,
        "facilities.list": _SHELTER_OWN,
        "facilities.get": _SHELTER_OWN,
        "facilities.amend": _SHELTER_OWN,
        "places.create": _SHELTER_OWN,
        "places.list": _SHELTER_OWN,
        "places.get": _SHELTER_OWN,
        "places.amend": _SHELTER_OWN,
        "availability.replace": _SHELTER_OWN,
        "availability.confirm": _SHELTER_OWN,
        "availability.close": _SHELTER_OWN,
        "availability.reopen": _SHELTER_OWN,
        "availability.confirm_all": _SHELTER_OWN,
        "availability.stale": _SHELTER_OWN,
        "places.state": _SHELTER_OWN,
        # Counts by kind and département, without identifiers; a SECRET kind only "exists" (services.vacancies).
        "vacancies.list": _COORDINATION,
        "vacancies.stale": _COORDINATION,
        "requests.submit": _FILING,
        "requests.list": _FILING,
        "requests.get": _FILING,
        "requests.amend": _FILING,
        "requests.cancel": _FILING,
        "requests.outcomes": _FILING,
        "requests.complete": _FILING,
        "requests.ask_to_complete": {Role.COORDINATOR: Reach.TERRITORY},
        "requests.reactivate": _FILING,
        "requests.close": _FILING,
        # A run is national; its page holds totals only. What happened to each request is `runs.outcomes`.
        "runs.start": _COORDINATION,
        "runs.list": _COORDINATION,
        "runs.get": _COORDINATION,
        "runs.outcomes": {Role.COORDINATOR: Reach.TERRITORY},
        # The way to a place: written by those who follow the request, read at both ends.
        "journeys.plan": _FILING,
        "journeys.list": _BOTH_ENDS,
        "journeys.get": _BOTH_ENDS,
        "journeys.amend": _FILING,
        "journeys.leave": _FILING,
        "journeys.reveal": _BOTH_ENDS,
        "checklists.get": _FILING,
        "checklists.open": _FILING,
        "checklists.amend": _FILING,
        "checklists.of_stay": _SHELTER_OWN,
        "stay_limits.list": _BOTH_ENDS,
        # Where the caller's organisation is told that something awaits it; who does not answer, without the address.
        "contact_points.create": _TOLD,
        "contact_points.list": _TOLD,
        "contact_points.get": _TOLD,
        "contact_points.amend": _TOLD,
        "contact_points.remove": _TOLD,
        "contact_points.secret": _TOLD,
        "contact_points.verify": _TOLD,
        "contact_points.failing": _ADMIN,
        "notices.list": _TOLD,
        "proposals.list": _PROPOSALS,
        "proposals.get": _PROPOSALS,
        "proposals.answer": {Role.SHELTER: Reach.SENT},
        "proposals.decide": {Role.DECIDER: Reach.DECIDES, Role.COORDINATOR: Reach.TERRITORY},
        "proposals.consent": _FILING,
        "proposals.withdraw": {Role.COORDINATOR: Reach.TERRITORY},
        "proposals.candidates": {Role.COORDINATOR: Reach.TERRITORY},
        "proposals.create": {Role.COORDINATOR: Reach.TERRITORY},
        "proposals.sheet": {**_FILING, Role.SHELTER: Reach.SENT},
        # A coordination asks and may record what it was told; the département whose reservation it is agrees.
        "waivers.create": {Role.COORDINATOR: Reach.TERRITORY},
        "waivers.list": _WAIVERS,
        "waivers.get": _WAIVERS,
        "waivers.agree": {Role.DECIDER: Reach.DECIDES},
        "waivers.revoke": _WAIVERS,
        "stays.list": _SHELTER_OWN,
        "stays.get": _SHELTER_OWN,
        "stays.arrive": _SHELTER_OWN,
        "stays.no_show": _SHELTER_OWN,
        "stays.renew": _SHELTER_OWN,
        "stays.announce_leaving": _SHELTER_OWN,
        "stays.depart": _SHELTER_OWN,
        # Own acts; of a shelter, the acts by which its addresses were seen (services.audit_trail).
        "audit.list": {
            **dict.fromkeys((Role.COORDINATOR, Role.DECIDER, Role.SHELTER), Reach.OWN),
            Role.AUDITOR: Reach.ALL,
        },
        "audit.status": {**_ADMIN, Role.AUDITOR: Reach.ALL},
    }
)
"""Action → role → reach. Denied by default: an action that is not here cannot be declared by a route."""


def known(action: str) -> bool:
    """Return whether an action is declared, public or not."""
    return action in PUBLIC or action in POLICIES


def reach(actor: Actor, action: str) -> Reach:
    """Return whose rows the caller may do this on.

    Parameters
    ----------
    actor : Actor
        Who is asking.
    action : str
        A key of `POLICIES`.

    Raises
    ------
    Forbidden
        The role never does this.
    """
    granted = POLICIES[action].get(actor.role)
    if granted is None:
        raise Forbidden
    return granted
