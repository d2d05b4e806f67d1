"""The parameters of a script's `main` as options of the command line.

Conventions: a parameter has a plain default, which gives its type; `learning_rate: float = 0.1` is the option
`--learning-rate 0.05`, a tuple is written `--start=-5,2`. Defaults are read without running the script. Some names have
a meaning: with `--quick`, `epochs`, `grid_step` and `n_points` take the values of `QUICK_OPTIONS`.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tfreg.checks.errors import InputError, unknown
from tfreg.checks.read_numbers import finite_number, whole_number
from tfreg.suite.scripts import Experiment

_READ: dict[type, Callable[[str], Any]] = {int: whole_number, float: finite_number, str: str}
QUICK_OPTIONS = {"epochs": 30, "grid_step": 1.0, "n_points": 32}


def parameters(experiment: Experiment) -> dict[str, Any]:
    """The parameters of the script's `main` and their defaults.

    Raises:
        InputError: a parameter has no default, or one that is no number, text or tuple of numbers.
    """
    tree = ast.parse(experiment.path.read_text(encoding="utf-8"))
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    names = [argument.arg for argument in (*main.args.args, *main.args.kwonlyargs)]
    defaults = [*main.args.defaults, *main.args.kw_defaults]
    try:
        values = [ast.literal_eval(default) for default in defaults if default is not None]
        if not all(map(_has_text, values)):
            raise ValueError
        return dict(zip(names, values, strict=True))
    except ValueError:
        raise InputError(
            f"{experiment.path}: expected main's parameters to have numbers, texts or tuples of numbers as defaults"
        ) from None


def _has_text(value: Any) -> bool:
    """True if a value of this type can be written on the command line."""
    if isinstance(value, tuple):
        return all(type(part) in (int, float) for part in value)
    return type(value) in (int, float, str)


def options_for(experiment: Experiment, tokens: Sequence[str], quick: bool = False) -> dict[str, Any]:
    """The arguments of the experiment's `main` that a command line sets to other values than the defaults.

    With `quick`, parameters with the names of `QUICK_OPTIONS` take the values there.

    Raises:
        InputError: an unknown option, a missing value, or one of another type.
    """
    defaults = parameters(experiment)
    options = {name: value for name, value in QUICK_OPTIONS.items() if quick and name in defaults}
    remaining = list(tokens)
    while remaining:
        token, has_value, value = remaining.pop(0).partition("=")
        name = _known_parameter(experiment, token, defaults)
        if not has_value and not remaining:
            raise InputError(f"{token}: expected a value such as {as_text(defaults[name])}, got none")
        options[name] = _convert(token, value if has_value else remaining.pop(0), defaults[name])
    return {name: value for name, value in options.items() if value != defaults[name]}


def as_option(name: str) -> str:
    """A parameter's name as an option: `--learning-rate`."""
    return "--" + name.replace("_", "-")


def as_text(value: Any) -> str:
    """A parameter's value as written on the command line: `-5,2` for a tuple."""
    return ",".join(f"{part:g}" for part in value) if isinstance(value, tuple) else str(value)


def _known_parameter(experiment: Experiment, token: str, defaults: Mapping[str, Any]) -> str:
    if not token.startswith("-"):
        raise InputError(f"expected an option such as --epochs, got {token!r}; names come before the options")
    if not defaults:
        raise InputError(f"{experiment.name} has no options, got {token}")
    name = token.removeprefix("--").replace("-", "_")
    if name not in defaults or not token.startswith("--"):
        raise unknown(f"option of {experiment.name}", token, [as_option(name) for name in defaults])
    return name


def _convert(token: str, text: str, default: Any) -> Any:
    try:
        if not isinstance(default, tuple):
            return _READ[type(default)](text)
        values = tuple(finite_number(part) for part in text.split(","))
        if len(values) == len(default):
            return values
    except ValueError:
        pass
    raise InputError(f"{token}: expected a value such as {as_text(default)}, got {text!r}")
