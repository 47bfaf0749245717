"""How Alembic runs the revisions: on the connection `data.schema` gives, in one transaction."""

from alembic import context

from data.base import Base
from data.triggers import catalogue

_MODELS = catalogue.MODELS  # makes the metadata whole, for `revision --autogenerate`

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite's DDL is transactional too once BEGIN is ours (`data.session`).
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
