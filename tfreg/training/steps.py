"""The steps of a training loop, as they are traced: Keras's own optimizer works on variables of this package.

Conventions: a block of starts leads. If the loop is stacked, one variable (block, n_weights) holds the weights of all
starts of a block; otherwise the block is one start and there are variables of the model's shapes. Functions that read
and write variables are for use while tracing or eagerly alike.

The state of an optimizer is a row of float64 numbers, one per element of its variables except the learning rate:
float64 holds every float32 and every count of iterations exactly.
"""

import re
from dataclasses import dataclass

import numpy as np

from tfreg.backend import keras, tf
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.keras_optimizers import bind_hyperparameter


@dataclass(frozen=True)
class Shape:
    """The sizes and choices that are compiled into a program besides model, loss and optimizer.

    Attributes:
        n_starts: S.
        n_records: R, the number of recorded epochs.
        batch_size: the number of samples per update, None for all of them at once.
        varied: the hyper-parameters that are arguments, each with a value per start (see `bind_hyperparameter`).
        losses: True if the loss is recorded.
        all_weights: True if the weights of all recorded epochs are kept, False for the last alone.
    """

    n_starts: int
    n_records: int
    batch_size: int | None = None
    varied: tuple[str, ...] = ("learning_rate",)
    losses: bool = False
    all_weights: bool = True


@dataclass(frozen=True, eq=False)
class Loop:
    """A problem, an optimizer and the variables of both, as a training loop works on them while it is traced.

    Attributes:
        problem: what is minimised.
        optimizer: a copy of the caller's, built on `variables`.
        variables: of the weights; see `weight_variables`.
        stacked: True if one variable holds the weights of all starts of a block.
        shape: what is compiled in.
    """

    problem: Problem
    optimizer: Optimizer
    variables: list[keras.Variable]
    stacked: bool
    shape: Shape

    @property
    def state(self) -> list[keras.Variable]:
        """The optimizer's variables, once it is built; its learning rate is none of them."""
        return self.optimizer.variables


def weight_variables(problem: Problem, block: int | None) -> list[keras.Variable]:
    """One variable for a block of weight vectors, or without a block variables like the model's."""
    if block is not None:
        return [keras.Variable(np.zeros((block, problem.n_weights), problem.dtype), name="weights")]
    variables = []
    for original in problem.model.trainable_variables:
        variable = keras.Variable(np.zeros(original.shape, problem.dtype), name=original.name)
        variable.constraint = original.constraint
        variables.append(variable)
    return variables


def zero_variables(loop: Loop) -> None:
    """Set all variables to zero.

    XLA takes what the variables hold on entry for a constant (gradients of `tf.vectorized_map` ask it for a shape that
    does not depend on them) and would compile again after every run that left other values.
    """
    for variable in (*loop.variables, *loop.optimizer.variables):
        variable.assign(tf.zeros_like(variable.value))


def descend(
    loop: Loop,
    starts: tf.Tensor,
    state: tf.Tensor,
    varied: tf.Tensor,
    record_at: tf.Tensor,
    orders: tf.Tensor,
    data: tuple[tf.Tensor, ...],
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Train a block from `starts`: the weights and losses at the epochs `record_at`, and the last state."""
    block, dtype, shape = starts.shape[0], loop.problem.dtype, loop.shape
    write_weights(loop, starts)
    _write_state(loop, state)
    for column, name in enumerate(shape.varied):
        value = varied[:, column : column + 1] if loop.stacked else varied[0, column]
        bind_hyperparameter(loop.optimizer, name, value)

    def one_epoch(epoch: tf.Tensor) -> tuple[tf.Tensor]:
        _epoch(loop, orders, epoch, data)
        return (epoch + 1,)

    def until_next_record(r: tf.Tensor, epoch: tf.Tensor, kept: tf.TensorArray, seen: tf.TensorArray) -> tuple:
        (epoch,) = tf.while_loop(lambda e: e < record_at[r], one_epoch, (epoch,))
        if shape.losses:
            seen = seen.write(r, loop.problem.losses(_stack(loop), *data))
        return r + 1, epoch, kept.write(r if shape.all_weights else 0, _read_weights(loop, block)), seen

    # XLA needs the size of an array now; one that grows silently comes back empty.
    kept = tf.TensorArray(dtype, size=shape.n_records if shape.all_weights else 1, element_shape=starts.shape)
    seen = tf.TensorArray(dtype, size=shape.n_records if shape.losses else 0, element_shape=(block,))
    _, _, kept, seen = tf.while_loop(lambda r, *_: r < shape.n_records, until_next_record, (0, 0, kept, seen))
    return kept.stack(), seen.stack(), read_state(loop, block)


def _epoch(loop: Loop, orders: tf.Tensor, epoch: tf.Tensor, data: tuple[tf.Tensor, ...]) -> None:
    """One pass over the samples: one update, or one per batch, the last batch as small as it comes out."""
    if loop.shape.batch_size is None:
        _update(loop, data)
        return
    axis = 1 if loop.problem.can_stack else 0
    n_full, rest = divmod(orders.shape[1], loop.shape.batch_size)

    def one_batch(batch: tf.Tensor) -> tuple[tf.Tensor]:
        picked = tf.slice(orders, (epoch, batch * loop.shape.batch_size), (1, loop.shape.batch_size))[0]
        _update(loop, tuple(tf.gather(array, picked, axis=axis) for array in data))
        return (batch + 1,)

    if n_full:
        tf.while_loop(lambda batch: batch < n_full, one_batch, (0,))
    if rest:
        picked = tf.slice(orders, (epoch, n_full * loop.shape.batch_size), (1, rest))[0]
        _update(loop, tuple(tf.gather(array, picked, axis=axis) for array in data))


def _update(loop: Loop, data: tuple[tf.Tensor, ...]) -> None:
    values = [variable.value for variable in loop.variables]
    with tf.GradientTape() as tape:
        # A start's loss depends on that start alone, so the gradient of the sum holds every start's gradient.
        # Optimizers with a loss_scale_factor divide the gradients by it again.
        total = loop.optimizer.scale_loss(tf.reduce_sum(loop.problem.losses(_stack(loop), *data)))
    loop.optimizer.apply(tape.gradient(total, values), loop.variables)


def _stack(loop: Loop) -> list[tf.Tensor]:
    """The weights as the model's variables, each with a leading axis for the block."""
    values = [variable.value for variable in loop.variables]
    return loop.problem.unflatten(values[0]) if loop.stacked else [value[tf.newaxis] for value in values]


def write_weights(loop: Loop, starts: tf.Tensor) -> None:
    """Set the weights of a block to rows (block, n_weights)."""
    values = [starts] if loop.stacked else loop.problem.unflatten(starts)
    for variable, value in zip(loop.variables, values, strict=True):
        variable.assign(tf.reshape(value, variable.shape))


def _read_weights(loop: Loop, block: int) -> tf.Tensor:
    return tf.concat([tf.reshape(variable.value, (block, -1)) for variable in loop.variables], axis=1)


def _write_state(loop: Loop, rows: tf.Tensor) -> None:
    first = 0
    for variable in loop.state:
        size = _row_size(loop, variable)
        columns = rows[:, first : first + size]
        # A scalar, such as the count of iterations, is the same for all starts.
        value = columns[0, 0] if variable.shape == () else tf.reshape(columns, variable.shape)
        variable.assign(tf.cast(value, variable.dtype))
        first += size


def read_state(loop: Loop, block: int) -> tf.Tensor:
    """The state of the optimizer as rows (block, n_state)."""
    columns = []
    for variable in loop.state:
        value = tf.reshape(tf.cast(variable.value, tf.float64), (-1, _row_size(loop, variable)))
        columns.append(tf.broadcast_to(value, (block, value.shape[1])))
    return tf.concat(columns, axis=1)


def _row_size(loop: Loop, variable: keras.Variable) -> int:
    shape = variable.shape[1:] if loop.stacked else variable.shape
    return int(np.prod(shape))


def state_labels(loop: Loop) -> tuple[str, ...]:
    """A name for each element of a state row, such as `weights_momentum[w0]`."""
    labels = []
    for variable in loop.state:
        # Keras counts variables without a name of their own through the whole process: variable, variable_1, …
        name = re.sub(r"^variable_\d+$", "variable", variable.name)
        if variable.shape == ():
            labels.append(name)
        elif loop.stacked:
            labels += [f"{name}[{label}]" for label in loop.problem.labels]
        else:
            labels += [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*variable.shape)]
    return tuple(labels)
