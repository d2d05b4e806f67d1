"""The optimizers that Keras ships: their names, fresh copies of them, and which of them work element by element.

Conventions: an optimizer that the caller passes is never changed; all work is done on a fresh copy, made from its
configuration. A specification such as `"adam:0.1"` is a name and a learning rate.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from tfreg.backend import keras, tf
from tfreg.errors import InputError, unknown

# isort: split
# After the backend, which loads Keras without the log noise.
from keras.optimizers import Optimizer

# Every optimizer that Keras ships, each with the defaults of its documentation but for what its name says.
BY_NAME: dict[str, Callable[..., Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "momentum": partial(keras.optimizers.SGD, momentum=0.9),
    "nesterov": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "amsgrad": partial(keras.optimizers.Adam, amsgrad=True),
    "adamw": keras.optimizers.AdamW,
    "adamax": keras.optimizers.Adamax,
    "nadam": keras.optimizers.Nadam,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "adafactor": keras.optimizers.Adafactor,
    "ftrl": keras.optimizers.Ftrl,
    "lion": keras.optimizers.Lion,
    "lamb": keras.optimizers.Lamb,
    "muon": keras.optimizers.Muon,
    "schedulefreeadamw": keras.optimizers.ScheduleFreeAdamW,
}

# Classes whose update of one weight looks at nothing but that weight's own gradient and state, so that the weights of
# many starts can lie in one array. Any other class, a subclass of these included, runs one start after another.
_ELEMENTWISE = tuple(
    getattr(keras.optimizers, name)
    for name in (
        *("SGD", "RMSprop", "Adam", "AdamW", "Adamax", "Nadam", "Adagrad", "Adadelta", "Ftrl", "Lion"),
        "ScheduleFreeAdamW",
    )
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
        optimizer = BY_NAME[name.lower()](**({"learning_rate": as_number(text)} if text else {}))
    if not isinstance(optimizer, Optimizer):
        raise InputError(f"expected a Keras optimizer or a name such as 'adam:0.1', got {optimizer!r:.60}")
    rate = learning_rate(optimizer)
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise InputError(f"expected a learning rate above 0, got {rate:g}")
    return optimizer


def line_up(text: str) -> dict[str, str]:
    """Specifications of optimizers by themselves, from a list such as `sgd:0.1,adam`; `all` stands for every name.

    Raises:
        InputError: the list is empty, or names an unknown optimizer.

    Example:
        >>> line_up("sgd,adam:0.1")
        {'sgd': 'sgd', 'adam:0.1': 'adam:0.1'}
    """
    specs = [part.strip() for part in text.split(",") if part.strip()]
    if not specs:
        raise InputError(f"expected optimizers such as sgd,adam or all, got {text!r}")
    named = [name for spec in specs for name in (BY_NAME if spec == "all" else [spec])]
    for name in named:
        get(name)
    return {name: name for name in named}


def as_number(text: str) -> float:
    """A learning rate from a text.

    Raises:
        InputError: it is no number.
    """
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


def plain_config(optimizer: Optimizer) -> dict[str, Any]:
    """The full configuration as JSON takes it, the learning rate as the caller wrote it."""
    config = optimizer.get_config()
    del config["name"]  # Keras counts: adam, adam_1, …
    rate = learning_rate(optimizer)
    if rate is not None:
        config["learning_rate"] = rate
    return json.loads(json.dumps(config, default=str))


def is_elementwise(optimizer: Optimizer) -> bool:
    """Whether many starts may be stacked into one array without the optimizer noticing."""
    return type(optimizer) in _ELEMENTWISE and optimizer.clipnorm is None and optimizer.global_clipnorm is None


def fresh_copy(optimizer: Optimizer, dtype: str, varied: Sequence[str] = ()) -> Optimizer:
    """A new optimizer, not built, of the same class and configuration, with its learning rate held in `dtype`.

    The hyper-parameters in `varied` have no value yet; `vary` gives them one.

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


def _not_set() -> float:
    raise RuntimeError("this learning rate is to be given by `vary`")


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
    """Whether `vary` can give a hyper-parameter of this optimizer its values.

    Raises:
        InputError: it cannot.
    """
    if hyperparameter not in ("learning_rate", "momentum"):
        raise unknown("hyper-parameter to vary", hyperparameter, ("learning_rate", "momentum"))
    if hyperparameter == "momentum" and type(optimizer) is not keras.optimizers.SGD:
        raise InputError(f"momentum can be varied of keras.optimizers.SGD alone, not of {name}; compare that by itself")
    if hyperparameter == "learning_rate" and learning_rate(optimizer) is None:
        raise InputError(f"the learning rate of {name} is a schedule, so it cannot be varied; leave one of them out")


def vary(optimizer: Optimizer, name: str, value: tf.Tensor) -> None:
    """Let a hyper-parameter be a tensor, which has to broadcast against the optimizer's variables, while tracing."""
    if name == "learning_rate":
        optimizer._learning_rate = lambda: value
    else:
        # Keras itself takes its hyper-parameters to float32 first.
        setattr(optimizer, name, _PerStart(tf.cast(value, tf.float32)))


def key(optimizer: Optimizer, varied: Sequence[str]) -> Hashable:
    """What decides the compiled program of an optimizer: its class and its configuration but for what is varied."""
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
