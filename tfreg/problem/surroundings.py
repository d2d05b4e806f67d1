"""What a loss takes from around it, and what a model holds still: neither may change while a problem lives.

A program is compiled from what they were at that moment. Were they to change, a path and the surface under it could be
of two losses, and a lambda made in a loop would take the loop's last number in every problem.

Conventions: of a function these are the variables of its closure, the globals that its code names, its defaults and
attributes; of any other callable its attributes. They are looked at again whenever a program is asked for, which must
cost next to nothing: what cannot change as long as it is the same object is only compared as such.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType, ModuleType

import numpy as np

from tfreg.backend import keras
from tfreg.checks.errors import InputError, shown
from tfreg.losses import Loss, MeanOf
from tfreg.problem.content import content_hash, global_names, is_imported, is_installed

_PLAIN = (int, float, complex, str, bytes, type(None), np.generic)
_Named = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class _Part:
    """One thing around a loss: its name, how to look at it now, and what it was."""

    name: str
    now: Callable[[], object]
    value: object
    content: bytes | None  # None where the same object cannot have changed


def unchanging(loss: Loss, model: keras.Sequential) -> Callable[[], None]:
    """A check that nothing has changed since this call; it raises an `InputError` that names what has.

    Example:
        >>> check = unchanging(losses.mse, models.line())
        >>> check()
    """
    named = [*_around(loss), *_held_still(model)]
    parts = [_part(name, now) for name, now in named]

    def check() -> None:
        for part in parts:
            value = part.now()
            if value is part.value and part.content is None:
                continue
            if part.content is None or _content(value) != part.content:
                raise InputError(
                    f"{part.name} has changed since the problem was made ({_change(part.value, value)}); make another "
                    "Problem, and one for each value in a loop, such as lambda y, p, k=k: …"
                )

    return check


def _part(name: str, now: Callable[[], object]) -> _Part:
    value = now()
    fixed = isinstance(value, (*_PLAIN, ModuleType, CodeType)) or is_imported(value)
    return _Part(name, now, value, None if fixed else _content(value))


def _content(value: object) -> bytes:
    """The hash of a value, with the weights that a layer or model among them holds now."""
    weights = [np.asarray(one) for one in value.variables] if isinstance(value, keras.layers.Layer) else []
    return content_hash((value, weights))


def _change(before: object, after: object) -> str:
    if isinstance(before, _PLAIN) and isinstance(after, _PLAIN):
        return f"it was {shown(before)}, it is {shown(after)}"
    return f"a {type(after).__name__}" if type(before) is type(after) else f"it is {shown(after)}"


def _held_still(model: keras.Sequential) -> Iterator[_Named]:
    for variable in model.non_trainable_variables:
        yield f"the model's {variable.path}, which is not trained,", functools.partial(np.asarray, variable)


def _around(loss: object) -> Iterator[_Named]:
    """What a loss takes from around it, by name."""
    if isinstance(loss, MeanOf):
        yield from _around(loss.per_sample)
    elif is_imported(loss):
        return
    elif isinstance(loss, FunctionType):
        yield from _around_function(loss)
    elif isinstance(loss, MethodType):
        yield from (*_around(loss.__func__), *_attributes(loss.__self__))
    elif isinstance(loss, functools.partial):
        yield from (*_around(loss.func), *_items("the loss's argument", loss.keywords))
        yield "the loss's arguments", lambda: loss.args
    elif hasattr(loss, "python_function"):  # of tf.function
        yield from _around(loss.python_function)
    else:
        yield from _attributes(loss)
        for name in ("call", "__call__"):  # the first is what Keras's losses are written with
            if isinstance(method := getattr_static(type(loss), name, None), FunctionType):
                yield from _around(method)


def _around_function(function: FunctionType) -> Iterator[_Named]:
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        yield from _reached(name, functools.partial(_of_cell, cell), code)
    for name in dict.fromkeys(global_names(code)):
        if name in function.__globals__:
            yield from _reached(name, functools.partial(function.__globals__.get, name), code)
    yield from _items("the loss's attribute", vars(function))
    yield "the loss's defaults", lambda: function.__defaults__
    yield "the loss's defaults", lambda: function.__kwdefaults__
    yield "the loss's code", lambda: function.__code__


def _reached(name: str, now: Callable[[], object], code: CodeType) -> Iterator[_Named]:
    """A variable, and if it is a module of the user's those of its attributes that the code names."""
    yield f"{name}, which the loss uses,", now
    module = now()
    if isinstance(module, ModuleType) and not is_installed(module.__name__):
        for attribute in set(code.co_names) & set(vars(module)):
            yield f"{name}.{attribute}, which the loss uses,", functools.partial(vars(module).get, attribute)


def _of_cell(cell: object) -> object:
    try:
        return cell.cell_contents  # type: ignore[attr-defined]
    except ValueError:  # not assigned yet
        return None


def _attributes(value: object) -> Iterator[_Named]:
    yield from _items(f"{type(value).__name__}.", vars(value) if hasattr(value, "__dict__") else {})


def _items(kind: str, values: Mapping[str, object]) -> Iterator[_Named]:
    for name in list(values):
        yield f"{kind}{'' if kind.endswith('.') else ' '}{name}", functools.partial(values.get, name)
