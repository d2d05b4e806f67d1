"""The steps of a training loop, as they are traced: Keras's own optimizer works on variables of this package.

Conventions: a block of starts leads. If the loop is stacked, one variable (block, n_weights) holds the weights of all
starts of a block; otherwise the block is one start and there are variables of the model's shapes. Functions that read
and write variables are for use while tracing or eagerly alike.
"""

from dataclasses import dataclass

import numpy as np

from tfreg.backend import keras, tf
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training import averages
from tfreg.training.keras_optimizers import bind_hyperparameter
from tfreg.training.state import read_state, write_state


@dataclass(frozen=True)
class Shape:
    """The sizes and choices that are compiled into a program besides model, loss and optimizer.

    Attributes:
        n_records: the epochs that one call can record.
        each_epoch: True if every epoch is recorded.
        batch_size: the number of samples per update, None for all of them at once.
        varied: the hyper-parameters that are arguments, each with a value per start (see `bind_hyperparameter`).
        losses: True if the loss is recorded.
        all_weights: True if the weights of all recorded epochs are kept, False for the last alone.
    """

    n_records: int
    each_epoch: bool = False
    batch_size: int | None = None
    varied: tuple[str, ...] = ("learning_rate",)
    losses: bool = True
    all_weights: bool = True

    @property
    def steps_from_records(self) -> bool:
        """True if a recorded epoch is followed by the step whose gradient comes from the same forward pass."""
        return self.losses and self.batch_size is None


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
    """One variable for a block of weight vectors, or without a block variables like the model's, paths included."""
    if block is not None:
        return [keras.Variable(np.zeros((block, problem.n_weights), problem.dtype), name="weights")]
    variables = []
    for original in problem.model.trainable_variables:
        variable = keras.Variable(np.zeros(original.shape, problem.dtype), name=original.name)
        variable.constraint = original.constraint
        variable._path = original.path  # some optimizers choose by it what they do to a variable
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
    stops: tf.Tensor,
    n_stops: tf.Tensor,
    orders: tf.Tensor,
    data: tuple[tf.Tensor, ...],
) -> tuple[tf.Tensor, ...]:
    """Train a block from `starts`, epochs counted from here, and look at the weights at the first `n_stops` of `stops`.

    Returns:
        The weights that `fit` would end with at each stop; the other ones where iterates are averaged;
        the losses of the former; the weights and the state from which training goes on.
    """
    block, dtype, shape = starts.shape[0], loop.problem.dtype, loop.shape
    write_weights(loop, starts)
    write_state(loop.state, state, loop.stacked)
    for column, name in enumerate(shape.varied):
        value = varied[:, column : column + 1] if loop.stacked else varied[0, column]
        bind_hyperparameter(loop.optimizer, name, value)

    def one_epoch(epoch: tf.Tensor, orders: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        _epoch(loop, orders, epoch, data)
        # Gradients of `tf.vectorized_map` take shapes from a call that the samples go into as well: XLA would see
        # orders that stay the same throughout as constants, and compile again for others. It drops the sum later.
        return epoch + 1, orders + 0 * epoch

    def until_next_stop(
        r: tf.Tensor, epoch: tf.Tensor, kept: tf.TensorArray, others: tf.TensorArray, seen: tf.TensorArray
    ) -> tuple:
        if not (shape.each_epoch and shape.steps_from_records):
            epoch, _ = tf.while_loop(lambda e, _: e < stops[r], one_epoch, (epoch, orders))
        ends, other = _views(loop)
        if other is not None and shape.all_weights:
            others = others.write(r, _as_rows(other, block))
        kept = kept.write(r if shape.all_weights else 0, _as_rows(ends, block))
        if shape.losses and (other is not None or not shape.steps_from_records):
            seen = seen.write(r, loop.problem.losses(_stack(loop, ends), *data))
        if shape.steps_from_records:
            losses = _step_unless(loop, r + 1 == n_stops, data)
            seen = seen if other is not None else seen.write(r, losses)
            epoch += 1
        return r + 1, epoch, kept, others, seen

    def array(size: int, row: tf.TensorShape | tuple[int, ...]) -> tf.TensorArray:
        # XLA needs the size of an array now; one that grows silently comes back empty.
        return tf.TensorArray(dtype, size=size, element_shape=row)

    n_others = shape.n_records if averages.has_average(loop.optimizer) and shape.all_weights else 0
    arrays = (
        array(shape.n_records if shape.all_weights else 1, starts.shape),
        array(n_others, starts.shape),
        array(shape.n_records if shape.losses else 0, (block,)),
    )
    _, _, *arrays = tf.while_loop(lambda r, *_: r < n_stops, until_next_stop, (0, 0, *arrays))
    last = [variable.value for variable in loop.variables]
    return (*(one.stack() for one in arrays), _as_rows(last, block), read_state(loop.state, block, loop.stacked))


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


def _step_unless(loop: Loop, last: tf.Tensor, data: tuple[tf.Tensor, ...]) -> tf.Tensor:
    """Make an update, undone after the `last` stop of a call, and return the losses (block,) of the iterates before."""
    variables = (*loop.variables, *loop.state)
    before = [tf.identity(variable.value) for variable in variables]
    losses = _update(loop, data)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(tf.where(last, value, variable.value))
    return losses


def _update(loop: Loop, data: tuple[tf.Tensor, ...]) -> tf.Tensor:
    """Make an update, and return the losses (block,) of the iterates before it."""
    values = [variable.value for variable in loop.variables]
    with tf.GradientTape() as tape:
        losses = loop.problem.losses(_stack(loop, [variable.value for variable in loop.variables]), *data)
        # A start's loss depends on that start alone, so the gradient of the sum holds every start's gradient.
        # Optimizers with a loss_scale_factor divide the gradients by it again.
        total = loop.optimizer.scale_loss(tf.reduce_sum(losses))
    loop.optimizer.apply(tape.gradient(total, values), loop.variables)
    return losses


def _stack(loop: Loop, values: list[tf.Tensor]) -> list[tf.Tensor]:
    """Values of the loop's variables as the model's variables, each with a leading axis for the block."""
    return loop.problem.unflatten(values[0]) if loop.stacked else [value[tf.newaxis] for value in values]


def write_weights(loop: Loop, starts: tf.Tensor) -> None:
    """Set the weights of a block to rows (block, n_weights)."""
    values = [starts] if loop.stacked else loop.problem.unflatten(starts)
    for variable, value in zip(loop.variables, values, strict=True):
        variable.assign(tf.reshape(value, variable.shape))


def _as_rows(values: list[tf.Tensor], block: int) -> tf.Tensor:
    """Values of the loop's variables as rows (block, n_weights)."""
    return tf.concat([tf.reshape(value, (block, -1)) for value in values], axis=1)


def _views(loop: Loop) -> tuple[list[tf.Tensor], list[tf.Tensor] | None]:
    """The weights that `fit` would end with now, and where iterates are averaged the other ones."""
    iterates = [variable.value for variable in loop.variables]
    if not averages.has_average(loop.optimizer):
        return iterates, None
    average = averages.average_of(loop.optimizer, loop.variables)
    return (average, iterates) if averages.ends_with_average(loop.optimizer) else (iterates, average)
