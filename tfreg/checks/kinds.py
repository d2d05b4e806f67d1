"""`checked`: the kinds of a public function's arguments, read from its type hints and checked before its work.

Conventions: a hint is a class, a container of hints, or an `Annotated` type that holds a `Kind` for what no class says,
such as a surface among all labelled arrays. What a hint does not tell (of tensors, functions, `object`) and the values
themselves, ranges and shapes, are checked by the function. Nothing here loads TensorFlow.
"""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import partial, wraps
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import ArrayLike

from tfreg.checks.errors import InputError, shown
from tfreg.checks.values import check_counts, check_path, check_seed

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Kind:
    """What an argument has to be: in words, and as a function that returns what it is instead, or None if it fits.

    Where there is a test that takes less time than wording what a value is instead, it is `test`.
    """

    words: str
    fault: Callable[[Any], str | None]
    test: Callable[[Any], bool] | None = None

    def fits(self, value: Any) -> bool:
        """True if a value is of this kind."""
        return self.fault(value) is None if self.test is None else self.test(value)

    def __repr__(self) -> str:
        return self.words


def worded(words: str, hint: Any) -> Kind:
    """The kind of a type hint in other words than those that its parts make."""
    return Kind(words, kind_of(hint).fault)


def kind(words: str, fits: Callable[[Any], bool]) -> Kind:
    """A kind from its words and a test of values."""
    return Kind(words, lambda value: None if fits(value) else shown(value), fits)


def checked(function: Function) -> Function:
    """Refuse arguments of another kind than the hints of a function, or of a class's `__init__`, say.

    Raises:
        InputError: names the argument, what was expected and what was received.

    Example:
        >>> @checked
        ... def half(number: float) -> float:
        ...     return number / 2
        >>> half("3")
        Traceback (most recent call last):
        tfreg.checks.errors.InputError: number: expected a number, got '3'
    """
    if isinstance(function, type):
        function.__init__ = checked(function.__init__)  # type: ignore[misc]
        return function
    parameters = signature(function).parameters.values()
    names = [one.name for one in parameters if one.kind is Parameter.POSITIONAL_OR_KEYWORD]
    kinds: dict[str, Kind] = {}

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if not kinds:  # at the first call, when all that the hints name can be loaded
            kinds.update(kinds_of(function))
        for name, value in (*zip(names, arguments, strict=False), *named.items()):
            if name in kinds and (got := kinds[name].fault(value)) is not None:
                raise InputError(f"{name}: expected {kinds[name].words}, got {got}")
        return function(*arguments, **named)

    return call  # type: ignore[return-value]


def kinds_of(function: Callable) -> dict[str, Kind]:
    """The kind of each parameter, also where its hint names what is imported for type checkers alone.

    Example:
        >>> kinds_of(loss_surface)["margin"]
        a number
    """
    loaded: dict[str, Any] = {}
    while True:
        try:
            hints = get_type_hints(function, localns=loaded, include_extras=True)
            break
        except NameError as error:
            name, public = str(error.name), import_module("tfreg")
            loaded[name] = getattr(public, name) if name in public.__all__ else import_module(name)
    several = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    parameters = [one for one in signature(function).parameters.values() if one.kind not in several]
    return {one.name: kind_of(hints[one.name]) for one in parameters if one.name in hints}


def kind_of(hint: Any) -> Kind:
    """The kind that a type hint asks for, `ANYTHING` where it does not tell.

    Example:
        >>> kind_of(dict[str, float] | None)
        a dict by name, each value a number
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return next(part for part in parts if isinstance(part, Kind))
    if origin in (Union, UnionType):
        return _any_of([kind_of(part) for part in parts])
    if origin in (dict, Mapping):
        return _dict(kind_of(parts[1]))
    if origin in (list, Sequence, Iterable):
        return _list("a list", kind_of(parts[0]), once=origin is Iterable)
    if origin is tuple:
        several = Ellipsis in parts
        return _list("a list" if several else f"{len(parts)} items", kind_of(parts[0]), None if several else len(parts))
    if hint in _BY_CLASS:
        return _BY_CLASS[hint]
    if isinstance(hint, type) and hint not in (Any, object, np.ndarray):
        return kind(_named(hint), lambda value: isinstance(value, hint))
    return ANYTHING


def _any_of(kinds: list[Kind]) -> Kind:
    def fault(value: Any) -> str | None:
        if any(one.fits(value) for one in kinds):
            return None
        # What is wrong within a dict or a list says more than the whole of it.
        return next((got for one in kinds if (got := one.fault(value)) != shown(value)), shown(value))

    # That an argument may be left out is no news to whom it was refused.
    return Kind(" or ".join(one.words for one in kinds if one.words != "None"), fault)


def _dict(values: Kind) -> Kind:
    def fault(value: Any) -> str | None:
        if not isinstance(value, Mapping) or hasattr(value, "data_vars"):  # labelled arrays are mappings too
            return shown(value)
        for name, one in value.items():
            if not isinstance(name, str):
                return f"the name {shown(name)}"
            if (got := values.fault(one)) is not None:
                return f"{got} for {shown(name)}"
        return None

    return Kind(f"a dict by name, each value {values.words}", fault)


def _list(words: str, items: Kind, length: int | None = None, once: bool = False) -> Kind:
    def fault(value: Any) -> str | None:
        scalar = isinstance(value, str | bytes | Mapping) or getattr(value, "shape", None) == ()
        if scalar or not isinstance(value, Iterable):
            return shown(value)
        if not isinstance(value, Sized) or (length and not isinstance(value, Sequence | np.ndarray)):
            return None if once and isinstance(value, Iterator) else shown(value)
        several = value[:1] if isinstance(value, range) else value  # one is like all, and there may be any number
        faults = (
            f"{got} at place {place}" for place, one in enumerate(several) if (got := items.fault(one)) is not None
        )
        return next(faults, None) if length in (None, len(value)) else f"{len(value)} items"

    return Kind(f"{words}, each {items.words}", fault)


def _named(kind: type) -> str:
    """A class by the shortest name under which it can be imported: "a tfreg.Problem"."""
    parts = kind.__module__.split(".")
    paths = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    path = next((path for path in paths if getattr(sys.modules.get(path), kind.__name__, None) is kind), parts[0])
    return f"{'an' if path[0] in 'aeioux' else 'a'} {path}.{kind.__name__}"


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(int(value)) < 2**63


def _is_number(value: Any) -> bool:
    """True for one number, NaN and infinity included, which are values."""
    return type(value) is float or (_is_numbers(value) and np.ndim(value) == 0 and _dtype_kind(value) != "b")


def _dtype_kind(value: Any) -> str:
    return np.asarray(value).dtype.kind


def _is_numbers(value: Any) -> bool:
    """True for real numbers in any form that NumPy takes for a regular array."""
    if isinstance(value, bool | np.bool_):
        return False
    try:
        array = np.asarray(value)
        if array.dtype.kind != "O":
            return array.dtype.kind in "biuf"
        # Whole numbers beyond 64 bits, and some columns of pandas, arrive as objects.
        return all(math.isfinite(float(one)) and not isinstance(one, str | bool) for one in array.flat)
    except Exception:  # each library raises its own for what is no array
        return False


def _passes(check: Callable[..., object]) -> Callable[[object], bool]:
    """The test of values that a check of `tfreg.checks.errors` makes."""

    def fits(value: object) -> bool:
        try:
            check(value)
        except InputError:
            return False
        return True

    return fits


NUMBERS = kind("numbers", _is_numbers)
ANYTHING = Kind("anything", lambda value: None)
_BY_CLASS: dict[object, Kind] = {
    str: kind("a text", lambda value: isinstance(value, str)),
    bool: kind("True or False", lambda value: isinstance(value, bool | np.bool_)),
    int: kind("a whole number", _is_whole),
    float: kind("a number", _is_number),
    NoneType: kind("None", lambda value: value is None),
}

Count = Annotated[int, kind("a whole number of 1 or more", _passes(lambda value: check_counts(value=value)))]
Seed = Annotated[int, kind("a whole number from 0 to 2**63 - 1", _passes(partial(check_seed, "")))]
FilePath = Annotated[str | Path, kind("a path as text", _passes(partial(check_path, "")))]
Numbers = Annotated[ArrayLike, NUMBERS]
Array = Annotated[np.ndarray, NUMBERS]
