"""The one exception for mistakes of the user, and the checks that many functions share.

A message is one line: what was expected, what was received, what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np


class InputError(ValueError):
    """Something the user gave cannot be used. Its message is one clear line; commands print it and exit with 2."""


def unknown(what: str, name: str, choices: Iterable[str]) -> InputError:
    """The error for a name that is none of `choices`, with the nearest one suggested.

    Example:
        >>> str(unknown("loss", "bcee", ["bce", "mse"]))
        "unknown loss 'bcee'; did you mean 'bce'?"
    """
    choices = list(choices)
    near = get_close_matches(name, choices, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose from: {', '.join(choices)}"
    return InputError(f"unknown {what} {name!r}; {hint}")


def check_counts(**counts: object) -> None:
    """Refuse what is no whole number of 1 or more.

    Raises:
        InputError: names the first such argument.

    Example:
        >>> check_counts(epochs=435, record_every=15)
    """
    for name, value in counts.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise InputError(f"{name}: expected a whole number of 1 or more, got {value!r}")
