"""The command line, ``escale``. Each command is a module of `api.commands`, loaded only when it is called.

To add one: write ``api/commands/NAME.py`` with a click command, and name it in `COMMANDS`.
"""

import importlib
import sys
from collections.abc import Mapping

import click

from api.config import ConfigError

COMMANDS: Mapping[str, str] = {
    "audit": "api.commands.audit:audit",
    "db": "api.commands.db:db",
    "demo": "api.commands.demo:demo",
    "jobs": "api.commands.jobs:jobs",
    "marginal": "api.commands.marginal:marginal",
    "openapi": "api.commands.openapi:openapi",
    "organisation": "api.commands.organisation:organisation",
    "replay": "api.commands.replay:replay",
    "run": "api.commands.run:run",
    "serve": "api.commands.serve:serve",
    "simulate": "api.commands.simulate:simulate",
    "solve": "api.commands.solve:solve",
    "token": "api.commands.token:token",
    "user": "api.commands.user:user",
    "whatif": "api.commands.whatif:whatif",
    "workflow": "api.commands.workflow:workflow",
}
"""Name of the command → module and object."""


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for: `escale token` must not wait for OR-Tools to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, sorted."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, None when there is none of that name."""
        del ctx
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{where} is not a command")
        return found


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="escale")
def cli() -> None:
    """Match people in danger tonight with a place that is safe for them."""


def main() -> None:
    """Run the command line; a wrong setting is told in one line, with exit code 2."""
    try:
        cli()
    except ConfigError as error:
        click.echo(f"escale: {error}", err=True)
        sys.exit(2)
