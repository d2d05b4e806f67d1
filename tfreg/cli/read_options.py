"""From the texts of the options of `tfreg compare` to problems, optimizers, learning rates and starts.

Conventions: an option that cannot be understood is refused in one line, with an example of one that can.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tfreg import optimizers
from tfreg.checks.errors import InputError, shown
from tfreg.checks.read_numbers import finite_number, whole_number
from tfreg.checks.sizes import check_memory
from tfreg.cli import named_problems
from tfreg.cli.named_problems import Ranges
from tfreg.cli.options import CompareOptions
from tfreg.cli.read_table import read_table
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.process.own_code import own_code
from tfreg.suite import terminal
from tfreg.suite.scripts import load_script


def read_problems(options: CompareOptions) -> dict[str, Problem]:
    """The problems to compare on, by name.

    Raises:
        InputError: unknown names, data that are not fit, or a script without a function `problem()`.
    """
    loss_names = [part.strip() for part in options.loss.split(",") if part.strip()]
    if options.data:
        if not options.target:
            raise InputError("--data needs --target, the column that is to be predicted")
        table = read_table(Path(options.data), options.target)
        for note in table.notes:
            terminal.console().print(f"Note: {note}.", soft_wrap=True, markup=False)
        return named_problems.of_table(table.dataset, loss_names)
    if options.target:
        raise InputError("--target needs --data, the CSV file that has this column")
    if not options.problem.endswith(".py"):
        return named_problems.named(options.problem, loss_names)
    if loss_names:
        raise InputError("--loss: the script says which loss its problem has; leave the option out")
    script = Path(options.problem)
    with own_code(script):
        made = _member(script, "problem")()
    found = dict(made) if isinstance(made, Mapping) else {script.stem: made}
    if not found or not all(isinstance(one, Problem) for one in found.values()):
        raise InputError(
            f"{script}: expected problem() to return a tfreg.Problem, or several by name, got {shown(made)}"
        )
    return found


def code_of(options: CompareOptions) -> AbstractContextManager[None]:
    """Within the block, an error in the scripts that the options name is one line; see `tfreg.process.own_code`."""
    scripts = [text.partition(".py")[0] + ".py" for text in _texts_of_scripts(options)]
    return own_code(Path(scripts[0])) if scripts else nullcontext()


def _texts_of_scripts(options: CompareOptions) -> list[str]:
    own = [options.problem] if options.problem.endswith(".py") and not options.data else []
    return [*own, *(part.strip() for part in options.optimizer.split(",") if ".py:" in part)]


def read_optimizers(text: str) -> dict[str, Optimizer | str]:
    """Optimizers by name from a list: names, `all`, and `my.py:Class` for a user's own.

    A user's own is called `Class`, or by its whole text if another has that name.

    Raises:
        InputError: an empty list, an unknown name, the same optimizer twice, a learning rate, which is an axis of its
            own, or a script without this class.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        _, _, rate = (part.partition(".py:")[2] or part).partition(":")
        if rate:
            raise InputError(
                f"--optimizer: {part} names a learning rate, and --learning-rate gives those of all optimizers; "
                f"leave out :{rate}, and give --learning-rate {rate}"
            )
    own = [part for part in parts if ".py:" in part]
    by_text: dict[str, Optimizer | str] = {}
    for part in parts or [text]:
        made = {part: _own_optimizer(part)} if part in own else optimizers.parse_optimizers(part)
        if twice := set(by_text) & set(made):
            raise InputError(f"--optimizer: expected each optimizer once, got {min(twice)} more than once")
        by_text |= made
    # The class names an optimizer of the user's own, unless that is the name of another.
    classes = [_class_name(part) for part in own]
    taken = {*by_text, *(name for name in classes if classes.count(name) > 1)}
    short = {part: name for part, name in zip(own, classes, strict=True) if name not in taken}
    return {short.get(part, part): optimizer for part, optimizer in by_text.items()}


def _class_name(part: str) -> str:
    return part.partition(".py:")[2]


def _own_optimizer(part: str) -> Optimizer:
    """An optimizer from `my.py:Class`."""
    path, _, name = part.partition(".py:")
    script = Path(f"{path}.py")
    make = _member(script, name)
    with own_code(script):
        made = make()
    if not isinstance(made, Optimizer):
        raise InputError(f"{script}: expected {name} to make a Keras optimizer, got {shown(made)}")
    return optimizers.get(made)


def _member(path: Path, name: str) -> Any:
    module = _script(path.resolve()) if path.is_file() else load_script(path)
    if not callable(getattr(module, name, None)):
        raise InputError(f"{path}: expected it to define {name or 'a class, as in my.py:Class'}, got no such function")
    return getattr(module, name)


@cache
def _script(path: Path) -> ModuleType:
    """A script, loaded once however many options name it."""
    return load_script(path)


def read_rates(text: str) -> np.ndarray:
    """Learning rates from `0.1`, a list `0.01,0.1`, or a range `LOW:HIGH:COUNT` in equal ratios.

    Raises:
        InputError: no numbers above 0, or a range upside down or without values.

    Example:
        >>> read_rates("0.01:1:3").tolist()
        [0.01, 0.1, 1.0]
    """
    try:
        if ":" not in text:
            return np.array([finite_number(part) for part in text.split(",")])
        low, high, count = text.split(":")
        first, last, number = finite_number(low), finite_number(high), whole_number(count)
    except ValueError:
        raise InputError(
            f"--learning-rate: expected 0.1, 0.01,0.1 or 1e-3:1e1:13 (low:high:count), got {text!r}"
        ) from None
    if not (0 < first < last and number >= 2):
        raise InputError(
            f"--learning-rate: expected a range low:high:count with 0 < low < high and 2 values or more, got {text!r}"
        )
    check_memory(f"--learning-rate: {number} learning rates", 8 * number, "give fewer")
    return np.geomspace(first, last, number)


def read_starts(text: str, problem: Problem, ranges: Ranges) -> np.ndarray | dict[str, np.ndarray]:
    """Starts as `tfreg.compare` takes them: weight vectors (S, n_weights), or a grid of two weights.

    `grid:65x55` covers the given ranges and `grid:65x55:-10,3:-1,10` its own, upper ends left out; `glorot:100` are
    drawn as Keras draws weights; `-3,-1;-10,-1` are given one by one. Without a text it is `grid:13x11` for two
    weights, else `glorot:64`.

    Raises:
        InputError: none of these, an empty grid, or a grid for a problem without just two weights.
    """
    text = text or ("grid:13x11" if problem.n_weights == 2 else "glorot:64")
    kind, _, rest = text.partition(":")
    try:
        if kind == "grid":
            return _read_grid(rest, problem, ranges)
        if kind == "glorot":
            count = whole_number(rest)
            if count >= 1:
                n_bytes = 4 * 8 * count * problem.n_weights
                check_memory(f"--starts: {count} starts of {problem.n_weights} weights", n_bytes, "give fewer")
                return problem.random_starts(count, seed=0)
        else:
            return np.array([[finite_number(part) for part in one.split(",")] for one in text.split(";")])
    except ValueError as error:
        if isinstance(error, InputError):
            raise
    raise InputError(f"--starts: expected grid:65x55, glorot:100 or weights such as -3,-1;-10,-1, got {text!r}")


def _read_grid(rest: str, problem: Problem, ranges: Ranges) -> dict[str, np.ndarray]:
    if problem.n_weights != 2:
        raise InputError(
            f"--starts: a grid needs a problem with two weights, this has {problem.n_weights}; use glorot:100"
        )
    size, *own = rest.split(":")
    counts = [whole_number(part) for part in size.split("x")]
    ends = [tuple(finite_number(part) for part in one.split(",")) for one in own] or ranges
    (n_first, n_second), ((low, high), (left, right)) = counts, ends
    if not (n_first >= 1 and n_second >= 1 and low < high and left < right):
        raise InputError(f"--starts: expected a grid of at least 1x1 points over ranges low,high, got 'grid:{rest}'")
    check_memory(f"--starts: a grid of {n_first}x{n_second} points", 4 * 16 * n_first * n_second, "give fewer")
    axes = np.linspace(low, high, n_first, endpoint=False), np.linspace(left, right, n_second, endpoint=False)
    return dict(zip(problem.labels, axes, strict=True))
