"""A compiled training loop and what it returns: the calls that a run is cut into, put together again.

Conventions: as in `tfreg.training.program`, which compiles it. S starts lead; a call takes and gives arrays cut into
blocks. A part is the starts that fit into a call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from threading import Event

import numpy as np

from tfreg.backend import tf
from tfreg.problem.problem import Problem
from tfreg.process.threads import on_all_cores
from tfreg.training.calls import calls, first_length, most_orders
from tfreg.training.steps import Shape

# The order of the samples in an epoch.
Order = Callable[[int], np.ndarray]


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

    def of_one(self) -> "Result":
        """That of the first start, without the leading axis."""
        others, losses = (None if one is None else one[0] for one in (self.others, self.losses))
        return Result(self.weights[0], others, losses, self.state[0])


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled training loop.

    Attributes:
        shape: what it was compiled for.
        call: takes and gives arrays cut into blocks (see `run`); several threads may call it at once.
        n_blocks: how many blocks follow one another in a call.
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
        """Train S starts to the last epoch of `record_at`, on all cores.

        Args:
            problem: the data, of the shape that the program was compiled for.
            starts: array (S, n_weights).
            states: of the optimizer, (S, n_state).
            varied: a column for each varied hyper-parameter, (S, n_varied).
            record_at: the epochs to record, (R,), rising.
            order: with mini-batches, gives the order (n_samples,) of the samples in an epoch, from 0.
        """
        rows = _Rows(starts.astype(problem.dtype), states, varied.astype(problem.dtype))
        size = self.n_blocks * self.block
        parts = [rows.cut(first, first + size) for first in range(0, len(starts), size)]
        if order is not None and len(parts) > 1:
            order = lru_cache(most_orders(len(problem.dataset.inputs)))(order)
        return _joined(on_all_cores(lambda part, stop: self._train(problem, part, record_at, order, stop), parts))

    def _train(
        self,
        problem: Problem,
        part: "_Rows",
        record_at: np.ndarray,
        order: Order | None,
        stop: Event,
    ) -> Result:
        """Train a part, call after call, until `stop` is set."""
        n_samples, n_epochs, n_starts = len(problem.dataset.inputs), int(record_at[-1]), len(part.starts)
        weights, state, varying = (tf.constant(self._blocks(rows)) for rows in (part.starts, part.states, part.varied))
        n_orders = min(n_epochs, most_orders(n_samples)) if order else 0
        records: list[list[np.ndarray]] = [[], [], []]
        for call in calls(record_at, self._first_length(problem), n_orders or n_epochs, self.shape.n_records):
            if stop.is_set():
                raise InterruptedError
            orders = np.zeros((n_orders, n_samples), np.int32)
            for epoch in range(call.n_epochs if order else 0):
                orders[epoch] = order(call.begin + epoch)  # type: ignore[misc]
            stops = np.zeros(self.shape.n_records, np.int32)
            stops[: len(call.stops)] = call.stops
            *seen, weights, state = self.call(
                weights, state, varying, tf.constant(stops), tf.constant(len(call.stops)), tf.constant(orders),
                *problem.tensors,
            )  # fmt: skip
            for kept, blocks in zip(records, seen, strict=True):
                kept.append(self._recorded(blocks.numpy(), call.recorded, n_starts))
        all_weights, others, losses = (np.concatenate(kept, axis=1) for kept in records)
        return Result(
            weights=all_weights if self.shape.all_weights else all_weights[:, -1:],
            others=others if others.shape[1] else None,
            losses=losses if self.shape.losses else None,
            state=self._rows(state.numpy(), n_starts),
        )

    def _first_length(self, problem: Problem) -> int:
        n_samples = len(problem.dataset.inputs)
        n_updates = self.n_blocks * -(-n_samples // (self.shape.batch_size or n_samples))
        return first_length(self.n_blocks * self.block, n_samples, problem.n_weights, n_updates)

    def _recorded(self, blocks: np.ndarray, recorded: slice, n_starts: int) -> np.ndarray:
        """What blocks (n_blocks, n_slots, block, …) hold of the recorded stops, as rows (n_starts, R, …)."""
        seen = blocks[:, recorded] if blocks.shape[1] == self.shape.n_records else blocks
        return self._rows(np.moveaxis(seen, 2, 1), n_starts)

    def _blocks(self, rows: np.ndarray) -> np.ndarray:
        """Rows (S, …) as blocks (n_blocks, block, …), filled up with the last row."""
        missing = self.n_blocks * self.block - len(rows)
        filled = np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows
        return filled.reshape(self.n_blocks, self.block, *rows.shape[1:])

    def _rows(self, blocks: np.ndarray, n_starts: int) -> np.ndarray:
        """Blocks (n_blocks, block, …) as rows (n_starts, …)."""
        return blocks.reshape(self.n_blocks * self.block, *blocks.shape[2:])[:n_starts]


@dataclass(frozen=True, eq=False)
class _Rows:
    """What a program is given for each start, see `Program.run`."""

    starts: np.ndarray
    states: np.ndarray
    varied: np.ndarray

    def cut(self, first: int, end: int) -> "_Rows":
        return _Rows(self.starts[first:end], self.states[first:end], self.varied[first:end])


def _joined(results: list[Result]) -> Result:
    """The results of parts as that of all starts."""
    if len(results) == 1:
        return results[0]
    first = results[0]
    return Result(
        weights=np.concatenate([one.weights for one in results]),
        others=None if first.others is None else np.concatenate([one.others for one in results]),  # type: ignore[misc]
        losses=None if first.losses is None else np.concatenate([one.losses for one in results]),  # type: ignore[misc]
        state=np.concatenate([one.state for one in results]),
    )
