"""Runs of the matcher, and what each run answered to each request."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Base, Identified, Identifier, check, identifier_check, one_of
from data.models.request import Request
from data.types import code, document


class RunState(StrEnum):
    """Whether a run is over."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RunCause(StrEnum):
    """Why a run was made."""

    ASKED = "asked"
    """A coordination asked for it."""
    EVENT = "event"
    """Something changed: an urgent request, a freed place. Only those whom it can reach took part."""
    NIGHTLY = "nightly"
    """Every night, all requests."""


class RunStatus(StrEnum):
    """Whether the answer is proven to be the best."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


_ANSWER = (
    "status",
    "objective",
    "bound",
    "greedy_objective",
    "solver",
    "matcher_version",
    "seconds",
    "digest",
    "requests",
    "served",
)
_NIGHTLY = "cause = 'nightly' AND state <> 'failed'"


class Run(Identified, Base):
    """One run: for which night, asked by whom, what it answered and how it was proven."""

    __tablename__ = "run"
    __table_args__ = (
        identifier_check(),
        one_of("state", RunState),
        one_of("status", RunStatus),
        one_of("cause", RunCause),
        check("requested_by", "(cause = 'asked') = (requested_by IS NOT NULL)"),
        check("seed", "seed >= 0"),
        check("finished", "(state IN ('queued', 'running')) = (finished_at IS NULL)"),
        check("answer", "state <> 'done' OR (" + " AND ".join(f"{name} IS NOT NULL" for name in _ANSWER) + ")"),
        check("served", "served BETWEEN 0 AND requests"),
        check("digest", "length(digest) = 64"),
        Index(None, "night"),
        Index(None, "requested_by"),
        Index(
            "uq_run_nightly",
            "night",
            unique=True,
            sqlite_where=text(_NIGHTLY),
            postgresql_where=text(_NIGHTLY),
        ),
    )

    night: Mapped[date]
    state: Mapped[RunState] = mapped_column(code(RunState), default=RunState.RUNNING)
    cause: Mapped[RunCause] = mapped_column(code(RunCause), default=RunCause.ASKED, server_default="asked")
    requested_by: Mapped[Identifier | None] = mapped_column(ForeignKey("organisation.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    status: Mapped[RunStatus | None] = mapped_column(code(RunStatus))
    objective: Mapped[list[int] | None] = mapped_column(document())
    bound: Mapped[list[int] | None] = mapped_column(document())
    greedy_objective: Mapped[list[int] | None] = mapped_column(document())
    solver: Mapped[str | None]
    matcher_version: Mapped[str | None]
    seed: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[dict[str, float] | None] = mapped_column(document())
    digest: Mapped[str | None] = mapped_column(String(64))
    requests: Mapped[int | None]
    served: Mapped[int | None]


class RunOutcome(Base):
    """What one run answered to one request: a plan, or the funnel that led to none."""

    __tablename__ = "run_outcome"
    __table_args__ = (
        check("served", "NOT served OR (funnel IS NULL AND binding IS NULL AND reason IS NULL)"),
        check("unserved", "served OR funnel IS NOT NULL"),
        Index(None, "request_id"),
    )

    run_id: Mapped[Identifier] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    request_id: Mapped[Identifier] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    served: Mapped[bool]
    funnel: Mapped[list[list[Any]] | None] = mapped_column(document())
    binding: Mapped[list[list[str]] | None] = mapped_column(document())
    reason: Mapped[str | None]
    cause: Mapped[dict[str, Any] | None] = mapped_column(document())
    """Binding sets and reason over all places, hidden ones included: for the facts of the night, never shown."""

    run: Mapped[Run] = relationship(lazy="raise_on_sql")
    request: Mapped[Request] = relationship(lazy="raise_on_sql")
