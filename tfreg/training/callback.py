"""`RecordWeights`: the record of `tfreg.train`, from plain `model.fit`.

Conventions: as in `tfreg.training.record`. Epochs are counted through repeated calls of `fit` with the same callback.
Two coordinates over the epochs say more: `steps`, how many the optimizer had taken, and `segment`, which rises by one
where the weights were set to others between two calls of `fit`. There the epoch stands twice: with the weights of the
first fit's end, and with those that the second began with.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tfreg.backend import keras
from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Count, checked
from tfreg.optimizers import plain_config
from tfreg.problem.layers import describe_layers
from tfreg.problem.problem import Problem
from tfreg.training.averages import average_of, ends_with_average, has_average
from tfreg.training.record import record


@dataclass(frozen=True, eq=False)
class _Row:
    """The weights after an epoch: those that `fit` would end with, and the other ones where iterates are averaged."""

    epoch: int
    segment: int
    steps: int
    weights: np.ndarray
    other: np.ndarray


@checked
class RecordWeights(keras.callbacks.Callback):
    """Record a model's weights at the start and at the end of every so many epochs of `model.fit`.

    Args:
        every: record every so many epochs, and the last of each call of `fit`.

    Example:
        >>> model.compile("sgd", losses.bce)
        >>> recorder, (x, y) = RecordWeights(every=15), (dataset.inputs, dataset.targets)
        >>> history = model.fit(x, y, epochs=30, batch_size=len(x), callbacks=[recorder], verbose=0)
        >>> recorder.run(Problem(model, losses.bce, dataset)).epoch.values.tolist()
        [0, 15, 30]
    """

    def __init__(self, every: Count = 1) -> None:
        super().__init__()
        self.every = every
        self._rows: list[_Row] = []
        self._last: _Row | None = None  # of the latest epoch, recorded or not
        self._made_by: tuple[keras.Model, dict] | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Record the start, unless it is where the last fit ended.

        Raises:
            InputError: the model is not built, or the callback has recorded another model or optimizer.
        """
        if not self.model.trainable_variables:
            raise InputError(
                "RecordWeights: the model has no weights yet, so its start cannot be recorded; begin it with "
                "keras.Input((n_features,)) or call it on data once"
            )
        self._check_same_model()
        self._record_end()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Count the epoch, and record it if it is its turn."""
        assert self._last is not None
        optimizer, variables = self.model.optimizer, self.model.trainable_variables
        ends = other = _flat(variables)
        if has_average(optimizer):
            average = _flat(average_of(optimizer, variables))
            ends, other = (average, ends) if ends_with_average(optimizer) else (ends, average)
        self._note(self._last.epoch + 1, self._last.segment, ends, other)
        if self._last.epoch % self.every == 0:
            self._rows.append(self._last)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Record the last epoch."""
        self._record_end()

    def _check_same_model(self) -> None:
        config = {name: value for name, value in plain_config(self.model.optimizer).items() if name != "learning_rate"}
        model, before = self._made_by or (self.model, config)
        if model is not self.model or before != config:
            what = "optimizer" if model is self.model else "model"
            raise InputError(f"RecordWeights: this callback has recorded another {what}; use a new one for each {what}")
        self._made_by = self.model, config

    def _record_end(self) -> None:
        """Record the latest epoch, and the model's weights if these are others by now."""
        last, now = self._last, _flat(self.model.trainable_variables)
        if last is not None and (not self._rows or self._rows[-1] is not last):
            self._rows.append(last)
        if last is None or not np.array_equal(last.weights, now, equal_nan=True):
            self._note(last.epoch if last else 0, last.segment + 1 if last else 0, now, now)
            assert self._last is not None
            self._rows.append(self._last)

    def _note(self, epoch: int, segment: int, weights: np.ndarray, other: np.ndarray) -> None:
        steps = int(self.model.optimizer.iterations)
        self._last = _Row(epoch, segment, steps, weights, other)

    @checked
    def run(self, problem: Problem) -> xr.Dataset:
        """The run so far, its losses computed by `problem`, which names the loss and the data that `fit` was given.

        Raises:
            InputError: nothing has been recorded yet, or the problem has another number of weights or another model.
        """
        if not self._rows:
            raise InputError("nothing recorded yet: pass this callback to model.fit first")
        weights, others = (
            np.stack(rows) for rows in zip(*((row.weights, row.other) for row in self._rows), strict=True)
        )
        if weights.shape[1] != problem.n_weights:
            raise InputError(f"expected a problem with {weights.shape[1]} weights as recorded, got {problem.n_weights}")
        if problem.layers != describe_layers(self.model):
            raise InputError("expected a problem with the model as recorded, got one of other layers")
        run = record(
            problem,
            np.array([row.epoch for row in self._rows]),
            weights,
            self.model.optimizer,
            others=others if has_average(self.model.optimizer) else None,
            attributes={"steps_before": self._rows[0].steps},
        )
        over_epochs = {name: ("epoch", [getattr(row, name) for row in self._rows]) for name in ("segment", "steps")}
        return run.assign_coords(over_epochs)


def _flat(variables: list) -> np.ndarray:
    """Variables or tensors as one vector, copied."""
    return np.concatenate([np.ravel(variable.numpy()) for variable in variables])
