"""Fields and schemas that every resource shares. What a schema does not name is refused (marshmallow's RAISE)."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate

from api.extensions import cursors
from api.services.paging import LIMIT_MAX, Page, Wanted

CODE: Final = validate.Regexp(r"^[a-z0-9_]{1,32}\Z")
DEPARTEMENT: Final = validate.Regexp(r"^(?:[0-9]{2}|2[AB]|97[0-9])\Z")
INSEE: Final = validate.Regexp(r"^[0-9][0-9AB][0-9]{3}\Z")
IDENTIFIER: Final = validate.Regexp(r"^[0-9a-f]{32}\Z")
LIST_MAX: Final = validate.Length(max=100)
KM: Final = validate.Range(min=0, min_inclusive=False, max=2000)


class Text(fields.String):
    """Written by people: 1 to ``longest`` characters, none of them a control sign (PostgreSQL keeps no NUL)."""

    def __init__(self, longest: int, **kwargs: Any) -> None:  # noqa: ANN401 (marshmallow's own arguments)
        super().__init__(validate=validate.Length(min=1, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ANN401
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not text.isprintable():
            raise ValidationError("String does not match expected pattern.")
        return text


class Whole(fields.Integer):
    """A whole number, given as one: neither 17.5 nor "17" nor true."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:  # noqa: ANN401 (marshmallow's own arguments)
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ANN401
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        return int(super()._deserialize(value, attr, data, **kwargs))


class Number(fields.Float):
    """A finite number, given as one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:  # noqa: ANN401
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        return float(super()._deserialize(value, attr, data, **kwargs))


class YesNo(fields.Boolean):
    """true or false, and nothing that looks like them."""

    truthy = {True}  # noqa: RUF012 (marshmallow's own form)
    falsy = {False}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return bool(super()._deserialize(value, attr, data, **kwargs))


class Items(fields.List[Any]):
    """A list, read as a tuple: values of services are frozen."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return tuple(super()._deserialize(value, attr, data, **kwargs))


def codes(**kwargs: Any) -> Items:  # noqa: ANN401 (marshmallow's own arguments)
    """Make a list of codes of the vocabulary."""
    return Items(fields.String(validate=CODE), validate=LIST_MAX, **kwargs)


def departements(**kwargs: Any) -> Items:  # noqa: ANN401 (marshmallow's own arguments)
    """Make a list of codes of départements."""
    return Items(fields.String(validate=DEPARTEMENT), validate=validate.Length(max=120), **kwargs)


class PageQuery(Schema):
    """Which page of a list."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(min=1, max=LIMIT_MAX),
        metadata={"description": "Most rows of the page"},
    )
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=500),
        metadata={"description": "`next` of the page before"},
    )

    @post_load
    def gather(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Bring limit and cursor together as the page wanted."""
        data["wanted"] = Wanted(limit=data.pop("limit"), after=cursors.decode(data.pop("cursor")))
        return data


class PageOut(Schema):
    """What lists have in common; each adds its ``items``."""

    next = fields.Function(
        lambda page: cursors.encode(page.following) if isinstance(page, Page) else None,
        metadata={
            "description": "Cursor of the next page; null on the last one",
            "type": ["string", "null"],
        },
    )


def changes(schema: type[Schema]) -> Schema:
    """Make the schema of a PATCH: any of the fields of a schema, each as strict as there.

    Nested values stay whole: only the fields at the top may be left out.
    """
    return schema(partial=tuple(schema().fields))
