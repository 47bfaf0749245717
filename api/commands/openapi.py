"""``escale openapi``: the interface's own description, committed beside the code that makes it."""

import json
from pathlib import Path

import click

from api.app import create_app
from api.config import DEMO_SECRET, Settings
from api.extensions.smorest import documentation

DESCRIPTION = Path(__file__).parent.parent / "openapi.json"


def description() -> str:
    """Return the OpenAPI description as it is committed: JSON, indented, ending with a line break."""
    app = create_app(Settings(database_url="sqlite://", reference_secret=DEMO_SECRET))
    with app.app_context():
        return json.dumps(documentation(), ensure_ascii=False, indent=2) + "\n"


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the committed description is up to date.")
def openapi(*, check: bool) -> None:
    """Write the OpenAPI 3.1 description to api/openapi.json."""
    if not check:
        DESCRIPTION.write_text(description(), "utf-8")
    elif not DESCRIPTION.exists() or DESCRIPTION.read_text("utf-8") != description():
        raise click.ClickException("api/openapi.json is out of date: run `escale openapi`")
