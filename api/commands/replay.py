"""``escale replay``: whether what was answered then is answered again."""

import click

from api.commands.database import open_database, refusals
from api.config import Settings
from api.services.replay import CannotReplay, RunReplay, replay_proposal, replay_run


@click.group()
def replay() -> None:
    """Compute again what was once answered, from what was kept of it."""


@replay.command()
@click.argument("run_id")
def run(run_id: str) -> None:
    """Solve a run's problem again; exit code 1 when other plans come out."""
    settings = Settings.from_env()
    with open_database(settings) as engine, refusals():
        try:
            found = replay_run(engine, run_id)
        except CannotReplay as error:
            raise click.ClickException(str(error)) from None
    if not found.same:
        raise click.ClickException(_difference(found))
    click.echo(f"The same {found.plans} plans come out.")


@replay.command()
@click.argument("proposal_id")
def proposal(proposal_id: str) -> None:
    """Check a proposal on the facts frozen with it, and solve its run again; exit code 1 when it does not hold."""
    settings = Settings.from_env()
    with open_database(settings) as engine, refusals():
        try:
            found = replay_proposal(engine, proposal_id)
        except CannotReplay as error:
            raise click.ClickException(str(error)) from None
    if found.broken is not None:
        raise click.ClickException(f"on the facts frozen with it the plan does not hold: {found.broken}")
    click.echo("On the facts frozen with it the plan holds.")
    if found.run is None:
        click.echo("No run gave it.")
        return
    if not found.same_plan:
        raise click.ClickException(f"its run gives this request something else now: {_difference(found.run)}")
    click.echo("Its run gives it again.")


def _difference(found: RunReplay) -> str:
    quality = "as good" if found.same_objective else "of another quality"
    proof = "" if found.proven else "; the run's answer was not proven, a time limit cut it"
    return (
        f"{len(found.differing)} requests fare otherwise, in an answer {quality}{proof}: {', '.join(found.differing)}"
    )
