"""``ETag`` and ``If-Match``: nobody overwrites what somebody else changed meanwhile."""

import re

from flask import request
from werkzeug.exceptions import PreconditionRequired

from api.services.errors import Stale

_ONE_STRONG_TAG = re.compile(r'"([1-9][0-9]{0,17})"')

ETAG_HEADER = {"ETag": {"description": "Version of the resource, for If-Match", "schema": {"type": "string"}}}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "ETag of the resource as you read it; 428 when missing, 412 when somebody changed it since",
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]*"$'},
}


def etag(version: int) -> str:
    """Write a version as a strong entity tag."""
    return f'"{version}"'


def expected_version() -> int:
    """Return the version the caller has read.

    Raises
    ------
    PreconditionRequired
        There is no ``If-Match``, or it is ``*``, which would mean "whatever it is now".
    Stale
        It is no tag of ours, so it is not the present one.
    """
    given = request.headers.get("If-Match", "").strip()
    if given in {"", "*"}:
        raise PreconditionRequired
    found = _ONE_STRONG_TAG.fullmatch(given)
    if found is None:
        raise Stale
    return int(found[1])
