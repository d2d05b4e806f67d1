"""`RecordWeights` in plain `model.fit` against `train`."""

from pathlib import Path

import numpy as np
import plain_keras
import pytest
import xarray as xr
from conftest import Refused

from tfreg import draw, loss_surface, losses, models
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


# Weights set between two fits.


def two_fits() -> tuple[RecordWeights, keras.Sequential]:
    recorder, model = RecordWeights(every=2), compiled_model(keras.optimizers.Adam(0.1))
    fit(model, recorder, 3)
    model.set_weights([np.array([[1.0], [2.0]])])
    fit(model, recorder, 2)
    return recorder, model


def test_weights_set_between_fits_begin_another_segment() -> None:
    """The end of the first fit stays, and the new start stands beside it, with the steps that Adam has taken."""
    recorder, model = two_fits()
    problem = Problem(model, losses.bce, DATA)
    run = recorder.run(problem)
    assert run.epoch.values.tolist() == [0, 2, 3, 3, 4, 5]
    assert run.segment.values.tolist() == [0, 0, 0, 1, 1, 1]
    assert run.steps.values.tolist() == [0, 2, 3, 3, 4, 5]
    assert run.weights.values[3].tolist() == [1, 2]
    first = train(problem, "adam:0.1", 3, START)
    second = train(problem, "adam:0.1", 2, (1, 2), continue_from=first)
    np.testing.assert_allclose(run.weights[:3], first.weights[[0, 2, 3]], **CLOSE)
    np.testing.assert_allclose(run.weights[3:], second.weights, **CLOSE)
    np.testing.assert_allclose(run.loss, problem.loss_at(run.weights), **CLOSE)


def test_a_run_of_two_segments_is_drawn_and_kept(tmp_path: Path) -> None:
    recorder, model = two_fits()
    problem = Problem(model, losses.bce, DATA)
    run = recorder.run(problem)
    surface = loss_surface(problem, around=run)
    draw.descent(surface, run).savefig(tmp_path / "descent.png")
    draw.descent_animation(surface, run).save(tmp_path / "descent.gif")
    save_run(run, tmp_path / "run.nc")
    xr.testing.assert_identical(open_run(tmp_path / "run.nc"), run)


# Averages of the weights.


@pytest.mark.parametrize("overwrite", [None, 3])
def test_where_fit_ends_at_the_averages_so_do_the_record_and_train(overwrite: int | None) -> None:
    def averaging() -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=overwrite)

    recorder, model = RecordWeights(), compiled_model(averaging())
    fit(model, recorder, 7)
    problem = Problem(model, losses.bce, DATA)
    recorded, trained = recorder.run(problem), train(problem, averaging(), 7, START)
    for run in (recorded, trained):
        assert run.attrs["weights_are"] == "averages"
        assert run.epoch.values.tolist() == list(range(8))
        np.testing.assert_allclose(run.weights[-1], plain_keras.flat(model), **CLOSE)
        np.testing.assert_allclose(run.loss, problem.loss_at(run.weights), **CLOSE)
        np.testing.assert_allclose(run.iterates_loss, problem.loss_at(run.iterates), **CLOSE)
    np.testing.assert_allclose(recorded.weights, trained.weights, **CLOSE)
    np.testing.assert_allclose(recorded.iterates, trained.iterates, **CLOSE)
    assert np.abs(trained.iterates - trained.weights).max() > 0.1


def test_a_schedule_free_fit_records_its_averages_and_that_it_departs_from_the_algorithm() -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.ScheduleFreeAdamW(0.1))
    fit(model, recorder, 3)
    run = recorder.run(Problem(model, losses.bce, DATA))
    assert run.attrs["weights_are"] == "iterates"
    assert run.attrs["note"].startswith("Keras's own fit differs")
    np.testing.assert_array_equal(run.weights[-1], plain_keras.flat(model))
    z = model.optimizer._momentums[0].numpy().ravel()
    np.testing.assert_allclose(0.9 * run.averages[-1] + 0.1 * z, run.weights[-1], **CLOSE)


# Bad input.


@pytest.mark.parametrize("every", [0, -1, 1.5, "2", None])
def test_every_must_be_a_whole_number_of_one_or_more(every: object, refused: Refused) -> None:
    with refused(f"every: expected a whole number of 1 or more, got {every!r}"):
        RecordWeights(every)


def test_a_model_without_weights_is_refused(refused: Refused) -> None:
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with refused("RecordWeights: the model has no weights yet"):
        fit(model, RecordWeights(), 1)


def test_another_model_or_optimizer_is_refused(refused: Refused) -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(0.1))
    fit(model, recorder, 1)
    with refused("RecordWeights: this callback has recorded another model"):
        fit(compiled_model(keras.optimizers.SGD(0.1)), recorder, 1)
    model.compile("adam", losses.bce)
    with refused("RecordWeights: this callback has recorded another optimizer"):
        fit(model, recorder, 1)
    layers = [keras.Input((2,)), keras.layers.Dense(1, activation="tanh", use_bias=False)]
    with refused("expected a problem with the model as recorded, got one of other layers"):
        recorder.run(Problem(keras.Sequential(layers), losses.mse, DATA))
    recorder.run(Problem(models.logistic(2), losses.mse, DATA))  # another object of the same layers


def test_before_fit_there_is_nothing_to_read(refused: Refused) -> None:
    with refused("nothing recorded yet: pass this callback to model.fit first"):
        RecordWeights().run(Problem(models.logistic(2), losses.bce, DATA))


def test_a_problem_of_another_size_is_refused(refused: Refused) -> None:
    recorder, model = RecordWeights(), compiled_model(keras.optimizers.SGD(0.1))
    fit(model, recorder, 1)
    other = Problem(models.logistic(3), losses.bce, Dataset("three", np.ones((4, 3)), [0, 1, 0, 1]))
    with refused("expected a problem with 2 weights as recorded, got 3"):
        recorder.run(other)
