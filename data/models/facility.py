"""Facilities: whom they receive and under which agreement; their quotas."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import (
    Base,
    Departement,
    Identified,
    Identifier,
    Insee,
    Versioned,
    check,
    identifier_check,
    one_of,
)
from data.models.organisation import Organisation
from data.types import CODE_LENGTH, CodeList, code, document
from matcher.place import Audience
from matcher.problem import QuotaFact

__all__ = ["Disclosure", "Facility", "Quota"]


class Disclosure(StrEnum):
    """Who may learn where a facility is."""

    OPEN = "open"
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105 - a level of disclosure, not a password


class Facility(Identified, Versioned, Base):
    """Where places are, who runs them, and what the agreement says beside the kind's own rules.

    A field that may be NULL falls back on the rules of the kind in force on the night (`data.snapshots`). An empty
    list is given, and is not NULL.
    """

    __tablename__ = "facility"
    __table_args__ = (
        identifier_check(),
        one_of("disclosure", Disclosure),
        one_of("audience", Audience),
        check("kind", f"length(kind) BETWEEN 1 AND {CODE_LENGTH}"),
        check("coordinates", "(latitude IS NULL) = (longitude IS NULL)"),
        check("latitude", "latitude BETWEEN -90 AND 90"),
        check("longitude", "longitude BETWEEN -180 AND 180"),
        check("precision_km", "precision_km >= 0"),
        check("commune", "commune_insee IS NULL OR departement IS NOT NULL"),
        check("ages_both", "(age_min IS NULL) = (age_max IS NULL)"),
        check("ages", "age_min >= 0 AND age_max >= age_min AND age_max <= 120"),
        check("max_stay_nights", "max_stay_nights >= 1"),
        Index(None, "organisation_id"),
        Index(None, "departement", "kind"),
    )

    organisation_id: Mapped[Identifier] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    disclosure: Mapped[Disclosure] = mapped_column(code(Disclosure))
    departement: Mapped[Departement | None]
    commune_insee: Mapped[Insee | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    precision_km: Mapped[float] = mapped_column(default=0.0)
    audience: Mapped[Audience] = mapped_column(code(Audience), default=Audience.MIXED)
    age_min: Mapped[int | None]
    age_max: Mapped[int | None]
    admits: Mapped[list[dict[str, Any]] | None] = mapped_column(document())
    requires: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    decisions: Mapped[tuple[str, ...] | None] = mapped_column(CodeList)
    reserved_departements: Mapped[tuple[str, ...] | None] = mapped_column(CodeList)
    reserved_contingents: Mapped[tuple[str, ...] | None] = mapped_column(CodeList)
    serves: Mapped[tuple[str, ...] | None] = mapped_column(CodeList)
    services: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    specialisms: Mapped[tuple[str, ...]] = mapped_column(CodeList, default=())
    max_stay_nights: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    facts_version: Mapped[int] = mapped_column(
        check("facts_version", "facts_version >= 1"), default=1, server_default="1"
    )

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    quotas: Mapped[list["Quota"]] = relationship(
        back_populates="facility",
        lazy="selectin",
        order_by="Quota.fact",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class Quota(Identified, Base):
    """At most so many households with a fact, in all places of a facility together."""

    __tablename__ = "quota"
    __table_args__ = (
        identifier_check(),
        one_of("fact", QuotaFact),
        check("max", "max >= 0"),
        UniqueConstraint("facility_id", "fact"),
    )

    facility_id: Mapped[Identifier] = mapped_column(ForeignKey("facility.id", ondelete="CASCADE"))
    fact: Mapped[QuotaFact] = mapped_column(code(QuotaFact))
    max: Mapped[int]

    facility: Mapped[Facility] = relationship(back_populates="quotas", lazy="raise_on_sql")
