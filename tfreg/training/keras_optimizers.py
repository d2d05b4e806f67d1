"""Copies of Keras optimizers as the compiled training loop drives them: built anew, hyper-parameters as arguments.

Conventions: the caller's optimizer is never changed. A hyper-parameter that is an argument of the program has a value
for each start, a column that broadcasts against a variable with a row for each start.
"""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from tfreg.backend import keras, tf
from tfreg.checks.errors import InputError, shown, unknown
from tfreg.optimizers import Optimizer, learning_rate


def fresh_copy(optimizer: Optimizer, dtype: str, varied: Sequence[str] = ()) -> Optimizer:
    """A new optimizer, not built, of the same class and configuration, with its learning rate held in `dtype`.

    The hyper-parameters in `varied` have no value yet; `bind_hyperparameter` gives them one.

    Raises:
        InputError: the class cannot be made again from its `get_config()`.
    """
    config = optimizer.get_config()
    rate = learning_rate(optimizer)
    config["learning_rate"] = optimizer._learning_rate if rate is None else rate
    if "learning_rate" in varied:
        config["learning_rate"] = _not_set
    if "momentum" in varied:
        config["momentum"] = 0.5  # anything but 0, which would leave out the momentum's variable
    with floatx(dtype):
        try:
            copy = type(optimizer).from_config(config)
        except (TypeError, ValueError) as error:
            name = type(optimizer).__name__
            raise InputError(f"{name} cannot be made again from its get_config(): {error}") from None
    _check_same_settings(optimizer, copy, varied)
    # Keras sums gradients over the devices, of which there is one. While tracing that registers a gradient with
    # TensorFlow for the rest of the process, and with it the whole graph.
    copy._all_reduce_sum_gradients = list
    return copy


def _check_same_settings(optimizer: Optimizer, copy: Optimizer, varied: Sequence[str]) -> None:
    """Refuse an optimizer whose configuration leaves out a setting: its copy would have the default.

    Raises:
        InputError: names the first setting that differs.
    """
    keras_own = vars(keras.optimizers.SGD()).keys()  # what every optimizer has: counts, variables, its rate
    for name, value in vars(optimizer).items():
        if name in varied or (name.startswith("_") and name in keras_own) or name in ("name", "built"):
            continue
        if _is_setting(value) and not np.array_equal(vars(copy).get(name), value):  # type: ignore[arg-type]
            raise InputError(
                f"{type(optimizer).__name__}: its get_config() leaves out {name!r}, so a copy of it has "
                f"{shown(vars(copy).get(name))} instead of {shown(value)}; add it to get_config()"
            )


def _is_setting(value: object) -> bool:
    """True for plain values and arrays of them, which are given and not computed."""
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_setting, value))
    return isinstance(value, bool | int | float | str | np.generic | np.ndarray)


def _not_set() -> float:
    raise RuntimeError("this learning rate is to be given by `bind_hyperparameter`")


class _PerStart:
    """A tensor that Keras takes for a hyper-parameter which is not zero, whatever it holds."""

    def __init__(self, tensor: tf.Tensor) -> None:
        self.tensor = tensor

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __tf_tensor__(self, dtype: tf.DType | None = None, name: str | None = None) -> tf.Tensor:
        return self.tensor


def check_varied(optimizer: Optimizer, name: str, hyperparameter: str) -> None:
    """Refuse a hyper-parameter of this optimizer that cannot be an argument of the program.

    Raises:
        InputError: it is neither a constant learning rate nor the momentum of SGD.
    """
    if hyperparameter not in ("learning_rate", "momentum"):
        raise unknown("hyper-parameter to vary", hyperparameter, ("learning_rate", "momentum"))
    if hyperparameter == "momentum" and type(optimizer) is not keras.optimizers.SGD:
        raise InputError(f"only SGD's momentum can be varied; compare {name} separately")
    if hyperparameter == "learning_rate" and learning_rate(optimizer) is None:
        raise InputError(f"the learning rate of {name} is a schedule, so it cannot be varied; leave one of them out")


def bind_hyperparameter(optimizer: Optimizer, name: str, value: tf.Tensor) -> None:
    """Let a hyper-parameter be a tensor, which has to broadcast against the optimizer's variables, while tracing."""
    if name == "learning_rate":
        optimizer._learning_rate = lambda: value
    else:
        # Keras itself takes its hyper-parameters to float32 first.
        setattr(optimizer, name, _PerStart(tf.cast(value, tf.float32)))


def key(optimizer: Optimizer, varied: Sequence[str]) -> Hashable:
    """The part of an optimizer that is compiled in: its class and its configuration but for what is varied."""
    config = optimizer.get_config()
    if not isinstance(optimizer._learning_rate, keras.Variable):
        config["learning_rate"] = optimizer._learning_rate
    return type(optimizer), tuple(
        (name, _hashable(value)) for name, value in config.items() if name not in ("name", *varied)
    )


def _hashable(value: object) -> Hashable:
    return value if isinstance(value, Hashable) else repr(value)


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Keras's default precision, for as long as the block lasts: some optimizers make their constants in it."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
