"""Values at many weight vectors, compiled, in blocks that bound the memory; gradients and Hessians of losses.

Conventions: weight vectors are the rows of an array (S, n_weights). A function of rows takes (rows, inputs, targets)
and returns a tensor whose first axis runs over the rows. One compiled call goes through K blocks of C rows, one block
after another, so the widest array in memory is that of a block, whatever S is.
"""

from collections.abc import Callable

import numpy as np

from tfreg.backend import tf
from tfreg.problem.programs import Programs, told_if_not_compiled

OfRows = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]

# Elements of a block's widest array: it should stay in the processor's caches. On 3575 points and 2000 samples, 2**18
# to 2**20 are equally fast, smaller and larger blocks slower.
_BLOCK_ELEMENTS = 2**20
# Shapes are compiled in, and compiling takes a tenth of a second or more: three of them serve every number of rows.
_FEW_ROWS, _MANY_BLOCKS = 32, 8


def evaluate(
    what: str, function: OfRows, rows: np.ndarray, data: tuple[tf.Tensor, ...], row_elements: int, programs: Programs
) -> np.ndarray:
    """Return the values of a function of rows at `rows` (S, n_weights), an array with leading axis S.

    Args:
        what: the name of the function among `programs`.
        function: what is evaluated.
        rows: weight vectors, in the precision of the data.
        data: inputs and targets.
        row_elements: the size of the widest array that one row needs.
        programs: where the compiled function is kept.
    """
    block = 2 ** int(np.log2(max(1, _BLOCK_ELEMENTS // row_elements)))
    if len(rows) <= _FEW_ROWS:
        block = min(block, _FEW_ROWS)
    n_blocks = 1 if len(rows) <= block else _MANY_BLOCKS
    shape = (n_blocks, block, rows.shape[1])
    compiled = programs.get((what, n_blocks, block), lambda: _compile(function, shape, data))
    values = []
    for first in range(0, len(rows), n_blocks * block):
        part = rows[first : first + n_blocks * block]
        # The last part is filled up with its last row, and the filling cut off again.
        filled = np.pad(part, ((0, n_blocks * block - len(part)), (0, 0)), mode="edge")
        result = compiled(tf.constant(filled.reshape(shape)), *data).numpy()
        values.append(result.reshape(-1, *result.shape[2:])[: len(part)])
    return np.concatenate(values)


def _compile(function: OfRows, shape: tuple[int, int, int], data: tuple[tf.Tensor, ...]) -> Callable[..., tf.Tensor]:
    dtype = data[0].dtype

    @tf.function(jit_compile=True, autograph=False)
    def program(blocks: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        # A loop that turns the blocks round, not `tf.map_fn`: gradients of `tf.vectorized_map` take shapes from a call
        # that the weights go into as well, so XLA would see weights that stay the same throughout as constants and
        # compile again for every new value.
        def one_block(k: tf.Tensor, left: tf.Tensor, values: tf.TensorArray) -> tuple:
            return k + 1, tf.roll(left, -1, axis=0), values.write(k, function(left[0], inputs, targets))

        values = tf.TensorArray(dtype, size=shape[0])
        return tf.while_loop(lambda k, *_: k < shape[0], one_block, (0, blocks, values))[2].stack()

    return told_if_not_compiled(program.get_concrete_function(tf.TensorSpec(shape, dtype), *data))


def gradients(losses: OfRows) -> OfRows:
    """The gradients (S, n_weights) of losses (S,), as a function of rows."""

    def of_rows(rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(rows)
            # A row's loss depends on that row alone, so the gradient of the sum holds the gradient of every row.
            total = tf.reduce_sum(losses(rows, inputs, targets))
        return tape.gradient(total, rows, unconnected_gradients="zero")

    return of_rows


def hessians(losses: OfRows) -> OfRows:
    """The Hessians (S, n_weights, n_weights) of losses (S,), as a function of rows."""
    gradients_of_rows = gradients(losses)

    def of_rows(rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        n_rows, n_weights = rows.shape
        # Column j is the derivative of the gradient along direction j: each row stands n_weights times, once for each
        # direction, and all columns come out of one second pass. Unrolling the directions takes far longer to compile.
        repeated = tf.repeat(rows, n_weights, axis=0)
        directions = tf.tile(tf.eye(n_weights, dtype=rows.dtype), (n_rows, 1))
        with tf.GradientTape() as tape:
            tape.watch(repeated)
            along = tf.reduce_sum(gradients_of_rows(repeated, inputs, targets) * directions)
        columns = tape.gradient(along, repeated, unconnected_gradients="zero")
        return tf.reshape(columns, (n_rows, n_weights, n_weights))

    return of_rows
