"""The one exception of the suite, and its message: what was expected, what was received, what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Something the user gave cannot be used. Its message is one clear line; commands print it and exit with 2."""


def unknown(what: str, name: str, choices: Iterable[str]) -> InputError:
    """The error for a name that is none of `choices`, with the nearest one suggested.

    Example:
        >>> str(unknown("loss", "bse", ["bce", "mse"]))
        "unknown loss 'bse'; did you mean 'bce'?"
    """
    choices = list(choices)
    near = get_close_matches(name, choices, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose from: {', '.join(choices)}"
    return InputError(f"unknown {what} {name!r}; {hint}")
