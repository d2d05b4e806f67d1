"""Optimizers that average their iterates: the average, and which of both `model.fit` ends with.

Conventions: an iterate is what an optimizer takes its steps with. With `use_ema=True`, `fit` ends with the running
average of the iterates. `ScheduleFreeAdamW` is meant to be judged at its average x (Defazio et al. 2024), yet `fit`
ends with its iterate y, where gradients are taken.

Keras's `ScheduleFreeAdamW` departs from its paper twice. What a step keeps as the old momentum z is the variable
itself, so it reads the new one; `read_at_once` corrects that. And a compiled `fit` begins with z at zero instead of at
the weights: it traces the assignment and never runs it, unless the optimizer was built before `fit`.
"""

from collections.abc import Sequence

from tfreg.backend import keras, tf
from tfreg.optimizers import Optimizer

ScheduleFree = keras.optimizers.ScheduleFreeAdamW

# What records of such runs say.
SCHEDULE_FREE_NOTE = (
    "Keras's own fit differs from these weights: compiled, it begins with the momentum at zero instead of at the "
    "weights, and its steps take the new momentum for the old one"
)


def ends_with_average(optimizer: Optimizer) -> bool:
    """True if `fit` leaves the average in the model, and not the last iterate."""
    return bool(getattr(optimizer, "use_ema", False))


def has_average(optimizer: Optimizer) -> bool:
    """True if the optimizer averages its iterates."""
    return ends_with_average(optimizer) or type(optimizer) is ScheduleFree


def average_of(optimizer: Optimizer, iterates: Sequence[keras.Variable]) -> list[tf.Tensor]:
    """The average that an optimizer (see `has_average`) holds beside its iterates, a tensor for each variable.

    Before the first step it is the iterates themselves.
    """
    values = [tf.convert_to_tensor(variable) for variable in iterates]
    if ends_with_average(optimizer):
        averages = [tf.convert_to_tensor(variable) for variable in optimizer._model_variables_moving_average]
    else:
        beta, momenta = optimizer.beta_1, optimizer._momentums
        averages = [(y - (1 - beta) * tf.convert_to_tensor(z)) / beta for y, z in zip(values, momenta, strict=True)]
    begun = tf.convert_to_tensor(optimizer._iterations) > 0
    return [tf.where(begun, average, value) for average, value in zip(averages, values, strict=True)]


class _ReadAtOnce:
    """A variable whose `value` is what it holds now, where Keras's own is the variable and changes with it."""

    def __init__(self, variable: keras.Variable) -> None:
        self.variable = variable
        self.dtype = variable.value.dtype
        self.assign_sub = variable.assign_sub

    @property
    def value(self) -> tf.Tensor:
        return tf.identity(self.variable.value)

    def __tf_tensor__(self, dtype: tf.DType | None = None, name: str | None = None) -> tf.Tensor:
        return tf.convert_to_tensor(self.variable.value, dtype=dtype)


def read_at_once(optimizer: Optimizer) -> None:
    """Let a built `ScheduleFreeAdamW` of our own keep the old momentum while it takes a step, as its paper has it."""
    if type(optimizer) is ScheduleFree:
        optimizer._momentums = [_ReadAtOnce(variable) for variable in optimizer._momentums]
