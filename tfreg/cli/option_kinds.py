"""The kinds of options that commands share, and what all of them have in common.

Conventions: what cannot be read is refused with what was expected and what was typed. Nothing heavy is imported here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from typer import BadParameter, Option
from typer.core import TyperCommand

from tfreg.checks.errors import InputError, shown
from tfreg.checks.read_numbers import finite_number, whole_number
from tfreg.checks.values import check_path

TRACEBACK = "--traceback"
EPILOG = f"With {TRACEBACK} after any command, an error in your own script is shown with all its lines."


def _reader(read: Callable[[str], Any], expected: str) -> Callable[[Any], Any]:
    """A function from what is typed, or an option's default, to a value; anything else is refused."""

    def value_of(typed: Any) -> Any:
        try:
            return read(str(typed))
        except ValueError:
            raise BadParameter(f"expected {expected}, got {shown(str(typed))}") from None

    return value_of


def whole(help_text: str) -> Any:
    """An option that takes a whole number."""
    return Option(help=help_text, metavar="INTEGER", parser=_reader(whole_number, "a whole number such as 100"))


def number(help_text: str) -> Any:
    """An option that takes a finite number."""
    return Option(help=help_text, metavar="NUMBER", parser=_reader(finite_number, "a number such as 0.1"))


def folder_path(help_text: str) -> Any:
    """An option that takes the path of a folder."""
    return Option(help=help_text, metavar="FOLDER", parser=_reader(partial(check_path, "path"), "the path of a folder"))


class NoEmptyValues(TyperCommand):
    """A command that refuses an empty value, which a shell makes of a variable that is not set."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at the words before anything else does."""
        for before, word in zip(["", *args], args, strict=False):
            if not word.strip() or (word.startswith("--") and word.endswith("=")):
                raise InputError(
                    f"{word.rstrip('=').strip() or before or ctx.command_path}: expected a value, got none"
                )
        return super().parse_args(ctx, args)
