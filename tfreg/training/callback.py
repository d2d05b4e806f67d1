"""`RecordWeights`: the record of `tfreg.train`, from plain `model.fit`.

Conventions: as in `tfreg.training.record`. Epochs are counted through repeated calls of `fit` with the same callback.
"""

import numpy as np
import xarray as xr

from tfreg.backend import keras
from tfreg.errors import InputError
from tfreg.kinds import Count, checked
from tfreg.problem.problem import Problem
from tfreg.training.record import record


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
        if not isinstance(every, int) or every < 1:
            raise InputError(f"RecordWeights: expected every to be a whole number of 1 or more, got {every!r}")
        self.every = every
        self._epoch = 0
        self._recorded: dict[int, np.ndarray] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Record the start."""
        self._record()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Count the epoch, and record it if it is its turn."""
        self._epoch += 1
        if self._epoch % self.every == 0:
            self._record()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Record the last epoch."""
        self._record()

    def _record(self) -> None:
        self._recorded[self._epoch] = np.concatenate([np.ravel(v) for v in self.model.trainable_variables])

    @checked
    def run(self, problem: Problem) -> xr.Dataset:
        """The run so far, its losses computed by `problem`, which names the loss and the data that `fit` was given.

        Raises:
            InputError: nothing has been recorded yet, or the problem has another number of weights.
        """
        if not self._recorded:
            raise InputError("nothing recorded yet: pass this callback to model.fit first")
        epochs = np.array(sorted(self._recorded))
        weights = np.stack([self._recorded[epoch] for epoch in epochs])
        if weights.shape[1] != problem.n_weights:
            raise InputError(f"expected a problem with {weights.shape[1]} weights as recorded, got {problem.n_weights}")
        return record(problem, epochs, weights[np.newaxis], self.model.optimizer).isel(start=0)
