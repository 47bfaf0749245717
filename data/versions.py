"""A parent's version grows when a child of it changes, so that whoever read the whole notices."""

from typing import Any, Final, NamedTuple

from sqlalchemy import inspect
from sqlalchemy.orm import Session, UOWTransaction
from sqlalchemy.orm.attributes import flag_modified

from data.base import Base
from data.models.facility import Facility, Quota
from data.models.place import Closure, FreeInterval, Place
from data.models.proposal import ProposalLeg
from data.models.request import RefusedPair, Request, RequestMember, RequestZone
from data.models.stay import Stay
from data.models.waiver import Waiver


class _Parent(NamedTuple):
    kind: type[Base]
    key: str  # the child's column that refers to it
    column: str  # a column of the parent that is written again, so that its version grows


_PLACE: Final = _Parent(Place, "place_id", "beds")
_REQUEST: Final = _Parent(Request, "request_id", "state")
_PARENTS: Final[dict[type[Any], _Parent]] = {
    Quota: _Parent(Facility, "facility_id", "kind"),
    FreeInterval: _PLACE,
    Closure: _PLACE,
    Stay: _PLACE,
    ProposalLeg: _PLACE,
    RequestMember: _REQUEST,
    RequestZone: _REQUEST,
    RefusedPair: _REQUEST,
    Waiver: _REQUEST,
}


def bump_parents(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """Mark the parents of changed children as changed (listener of ``before_flush``).

    Rows written without the unit of work (``insert(...)``, ``update(...)``) do not pass here: whoever writes
    children that way bumps the parent too.
    """
    changed = {row for row in session.dirty if session.is_modified(row)}
    parents = {
        (rule, identifier)
        for child in {*session.new, *changed, *session.deleted}
        if (rule := _PARENTS.get(type(child))) is not None
        for identifier in _parent_ids(child, rule.key)
    }
    if not parents:
        return
    new = {(type(row), getattr(row, "id", None)) for row in session.new}
    for rule, identifier in parents:
        if (rule.kind, identifier) in new:
            continue
        parent = session.get(rule.kind, identifier)
        if parent is not None and parent not in session.deleted:
            flag_modified(parent, rule.column)


def _parent_ids(child: Base, key: str) -> set[str]:
    # A child that moves changes both parents. One added to its parent's list has no key yet, but has its parent.
    identifiers = {value for value in inspect(child).attrs[key].history.sum() if value is not None}
    if not identifiers:
        parent = getattr(child, key.removesuffix("_id"))
        identifiers = {parent.id} if parent is not None and parent.id is not None else set()
    return identifiers
