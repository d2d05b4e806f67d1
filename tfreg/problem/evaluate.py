"""Predictions, loss, gradient and Hessian at many weight vectors, compiled, in blocks that bound the memory.

Conventions: weight vectors are the rows of an array (S, n_weights). One compiled call runs through K blocks of C rows,
one block after another, so the widest array in memory is a block's activations, (C, units, n_samples), whatever S is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tfreg.backend import tf

if TYPE_CHECKING:
    from tfreg.problem.problem import Problem

# Elements of a block's widest activation array: it should stay in the processor's caches. On the lecture's grid,
# 2**18 to 2**20 are equally fast, smaller and larger blocks slower.
_BLOCK_ELEMENTS = 2**20
# Shapes are compiled in, and compiling takes a tenth of a second or more: three of them serve every number of rows.
_FEW_ROWS, _MANY_BLOCKS = 32, 8


def evaluate(problem: Problem, weights: np.ndarray, what: str) -> np.ndarray:
    """What is asked for at each row of `weights` (S, n_weights): an array with leading axis S.

    `what` is `predictions`, `loss`, `gradient` or `hessian`.
    """
    block = _block_rows(problem, what)
    if len(weights) <= _FEW_ROWS:
        block = min(block, _FEW_ROWS)
    n_blocks = 1 if len(weights) <= block else _MANY_BLOCKS
    key = (what, n_blocks, block)
    if key not in problem.programs:
        problem.programs[key] = _compile(problem, what, n_blocks, block)
    compiled = problem.programs[key]
    values = []
    for first in range(0, len(weights), n_blocks * block):
        part = weights[first : first + n_blocks * block]
        # The last part is filled up with its last row, and the filling cut off again.
        filled = np.pad(part, ((0, n_blocks * block - len(part)), (0, 0)), mode="edge")
        result = compiled(tf.constant(filled.reshape(n_blocks, block, -1), problem.dtype), *problem.tensors).numpy()
        values.append(result.reshape(-1, *result.shape[2:])[: len(part)])
    return np.concatenate(values)


def _block_rows(problem: Problem, what: str) -> int:
    widest = max(shape[-1] for shape in problem.shapes)
    # A Hessian is computed from n_weights copies of each row.
    copies = problem.n_weights if what == "hessian" else 1
    rows = _BLOCK_ELEMENTS // (widest * len(problem.dataset.inputs) * copies)
    return 2 ** int(np.log2(max(1, rows)))


def _compile(problem: Problem, what: str, n_blocks: int, block: int) -> Callable[..., tf.Tensor]:
    kernel = {"predictions": _predictions, "loss": _losses, "gradient": _gradients, "hessian": _hessians}[what]

    @tf.function(jit_compile=True, autograph=False)
    def program(blocks: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        # A loop that turns the blocks round, not `tf.map_fn`: gradients of `tf.vectorized_map` take shapes from a call
        # that the weights go into as well, so XLA would see weights that stay the same throughout as constants and
        # compile again for every new value.
        def one_block(k: tf.Tensor, left: tf.Tensor, values: tf.TensorArray) -> tuple:
            return k + 1, tf.roll(left, -1, axis=0), values.write(k, kernel(problem, left[0], inputs, targets))

        values = tf.TensorArray(problem.dtype, size=n_blocks)
        return tf.while_loop(lambda k, *_: k < n_blocks, one_block, (0, blocks, values))[2].stack()

    shape = (n_blocks, block, problem.n_weights)
    return program.get_concrete_function(tf.TensorSpec(shape, problem.dtype), *problem.tensors)


def _predictions(problem: Problem, rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    return problem.predictions(problem.unflatten(rows), inputs)


def _losses(problem: Problem, rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    return problem.losses(problem.unflatten(rows), inputs, targets)


def _gradients(problem: Problem, rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(rows)
        # A row's loss depends on that row alone, so the gradient of the sum holds the gradient of every row.
        total = tf.reduce_sum(_losses(problem, rows, inputs, targets))
    return tape.gradient(total, rows, unconnected_gradients="zero")


def _hessians(problem: Problem, rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    n_rows, n_weights = rows.shape
    # Column j is the derivative of the gradient along direction j: each row stands n_weights times, once for each
    # direction, and all columns come out of one second pass. Unrolling the directions takes far longer to compile.
    repeated = tf.repeat(rows, n_weights, axis=0)
    directions = tf.tile(tf.eye(n_weights, dtype=rows.dtype), (n_rows, 1))
    with tf.GradientTape() as tape:
        tape.watch(repeated)
        along = tf.reduce_sum(_gradients(problem, repeated, inputs, targets) * directions)
    columns = tape.gradient(along, repeated, unconnected_gradients="zero")
    return tf.reshape(columns, (n_rows, n_weights, n_weights))
