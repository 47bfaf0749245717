"""Requests: one household, its danger zones, what it needs; nothing that names a person."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import (
    Base,
    Departement,
    Identified,
    Identifier,
    Insee,
    Versioned,
    check,
    codes,
    identifier_check,
    one_of,
)
from data.models.organisation import Organisation
from data.models.request_codes import (
    AgeUnit,
    MinorityStatus,
    RefusalReason,
    RefusedBy,
    RequestState,
    SleepingTonight,
    ZoneKind,
)
from data.types import CodeList, code
from matcher.request import Role, Sex


class Request(Identified, Versioned, Base):
    """A request for shelter for one household, kept together."""

    __tablename__ = "request"
    __table_args__ = (
        identifier_check(),
        one_of("state", RequestState),
        one_of("sleeping_tonight", SleepingTonight),
        check("priority", "priority BETWEEN 1 AND 4"),
        check("priority_reason", "length(priority_overridden_because) > 0"),
        check("latest_night", "latest_night >= from_night"),
        check("stay", "nights >= 1"),
        check("pregnancy", "(pregnant_weeks IS NULL) = (pregnancy_as_of IS NULL)"),
        check("pregnant_weeks", "pregnant_weeks BETWEEN 1 AND 45"),
        check("anchor", "anchor_max_km IS NULL OR (anchor_insee IS NOT NULL AND anchor_max_km > 0)"),
        Index(None, "organisation_id"),
        Index(None, "state", "departement"),
        Index(None, "reference_hash"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    departement: Mapped[Departement]
    reference_hash: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[RequestState] = mapped_column(code(RequestState), default=RequestState.DRAFT)
    priority: Mapped[int]
    priority_overridden_because: Mapped[str | None]
    waiting_since: Mapped[date]
    from_night: Mapped[date]
    latest_night: Mapped[date | None]
    nights: Mapped[int | None]
    sleeping_tonight: Mapped[SleepingTonight] = mapped_column(code(SleepingTonight))
    sleeping_until: Mapped[date | None]
    pregnant_weeks: Mapped[int | None]
    pregnancy_as_of: Mapped[date | None]
    contingents: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    statuses: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    decisions: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    needs: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    preferences: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    kinds: Mapped[tuple[str, ...] | None] = mapped_column(CodeList)
    origin_insee: Mapped[Insee | None]
    anchor_insee: Mapped[Insee | None]
    anchor_max_km: Mapped[float | None]
    separation_group: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    facts_version: Mapped[int] = mapped_column(
        check("facts_version", "facts_version >= 1"), default=1, server_default="1"
    )
    """Grows with every change of a fact that a rule looks at."""
    closed_at: Mapped[datetime | None]
    # SQLite adds a column with its CHECK, never a CHECK alone: this one hangs on the last column it speaks of.
    missing_fields: Mapped[tuple[str, ...] | None] = mapped_column(
        CodeList,
        check(
            "state_fields",
            "(closed_at IS NOT NULL) = (state IN ('closed', 'cancelled', 'expired')) "
            "AND (missing_fields IS NOT NULL) = (state = 'to_complete')",
        ),
    )

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    members: Mapped[list["RequestMember"]] = relationship(
        back_populates="request",
        lazy="selectin",
        order_by="RequestMember.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    zones: Mapped[list["RequestZone"]] = relationship(
        back_populates="request",
        lazy="selectin",
        order_by="RequestZone.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    refused_pairs: Mapped[list["RefusedPair"]] = relationship(
        back_populates="request",
        lazy="selectin",
        order_by="RefusedPair.facility_id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class RequestMember(Identified, Base):
    """One person: an age with the date it was true, sex, role; no name, no birth date, no nationality."""

    __tablename__ = "request_member"
    __table_args__ = (
        identifier_check(),
        one_of("age_unit", AgeUnit),
        one_of("sex", Sex),
        one_of("role", Role),
        one_of("minority_status", MinorityStatus),
        check("position", "position >= 0"),
        # Months are for the first 3 years, days for the first 3 months: no finer fact than matching needs.
        check(
            "age",
            "age >= 0 AND ((age_unit = 'years' AND age <= 120) OR (age_unit = 'months' AND age <= 36) "
            "OR (age_unit = 'days' AND age <= 92))",
        ),
        UniqueConstraint("request_id", "position"),
        Index(
            "uq_request_member_principal",
            "request_id",
            unique=True,
            sqlite_where=text("role = 'principal'"),
            postgresql_where=text("role = 'principal'"),
        ),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    position: Mapped[int]
    age: Mapped[int]
    age_unit: Mapped[AgeUnit] = mapped_column(code(AgeUnit))
    age_as_of: Mapped[date]
    sex: Mapped[Sex] = mapped_column(code(Sex))
    role: Mapped[Role] = mapped_column(code(Role))
    minority_status: Mapped[MinorityStatus | None] = mapped_column(code(MinorityStatus))

    request: Mapped[Request] = relationship(back_populates="members", lazy="raise_on_sql")


class RequestZone(Identified, Base):
    """Where the household is in danger: a département, with its neighbours or not, or a circle around a commune."""

    __tablename__ = "request_zone"
    __table_args__ = (
        identifier_check(),
        one_of("kind", ZoneKind),
        check(
            "fields",
            "(kind = 'departement' AND departement IS NOT NULL AND commune_insee IS NULL AND km IS NULL) OR "
            "(kind = 'circle' AND departement IS NULL AND NOT with_neighbours AND commune_insee IS NOT NULL "
            "AND km IS NOT NULL)",
        ),
        check("km", "km > 0"),
        Index(None, "request_id"),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    kind: Mapped[ZoneKind] = mapped_column(code(ZoneKind))
    departement: Mapped[Departement | None]
    with_neighbours: Mapped[bool] = mapped_column(default=False)
    commune_insee: Mapped[Insee | None]
    km: Mapped[float | None]

    request: Mapped[Request] = relationship(back_populates="zones", lazy="raise_on_sql")


def _reasons(who: RefusedBy) -> str:
    return f"refused_by = '{who.value}' AND reason IN ({codes(RefusalReason.of(who))})"


class RefusedPair(Base):
    """A facility that is not proposed again to a request, who said no and why.

    It stands while both sides are what they were (``request_version``, ``facility_version``: their ``facts_version``
    at the refusal) and no coordinator has overridden it.
    """

    __tablename__ = "refused_pair"
    __table_args__ = (
        one_of("refused_by", RefusedBy),
        check("reason", " OR ".join(f"({_reasons(who)})" for who in RefusedBy)),
        Index(None, "facility_id"),
    )

    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    facility_id: Mapped[Identifier] = mapped_column(ForeignKey("facility.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[RefusalReason] = mapped_column(code(RefusalReason))
    refused_by: Mapped[RefusedBy] = mapped_column(code(RefusedBy))
    refused_at: Mapped[datetime]
    request_version: Mapped[int] = mapped_column(default=1, server_default="1")
    facility_version: Mapped[int] = mapped_column(default=1, server_default="1")
    overridden_at: Mapped[datetime | None]

    request: Mapped[Request] = relationship(back_populates="refused_pairs", lazy="raise_on_sql")
