"""Proposals: a plan sent to shelters, decided by people, that holds its beds while it is open."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, codes, identifier_check, one_of
from data.models.place import Place
from data.models.request import Request
from data.models.request_codes import RefusalReason, RefusedBy
from data.models.run import Run
from data.types import CodeList, code, document


class ProposalState(StrEnum):
    """Where a proposal is in its workflow."""

    SENT = "sent"
    AGREED_IN_PRINCIPLE = "agreed_in_principle"
    INTERVIEW = "interview"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    REFUSED_BY_FACILITY = "refused_by_facility"
    REFUSED_BY_PERSON = "refused_by_person"
    REFUSED_BY_DECIDER = "refused_by_decider"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    NO_SHOW = "no_show"


class WithdrawalReason(StrEnum):
    """Why a plan was taken back, or gave way to another."""

    BY_COORDINATOR = "by_coordinator"
    REQUEST_CHANGED = "request_changed"
    REQUEST_OVER = "request_over"
    PLACE_CHANGED = "place_changed"
    UNSAFE = "unsafe"
    OTHER_PLAN_ACCEPTED = "other_plan_accepted"


class Answer(StrEnum):
    """What the shelter of a leg has said."""

    AWAITING = "awaiting"
    AGREED = "agreed"
    INTERVIEW = "interview"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Decision(StrEnum):
    """Whether somebody outside must agree to the admission to a leg's place, and has."""

    NOT_NEEDED = "not_needed"
    AWAITING = "awaiting"
    GIVEN = "given"
    DECLINED = "declined"


class SaidBy(StrEnum):
    """Who recorded what the household or a decider said."""

    REFERRER = "referrer"
    COORDINATOR = "coordinator"
    DECIDER = "decider"


HOLDING_PROPOSALS = (ProposalState.SENT, ProposalState.AGREED_IN_PRINCIPLE, ProposalState.INTERVIEW)
"""States in which answers are awaited and the legs hold their beds."""
OPEN_PROPOSALS = (*HOLDING_PROPOSALS, ProposalState.ACCEPTED)
"""States that keep the request out of runs; of an accepted proposal the holds have become stays."""
REFUSED_PROPOSALS = (
    ProposalState.REFUSED_BY_FACILITY,
    ProposalState.REFUSED_BY_PERSON,
    ProposalState.REFUSED_BY_DECIDER,
)
"""States somebody's no led to."""
REFUSAL_TEXT_MAX = 300
"""Longest text beside the reason `other` (characters)."""


def _refusals() -> str:
    kinds = zip(REFUSED_PROPOSALS, RefusedBy, strict=True)
    ways = (f"(state = '{state.value}' AND refusal_reason IN ({codes(RefusalReason.of(who))}))" for state, who in kinds)
    # A reason that is NULL would make the comparison unknown, and an unknown CHECK passes.
    none = f"refusal_reason IS NULL AND state NOT IN ({codes(REFUSED_PROPOSALS)})"
    return f"(refusal_reason IS NOT NULL AND ({' OR '.join(ways)})) OR ({none})"


_WITHDRAWN = codes((ProposalState.WITHDRAWN, ProposalState.SUPERSEDED))
_ACCEPTED = codes((ProposalState.ACCEPTED, ProposalState.ARRIVED, ProposalState.NO_SHOW))
_OPEN_FROM_RUN = f"run_id IS NOT NULL AND state IN ({codes(OPEN_PROPOSALS)})"


class Proposal(Identified, Versioned, Base):
    """A plan of one or two legs for a request, with everything it was decided on."""

    __tablename__ = "proposal"
    __table_args__ = (
        identifier_check(),
        one_of("state", ProposalState),
        check("expiry", "expires_at > created_at"),
        check("roofless_nights", "roofless_nights >= 0"),
        # What legs refer to, so that the request they repeat is the proposal's own.
        UniqueConstraint("id", "request_id"),
        Index(
            "uq_proposal_open_from_run",
            "request_id",
            unique=True,
            sqlite_where=text(_OPEN_FROM_RUN),
            postgresql_where=text(_OPEN_FROM_RUN),
        ),
        Index(None, "request_id"),
        Index(None, "run_id"),
        Index(None, "state", "expires_at"),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id"))
    run_id: Mapped[Identifier | None] = mapped_column(ForeignKey("run.id"))
    state: Mapped[ProposalState] = mapped_column(code(ProposalState), default=ProposalState.SENT)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    roofless_nights: Mapped[int]
    cost: Mapped[dict[str, int]] = mapped_column(document())
    context: Mapped[dict[str, Any]] = mapped_column(document())
    # SQLite adds a column with its CHECK, never a CHECK alone: each hangs on the last column it speaks of.
    accepted_at: Mapped[datetime | None] = mapped_column(
        check(
            "accepted",
            f"(accepted_at IS NOT NULL OR state NOT IN ({_ACCEPTED})) "
            f"AND (accepted_at IS NULL OR state NOT IN ({codes(HOLDING_PROPOSALS)}))",
        )
    )
    closed_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[WithdrawalReason | None] = mapped_column(code(WithdrawalReason))
    followed_at: Mapped[datetime | None] = mapped_column(
        check(
            "closed",
            f"(closed_at IS NULL) = (state IN ({codes(OPEN_PROPOSALS)})) "
            f"AND (withdrawal_reason IS NOT NULL) = (state IN ({_WITHDRAWN})) "
            f"AND (withdrawal_reason IS NULL OR withdrawal_reason IN ({codes(WithdrawalReason)})) "
            "AND (followed_at IS NULL OR closed_at IS NOT NULL)",
        )
    )
    person_agreed_at: Mapped[datetime | None]
    person_agreed_by: Mapped[SaidBy | None] = mapped_column(
        code(SaidBy),
        check(
            "person_agreed",
            "(person_agreed_at IS NULL) = (person_agreed_by IS NULL) "
            f"AND (person_agreed_by IS NULL OR person_agreed_by IN ({codes((SaidBy.REFERRER, SaidBy.COORDINATOR))}))",
        ),
    )
    refusal_reason: Mapped[RefusalReason | None] = mapped_column(code(RefusalReason), check("refusal", _refusals()))
    refusal_text: Mapped[str | None] = mapped_column(
        check(
            "refusal_text",
            # Erased with the end of its request: the reason stays.
            "refusal_text IS NULL OR (refusal_reason IS NOT NULL AND refusal_reason = 'other' "
            f"AND length(refusal_text) BETWEEN 1 AND {REFUSAL_TEXT_MAX})",
        )
    )

    request: Mapped[Request] = relationship(lazy="raise_on_sql")
    run: Mapped[Run | None] = relationship(lazy="raise_on_sql")
    legs: Mapped[list["ProposalLeg"]] = relationship(
        back_populates="proposal",
        lazy="selectin",
        order_by="ProposalLeg.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class ProposalLeg(Base):
    """Nights in one place, [from, until), answered by its shelter and, for some kinds, decided by somebody outside.

    It holds its beds and cots while the answers are awaited. ``open`` repeats the proposal's state and ``request_id``
    its request, for the unique index; the database keeps both true (`data.triggers`, the foreign key on both columns).
    ``deciders``: codes of those of whom one must agree, frozen when it was sent.
    """

    __tablename__ = "proposal_leg"
    __table_args__ = (
        ForeignKeyConstraint(["proposal_id", "request_id"], ["proposal.id", "proposal.request_id"], ondelete="CASCADE"),
        check("position", "position IN (0, 1)"),
        check("nights", "until_night > from_night"),
        check("beds", "beds >= 0 AND cots >= 0 AND beds + cots >= 1"),
        Index(
            "uq_proposal_leg_open",
            "request_id",
            "place_id",
            unique=True,
            sqlite_where=text("open"),
            postgresql_where=text("open"),
        ),
        Index(None, "place_id"),
    )

    proposal_id: Mapped[Identifier] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[Identifier]
    place_id: Mapped[Identifier] = mapped_column(ForeignKey("place.id"))
    from_night: Mapped[date]
    until_night: Mapped[date]
    beds: Mapped[int]
    cots: Mapped[int] = mapped_column(default=0)
    open: Mapped[bool] = mapped_column(default=True)
    answer: Mapped[Answer] = mapped_column(code(Answer), default=Answer.AWAITING, server_default="awaiting")
    answered_at: Mapped[datetime | None] = mapped_column(
        check("answer", f"answer IN ({codes(Answer)}) AND (answer = 'awaiting') = (answered_at IS NULL)")
    )
    interview_at: Mapped[datetime | None] = mapped_column(
        check("interview", "answer <> 'interview' OR interview_at IS NOT NULL")
    )
    deciders: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=(), server_default="[]")
    decision: Mapped[Decision] = mapped_column(code(Decision), default=Decision.NOT_NEEDED, server_default="not_needed")
    decided_at: Mapped[datetime | None] = mapped_column(
        check(
            "decision",
            f"decision IN ({codes(Decision)}) AND (decision IN ('given', 'declined')) = (decided_at IS NOT NULL)",
        )
    )
    decided_by: Mapped[SaidBy | None] = mapped_column(
        code(SaidBy),
        check(
            "decided_by",
            "(decided_at IS NULL) = (decided_by IS NULL) "
            f"AND (decided_by IS NULL OR decided_by IN ({codes((SaidBy.COORDINATOR, SaidBy.DECIDER))}))",
        ),
    )

    proposal: Mapped[Proposal] = relationship(back_populates="legs", lazy="raise_on_sql")
    place: Mapped[Place] = relationship(lazy="raise_on_sql")
