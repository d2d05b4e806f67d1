"""The compiled training loop: one XLA program per model, loss, optimizer configuration and shape.

Conventions: S starts lead. The program drives a Keras optimizer's own `apply` on variables of its own; starts,
optimizer state, hyper-parameters, epochs to record at, sample order and data are arguments, so another start, learning
rate or data set of the same shape compiles nothing. The loss at a recorded epoch comes from the forward pass of the
step that follows; between recorded epochs only gradients are computed. A long run is cut into calls, between which it
can be interrupted (`tfreg.training.calls`).

The S starts are cut into blocks. If model and optimizer both allow it, a block holds many starts side by side, in one
variable (block, n_weights) that an optimizer working element by element cannot tell from any other. Otherwise a block
is one start, in variables of the model's shapes. A few blocks follow one another within a call of the program, and the
calls are spread over the cores. The sizes of blocks and calls depend on the number of starts alone, not on the cores.

The steps themselves are in `tfreg.training.steps`.
"""

import re
from dataclasses import replace

import numpy as np

from tfreg import optimizers
from tfreg.backend import tf
from tfreg.checks.errors import InputError
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.problem.programs import told_if_not_compiled
from tfreg.process.own_code import cause
from tfreg.training import averages, steps
from tfreg.training.calls import slots
from tfreg.training.compiled import Program
from tfreg.training.keras_optimizers import floatx, fresh_copy, key
from tfreg.training.scratch import use_own_variables
from tfreg.training.state import read_state, state_labels
from tfreg.training.steps import Loop, Shape

# Elements of a block's widest activation array. A block of 2**14 to 2**17 stays in the caches of one core; larger ones
# are a third slower, smaller ones too short for their steps.
_BLOCK_ELEMENTS = 2**15
# A call takes milliseconds from a hundred epochs on, beside half of one for making it, and leaves enough calls for all
# cores. However small the data, a block's steps take as long as so many elements.
_CALL_ELEMENTS, _LEAST_BLOCK_ELEMENTS = 2**17, 2**13


def program(problem: Problem, optimizer: Optimizer, n_starts: int, shape: Shape) -> Program:
    """The program for so many starts: compiled when first asked for, and kept with the problem.

    Of the optimizer only class and configuration count, without the hyper-parameters that are arguments.
    """
    n_blocks, block = call_size(problem, optimizer, n_starts)
    per_record = n_blocks * block * (problem.n_weights if shape.all_weights else 1)
    shape = replace(shape, n_records=slots(shape.n_records, per_record))
    asked = "train", key(optimizer, shape.varied), n_blocks, block, shape, _seen_paths(problem, optimizer)
    return problem.programs.get(asked, lambda: _compile_or_tell(problem, optimizer, n_blocks, block, shape))


def call_size(problem: Problem, optimizer: Optimizer, n_starts: int) -> tuple[int, int]:
    """The number of blocks in a call and of starts in a block, in equal parts so that little has to be filled up."""
    side_by_side = _is_stacked(problem, optimizer)
    n_blocks = -(-n_starts // (max(1, _BLOCK_ELEMENTS // problem.row_elements) if side_by_side else 1))
    block = -(-n_starts // n_blocks)
    most = max(1, _CALL_ELEMENTS // max(block * problem.row_elements, _LEAST_BLOCK_ELEMENTS))
    n_calls = -(-n_blocks // most)
    return -(-n_blocks // n_calls), block


def _is_stacked(problem: Problem, optimizer: Optimizer) -> bool:
    return problem.can_stack and optimizers.is_elementwise(optimizer)


def _seen_paths(problem: Problem, optimizer: Optimizer) -> tuple[str, ...]:
    """The paths of the weights, if what the optimizer does to a weight may depend on its path."""
    if optimizers.is_elementwise(optimizer):
        return ()
    paths = tuple(variable.path for variable in problem.model.trainable_variables)
    by_pattern = getattr(optimizer, "exclude_layers", None) or not type(optimizer).__module__.startswith("keras.")
    # Keras counts the models of a process: sequential, sequential_1, …
    return paths if by_pattern else tuple(re.sub(r"_\d+(?=/)", "", path) for path in paths)


def _compile_or_tell(problem: Problem, optimizer: Optimizer, n_blocks: int, block: int, shape: Shape) -> Program:
    """Compile, with what an optimizer of the user's raises in one line."""
    try:
        return _compile(problem, optimizer, n_blocks, block, shape)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"the optimizer {type(optimizer).__name__} cannot be traced: {cause(error)}") from error


def _compile(problem: Problem, optimizer: Optimizer, n_blocks: int, block: int, shape: Shape) -> Program:
    loop, fresh_state, copied = _loop(problem, optimizer, shape, block)

    @tf.function(jit_compile=True, autograph=False)
    def train(
        starts: tf.Tensor,
        states: tf.Tensor,
        varied: tf.Tensor,
        stops: tf.Tensor,
        n_stops: tf.Tensor,
        orders: tf.Tensor,
        *data: tf.Tensor,
    ) -> tuple[tf.Tensor, ...]:
        def one_block(rows: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, ...]:
            return steps.descend(loop, *rows, stops, n_stops, orders, data)

        if n_blocks == 1:
            alone = one_block((starts[0], states[0], varied[0]))
            results = tuple(result[tf.newaxis] for result in alone)
        else:
            kinds = (*[tf.as_dtype(problem.dtype)] * 4, tf.float64)
            results = tf.map_fn(one_block, (starts, states, varied), fn_output_signature=kinds)
        steps.zero_variables(loop)
        return results

    def rows(n_columns: int, dtype: object) -> tf.TensorSpec:
        return tf.TensorSpec((n_blocks, block, n_columns), dtype)

    with floatx(problem.dtype):
        concrete = train.get_concrete_function(
            rows(problem.n_weights, problem.dtype),
            rows(len(fresh_state), tf.float64),
            rows(len(shape.varied), problem.dtype),
            tf.TensorSpec((shape.n_records,), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((None, len(problem.dataset.inputs)), tf.int32),
            *problem.tensors,
        )
    use_own_variables(concrete, [variable.value for variable in (*loop.variables, *loop.state)])
    labels = state_labels(loop.state, problem, loop.stacked)
    return Program(shape, told_if_not_compiled(concrete), n_blocks, block, fresh_state, copied, labels)


def _loop(problem: Problem, optimizer: Optimizer, shape: Shape, block: int) -> tuple[Loop, np.ndarray, np.ndarray]:
    """The parts of a loop, and the state of its optimizer before the first step (see `Program`)."""
    stacked = _is_stacked(problem, optimizer)
    variables = steps.weight_variables(problem, block if stacked else None)
    driven = fresh_copy(optimizer, problem.dtype, shape.varied)
    # Some optimizers begin with a copy of the weights in their state: numbers that nothing else holds give it away.
    probe = np.random.default_rng(0).uniform(1, 2, problem.n_weights).astype(problem.dtype)
    loop = Loop(problem, driven, variables, stacked, shape)
    steps.write_weights(loop, tf.constant(np.tile(probe, (block, 1))))
    driven.build(variables)
    averages.read_at_once(driven)
    fresh_state = read_state(loop.state, block, stacked).numpy()[0]
    equal = fresh_state[:, np.newaxis] == probe.astype(np.float64)
    copied = np.where(equal.any(axis=1), equal.argmax(axis=1), -1)
    steps.zero_variables(loop)
    return loop, fresh_state, copied
