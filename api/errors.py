"""The one table of errors: what each refusal answers over HTTP, in one shape.

``{"code": 404, "status": "Not Found", "message": "…", "errors": {"members[0].age": ["…"]}, "reason": "not_found"}``
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeAlias

from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from api.i18n import LANGUAGES, Language, translate, word
from api.services import errors
from api.services.reasons import Reason

STATUS: Mapping[type[errors.ServiceError], HTTPStatus] = {
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Stale: HTTPStatus.PRECONDITION_FAILED,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Class of a service's refusal → HTTP status."""

REASONS: Mapping[int, Reason] = {
    HTTPStatus.BAD_REQUEST: Reason.MALFORMED,
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Reason.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Reason.TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Reason.JSON_ONLY,
    HTTPStatus.UNPROCESSABLE_ENTITY: Reason.INVALID,
    HTTPStatus.PRECONDITION_REQUIRED: Reason.IF_MATCH_MISSING,
}
"""HTTP status of the framework's own refusals → reason; any other is `Reason.INTERNAL` or `Reason.MALFORMED`."""

Messages: TypeAlias = "Mapping[str | int, Messages] | list[str] | str"


def language() -> Language:
    """Return the language of the answer: what the browser prefers, English when it says nothing of the two."""
    best = request.accept_languages.best_match(LANGUAGES, default="en")
    return "fr" if best == "fr" else "en"


def answer(
    status: HTTPStatus, reason: Reason, params: errors.Params, fields: Mapping[str, list[str]] | None = None
) -> Response:
    """Build an error's answer, the only shape there is.

    Parameters
    ----------
    status : HTTPStatus
        Of the answer.
    reason : Reason
        Code for programs.
    params : mapping
        Values the wording needs.
    fields : mapping, optional
        Path of a wrong field → sentences.
    """
    response = jsonify(
        code=int(status),
        status=status.phrase,
        message=word(reason, params, language()),
        errors=dict(fields or {}),
        reason=reason.value,
    )
    response.status_code = int(status)
    response.vary.add("Accept-Language")
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="escale"'
    return response


def service_answer(error: errors.ServiceError) -> Response:
    """Answer a service's refusal."""
    fields: dict[str, list[str]] = {}
    for wrong in error.errors:
        fields.setdefault(wrong.path, []).append(word(wrong.reason, wrong.params, language()))
    return answer(STATUS[type(error)], error.reason, error.params, fields)


def http_answer(error: HTTPException) -> Response:
    """Answer a refusal of the framework (unknown address, unreadable JSON, wrong field…) in the same shape."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    fallback = Reason.INTERNAL if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Reason.MALFORMED
    found = getattr(error, "data", None) or {}
    fields: dict[str, list[str]] = {}
    for location, messages in found.get("messages", {}).items():
        if status is HTTPStatus.UNPROCESSABLE_ENTITY:
            fields.update(flatten(messages, "" if location in {"json", "query"} else location))
    params: errors.Params = {"max": current_app.config["MAX_CONTENT_LENGTH"]}
    response = answer(status, REASONS.get(status, fallback), params, fields)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def flatten(messages: Messages, path: str = "") -> dict[str, list[str]]:
    """Turn the schema library's nested messages into paths.

    Parameters
    ----------
    messages : mapping, list or str
        ``{"members": {0: {"age": ["Not a valid integer."]}}}``.
    path : str
        Where they hang.

    Returns
    -------
    dict
        ``{"members[0].age": ["Expected type: integer."]}``.
    """
    if isinstance(messages, str):
        return {path: [translate(messages, language())]}
    if isinstance(messages, list):
        return {path: [translate(message, language()) for message in messages]}
    flat: dict[str, list[str]] = {}
    for key, nested in messages.items():
        if key == "_schema":
            where = path
        elif isinstance(key, int):
            where = f"{path}[{key}]"
        else:
            where = f"{path}.{key}" if path else key
        flat.update(flatten(nested, where))
    return flat
