"""What a run was asked, kept so that its answer can be computed again."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Base, Identifier, check


class RunProblem(Base):
    """The problem of one run: compressed JSON, as written and read by `api.services.frozen_problems`.

    It holds facts of households (P3) and coordinates (P4): no route reads it, and it is forgotten long before its run
    is. ``digest`` is the SHA-256 of the text, which the audit log repeats.
    """

    __tablename__ = "run_problem"
    __table_args__ = (check("digest", "length(digest) = 64"),)

    run_id: Mapped[Identifier] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    problem: Mapped[bytes] = mapped_column(LargeBinary)
