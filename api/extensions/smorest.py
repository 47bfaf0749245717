"""The one typed seam around flask-smorest (which ships no types): routes, documentation, errors by path.

A route is declared in one line that names its address, its entry in the access table, its schemas and whether it
changes a versioned row; everything HTTP has to do with it (transaction, ETag, idempotency key, serialisation) is done
here, once.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Literal, TypeAlias, cast

from flask import Response, current_app, make_response, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from sqlalchemy.orm import Session
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType
from werkzeug.routing import BaseConverter

from api import errors, security
from api.extensions import idempotency
from api.extensions.etags import ETAG_HEADER, IF_MATCH, etag, expected_version
from api.extensions.replies import Reply
from api.runtime import runtime
from api.services import access
from api.services.actor import Actor
from api.services.context import Context
from data.session import reading, retrying

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

API_ROOT = "/api/v1"


class ErrorOut(Schema):
    """The one shape of every error."""

    code = fields.Integer(required=True, metadata={"description": "HTTP status"})
    status = fields.String(required=True, metadata={"description": "HTTP status in words"})
    message = fields.String(required=True, metadata={"description": "What to do, in the language asked for"})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "Path of each wrong field, and what is wrong with it"},
    )
    reason = fields.String(required=True, metadata={"description": "Stable code of the refusal, for programs"})


class Parser(FlaskParser):
    """Reads bodies and queries; what a schema does not name is refused in both."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": None}  # noqa: RUF012 (webargs' own form)

    def load_json(self, req: Any, schema: Schema) -> Any:  # noqa: ANN401 (webargs' own signature)
        """Read the body; one that does not say it is JSON is refused, never taken for an empty one."""
        if not req.is_json:
            raise UnsupportedMediaType
        return super().load_json(req, schema)


class EscaleApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest's registry, with our error shape under ``/api`` and pages' own errors elsewhere."""

    ERROR_SCHEMA = ErrorOut

    def __init__(self, page_error: Callable[[HTTPException], Response]) -> None:
        super().__init__()
        self._page_error = page_error

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer a framework's refusal: JSON under ``/api``, a page elsewhere."""
        if request.path.startswith(security.API_PREFIX):
            return errors.http_answer(error)
        return self._page_error(error)


class _Blueprint(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    ARGUMENTS_PARSER = Parser()


class IdentifierConverter(BaseConverter):
    """A path segment that is an identifier of ours; anything else is an unknown address."""

    regex = "[0-9a-f]{32}"


@dataclass(frozen=True)
class Call:
    """What a handler works with.

    Parameters
    ----------
    actor : Actor
        Who is asking.
    context : Context
        Transaction (or reading) and instant.
    version : int
        Of ``If-Match``; 0 on routes that ask for none.
    """

    actor: Actor
    context: Context
    version: int


class Routes:
    """The routes of one resource.

    Parameters
    ----------
    name : str
        Noun of the resource; also the tag in the documentation.
    description : str
        One sentence for the documentation.
    """

    def __init__(self, name: str, description: str) -> None:
        self.blueprint: Any = _Blueprint(name, name, url_prefix=API_ROOT, description=description)

    def public(
        self, rule: str, *, action: str, answer: type[Schema]
    ) -> Callable[[Callable[[], Reply]], Callable[..., Response]]:
        """Declare a reading open to everybody, which opens no transaction by itself.

        Parameters
        ----------
        rule, answer
            As in `get`.
        action : str
            Member of `access.PUBLIC`.

        Returns
        -------
        callable
            Decorator of ``handler() -> Reply``.
        """

        def decorate(handler: Callable[[], Reply]) -> Callable[..., Response]:
            @wraps(handler)
            def view() -> Response:
                return _render(handler(), answer)

            return self._register(view, "GET", rule, action, answer=answer, status=HTTPStatus.OK)

        return decorate

    def get(
        self, rule: str, *, action: str, answer: type[Schema], query: type[Schema] | None = None
    ) -> Callable[[Callable[..., Reply]], Callable[..., Response]]:
        """Declare a reading.

        Parameters
        ----------
        rule : str
            Path under ``/api/v1``.
        action : str
            Entry of the access table.
        answer : type of Schema
            Of the answer.
        query : type of Schema, optional
            Of the query string; its value is the handler's second argument.

        Returns
        -------
        callable
            Decorator of ``handler(call[, query], **path) -> Reply``.
        """

        def decorate(handler: Callable[..., Reply]) -> Callable[..., Response]:
            @wraps(handler)
            def view(*given: object, **path: str) -> Response:
                parts = runtime()
                with reading(parts.engine) as session:
                    call = Call(security.actor(), parts.context(session), 0)
                    return _render(handler(call, *given, **path), answer)

            return self._register(view, "GET", rule, action, answer=answer, status=HTTPStatus.OK, query=query)

        return decorate

    def write(
        self,
        method: Method,
        rule: str,
        *,
        action: str,
        answer: type[Schema],
        body: type[Schema] | Schema | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        versioned: bool = False,
        kept: bool = True,
    ) -> Callable[[Callable[..., Reply]], Callable[..., Response]]:
        """Declare a change, done in one transaction, answered only once it is committed.

        Parameters
        ----------
        method : str
            POST accepts an ``Idempotency-Key``.
        rule, action, answer
            As in `get`.
        body : type of Schema, optional
            Of the body; its value is the handler's second argument.
        status : HTTPStatus
            Of the answer.
        versioned : bool
            The change is of an existing row: ``If-Match`` is required.
        kept : bool
            The answer is kept under its idempotency key. False for one that may rest nowhere (P4): what is asked
            again is done again.

        Returns
        -------
        callable
            Decorator of ``handler(call[, body], **path) -> Reply``.
        """

        def decorate(handler: Callable[..., Reply]) -> Callable[..., Response]:
            @wraps(handler)
            def view(*given: object, **path: str) -> Response:
                parts = runtime()
                key = idempotency.asked() if method == "POST" and kept else None

                def act(session: Session) -> Response:
                    call_context = parts.context(session)
                    before = idempotency.replay(call_context, security.actor(), key)
                    if before is not None:
                        return before
                    # After the replay: a retry bears the version that its first try has already changed.
                    version = expected_version() if versioned else 0
                    call = Call(security.actor(), call_context, version)
                    # A copy: the same transaction may be tried again, whatever the handler took out of it.
                    response = _render(handler(call, *map(copy, given), **path), answer, status)
                    idempotency.keep(call_context, security.actor(), key, response)
                    return response

                return idempotency.settle(key, lambda: retrying(parts.engine, act))

            return self._register(
                view, method, rule, action, answer=answer, status=status, body=body, versioned=versioned
            )

        return decorate

    def long(
        self, rule: str, *, action: str, answer: type[Schema], body: type[Schema]
    ) -> Callable[[Callable[..., None]], Callable[..., Response]]:
        """Declare a POST whose work opens its own transactions (a run).

        Parameters
        ----------
        rule, action, answer, body
            As in `write`; the answer is 201.

        Returns
        -------
        callable
            Decorator of ``handler(actor, body, seal, **path) -> None``: it calls ``seal(context, reply)`` inside its
            last transaction, which keeps the answer under the idempotency key beside what it writes.
        """

        def decorate(handler: Callable[..., None]) -> Callable[..., Response]:
            @wraps(handler)
            def view(given: object, **path: str) -> Response:
                parts, actor, key = runtime(), security.actor(), idempotency.asked()

                def attempt() -> Response:
                    with reading(parts.engine) as session:
                        kept = idempotency.replay(parts.context(session), actor, key)
                    if kept is not None:
                        return kept
                    sealed: list[Response] = []

                    def seal(context: Context, reply: Reply) -> None:
                        response = _render(reply, answer, HTTPStatus.CREATED)
                        idempotency.keep(context, actor, key, response)
                        sealed[:] = [response]

                    handler(actor, given, seal, **path)
                    return sealed[0]

                return idempotency.settle(key, attempt)

            return self._register(view, "POST", rule, action, answer=answer, status=HTTPStatus.CREATED, body=body)

        return decorate

    def _register(
        self,
        view: Callable[..., Response],
        method: Method,
        rule: str,
        action: str,
        *,
        answer: type[Schema],
        status: HTTPStatus,
        query: type[Schema] | None = None,
        body: type[Schema] | Schema | None = None,
        versioned: bool = False,
    ) -> Callable[..., Response]:
        headers = [IF_MATCH] if versioned else []
        if method == "POST":
            headers.append(idempotency.KEY_HEADER)
        documented = self.blueprint.response(int(status), answer, headers=ETAG_HEADER)(view)
        if query is not None:
            documented = self.blueprint.arguments(query, location="query")(documented)
        if body is not None:
            documented = self.blueprint.arguments(body)(documented)
        details: dict[str, object] = {"operationId": f"{view.__module__.split('.')[-2]}_{view.__name__}"}
        if headers:
            details["parameters"] = headers
        if action in access.PUBLIC:
            details["security"] = []
        documented = security.policy(action)(self.blueprint.doc(**details)(documented))
        return cast("Callable[..., Response]", self.blueprint.route(rule, methods=[method])(documented))


def documentation() -> dict[str, Any]:
    """Return the OpenAPI description of the application that answers."""
    apis = current_app.extensions["flask-smorest"]["apis"]
    return cast("dict[str, Any]", apis[""]["ext_obj"].spec.to_dict())


def _render(reply: Reply, schema: type[Schema], status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = make_response(schema().dump(reply.value), int(status))
    if reply.version is not None:
        response.headers["ETag"] = etag(reply.version)
    if reply.location is not None:
        response.headers["Location"] = API_ROOT + reply.location
    return response
