"""Compiled programs by key, each compiled when it is first asked for and kept as long as its problem lives.

Conventions: problems that would compile the same share their programs, the last few beyond their lives, so that a loop
over data sets compiles once; XLA never gives back the memory of what it has compiled.
"""

import re
from collections.abc import Callable, Hashable
from functools import wraps
from threading import RLock
from typing import TypeVar

from tfreg.backend import keras, tf
from tfreg.checks.errors import InputError
from tfreg.datasets import Dataset
from tfreg.losses import Loss
from tfreg.problem.content import content_hash, is_imported
from tfreg.problem.forward import is_plain
from tfreg.problem.layers import describe_layers

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


_MOST_KEPT = 8
_LARGEST_KEPT = 2**24  # bytes of a data set, which programs hold on to
_kept: dict[Hashable, Programs] = {}  # the last used last


def programs_for(alike: Hashable | None, check: Callable[[], None]) -> Programs:
    """The programs of an earlier problem that is `alike`, or new ones."""
    if alike is None:
        return Programs(check)
    with _compiling:
        programs = _kept[alike] = _kept.pop(alike) if alike in _kept else Programs(check)
        if len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
        return programs


def compiled_alike(model: keras.Sequential, loss: Loss, dataset: Dataset, labels: tuple[str, ...]) -> Hashable | None:
    """A key that problems share if they compile the same; None if that is not certain, or the data are large.

    It is certain of the same loss, all that it takes from around it included, and of layers that depend on their
    configuration alone.

    Example:
        >>> line, data = models.line(), datasets.piecewise()
        >>> compiled_alike(line, losses.mse, data, ("a", "b")) == compiled_alike(line, losses.bce, data, ("a", "b"))
        False
    """
    plain = type(model) is keras.Sequential and not model.non_trainable_variables and all(map(is_plain, model.layers))
    small = dataset.inputs.nbytes + dataset.targets.nbytes <= _LARGEST_KEPT
    if not (plain and small and isinstance(loss, Hashable)):
        return None
    shapes = model.input_shape, dataset.inputs.shape, dataset.targets.shape
    return describe_layers(model), shapes, labels, loss, None if is_imported(loss) else content_hash(loss)


def told_if_not_compiled(program: Callable[..., _Made]) -> Callable[..., _Made]:
    """The program, with XLA's refusal of an operation, which comes with the first call, as one line.

    Example:
        >>> float(told_if_not_compiled(tf.function(tf.square, jit_compile=True))(3.0))
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
