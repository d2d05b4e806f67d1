"""Compiled programs by key, each compiled when it is first asked for and kept as long as its problem lives."""

import re
from collections.abc import Callable, Hashable
from functools import wraps
from threading import RLock
from typing import TypeVar

from tfreg.backend import tf
from tfreg.checks.errors import InputError

_Made = TypeVar("_Made")

# One for all problems: compiling sets Keras's default precision, which is the same for all threads.
_compiling = RLock()


class Programs:
    """Compiled programs, each made once for a model, a loss and data of one shape.

    Args:
        check: called whenever a program is asked for; raises if what the programs were compiled from has changed.

    Example:
        >>> programs = Programs(lambda: None)
        >>> programs.get("loss", lambda: "compiled") is programs.get("loss", lambda: "compiled again")
        True
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check
        self._made: dict[Hashable, object] = {}

    def get(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """Return what was made for `key`, or make it now."""
        with _compiling:
            self.check()
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]  # type: ignore[return-value]

    def __len__(self) -> int:
        return len(self._made)


def told_if_not_compiled(program: Callable[..., _Made]) -> Callable[..., _Made]:
    """The program, with XLA's refusal of an operation, which comes with the first call, as one line.

    Example:
        >>> told_if_not_compiled(tf.function(tf.square, jit_compile=True))(3.0).numpy()
        9.0
    """

    @wraps(program)
    def call(*arguments: object) -> _Made:
        try:
            return program(*arguments)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            found = re.search(r"XLA_CPU_JIT: (\w+)", str(error))
            if found is None:
                raise
            raise InputError(
                f"the model, the loss or the optimizer holds the operation {found[1]}, which XLA cannot compile here; "
                "compute the same with other operations of tf or keras.ops"
            ) from error

    return call
