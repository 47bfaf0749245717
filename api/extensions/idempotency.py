"""``Idempotency-Key``: a POST repeated after a broken connection is answered again and not done again.

The answer is kept in the transaction that did the work: either both are there or neither is.
"""

import hashlib
import re
from collections.abc import Callable

from flask import Response, json, make_response, request

from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid
from api.services.reasons import Reason
from data.errors import ConstraintBroken
from data.models.idempotency_key import IdempotencyKey

_FORM = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAKEN = "pk_idempotency_key"
_KEPT_HEADERS = ("ETag", "Location")

KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Drawn anew for each act; the same key and body give the same answer, another body is refused",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
}


def asked() -> str | None:
    """Return the key of the request, None without one.

    Raises
    ------
    Invalid
        It is not 1 to 64 letters, digits, hyphens or underscores.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _FORM.fullmatch(key):
        raise Invalid([FieldError("Idempotency-Key", Reason.KEY_MALFORMED)])
    return key


def replay(context: Context, actor: Actor, key: str | None) -> Response | None:
    """Return the answer kept under a key, None when there is none.

    Raises
    ------
    Conflict
        The key was used for another act.
    """
    if key is None:
        return None
    row = context.session.get(IdempotencyKey, (actor.organisation_id, key))
    if row is None:
        return None
    if (row.method, row.path, row.body_hash) != (request.method, request.path, _fingerprint(actor)):
        raise Conflict(Reason.KEY_REUSED)
    response = make_response(row.response, row.status)
    response.headers.update(row.headers)
    return response


def keep(context: Context, actor: Actor, key: str | None, response: Response) -> None:
    """Write an answer under its key, beside the work itself."""
    if key is None:
        return
    context.session.add(
        IdempotencyKey(
            organisation_id=actor.organisation_id,
            key=key,
            method=request.method,
            path=request.path,
            body_hash=_fingerprint(actor),
            status=response.status_code,
            response=json.loads(response.get_data()),
            headers={name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
            created_at=context.now,
        )
    )


def settle(key: str | None, attempt: Callable[[], Response]) -> Response:
    """Do the work; when another try with the same key was committed first, give its answer.

    Parameters
    ----------
    key : str or None
        Of the request.
    attempt : callable
        Looks for the kept answer, else does the work and keeps its answer; run twice at most.
    """
    try:
        return attempt()
    except ConstraintBroken as broken:
        if key is None or broken.constraint != _TAKEN:
            raise
        return attempt()


def _fingerprint(actor: Actor) -> str:
    # The role is part of it: an answer kept for one role of an organisation is not shown to another.
    whole = hashlib.sha256(actor.role.value.encode() + b"\0")
    for part in (request.headers.get("If-Match", ""), request.query_string.decode("latin-1")):
        whole.update(part.encode() + b"\0")
    whole.update(request.get_data(cache=True))
    return whole.hexdigest()
