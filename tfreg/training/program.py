"""The compiled training loop: one XLA program per model, loss, optimizer configuration and shape.

Conventions: S starts lead. The program drives a Keras optimizer's own `apply` on variables of its own; starts,
optimizer state, hyper-parameters, epochs to record at, sample order and data are arguments, so another start, learning
rate or data set of the same shape compiles nothing. Between recorded epochs only gradients are computed; a program can
look at the loss at the recorded epochs, which takes about three times as long as an epoch. A long run is cut into
calls, between which it can be interrupted (`tfreg.training.calls`).

The S starts are cut into blocks. If model and optimizer both allow it, a block holds many starts side by side, in one
variable (block, n_weights) that an optimizer working element by element cannot tell from any other. Otherwise a block
is one start, in variables of the model's shapes. The blocks follow one another within the compiled program.

The steps themselves are in `tfreg.training.steps`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np

from tfreg import optimizers
from tfreg.backend import tf
from tfreg.errors import InputError
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.problem.raised import told
from tfreg.training import averages, steps
from tfreg.training.calls import calls, first_length, longest_with_orders, slots
from tfreg.training.keras_optimizers import floatx, fresh_copy, key
from tfreg.training.state import read_state, state_labels
from tfreg.training.steps import Loop, Shape

# The order of the samples in an epoch.
Order = Callable[[int], np.ndarray]

# Elements of a block's widest activation array: it should stay in the processor's caches, and be long enough that the
# steps between its passes over the data do not count.
_BLOCK_ELEMENTS = 2**20


@dataclass(frozen=True, eq=False)
class Result:
    """The weights, losses and optimizer state that a program returns for S starts.

    Attributes:
        weights: those that `fit` would end with at each of R recorded epochs (S, R, n_weights), or at the last alone if
            the program keeps no others.
        others: of an optimizer that averages the iterates where `weights` are averages, and the other way round; None
            if there are none or the program does not keep them.
        losses: at each recorded epoch (S, R), or None if the program does not look at them.
        state: of the optimizer at the end, (S, n_state).
    """

    weights: np.ndarray
    others: np.ndarray | None
    losses: np.ndarray | None
    state: np.ndarray


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled training loop.

    Attributes:
        shape: what it was compiled for.
        call: takes and gives arrays cut into blocks (see `run`).
        n_blocks: how many blocks follow one another.
        block: starts side by side in a block.
        fresh_state: the state (n_state,) of an optimizer that has made no step.
        copied: for each element of the state the number of the weight that it begins as, -1 where `fresh_state` holds.
        state_labels: a name for each element of a state row.
    """

    shape: Shape
    call: Callable[..., tuple]
    n_blocks: int
    block: int
    fresh_state: np.ndarray
    copied: np.ndarray
    state_labels: tuple[str, ...]
    lock: Lock = field(default_factory=Lock)

    def fresh_states(self, starts: np.ndarray) -> np.ndarray:
        """The state (S, n_state) of an optimizer that has made no step, at starts (S, n_weights)."""
        begins_as_weight = self.copied >= 0
        return np.where(begins_as_weight, starts[:, self.copied * begins_as_weight], self.fresh_state)

    def run(
        self,
        problem: Problem,
        starts: np.ndarray,
        states: np.ndarray,
        varied: np.ndarray,
        record_at: np.ndarray,
        order: Order | None = None,
    ) -> Result:
        """Train S starts to the last epoch of `record_at`.

        Args:
            problem: the data, of the shape that the program was compiled for.
            starts: array (S, n_weights).
            states: of the optimizer, (S, n_state).
            varied: a column for each varied hyper-parameter, (S, n_varied).
            record_at: the epochs to record, (R,), rising.
            order: with mini-batches, gives the order (n_samples,) of the samples in an epoch, from 0.
        """
        dtype, n_samples, n_epochs = problem.dtype, len(problem.dataset.inputs), int(record_at[-1])
        blocks = (tf.constant(self._blocks(rows)) for rows in (starts.astype(dtype), states, varied.astype(dtype)))
        weights, state, varying = blocks
        n_orders = longest_with_orders(n_epochs, n_samples) if order else 0
        parts: list[list[np.ndarray]] = [[], [], []]
        for call in calls(record_at, self._first_length(problem), n_orders or n_epochs, self.shape.n_records):
            orders = np.zeros((n_orders, n_samples), np.int32)
            for epoch in range(call.n_epochs if order else 0):
                orders[epoch] = order(call.begin + epoch)  # type: ignore[misc]
            stops = np.zeros(self.shape.n_records, np.int32)
            stops[: len(call.stops)] = call.stops
            # The variables of a program serve one call at a time.
            with self.lock:
                *seen, weights, state = self.call(
                    weights, state, varying, tf.constant(stops), tf.constant(len(call.stops)), tf.constant(orders),
                    *problem.tensors,
                )  # fmt: skip
            for kept, blocks_seen in zip(parts, seen, strict=True):
                kept.append(self._recorded(blocks_seen.numpy(), call.n_records))
        all_weights, others, losses = (np.concatenate(kept, axis=1) for kept in parts)
        return Result(
            weights=all_weights if self.shape.all_weights else all_weights[:, -1:],
            others=others if others.shape[1] else None,
            losses=losses if self.shape.losses else None,
            state=self._rows(state.numpy()),
        )

    def _first_length(self, problem: Problem) -> int:
        n_samples = len(problem.dataset.inputs)
        n_updates = self.n_blocks * -(-n_samples // (self.shape.batch_size or n_samples))
        return first_length(self.n_blocks * self.block, n_samples, problem.n_weights, n_updates)

    def _recorded(self, blocks: np.ndarray, n_records: int) -> np.ndarray:
        """The first records of blocks (n_blocks, n_slots, block, …) as rows (S, n_records, …)."""
        return self._rows(np.moveaxis(blocks[:, :n_records], 2, 1))

    def _blocks(self, rows: np.ndarray) -> np.ndarray:
        """Rows (S, …) as blocks (n_blocks, block, …), filled up with the last row."""
        missing = self.n_blocks * self.block - len(rows)
        filled = np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)])
        return filled.reshape(self.n_blocks, self.block, *rows.shape[1:])

    def _rows(self, blocks: np.ndarray) -> np.ndarray:
        return blocks.reshape(self.n_blocks * self.block, *blocks.shape[2:])[: self.shape.n_starts]


def program(problem: Problem, optimizer: Optimizer, shape: Shape) -> Program:
    """The program of that shape: compiled when first asked for, and kept with the problem.

    Of the optimizer only class and configuration count, without the hyper-parameters that are arguments.
    """
    per_record = shape.n_starts * (problem.n_weights if shape.all_weights else 1)
    shape = replace(shape, n_records=slots(shape.n_records, per_record))
    return problem.programs.get(
        ("train", key(optimizer, shape.varied), shape), lambda: _compile_or_tell(problem, optimizer, shape)
    )


def block_size(problem: Problem, optimizer: Optimizer) -> int:
    """The number of starts that are best trained side by side: 1 if they have to follow one another."""
    if not (problem.can_stack and optimizers.is_elementwise(optimizer)):
        return 1
    return max(1, _BLOCK_ELEMENTS // problem.row_elements)


def _compile_or_tell(problem: Problem, optimizer: Optimizer, shape: Shape) -> Program:
    """Compile, with what an optimizer of the user's raises in one line."""
    try:
        return _compile(problem, optimizer, shape)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"the optimizer {type(optimizer).__name__} cannot be traced: {told(error)}") from error


def _compile(problem: Problem, optimizer: Optimizer, shape: Shape) -> Program:
    stacked = problem.can_stack and optimizers.is_elementwise(optimizer)
    n_blocks = -(-shape.n_starts // block_size(problem, optimizer))
    block = -(-shape.n_starts // n_blocks)
    loop, fresh_state, copied = _loop(problem, optimizer, shape, block, stacked)

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
    return Program(shape, concrete, n_blocks, block, fresh_state, copied, state_labels(loop.state, problem, stacked))


def _loop(
    problem: Problem, optimizer: Optimizer, shape: Shape, block: int, stacked: bool
) -> tuple[Loop, np.ndarray, np.ndarray]:
    """The parts of a loop, and the state of its optimizer before the first step (see `Program`)."""
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
