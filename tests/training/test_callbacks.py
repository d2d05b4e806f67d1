"""`RecordWeights` in plain `model.fit` against `train`."""

from pathlib import Path

import numpy as np
import plain_keras
import pytest
import xarray as xr
from conftest import Refused

from tfreg import losses, models
from tfreg.backend import keras
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.files import open_run, save_run
from tfreg.problem.problem import Problem
from tfreg.training.callback import RecordWeights
from tfreg.training.train import train

DATA = bernoulli_line(40)
START = np.array([-3, -1], "float32")
# The same float32 operations, fused and ordered by two compilers: a few units in the last place per step.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def compiled_model(optimizer: keras.optimizers.Optimizer) -> keras.Sequential:
    model = models.logistic(2)
    model.set_weights([START.reshape(2, 1)])
    model.compile(optimizer=optimizer, loss=losses.bce)
    return model


def fit(model: keras.Sequential, recorder: RecordWeights, epochs: int) -> None:
    data = (array.astype("float32") for array in (DATA.inputs, DATA.targets))
    model.fit(*data, batch_size=40, shuffle=False, epochs=epochs, verbose=0, callbacks=[recorder])


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, keras.optimizers.Adam])
def test_plain_fit_gives_the_record_of_train(optimizer: type[keras.optimizers.Optimizer]) -> None:
    recorder, model = RecordWeights(every=3), compiled_model(optimizer(0.05))
    fit(model, recorder, 10)
    problem = Problem(model, losses.bce, DATA)
    recorded, trained = recorder.run(problem), train(problem, optimizer(0.05), 10, START, record_every=3)
    assert recorded.epoch.values.tolist() == [0, 3, 6, 9, 10]
    np.testing.assert_array_equal(recorded.epoch, trained.epoch)
    np.testing.assert_array_equal(recorded.weight, trained.weight)
    assert recorded.weights.dims == trained.weights.dims
    assert recorded.weights.dtype == trained.weights.dtype
    np.testing.assert_allclose(recorded.weights, trained.weights, **CLOSE)
    np.testing.assert_allclose(recorded.loss, trained.loss, **CLOSE)
    for name in ("format", "loss", "dataset", "optimizer", "optimizer_config", "dtype", "status"):
        assert recorded.attrs[name] == trained.attrs[name], name


def test_the_loss_is_that_of_the_weights_before_the_update() -> None:
    """Keras's history holds, for each epoch, the loss that its update began with."""
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(0.5))
    fit(model, recorder, 4)
    recorded = recorder.run(Problem(model, losses.bce, DATA))
    np.testing.assert_allclose(recorded.loss[:-1], model.history.history["loss"], **CLOSE)


def test_epochs_count_on_through_repeated_fits() -> None:
    """The lecture's way: fit in stretches with the same optimizer."""
    recorder, model = RecordWeights(every=2), compiled_model(keras.optimizers.Adam(0.1))
    for epochs in (3, 1, 4):
        fit(model, recorder, epochs)
    recorded = recorder.run(Problem(model, losses.bce, DATA))
    # Every second epoch, and the last of each fit.
    assert recorded.epoch.values.tolist() == [0, 2, 3, 4, 6, 8]
    whole = train(Problem(model, losses.bce, DATA), "adam:0.1", 8, START)
    np.testing.assert_allclose(recorded.weights, whole.weights.sel(epoch=recorded.epoch), **CLOSE)


def test_a_fit_in_mini_batches_is_recorded_by_epochs() -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(0.1))
    model.fit(DATA.inputs, DATA.targets, batch_size=16, epochs=2, verbose=0, callbacks=[recorder])
    recorded = recorder.run(Problem(model, losses.bce, DATA))
    assert recorded.epoch.values.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(recorded.weights[0], START)
    np.testing.assert_array_equal(recorded.weights[-1], plain_keras.flat(model))


def test_a_recorded_run_goes_to_disk_and_back(tmp_path: Path) -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(0.1))
    fit(model, recorder, 2)
    recorded = recorder.run(Problem(model, losses.bce, DATA))
    save_run(recorded, tmp_path / "run.nc")
    xr.testing.assert_identical(open_run(tmp_path / "run.nc"), recorded)


def test_a_nan_in_plain_fit_is_recorded_as_divergence() -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(1e38))
    fit(model, recorder, 3)
    run = recorder.run(Problem(model, losses.bce, DATA))
    assert run.attrs["status"].startswith("diverged at epoch")


# Bad input.


@pytest.mark.parametrize("every", [0, -1, 1.5, "2", None])
def test_every_must_be_a_whole_number_of_one_or_more(every: object, refused: Refused) -> None:
    with refused(f"RecordWeights: expected every to be a whole number of 1 or more, got {every!r}"):
        RecordWeights(every)


def test_before_fit_there_is_nothing_to_read(refused: Refused) -> None:
    with refused("nothing recorded yet: pass this callback to model.fit first"):
        RecordWeights().run(Problem(models.logistic(2), losses.bce, DATA))


def test_a_problem_of_another_size_is_refused(refused: Refused) -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(0.1))
    fit(model, recorder, 1)
    other = Problem(models.logistic(3), losses.bce, Dataset("three", np.ones((4, 3)), [0, 1, 0, 1]))
    with refused("expected a problem with 2 weights as recorded, got 3"):
        recorder.run(other)
