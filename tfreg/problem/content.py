"""A hash of what a value holds: equal for equal values in every process, another as soon as any part of it differs.

Conventions: what is imported from an installed package counts by its name, since versions are hashed elsewhere. Of any
other function its code counts (so a comment does not), with its defaults, its closure and the globals that the code
names; of any other class its methods and bases; of any other object what pickle would keep of it.
"""

import dis
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from tfreg.backend import keras

_Known = dict[int, tuple[object, bytes]]
_PLAIN = (int, float, complex, str, bytes, type(None), type(...))
# Of a class, what says nothing about its behaviour.
_IGNORED = {"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__abstractmethods__", "_abc_impl"}


def content_hash(value: object, known: _Known | None = None) -> bytes:
    """The SHA-256 of a value's content.

    Args:
        value: anything that pickle or cloudpickle can take; of the rest the type counts.
        known: hashes of objects met before, by identity, so that each is looked at once and circles end.

    Example:
        >>> scaled = lambda k: lambda y, p: k * (y - p) ** 2
        >>> content_hash(scaled(2)) == content_hash(scaled(2)), content_hash(scaled(2)) == content_hash(scaled(3))
        (True, False)
    """
    known = {} if known is None else known
    if isinstance(value, _PLAIN):
        return _digest([type(value).__name__.encode(), repr(value).encode()])
    if id(value) not in known:
        known[id(value)] = value, b"circle"
        # Of a set the order is that of this process.
        hashes = (part if isinstance(part, bytes) else content_hash(part, known) for part in _parts(value))
        known[id(value)] = value, _digest(sorted(hashes) if isinstance(value, set | frozenset) else hashes)
    return known[id(value)][1]


def _digest(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.digest()


def _parts(value: Any) -> Iterator[object]:
    """The parts of a value, as further values; bytes are hashed as they are."""
    yield type(value).__qualname__.encode()
    if isinstance(value, Mapping):
        yield from (part for item in value.items() for part in item)
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        yield from (str(value.dtype), value.shape, np.ascontiguousarray(value).tobytes())
    elif isinstance(value, ModuleType):
        yield from _of_module(value)
    elif isinstance(value, CodeType):
        yield from (value.co_code, value.co_consts, value.co_names, value.co_varnames, value.co_freevars)
    elif is_imported(value):
        yield f"{value.__module__}.{value.__qualname__}".encode()
    elif isinstance(value, FunctionType):
        yield from _of_function(value)
    elif isinstance(value, type):
        yield from (value.__qualname__, value.__bases__, _behaviour(value))
    elif isinstance(value, staticmethod | classmethod):
        yield value.__func__
    elif isinstance(value, property):
        yield from (value.fget, value.fset, value.fdel)
    elif hasattr(value, "get_config"):
        yield from _of_keras(value)
    elif hasattr(value, "__wrapped__"):  # tf.function, functools.cache
        yield value.__wrapped__
    else:
        yield from _as_pickled(value)


def _of_module(module: ModuleType) -> Iterator[object]:
    yield module.__name__.encode()
    path = Path(getattr(module, "__file__", None) or "")
    if not is_installed(module.__name__) and path.is_file():
        yield path.read_bytes()


def _of_function(function: FunctionType) -> Iterator[object]:
    code = function.__code__
    yield from (code, function.__defaults__, function.__kwdefaults__, vars(function))
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            yield b"empty"
    yield {name: function.__globals__[name] for name in global_names(code) if name in function.__globals__}


def global_names(code: CodeType) -> Iterator[str]:
    """The global names that a code loads, with those of the functions inside it.

    Example:
        >>> list(global_names((lambda y, p: sum(y) - p).__code__))
        ['sum']
    """
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from global_names(inner)


def _behaviour(kind: type) -> dict[str, object]:
    return {name: value for name, value in vars(kind).items() if name not in _IGNORED}


def _of_keras(value: Any) -> Iterator[object]:
    """A loss, layer or schedule: its class, its configuration, and functions and numbers that this may leave out."""
    kind = type(value)
    if isinstance(value, keras.losses.Loss):  # the configuration of Keras's own leaves out their arguments
        yield from (kind, without_names(vars(value)))
        return
    yield from (kind, without_names(value.get_config()))
    own = {name: part for name, part in vars(value).items() if not (name.startswith("_") and is_imported(kind))}
    yield {name: part for name, part in own.items() if isinstance(part, FunctionType) or type(part) in (int, float)}


def without_names(config: Any) -> Any:
    """A configuration without what Keras counts up in each process.

    Example:
        >>> without_names({"name": "dense_3", "units": 1, "dtype": {"config": {"name": "float32"}}})
        {'units': 1, 'dtype': {'config': {'name': 'float32'}}}
    """
    if isinstance(config, Mapping):
        # A precision has a name and nothing else, and it counts.
        counted = ("name", "shared_object_id") if len(config) > 1 else ()
        return {key: without_names(value) for key, value in config.items() if key not in counted}
    return [without_names(value) for value in config] if isinstance(config, list | tuple) else config


def _as_pickled(value: Any) -> Iterator[object]:
    """The parts by which pickle makes an object again: a callable, its arguments, and the object's attributes."""
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # locks, files, and what else belongs to this process
        return
    if isinstance(reduced, str):
        yield from (reduced, getattr(value, "__module__", ""))
        return
    yield from (list(part) if isinstance(part, Iterator) else part for part in reduced)


def is_imported(value: Any) -> bool:
    """True if this is a function or class of an installed package, to be found there under its name.

    Example:
        >>> is_imported(losses.mse), is_imported(lambda y, p: y - p)
        (True, False)
    """
    found: Any = sys.modules.get(str(getattr(value, "__module__", None)))
    if found is None or not is_installed(found.__name__):
        return False
    for name in str(getattr(value, "__qualname__", "")).split("."):
        found = getattr(found, name, None)
    return found is value


def is_installed(module: str) -> bool:
    """True if a module is of Python, of a package in `site-packages`, or of tfreg.

    Example:
        >>> is_installed("numpy"), is_installed("__main__")
        (True, False)
    """
    package = module.partition(".")[0]
    file = getattr(sys.modules.get(package), "__file__", None) or ""
    # What is typed at a prompt, or run as a script, is of no package.
    is_python = package in sys.stdlib_module_names and package != "__main__"
    return is_python or package == "tfreg" or bool({"site-packages", "dist-packages"} & set(Path(file).parts))
