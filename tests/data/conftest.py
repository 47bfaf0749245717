"""An operator that owns what the tests of this room write."""

import pytest
from sqlalchemy import Engine

from data.models.organisation import Organisation
from tests import builders as b


@pytest.fixture
def owner(engine: Engine) -> Organisation:
    row = b.operator()
    b.save(engine, row)
    return row
