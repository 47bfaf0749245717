"""``escale audit``: whether the log is what was written, and lines to keep elsewhere that prove it later."""

from pathlib import Path

import click

from api.commands.database import context_of, open_database
from api.config import Settings
from api.services.audit_anchors import Anchor, UnknownAnchor, anchor, read_anchors
from api.services.audit_check import Fault
from api.services.audit_check import verify as walk
from data.session import reading

_SENTENCES = {
    Fault.MISSING: "row {next} is missing",
    Fault.CHANGED: "row {next} is not what was written: it was changed or moved",
    Fault.UNKNOWN_KEY: "row {next} was written with a key that is not given: see ESCALE_AUDIT_SECRETS_OLD",
    Fault.HEAD: "the log ends at row {rows}, and its head names another end",
    Fault.CUT: "the log ends at row {rows}, and an anchor knows later rows: its tail was cut",
    Fault.REWRITTEN: "row {rows} is not the one that was anchored: the log was written anew",
}


@click.group()
def audit() -> None:
    """Check and anchor the record of acts."""


@audit.command()
@click.option("--anchor", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Lines kept.")
def verify(file: Path | None) -> None:
    """Walk the log from its first row; exit code 1 names the first that does not hold.

    Without --anchor a tail that was cut, head included, is not noticed.
    """
    settings = Settings.from_env()
    secrets = (settings.audit_secret, *settings.audit_secrets_old)
    anchors = _anchors(file, secrets) if file is not None else []
    with open_database(settings) as engine:
        found = walk(engine, secrets, anchors)
    if found.fault is not None:
        raise click.ClickException(_SENTENCES[found.fault].format(rows=found.rows, next=found.rows + 1))
    click.echo(f"{found.rows} rows hold, {len(anchors)} anchors agree.")


@audit.command(name="anchor")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File the line is added to.")
def make_anchor(out: Path | None) -> None:
    """Write a signed line that says where the log ends now, to be kept where the database is not."""
    settings = Settings.from_env()
    with open_database(settings) as engine, reading(engine) as session:
        line = anchor(context_of(settings, session))
    if out is None:
        click.echo(line)
        return
    with out.open("a", encoding="utf-8") as kept:
        kept.write(f"{line}\n")


def _anchors(file: Path, secrets: tuple[bytes, ...]) -> list[Anchor]:
    try:
        return read_anchors(file.read_text("utf-8").splitlines(), secrets)
    except (UnknownAnchor, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from None
