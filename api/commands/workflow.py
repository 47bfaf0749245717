"""``escale workflow draw``: the state machines drawn in the API's page, from the data that governs them."""

from pathlib import Path
from typing import Final

import click

from data.workflow.machine import Machine
from data.workflow.place import PLACE
from data.workflow.proposal import PROPOSAL
from data.workflow.request import REQUEST
from data.workflow.stay import STAY

PAGE: Final = Path(__file__).parent.parent / "README.md"
MACHINES: Final = (REQUEST, PROPOSAL, STAY, PLACE)
_BEGIN: Final = "<!-- drawn by `escale workflow draw` -->"
_END: Final = "<!-- end of what is drawn -->"


def drawing(machine: Machine) -> str:
    """Draw one machine as a Mermaid state diagram: each arrow names the act and who may."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for transition in machine.transitions:
        who = ", ".join(transition.by)
        act = f"{transition.target}: {transition.name} ({who})"
        lines += [f"  {source} --> {act}" for source in transition.sources or ("[*]",)]
    lines += [f"  {state.code} --> [*]" for state in machine.states if state.final]
    return "\n".join([*lines, "```"])


def page(text: str) -> str:
    """Put the drawings into a page, between its marks.

    Raises
    ------
    ValueError
        The page has no marks.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        message = f"{PAGE.name} has no marks to draw between"
        raise ValueError(message)
    drawn = "\n\n".join(f"### {machine.noun}\n\n{drawing(machine)}" for machine in MACHINES)
    return f"{before}{_BEGIN}\n\n{drawn}\n\n{_END}{after}"


@click.group()
def workflow() -> None:
    """Look at the state machines."""


@workflow.command()
@click.option("--check", is_flag=True, help="Only say whether the page shows the machines as they are.")
def draw(*, check: bool) -> None:
    """Draw the state machines into api/README.md."""
    text = PAGE.read_text("utf-8")
    if not check:
        PAGE.write_text(page(text), "utf-8")
    elif page(text) != text:
        raise click.ClickException("api/README.md shows other machines: run `escale workflow draw`")
