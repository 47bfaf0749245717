"""What places and their availability look like in JSON; only their own organisation ever sees one."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from api.resources.fields import IDENTIFIER, Items, PageOut, PageQuery, Text, Whole, YesNo
from api.services.places import FreeFacts
from data.models.place import ClosureReason
from data.workflow.place import PlaceState
from matcher.place import Sharing

BEDS_MAX = 500
INTERVALS_MAX = validate.Length(max=200)


class FreeIn(Schema):
    """Nights free, [from, until); beds and cots null: all the place's."""

    from_night = fields.Date(required=True)
    until_night = fields.Date(allow_none=True)
    beds = Whole(0, BEDS_MAX, allow_none=True)
    cots = Whole(0, BEDS_MAX, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> FreeFacts:
        """Make the value services take."""
        return FreeFacts(**data)


class AvailabilityIn(Schema):
    """All the nights on which a place is free."""

    free = fields.List(fields.Nested(FreeIn), required=True, validate=INTERVALS_MAX)


class PlaceChange(Schema):
    """Fields of a place that may change."""

    label = Text(100, required=True)
    beds = Whole(1, BEDS_MAX, required=True)
    cots = Whole(0, BEDS_MAX)
    sharing = fields.Enum(Sharing, by_value=True)
    pair_is_one = YesNo()
    closed = YesNo()


class PlaceIn(PlaceChange):
    """A place to add."""

    free = fields.List(fields.Nested(FreeIn), load_default=list, validate=INTERVALS_MAX)


class ClosureIn(Schema):
    """Nights on which a place receives nobody, [from, until), and why."""

    reason = fields.Enum(ClosureReason, by_value=True, required=True)
    from_night = fields.Date(required=True)
    until_night = fields.Date(allow_none=True)


class ClosureOut(ClosureIn):
    """A closure."""

    id = fields.String(required=True)
    declared_at = fields.AwareDateTime(required=True)


class PlaceOut(PlaceChange):
    """A place, as its own organisation sees it."""

    id = fields.String(required=True)
    facility_id = fields.String(required=True)
    free = Items(fields.Nested(FreeIn), required=True)
    closures = fields.List(fields.Nested(ClosureOut), required=True)
    confirmed_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class PlacePage(PageOut):
    """Some places."""

    items = fields.List(fields.Nested(PlaceOut), required=True)


class PlaceQuery(PageQuery):
    """Which places."""

    facility_id = fields.String(load_default=None, validate=IDENTIFIER)


class NightQuery(Schema):
    """Which night."""

    night = fields.Date(load_default=None, metadata={"description": "Tonight unless told"})


class PlaceStateOut(Schema):
    """What a place is on a night."""

    night = fields.Date(required=True)
    state = fields.Enum(PlaceState, by_value=True, required=True)


class ConfirmAllIn(Schema):
    """What to confirm."""

    facility_id = fields.String(
        load_default=None, validate=IDENTIFIER, metadata={"description": "One facility; all of yours unless told"}
    )


class ConfirmedOut(Schema):
    """What was confirmed."""

    places = fields.Integer(required=True)
    confirmed_at = fields.AwareDateTime(required=True)


class StaleQuery(PageQuery):
    """From which age on."""

    hours = fields.Integer(load_default=24, validate=validate.Range(min=1, max=8760))


class StalePlaceOut(Schema):
    """A place nobody has confirmed for long."""

    id = fields.String(required=True)
    facility_id = fields.String(required=True)
    label = fields.String(required=True)
    confirmed_at = fields.AwareDateTime(required=True)


class StalePage(PageOut):
    """Some of them."""

    items = fields.List(fields.Nested(StalePlaceOut), required=True)
