"""Proposals: a plan sent to shelters, decided by people, that holds its beds while it is open."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, Versioned, check, codes, identifier_check, one_of
from data.models.place import Place
from data.models.request import Request
from data.models.run import Run
from data.types import code, document


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


OPEN_PROPOSALS = (
    ProposalState.SENT,
    ProposalState.AGREED_IN_PRINCIPLE,
    ProposalState.INTERVIEW,
    ProposalState.ACCEPTED,
)
"""States in which a proposal holds its places and keeps its request out of runs."""

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
    """Nights in one place, [from, until); it holds its beds and cots while its proposal is open.

    ``open`` repeats the proposal's state and ``request_id`` its request, for the unique index; the database keeps
    both true (`data.triggers`, the foreign key on both columns).
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

    proposal: Mapped[Proposal] = relationship(back_populates="legs", lazy="raise_on_sql")
    place: Mapped[Place] = relationship(lazy="raise_on_sql")
