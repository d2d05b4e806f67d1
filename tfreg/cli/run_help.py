"""The help of `tfreg run`, with the options of the experiments that are named before `--help`."""

from contextlib import suppress
from itertools import takewhile
from typing import Any

from rich.table import Table
from typer.core import TyperCommand

from tfreg.checks.errors import InputError
from tfreg.suite import terminal
from tfreg.suite.parameters import as_option, as_text, parameters
from tfreg.suite.scripts import Experiment, select


class RunCommand(TyperCommand):
    """A command whose help includes a table of options for each experiment named on its line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the names, since `--help` is answered before anything else is read."""
        ctx.obj = list(takewhile(lambda word: not word.startswith("-"), args))
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print Typer's help, then the tables."""
        super().format_help(ctx, formatter)
        with suppress(InputError):  # help is given all the same
            for experiment in select(ctx.obj) if ctx.obj else []:
                terminal.console().print(_options(experiment))


def _options(experiment: Experiment) -> Table:
    table = Table(box=None, title=f"Options of {experiment.name}", title_justify="left", header_style="bold")
    table.add_column("option", no_wrap=True)
    table.add_column("default", overflow="fold")
    for name, value in parameters(experiment).items():
        table.add_row(as_option(name), _default(value))
    return table


def _default(value: Any) -> str:
    return as_text(value) if value != "" else "(none)"
