"""What a model's precision does not hold is refused by name, and layers of another precision are."""

import numpy as np
import plain_keras
import pytest
from conftest import Refused

from tfreg import losses, models
from tfreg.backend import keras
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.problem.problem import Problem
from tfreg.training.train import train

DATA = bernoulli_line(30)
SECONDS = 1.7e9 + np.arange(40)


@pytest.mark.parametrize(("value", "shown"), [(1e39, "1e+39"), (-1e300, "-1e+300"), (1e-50, "1e-50"), (1e-40, "1e-40")])
def test_a_start_beyond_the_precision_is_refused_by_its_value(value: float, shown: str, refused: Refused) -> None:
    with refused(f"start: expected numbers that float32 holds, from 1.2e-38 to 3.4e+38 or 0, got {shown}; use other"):
        train(Problem(models.logistic(2), losses.mse, DATA), "sgd:0.1", 1, (0, value))
    assert Problem(models.logistic(2, dtype="float64"), losses.mse, DATA).check_weights([0, value])[1] == value


def test_points_of_a_surface_may_be_tiny_but_not_beyond(refused: Refused) -> None:
    problem = Problem(models.logistic(2), losses.mse, DATA)
    assert problem.loss_at([0, 1e-50]) == problem.loss_at([0, 0])
    with refused("weights: expected numbers that float32 holds"):
        problem.loss_at([[0, 0], [0, 1e39]])


LOST = {
    "infinite": (np.full(40, 1e300), "expected numbers that float32 holds"),
    "zero": (np.linspace(1, 2, 40) * 1e-300, "expected numbers that float32 holds"),
    "one value": (SECONDS, "40 distinct values of column 1 are 1 in float32; subtract the first"),
    "few values": (1e8 + np.arange(40), "40 distinct values of column 1 are"),
}


@pytest.mark.parametrize(("column", "says"), LOST.values(), ids=LOST)
@pytest.mark.parametrize("part", ["inputs", "targets"])
def test_columns_that_lose_their_values_are_refused(column: np.ndarray, says: str, part: str, refused: Refused) -> None:
    columns = np.column_stack([np.arange(40.0), column])
    parts = {"inputs": np.eye(40)[:, :2], "targets": np.eye(40)[:, :2], part: columns}
    dataset = Dataset("lost", **parts)

    def problem(dtype: str) -> Problem:
        layer = keras.layers.Dense(2, dtype=dtype)
        return Problem(keras.Sequential([keras.Input((2,), dtype=dtype), layer]), losses.mse, dataset)

    with refused(f"{part} of data set 'lost': {says}"):
        problem("float32")
    problem("float64")


def test_whole_numbers_that_float64_merges_are_refused(refused: Refused) -> None:
    with refused("inputs of data set 'nanoseconds': 40 distinct values of column 0 are 1 in float64"):
        Dataset("nanoseconds", 1_700_000_000_000_000_000 + np.arange(40), np.zeros(40))


def test_rounding_of_ordinary_data_is_none_of_these() -> None:
    column = np.random.default_rng(0).normal(1000, 1, 40)
    Problem(models.line(), losses.mse, Dataset("ordinary", column, column))


MIXED = {
    "mixed_float16": lambda: keras.layers.Dense(1, dtype="mixed_float16"),
    "mixed_bfloat16": lambda: keras.layers.Dense(1, dtype="mixed_bfloat16"),
    "an activation": lambda: keras.layers.Activation("sigmoid", dtype="float16"),
    "a nested model": lambda: keras.Sequential([keras.layers.Dense(1, dtype="mixed_float16")]),
}


@pytest.mark.parametrize("make", MIXED.values(), ids=MIXED)
def test_layers_that_compute_in_another_precision_are_refused(make: object, refused: Refused) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), make()])  # type: ignore[operator]
    with refused("the model's weights are float32; give every layer, and keras.Input, dtype='float32'"):
        Problem(model, losses.mse, DATA)


def test_an_input_in_single_precision_would_round_the_data_of_a_double_one(refused: Refused) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, dtype="float64")])
    with refused("(InputLayer) computes in float32, the model's weights are float64"):
        Problem(model, losses.mse, DATA)


# Normalization after `adapt` is a constant.


@pytest.mark.parametrize("last", ["sigmoid", "softmax"])
@pytest.mark.parametrize("where", [0, 1])
def test_normalization_is_a_constant_on_every_path(last: str, where: int) -> None:
    """Softmax looks at all outputs, so that model is called as Keras calls it."""
    inputs = np.random.default_rng(0).normal(5, [3, 0.2], (30, 2))
    normalization = keras.layers.Normalization()
    normalization.adapt(inputs.astype(np.float32))
    layers = [keras.layers.Dense(2, activation="tanh"), keras.layers.Dense(2, activation=last)]
    layers.insert(where, normalization)
    dataset = Dataset("wide", inputs, np.column_stack([DATA.targets, 1 - DATA.targets]))
    problem = Problem(keras.Sequential([keras.Input((2,)), *layers]), losses.mse, dataset)
    assert problem.can_stack == (last == "sigmoid")
    starts = np.random.default_rng(1).normal(size=(2, problem.n_weights))
    run = train(problem, "sgd:0.1", 5, starts)
    for start, path in zip(starts, run.weights.values, strict=True):
        np.testing.assert_allclose(path, by_fit(problem, start), rtol=1e-4, atol=1e-5)


def by_fit(problem: Problem, start: np.ndarray) -> np.ndarray:
    """As `plain_keras.fit`, with the model itself: a copy of a Normalization layer has adapted to nothing."""
    first = 0
    for variable in problem.model.trainable_variables:
        size = int(np.prod(variable.shape))
        variable.assign(np.reshape(start[first : first + size], variable.shape))
        first += size
    path = [plain_keras.flat(problem.model)]
    problem.model.compile(keras.optimizers.SGD(0.1), problem.loss, run_eagerly=True)
    for _ in range(5):
        problem.model.train_on_batch(problem.dataset.inputs, problem.dataset.targets)
        path.append(plain_keras.flat(problem.model))
    return np.array(path)


def test_a_copy_of_an_adapted_model_is_adapted_too() -> None:
    normalization = keras.layers.Normalization()
    normalization.adapt(DATA.inputs.astype(np.float32) * 7 + 3)
    model = keras.Sequential([keras.Input((2,)), normalization, keras.layers.Dense(1, use_bias=False)])
    copy = keras.Sequential.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    original, copied = (Problem(one, losses.mse, DATA).loss_at([1, 2]) for one in (model, copy))
    assert original == copied
