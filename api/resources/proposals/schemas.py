"""What proposals look like in JSON; what is not the caller's to see is null."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from api.resources.fields import IDENTIFIER, PageOut, PageQuery, Text, Whole, YesNo
from api.services.answers import AnswerFacts, Refusal
from api.services.plans_now import LIFTABLE
from data.models.facility import Disclosure
from data.models.proposal import REFUSAL_TEXT_MAX, Answer, Decision, ProposalState, WithdrawalReason
from data.models.request_codes import RefusalReason


class SheetLegOut(Schema):
    """Nights in one place, [from, until), which is not named."""

    kind = fields.String(required=True)
    disclosure = fields.Enum(Disclosure, by_value=True, required=True)
    departement = fields.String(required=True, allow_none=True)
    from_night = fields.Date(required=True)
    until_night = fields.Date(required=True)
    position = fields.Integer(required=True)
    answer = fields.Enum(Answer, by_value=True, required=True)
    interview_at = fields.AwareDateTime(required=True, allow_none=True)
    decision = fields.Enum(
        Decision,
        by_value=True,
        required=True,
        metadata={"description": "Of somebody outside (ASE, judge, Koutcha, Ac.Sé, OFII), when the kind asks for one"},
    )


class LegOut(SheetLegOut):
    """Nights in one place, [from, until)."""

    place_id = fields.String(required=True, allow_none=True)
    facility_id = fields.String(required=True, allow_none=True)
    beds = fields.Integer(required=True, allow_none=True)
    cots = fields.Integer(required=True, allow_none=True)


class PersonOut(Schema):
    """One person, as a shelter must know them."""

    age = fields.Integer(required=True)
    age_unit = fields.String(required=True)
    sex = fields.String(required=True)
    role = fields.String(required=True)
    presumed_minor = fields.Boolean(required=True)


class HouseholdOut(Schema):
    """The facts a shelter or a decider decides on."""

    members = fields.List(fields.Nested(PersonOut), required=True)
    pregnant_weeks = fields.Integer(required=True, allow_none=True)
    needs = fields.List(fields.String(), required=True)
    statuses = fields.List(fields.String(), required=True)
    decisions = fields.List(fields.String(), required=True)


class ProposalOut(Schema):
    """A proposal, as the caller may see it."""

    id = fields.String(required=True)
    state = fields.Enum(ProposalState, by_value=True, required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    legs = fields.List(fields.Nested(LegOut), required=True)
    request_id = fields.String(required=True, allow_none=True)
    run_id = fields.String(required=True, allow_none=True)
    roofless_nights = fields.Integer(required=True, allow_none=True)
    cost = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, allow_none=True)
    household = fields.Nested(HouseholdOut, required=True, allow_none=True)
    person_agreed = fields.Boolean(required=True)
    manual = fields.Boolean(required=True, metadata={"description": "Proposed by hand"})
    accepted_at = fields.AwareDateTime(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    refusal_reason = fields.Enum(RefusalReason, by_value=True, required=True, allow_none=True)
    refusal_text = fields.String(required=True, allow_none=True)
    withdrawal_reason = fields.Enum(WithdrawalReason, by_value=True, required=True, allow_none=True)
    version = fields.Integer(required=True)


class ProposalPage(PageOut):
    """Some proposals."""

    items = fields.List(fields.Nested(ProposalOut), required=True)


class ProposalQuery(PageQuery):
    """Which proposals."""

    request_id = fields.String(load_default=None, validate=IDENTIFIER)
    state = fields.Enum(ProposalState, by_value=True, load_default=None)


class RefusalFields(Schema):
    """Why not; the text goes with the reason `other`, and names nobody."""

    reason = fields.Enum(RefusalReason, by_value=True, allow_none=True, load_default=None)
    text = Text(REFUSAL_TEXT_MAX, allow_none=True, load_default=None)

    @staticmethod
    def refusal(data: dict[str, Any]) -> Refusal | None:
        """Take the refusal out of what was sent, None without a reason."""
        reason, text = data.pop("reason"), data.pop("text")
        return None if reason is None else Refusal(reason=reason, text=text)


class AnswerIn(RefusalFields):
    """A shelter's answer for its legs, or for one of them."""

    answer = fields.Enum(Answer, by_value=True, required=True)
    position = Whole(0, 1, allow_none=True, load_default=None)
    interview_at = fields.AwareDateTime(allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> AnswerFacts:
        """Make the value services take."""
        return AnswerFacts(refusal=self.refusal(data), **data)


class DecisionIn(Schema):
    """A decider's word: without a reason it is given."""

    reason = fields.Enum(RefusalReason, by_value=True, allow_none=True, load_default=None)


class ConsentIn(RefusalFields):
    """What the household says: without a reason it comes."""

    position = Whole(0, 1, allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Bring reason and text together."""
        return {"refusal": self.refusal(data), "position": data["position"]}


class CandidateQueryIn(Schema):
    """What to look for."""

    lift = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(sorted(LIFTABLE)),
        metadata={"description": "Plans that this rule alone stands in the way of"},
    )


class CandidateLegOut(Schema):
    """Nights in one place; of a SECRET one neither where nor when."""

    kind = fields.String(required=True)
    disclosure = fields.Enum(Disclosure, by_value=True, required=True)
    departement = fields.String(required=True, allow_none=True)
    from_night = fields.Date(required=True, allow_none=True)
    until_night = fields.Date(required=True, allow_none=True)


class CandidateOut(Schema):
    """A plan to choose, under a handle that lapses."""

    id = fields.String(required=True, metadata={"description": "Handle; says nothing of the places"})
    legs = fields.List(fields.Nested(CandidateLegOut), required=True)
    roofless_nights = fields.Integer(required=True, allow_none=True)
    cost = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, allow_none=True)
    reserved_to = fields.List(fields.String(), required=True)
    blocked = fields.String(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)


class CandidateList(Schema):
    """The best plans of a request now."""

    items = fields.List(fields.Nested(CandidateOut), required=True)


class ManualIn(Schema):
    """A plan to propose by hand."""

    candidate = fields.String(required=True, validate=IDENTIFIER)
    override = YesNo(load_default=False, metadata={"description": "Though it was refused before; recorded"})


class SheetOut(Schema):
    """The hand-over sheet: nothing confidential."""

    proposal_id = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True)
    state = fields.Enum(ProposalState, by_value=True, required=True)
    expires_at = fields.AwareDateTime(required=True)
    legs = fields.List(fields.Nested(SheetLegOut), required=True)
    household = fields.Nested(HouseholdOut, required=True, allow_none=True)
