"""The optimizers that Keras ships, by name, and those among them that work element by element.

Conventions: a specification such as `"adam:0.1"` is a name and a learning rate. An optimizer that a caller passes is
read and never changed. Paths equal those of `model.fit` but for `ScheduleFreeAdamW`: Keras's own departs from its
paper, twice in a compiled `fit`, and tfreg follows the paper (`tfreg.training.averages`).
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from tfreg.backend import keras
from tfreg.checks.errors import InputError, unknown
from tfreg.checks.kinds import checked
from tfreg.checks.read_numbers import finite_number
from tfreg.checks.values import check_precision

# isort: split
# After the backend, which loads Keras without the log noise.
from keras.optimizers import Optimizer

# Every optimizer that Keras ships, each with its documented defaults except for what its name says.
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
_SMALLEST, _LARGEST = (float(limit) for limit in (np.finfo("float32").smallest_normal, np.finfo("float32").max))


@checked
def get(optimizer: Optimizer | str) -> Optimizer:
    """An optimizer from itself, a name, or a name and learning rate.

    Raises:
        InputError: the name is unknown, the learning rate is no number above zero, a setting is beyond float32, or
            weights are excluded from weight decay, which no configuration holds.

    Example:
        >>> learning_rate(get("adam:0.1"))
        0.1
    """
    if isinstance(optimizer, str):
        optimizer = _named(optimizer)
    rate = learning_rate(optimizer)
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise InputError(f"expected a learning rate above 0, got {rate:g} in float32, in which Keras holds it")
    for name, value in optimizer.get_config().items():
        if isinstance(value, float) and value and not _SMALLEST <= abs(value) <= _LARGEST:
            check_precision(f"{type(optimizer).__name__}, {name}", np.array([value]), "float32")
    if getattr(optimizer, "_exclude_from_weight_decay", None) or getattr(
        optimizer, "_exclude_from_weight_decay_pattern", None
    ):
        raise InputError("exclude_from_weight_decay is not carried over to copies of an optimizer; set weight_decay=0")
    return optimizer


@checked
def to_read(optimizer: Optimizer | str) -> Optimizer:
    """An optimizer as `get` gives it, to be read and not changed: one name always gives the same, made once.

    Example:
        >>> to_read("adam:0.1") is to_read("adam:0.1")
        True
    """
    if isinstance(optimizer, str):
        return _made_once(optimizer, keras.config.floatx())
    return get(optimizer)


@lru_cache(maxsize=64)
def _made_once(text: str, floatx: str) -> Optimizer:
    """The optimizer of that name; Keras holds its learning rate in the precision `floatx`."""
    return get(text)


def _named(text: str) -> Optimizer:
    name, colon, rate = text.partition(":")
    if name.lower() not in BY_NAME:
        raise unknown("optimizer", name, BY_NAME)
    if not colon:
        return BY_NAME[name.lower()]()
    number = as_number(rate)
    check_precision("learning rate", np.array([number]), "float32")
    return BY_NAME[name.lower()](learning_rate=number)


@checked
def parse_optimizers(text: str) -> dict[str, str]:
    """Specifications of optimizers, each under its own text, from a list such as `sgd:0.1,adam`; `all` is every name.

    Raises:
        InputError: the list is empty, or names an unknown optimizer or the same one twice.

    Example:
        >>> parse_optimizers("sgd,adam:0.1")
        {'sgd': 'sgd', 'adam:0.1': 'adam:0.1'}
    """
    specs = [part.strip() for part in text.split(",") if part.strip()]
    if not specs:
        raise InputError(f"expected optimizers such as sgd,adam or all, got {text!r}")
    named = [name for spec in specs for name in (BY_NAME if spec == "all" else [spec])]
    for name in named:
        get(name)
        if named.count(name) > 1:
            raise InputError(f"expected each optimizer once, got {name} {named.count(name)} times")
    return {name: name for name in named}


@checked
def as_number(text: str) -> float:
    """A learning rate from a text.

    Raises:
        InputError: it is no finite number.
    """
    try:
        return finite_number(text)
    except ValueError:
        raise InputError(f"expected a number as learning rate, got {text!r}") from None


@checked
def learning_rate(optimizer: Optimizer) -> float | None:
    """The constant learning rate as the caller wrote it, or None for a schedule or function.

    Keras holds it in `keras.config.floatx()`; the shortest decimal that gives the same float32 is what was written,
    and the one that a float64 problem should use (0.1, not 0.10000000149).
    """
    if not isinstance(optimizer._learning_rate, keras.Variable):
        return None
    return float(str(optimizer.learning_rate.numpy()))


@checked
def plain_config(optimizer: Optimizer) -> dict[str, Any]:
    """The full configuration as JSON takes it, the learning rate as the caller wrote it."""
    config = optimizer.get_config()
    del config["name"]  # Keras counts: adam, adam_1, …
    rate = learning_rate(optimizer)
    if rate is not None:
        config["learning_rate"] = rate
    return json.loads(json.dumps(config, default=str))


@checked
def is_elementwise(optimizer: Optimizer) -> bool:
    """True if the weights of many starts may lie in one array without the optimizer noticing."""
    return type(optimizer) in _ELEMENTWISE and optimizer.clipnorm is None and optimizer.global_clipnorm is None
