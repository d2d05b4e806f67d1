"""The compiled training loop: one XLA program per problem, optimizer configuration and shape.

Conventions: S starts lead. The program drives a Keras optimizer's own `apply` on variables of its own; starts,
optimizer state, learning rate, epochs to record at, sample order and data are arguments, so another start or learning
rate compiles nothing. The loop computes gradients and nothing else; losses are evaluated afterwards, for all recorded
weights together, which halves the time of a logistic run.

If model and optimizer both allow it, all starts are stacked in one set of variables with a leading axis S. Otherwise
one set of variables serves the starts one after another, within the same compiled program.

The state of an optimizer is a row of float64 numbers, one per element of its variables but for the learning rate:
float64 holds every float32 and every count of iterations exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tfreg import optimizers
from tfreg.backend import keras, tf
from tfreg.optimizers import Optimizer
from tfreg.problem import Problem


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled training loop.

    Attributes:
        call: (starts (S, n_weights), state (S, n_state), learning rate, record_at (R,), orders (epochs, n_samples))
            -> (weights (R, S, n_weights), final state (S, n_state)). Training ends at the last epoch of `record_at`;
            row e of `orders` is the order of the samples in epoch e, read only with mini-batches.
        fresh_state: the state (n_state,) of an optimizer that has made no step.
        state_labels: a name for each element of a state row.
    """

    call: Callable[..., tuple[tf.Tensor, tf.Tensor]]
    fresh_state: np.ndarray
    state_labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Loop:
    """What a training loop works on while it is traced."""

    problem: Problem
    optimizer: Optimizer
    variables: list[keras.Variable]
    state: list[keras.Variable]
    stacked: bool
    n_records: int
    batch_size: int | None


def program(
    problem: Problem, optimizer: Optimizer, n_starts: int, n_records: int, batch_size: int | None = None
) -> Program:
    """The program for S = `n_starts` weight vectors and R = `n_records` recorded epochs.

    It is compiled when first asked for and kept with the problem. Of the optimizer only class and configuration
    count; `batch_size` is the number of samples per update, None for all of them at once.
    """
    key = ("train", optimizers.key(optimizer), n_starts, n_records, batch_size)
    if key not in problem.programs:
        problem.programs[key] = _compile(problem, optimizer, n_starts, n_records, batch_size)
    return problem.programs[key]


def _compile(problem: Problem, optimizer: Optimizer, n_starts: int, n_records: int, batch_size: int | None) -> Program:
    stacked = problem.can_stack and optimizers.is_elementwise(optimizer)
    variables = _variables(problem, n_starts if stacked else None)
    driven = optimizers.fresh_copy(optimizer, problem.dtype)
    driven.build(variables)
    state = [variable for variable in driven.variables if variable is not driven._learning_rate]
    loop = _Loop(problem, driven, variables, state, stacked, n_records, batch_size)
    fresh_state = _read_state(loop, n_starts if stacked else 1).numpy()[0]

    @tf.function(jit_compile=True, autograph=False)
    def train(
        starts: tf.Tensor, state: tf.Tensor, rate: tf.Tensor, record_at: tf.Tensor, orders: tf.Tensor, *data: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        if isinstance(driven._learning_rate, keras.Variable):
            driven._learning_rate.assign(rate)
        if stacked:
            results = _descend(loop, starts, state, record_at, orders, data)
            # XLA takes what the variables hold on entry for a constant (gradients of `tf.vectorized_map` ask it for a
            # shape that does not depend on them) and would compile again after every run that left other values.
            for variable in (*variables, *driven.variables):
                variable.assign(tf.zeros_like(variable.value))
            return results
        records, states = tf.map_fn(
            lambda row: _descend(loop, row[0][tf.newaxis], row[1][tf.newaxis], record_at, orders, data),
            (starts, state),
            fn_output_signature=(tf.as_dtype(problem.dtype), tf.float64),
        )
        return tf.transpose(records[:, :, 0], (1, 0, 2)), states[:, 0]

    with optimizers.floatx(problem.dtype):
        concrete = train.get_concrete_function(
            tf.TensorSpec((n_starts, problem.n_weights), problem.dtype),
            tf.TensorSpec((n_starts, len(fresh_state)), tf.float64),
            tf.TensorSpec((), problem.dtype),
            tf.TensorSpec((n_records,), tf.int32),
            tf.TensorSpec((None, len(problem.dataset.inputs)), tf.int32),
            *problem.tensors,
        )
    return Program(lambda *arguments: concrete(*arguments, *problem.tensors), fresh_state, _state_labels(loop))


def _variables(problem: Problem, n_starts: int | None) -> list[keras.Variable]:
    """Variables like the model's, with a leading axis for the starts unless that is None."""
    lead = () if n_starts is None else (n_starts,)
    variables = []
    for original in problem.model.trainable_variables:
        variable = keras.Variable(np.zeros((*lead, *original.shape), problem.dtype), name=original.name)
        variable.constraint = original.constraint
        variables.append(variable)
    return variables


def _descend(
    loop: _Loop,
    starts: tf.Tensor,
    state: tf.Tensor,
    record_at: tf.Tensor,
    orders: tf.Tensor,
    data: tuple[tf.Tensor, ...],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Train the loop's variables from `starts`, and return the weights at the epochs `record_at` and the last state."""
    n_starts = starts.shape[0]
    _write_weights(loop, starts)
    _write_state(loop, state)

    def one_epoch(epoch: tf.Tensor) -> tuple[tf.Tensor]:
        _epoch(loop, orders, epoch, data)
        return (epoch + 1,)

    def until_next_record(r: tf.Tensor, epoch: tf.Tensor, records: tf.TensorArray) -> tuple:
        (epoch,) = tf.while_loop(lambda e: e < record_at[r], one_epoch, (epoch,))
        return r + 1, epoch, records.write(r, _read_weights(loop, n_starts))

    # XLA needs the size of the array now; one that grows silently comes back empty.
    records = tf.TensorArray(loop.problem.dtype, size=loop.n_records, element_shape=starts.shape)
    _, _, records = tf.while_loop(lambda r, *_: r < loop.n_records, until_next_record, (0, 0, records))
    return records.stack(), _read_state(loop, n_starts)


def _epoch(loop: _Loop, orders: tf.Tensor, epoch: tf.Tensor, data: tuple[tf.Tensor, ...]) -> None:
    """One pass over the samples: one update, or one per batch, the last batch as small as it comes out."""
    if loop.batch_size is None:
        _update(loop, data)
        return
    axis = 1 if loop.problem.can_stack else 0
    n_full, rest = divmod(orders.shape[1], loop.batch_size)

    def one_batch(batch: tf.Tensor) -> tuple[tf.Tensor]:
        picked = tf.slice(orders, (epoch, batch * loop.batch_size), (1, loop.batch_size))[0]
        _update(loop, tuple(tf.gather(array, picked, axis=axis) for array in data))
        return (batch + 1,)

    if n_full:
        tf.while_loop(lambda batch: batch < n_full, one_batch, (0,))
    if rest:
        picked = tf.slice(orders, (epoch, n_full * loop.batch_size), (1, rest))[0]
        _update(loop, tuple(tf.gather(array, picked, axis=axis) for array in data))


def _update(loop: _Loop, data: tuple[tf.Tensor, ...]) -> None:
    values = [variable.value for variable in loop.variables]
    with tf.GradientTape() as tape:
        stack = values if loop.stacked else [value[tf.newaxis] for value in values]
        # A start's loss depends on that start alone, so the gradient of the sum holds every start's gradient.
        # Optimizers with a loss_scale_factor divide the gradients by it again.
        total = loop.optimizer.scale_loss(tf.reduce_sum(loop.problem.losses(stack, *data)))
    loop.optimizer.apply(tape.gradient(total, values), loop.variables)


def _write_weights(loop: _Loop, starts: tf.Tensor) -> None:
    for variable, value in zip(loop.variables, loop.problem.unflatten(starts), strict=True):
        variable.assign(tf.reshape(value, variable.shape))


def _read_weights(loop: _Loop, n_starts: int) -> tf.Tensor:
    return tf.concat([tf.reshape(variable.value, (n_starts, -1)) for variable in loop.variables], axis=1)


def _write_state(loop: _Loop, rows: tf.Tensor) -> None:
    first = 0
    for variable in loop.state:
        size = _row_size(loop, variable)
        columns = rows[:, first : first + size]
        # A scalar, such as the count of iterations, is the same for all starts.
        value = columns[0, 0] if variable.shape == () else tf.reshape(columns, variable.shape)
        variable.assign(tf.cast(value, variable.dtype))
        first += size


def _read_state(loop: _Loop, n_starts: int) -> tf.Tensor:
    columns = []
    for variable in loop.state:
        value = tf.reshape(tf.cast(variable.value, tf.float64), (-1, _row_size(loop, variable)))
        columns.append(tf.broadcast_to(value, (n_starts, value.shape[1])))
    return tf.concat(columns, axis=1)


def _row_size(loop: _Loop, variable: keras.Variable) -> int:
    shape = variable.shape[1:] if loop.stacked else variable.shape
    return int(np.prod(shape))


def _state_labels(loop: _Loop) -> tuple[str, ...]:
    labels = []
    for variable in loop.state:
        shape = variable.shape[1:] if loop.stacked else variable.shape
        for index in np.ndindex(*shape):
            labels.append(variable.name + (f"[{','.join(map(str, index))}]" if index else ""))
    return tuple(labels)
