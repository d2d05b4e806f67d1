"""The optimizers that Keras ships: their names, fresh copies of them, and which of them work element by element.

Conventions: an optimizer that the caller passes is never changed; all work is done on a fresh copy, made from its
configuration. A specification such as `"adam:0.1"` is a name and a learning rate.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import numpy as np

from tfreg.backend import keras
from tfreg.errors import InputError, unknown

# isort: split
# After the backend, which loads Keras without the log noise.
from keras.optimizers import Optimizer

BY_NAME: dict[str, type[Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "adamax": keras.optimizers.Adamax,
    "nadam": keras.optimizers.Nadam,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "adafactor": keras.optimizers.Adafactor,
    "ftrl": keras.optimizers.Ftrl,
    "lion": keras.optimizers.Lion,
    "lamb": keras.optimizers.Lamb,
}

# Classes whose update of one weight looks at nothing but that weight's own gradient and state, so that the weights of
# many starts can lie in one array. Any other class, a subclass of these included, runs one start after another.
_ELEMENTWISE = tuple(
    BY_NAME[name]
    for name in ["sgd", "rmsprop", "adam", "adamw", "adamax", "nadam", "adagrad", "adadelta", "ftrl", "lion"]
)


def get(optimizer: Optimizer | str) -> Optimizer:
    """An optimizer from itself, a name, or a name and learning rate.

    Raises:
        InputError: the name is unknown, or the learning rate is no number above zero.

    Example:
        >>> float(get("adam:0.1").learning_rate.numpy().round(3))
        0.1
    """
    if isinstance(optimizer, str):
        name, _, text = optimizer.partition(":")
        if name.lower() not in BY_NAME:
            raise unknown("optimizer", name, BY_NAME)
        optimizer = BY_NAME[name.lower()](**({"learning_rate": _as_number(text)} if text else {}))
    if not isinstance(optimizer, Optimizer):
        raise InputError(f"expected a Keras optimizer or a name such as 'adam:0.1', got {optimizer!r:.60}")
    rate = learning_rate(optimizer)
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise InputError(f"expected a learning rate above 0, got {rate:g}")
    return optimizer


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"expected a number as learning rate, got {text!r}") from None


def learning_rate(optimizer: Optimizer) -> float | None:
    """The constant learning rate as the caller wrote it, or None for a schedule or function.

    Keras holds it in `keras.config.floatx()`; the shortest decimal that gives the same float32 is what was written,
    and the one that a float64 problem should use (0.1, not 0.10000000149).
    """
    if not isinstance(optimizer._learning_rate, keras.Variable):
        return None
    return float(str(optimizer.learning_rate.numpy()))


def is_elementwise(optimizer: Optimizer) -> bool:
    """Whether many starts may be stacked into one array without the optimizer noticing."""
    return type(optimizer) in _ELEMENTWISE and optimizer.clipnorm is None and optimizer.global_clipnorm is None


def fresh_copy(optimizer: Optimizer, dtype: str) -> Optimizer:
    """A new optimizer, not built, of the same class and configuration, with its learning rate held in `dtype`.

    Raises:
        InputError: the class cannot be made again from its `get_config()`.
    """
    config = optimizer.get_config()
    rate = learning_rate(optimizer)
    config["learning_rate"] = optimizer._learning_rate if rate is None else rate
    if getattr(optimizer, "_exclude_from_weight_decay", None) or getattr(
        optimizer, "_exclude_from_weight_decay_pattern", None
    ):
        raise InputError("exclude_from_weight_decay is not carried over to copies of an optimizer; set weight_decay=0")
    with floatx(dtype):
        try:
            return type(optimizer).from_config(config)
        except (TypeError, ValueError) as error:
            name = type(optimizer).__name__
            raise InputError(f"{name} cannot be made again from its get_config(): {error}") from None


def key(optimizer: Optimizer) -> Hashable:
    """What decides the compiled program of an optimizer: its class and configuration but for a constant rate."""
    config = optimizer.get_config()
    config["learning_rate"] = None if learning_rate(optimizer) is not None else optimizer._learning_rate
    del config["name"]
    return type(optimizer), tuple((name, _hashable(value)) for name, value in config.items())


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
