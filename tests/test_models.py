"""The nets of the suite: their sizes, their layers' outputs against Keras, and how they are started."""

import numpy as np
import pytest
from plain_keras import flat

from tfreg import losses, models
from tfreg.backend import keras
from tfreg.datasets import piecewise
from tfreg.problem.problem import Problem

BUILDERS = {
    "line": models.line,
    "relu_net(2)": lambda dtype="float32": models.relu_net(2, dtype),
    "relu_net(512)": lambda dtype="float32": models.relu_net(512, dtype),
}


@pytest.mark.parametrize(
    ("name", "counts"), [("line", [2]), ("relu_net(2)", [4, 0, 3]), ("relu_net(512)", [1024, 0, 513])]
)
def test_parameter_counts(name: str, counts: list[int]) -> None:
    assert [layer.count_params() for layer in BUILDERS[name]().layers] == counts


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BUILDERS)
def test_layer_outputs_are_those_of_keras(name: str, dtype: str) -> None:
    problem = Problem(BUILDERS[name](dtype), losses.mse, piecewise())
    weights = np.random.default_rng(0).normal(size=problem.n_weights).astype(dtype)
    outputs = problem.layer_outputs_at(weights)
    model = models.holding(problem.model, weights)
    assert list(outputs) == [layer.name for layer in model.layers]
    x = piecewise().inputs.astype(dtype)
    for layer in model.layers:
        upto = keras.Model(model.inputs[0], layer.output)
        assert outputs[layer.name].dtype == dtype
        np.testing.assert_allclose(outputs[layer.name], upto(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(outputs[model.layers[-1].name], problem.predictions_at(weights), rtol=1e-5, atol=1e-5)


def test_layer_outputs_of_a_layer_that_carries_state_of_its_own() -> None:
    """A frozen layer's weights are no part of the weight vector, but of what the layer does."""
    frozen = keras.layers.Dense(3, trainable=False, name="frozen")
    model = keras.Sequential([keras.Input((1,)), frozen, keras.layers.Dense(1, name="last")])
    problem = Problem(model, losses.mse, piecewise())
    outputs = problem.layer_outputs_at(problem.initial_weights)
    np.testing.assert_allclose(outputs["frozen"], frozen(piecewise().inputs.astype("float32")), rtol=1e-6)
    np.testing.assert_allclose(outputs["last"], model(piecewise().inputs.astype("float32")), rtol=1e-5, atol=1e-6)


def test_holding_copies() -> None:
    model = models.relu_net(3)
    before, weights = flat(model), np.arange(10, dtype=np.float32)
    copy = models.holding(model, weights)
    assert flat(copy).tolist() == weights.tolist()
    assert flat(model).tolist() == before.tolist()
    assert [layer.name for layer in copy.layers] == ["hidden", "relu", "output"]
