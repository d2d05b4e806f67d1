"""The command `tfreg`: its subcommands, and the one line that a user's mistake becomes.

Conventions: anything heavy is imported by the command that needs it, so `tfreg --help` answers at once. A user's
mistake is one line on standard error and exit code 2; Ctrl-C keeps what is finished and exits with 130.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from tfreg.cli.check import check_numbers
from tfreg.cli.compare import register as register_compare
from tfreg.cli.run import list_experiments, run_experiments
from tfreg.cli.run_help import RunCommand
from tfreg.errors import InputError
from tfreg.kinds import checked
from tfreg.suite import terminal

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rerun published teaching on logistic regression: every figure, every printed number, and beyond.",
)
app.command("list")(list_experiments)
app.command("run", cls=RunCommand, context_settings={"ignore_unknown_options": True})(run_experiments)
app.command("check")(check_numbers)
register_compare(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and turn a user's mistake into one line and exit code 2."""
    terminal.never_fail_to_print()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="tfreg")
    except InputError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]tfreg:[/red] {escape(str(error))}")
        sys.exit(2)


@checked
def script(main_of_script: Callable[..., Any]) -> None:
    """Run the script that defines this `main` as `tfreg run` would, with the options of its command line."""
    main(["run", inspect.getfile(main_of_script), *sys.argv[1:]])
