"""Values at many weight vectors, compiled, in blocks that bound the memory; gradients and Hessians of losses.

Conventions: weight vectors are the rows of an array (S, n_weights). A function of rows takes them and the data, and
returns a tensor whose first axis runs over the rows. One compiled call goes through K blocks of C rows, one block
after another, so the widest array in memory is that of a block, whatever S is; the calls are spread over the cores.
"""

from collections.abc import Callable

import numpy as np

from tfreg.backend import tf
from tfreg.problem.programs import Programs, told_if_not_compiled
from tfreg.process.threads import on_all_cores

OfRows = Callable[..., tf.Tensor]

# Elements of a block's widest array, which stays in the caches of one core, and of all rows of a call, which takes a
# millisecond or two. On 3575 points and 2000 samples, larger and smaller calls take up to a quarter longer.
_BLOCK_ELEMENTS, _CALL_ELEMENTS = 2**15, 900_000
# Shapes are compiled in, and compiling takes a tenth of a second or more: two of them serve every number of rows.
_FEW_ROWS = 32


def evaluate(
    what: str, function: OfRows, rows: np.ndarray, data: tuple[tf.Tensor, ...], row_elements: int, programs: Programs
) -> np.ndarray:
    """Return the values of a function of rows at `rows` (S, n_weights), an array with leading axis S.

    Args:
        what: the name of the function among `programs`.
        function: what is evaluated.
        rows: weight vectors, in the precision of the data.
        data: inputs and targets, and what else the function takes.
        row_elements: the size of the widest array that one row needs.
        programs: where the compiled function is kept.
    """
    block = 2 ** int(np.log2(max(1, _BLOCK_ELEMENTS // row_elements)))
    n_blocks = max(1, _CALL_ELEMENTS // (block * row_elements))
    if len(rows) <= min(block, _FEW_ROWS):
        n_blocks, block = 1, min(block, _FEW_ROWS)
    size, shape = n_blocks * block, (n_blocks, block, rows.shape[1])
    compiled = programs.get((what, n_blocks, block), lambda: _compile(function, shape, data))

    def values(part: np.ndarray, _: object) -> np.ndarray:
        # The last part is filled up with its last row, and the filling cut off again.
        filled = part[np.minimum(np.arange(size), len(part) - 1)]
        result = compiled(tf.constant(filled.reshape(shape)), *data).numpy()
        return result.reshape(-1, *result.shape[2:])[: len(part)]

    return np.concatenate(on_all_cores(values, [rows[first : first + size] for first in range(0, len(rows), size)]))


def _compile(function: OfRows, shape: tuple[int, int, int], data: tuple[tf.Tensor, ...]) -> Callable[..., tf.Tensor]:
    dtype = data[0].dtype

    @tf.function(jit_compile=True, autograph=False)
    def program(blocks: tf.Tensor, *data: tf.Tensor) -> tf.Tensor:
        # A loop that turns the blocks round, not `tf.map_fn`: gradients of `tf.vectorized_map` take shapes from a call
        # that the weights go into as well, so XLA would see weights that stay the same throughout as constants and
        # compile again for every new value.
        def one_block(k: tf.Tensor, left: tf.Tensor, values: tf.TensorArray) -> tuple:
            return k + 1, tf.roll(left, -1, axis=0), values.write(k, function(left[0], *data))

        values = tf.TensorArray(dtype, size=shape[0])
        return tf.while_loop(lambda k, *_: k < shape[0], one_block, (0, blocks, values))[2].stack()

    return told_if_not_compiled(program.get_concrete_function(tf.TensorSpec(shape, dtype), *data))


def gradients(losses: OfRows) -> OfRows:
    """Losses (S,) with their gradients, as a function of rows: (S, 1 + n_weights)."""

    def of_rows(rows: tf.Tensor, *data: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(rows)
            values = losses(rows, *data)
            # A row's loss depends on that row alone, so the gradient of the sum holds the gradient of every row.
            total = tf.reduce_sum(values)
        gradient = tape.gradient(total, rows, unconnected_gradients="zero")
        return tf.concat([values[:, tf.newaxis], gradient], axis=1)

    return of_rows


def hessians(losses: OfRows) -> OfRows:
    """Losses (S,) with their gradients and Hessians, as a function of rows: (S, 1 + n_weights + n_weights**2)."""
    gradients_of_rows = gradients(losses)

    def of_rows(rows: tf.Tensor, *data: tf.Tensor) -> tf.Tensor:
        n_rows, n_weights = rows.shape
        # Column j is the derivative of the gradient along direction j: each row stands n_weights times, once for each
        # direction, and all columns come out of one second pass. Unrolling the directions takes far longer to compile.
        repeated = tf.repeat(rows, n_weights, axis=0)
        directions = tf.tile(tf.eye(n_weights, dtype=rows.dtype), (n_rows, 1))
        with tf.GradientTape() as tape:
            tape.watch(repeated)
            values = gradients_of_rows(repeated, *data)
            along = tf.reduce_sum(values[:, 1:] * directions)
        columns = tape.gradient(along, repeated, unconnected_gradients="zero")
        return tf.concat([values[::n_weights], tf.reshape(columns, (n_rows, n_weights**2))], axis=1)

    return of_rows


def slopes(losses: OfRows) -> OfRows:
    """Loss, gradient and Hessian in two directions (2, n_weights), given after the data: (S, 1 + 2 + 4), in this order.

    All of them come out of one forward pass, and the Hessian of no other direction is computed.
    """

    def of_rows(rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor, directions: tf.Tensor) -> tf.Tensor:
        along = tf.zeros((rows.shape[0], 2), rows.dtype)
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(along)
            with tf.GradientTape() as inner:
                inner.watch(along)
                values = losses(rows + along @ directions, inputs, targets)
                total = tf.reduce_sum(values)
            gradient = inner.gradient(total, along, unconnected_gradients="zero")
            first, second = (tf.reduce_sum(gradient[:, axis]) for axis in (0, 1))
        hessian = [outer.gradient(one, along, unconnected_gradients="zero") for one in (first, second)]
        return tf.concat([values[:, tf.newaxis], gradient, *hessian], axis=1)

    return of_rows
