"""The one exception for mistakes of the user, and how its messages show names and values.

Conventions: a message is one line: the argument, what was expected, what was received, what to do.
"""

import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from inspect import isroutine

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # which tells nobody anything
_LONGEST_WORD = 300  # characters; longer than any path that a person would type


class InputError(ValueError):
    """Something the user gave cannot be used. Its message is one clear line; commands print it and exit with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """A text with its line breaks as spaces, and the middle of endless words left out.

    Example:
        >>> one_line("no column 'a';\\n   choose from: b")
        "no column 'a'; choose from: b"
    """
    return " ".join(_shortened(word, _LONGEST_WORD) for word in text.split())


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length // 2]}…{text[-length // 4 :]}"


def shown(value: object) -> str:
    """A value as a message shows it: short, on one line, and arrays and tables by their shape.

    Example:
        >>> shown(np.zeros((3, 2))), shown(None), shown("sgd")
        ('a ndarray of shape (3, 2)', 'None', "'sgd'")
    """
    if isinstance(value, type) or isroutine(value):
        return f"the {'class' if isinstance(value, type) else 'function'} {getattr(value, '__name__', '')}"
    if isinstance(value, int) and abs(value) >= 10**20:
        return f"a whole number beyond 10**{int(math.log10(abs(value)))}"
    variables = getattr(value, "data_vars", None)
    if variables is not None and not isinstance(value, type):
        return f"a {type(value).__name__} of {_shortened(', '.join(map(str, variables)) or 'nothing', 40)}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"a {type(value).__name__} of shape {shape}"
    if any(base.__module__.startswith("tf_keras") for base in type(value).__mro__):
        return "an object of tf_keras, which is Keras 2; make it with `import keras`, and unset TF_USE_LEGACY_KERAS"
    if type(value).__repr__ is object.__repr__:
        return f"a {type(value).__name__}"
    try:
        text = repr(value)
    except Exception:  # a whole number of 5000 digits, or a class whose `repr` fails
        return f"a {type(value).__name__}"
    return _shortened(" ".join(_ADDRESS.sub("", text).split()), 60)


def unknown(what: str, name: str, choices: Iterable[str]) -> InputError:
    """The error for a name that is none of `choices`, with the nearest one suggested.

    Example:
        >>> str(unknown("loss", "bcee", ["bce", "mse"]))
        "unknown loss 'bcee'; did you mean 'bce'?"
    """
    choices = list(choices)
    near = get_close_matches(name, choices, n=1) if isinstance(name, str) else []
    hint = f"did you mean {near[0]!r}?" if near else f"choose from: {', '.join(choices)}"
    return InputError(f"unknown {what} {shown(name)}; {hint}")
