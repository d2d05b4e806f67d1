"""The command `tfreg`: its subcommands, and the one line that a user's mistake becomes.

Conventions: anything heavy is imported by the command that needs it, so `tfreg --help` answers at once. A user's
mistake is one line on standard error and exit code 2, with `--traceback` anywhere on the line preceded by all that
Python knows of it; Ctrl-C keeps what is finished and exits with 130.
"""

import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from tfreg.checks.errors import InputError, one_line
from tfreg.checks.kinds import checked
from tfreg.cli.check import check_numbers
from tfreg.cli.compare import register as register_compare
from tfreg.cli.option_kinds import EPILOG, TRACEBACK
from tfreg.cli.run import list_experiments, run_experiments
from tfreg.cli.run_help import RunCommand
from tfreg.suite import terminal

# Typer carries its own copy of Click, or takes the installed one, depending on its version.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rerun published teaching on logistic regression: every figure, every printed number, and beyond.",
    epilog=EPILOG,
)
app.command("list", epilog=EPILOG)(list_experiments)
app.command("run", cls=RunCommand, context_settings={"ignore_unknown_options": True}, epilog=EPILOG)(run_experiments)
app.command("check", epilog=EPILOG)(check_numbers)
register_compare(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, and turn a user's mistake into one line and exit code 2."""
    terminal.never_fail_to_print()
    words = list(sys.argv[1:] if arguments is None else arguments)
    asked = [word for word in words if word != TRACEBACK] or ["--help"]
    try:
        code = app(args=asked, prog_name="tfreg", standalone_mode=False)
    except InputError as error:
        _refuse(str(error), error, TRACEBACK in words)
    except _USAGE_ERROR as error:
        _refuse(_usage(error), error, False)
    except OSError as error:  # a name that is too long, a folder that nobody may read
        _refuse(one_line(f"{error.filename or 'the system'}: {error.strerror or error}"), error, TRACEBACK in words)
    sys.exit(code or 0)


def _refuse(message: str, error: Exception, everything: bool) -> NoReturn:
    """Say what is wrong, preceded by the tracebacks behind it if everything is asked for, and end."""
    notes = getattr(error, "__notes__", [])
    if everything:
        print(*(notes or traceback.format_exception(error)), sep="", end="", file=sys.stderr)
    more = (notes or error.__cause__) and not everything
    hint = f" (all lines with {TRACEBACK})" if more else ""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]tfreg:[/red] {escape(message)}{hint}")
    sys.exit(2)


def _usage(error: Any) -> str:
    """What Typer says about a command line that it cannot read, as the other mistakes are said."""
    said = one_line(error.format_message()).rstrip(".").replace(". Did you", "; did you")
    command = error.ctx.command_path if error.ctx is not None else "tfreg"
    return f"{said[:1].lower()}{said[1:]}{'' if said.endswith('?') else f'; see: {command} --help'}"


@checked
def script(main_of_script: Callable[..., Any]) -> None:
    """Run the script that defines this `main` as `tfreg run` would, with the options of its command line."""
    main(["run", inspect.getfile(main_of_script), *sys.argv[1:]])
