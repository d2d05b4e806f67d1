"""The modules beside the scripts of the lecture and beyond it: layers, rounding, drawable and repeated values."""

import ast
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfreg import Problem, datasets, losses, models, surfaces
from tfreg.backend import keras
from tfreg.suite.scripts import load_script

FOLDER = Path(__file__).parent.parent.parent / "experiments"
WEIGHTS = np.array((1.0, -2.0, 0.5, -3.0, 2.0, 4.0, -1.0))  # unit 1 has x + 0.5, unit 2 has -2 x - 3: at most -1
ROUNDING, GLOROT, RELU_NETS, STATIONARY = (
    load_script(FOLDER / name)
    for name in ("lecture/rounding.py", "beyond/glorot.py", "beyond/relu_nets.py", "beyond/stationary.py")
)


def typed(script: str, name: str) -> Any:
    """The constant of that name in a script."""
    tree = ast.parse((FOLDER / script).read_text(encoding="utf-8"))
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}  # type: ignore[attr-defined]
    return ast.literal_eval(assigned[name])


# Values typed twice.


def test_the_typed_printed_weights_are_those_of_the_file() -> None:
    published = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
    assert list(typed("beyond/lecture_values.py", "STUCK_AT")) == published["local_minimum.weights"]["printed"]


def test_what_is_typed_twice_is_equal() -> None:
    beyond = {
        name: typed("beyond/lecture_values.py", name)
        for name in ("ONE_RELU_KERNEL", "GOOD_START", "STUCK_START", "STUCK_AT", "LOGISTIC_KERNEL", "WARM_UP_STARTS")
    }
    assert beyond == {
        "ONE_RELU_KERNEL": typed("lecture/02_one_relu.py", "KERNEL"),
        "GOOD_START": typed("lecture/03_two_relus.py", "START"),
        "STUCK_START": typed("lecture/04_local_minimum.py", "START"),
        "STUCK_AT": typed("lecture/04_local_minimum.py", "PRINTED"),
        "LOGISTIC_KERNEL": typed("lecture/07_logistic_bce.py", "START")[0],
        "WARM_UP_STARTS": {
            name: typed(f"lecture/{number}_{name}.py", "WARM_UP_STARTS")
            for number, name in ((10, "descent_sgd"), (11, "descent_adam"), (12, "descent_adam_far"))
        },
    }
    assert typed("lecture/07_logistic_bce.py", "START") == typed("lecture/08_logistic_mse.py", "START")


# ReLU nets.


@pytest.fixture(scope="module")
def layer_outputs() -> ModuleType:
    return load_script(FOLDER / "lecture" / "layer_outputs.py")


def test_the_steps_end_in_the_prediction(layer_outputs: ModuleType) -> None:
    dense, relu = keras.layers.Dense, keras.layers.Activation("relu", name="a1")
    net = keras.Sequential([keras.Input((1,)), dense(2, name="l1"), relu, dense(1, name="l2")])
    problem = Problem(net, losses.mse, datasets.piecewise())
    lines, bent, terms, total = layer_outputs.steps(problem, WEIGHTS).values()
    x = problem.dataset.inputs[:, 0]
    np.testing.assert_allclose(lines["unit 1"], x + 0.5, atol=1e-6)
    np.testing.assert_allclose(bent["unit 1"], np.maximum(x + 0.5, 0), atol=1e-6)
    np.testing.assert_allclose(terms["unit 1"], 2 * np.maximum(x + 0.5, 0), atol=1e-6)
    np.testing.assert_allclose(terms["unit 2"], np.full(100, -1.0), atol=1e-6)
    np.testing.assert_allclose(terms["unit 1"] + terms["unit 2"], total["fit"], atol=1e-6)
    np.testing.assert_allclose(total["fit"], problem.predictions_at(WEIGHTS)[:, 0], atol=1e-6)


def test_dead_units_and_end_losses() -> None:
    problem = RELU_NETS.problem(2)
    alive, both_dead = (1, 1, 0, 0, 1, 1, 0), (1, 1, -1, -2, 1, 1, 0)
    assert RELU_NETS.n_dead_units(problem, np.array([WEIGHTS, alive, both_dead])).tolist() == [1, 0, 2]
    starts = [WEIGHTS, alive]
    ends = RELU_NETS.end_losses(problem, keras.optimizers.SGD(0.01), 3, starts)
    assert (ends < problem.loss_at(starts)).tolist() == [True, True]


# Rounding.


@given(st.floats(-4, 4, width=32).filter(lambda w: abs(w) > 1e-3), st.floats(0.01, 0.98))
def test_a_step_below_half_an_ulp_changes_nothing(weight: float, halves: float) -> None:
    """Away from powers of two, below which the numbers lie twice as close."""
    number = np.float32(weight)
    if abs(number) == 2.0 ** np.round(np.log2(abs(number))):
        return
    step = halves * np.spacing(abs(number)) / 2
    assert ROUNDING.half_ulps(step, number) < 1
    assert np.float32(float(number) - float(step)) == number
    assert np.float32(float(number) - 1.05 / halves * float(step)) != number


def test_order_scatter_is_small_in_float32_and_smaller_in_float64() -> None:
    scatter = {}
    for dtype in ("float32", "float64"):
        problem = Problem(models.relu_net(2, dtype), losses.mse, datasets.piecewise())
        start = (1.0, 0.6, 0.0, 0.0, 0.5, 0.3, 0.0)
        scatter[dtype] = ROUNDING.order_scatter(problem, keras.optimizers.SGD(0.1), 50, start, n_orders=4)
        assert scatter[dtype].shape == (7,)
    assert 0 < scatter["float32"].max() < 1e-5
    assert scatter["float64"].max() < 1e-13


# What an initialiser can draw.


def test_what_keras_draws_lies_on_the_lattice() -> None:
    drawn = keras.initializers.GlorotUniform(seed=3)((1, 50)).numpy().ravel()
    nearest, uniforms, chance = GLOROT.nearest_drawable(drawn, np.sqrt(6 / 51))
    np.testing.assert_array_equal(nearest, drawn)
    assert ((uniforms >= 0) & (uniforms < 1)).all()
    assert (chance < 1).all()


def test_other_numbers_lie_on_the_lattice_by_the_chance_that_is_stated() -> None:
    other = np.random.default_rng(0).uniform(0.5, 1, 4000).astype(np.float32)
    nearest, _, chance = GLOROT.nearest_drawable(other, 2**0.5)
    share = (nearest == other).mean()
    assert abs(share - chance.mean()) < 4 * np.sqrt(chance.mean() / len(other))


def test_a_table_of_a_kernel_says_which_values_can_be_drawn() -> None:
    drawn = keras.initializers.GlorotUniform(seed=3)((1, 2)).numpy().ravel()
    table = GLOROT.drawable_table("mine", (drawn[0], np.nextafter(drawn[1], np.float32(2))), size=3)
    assert table.drawable.tolist() == [True, False]
    assert table["ulps away"].tolist() == [0, 1]


# Where the two-ReLU net comes to rest.


def test_the_net_comes_to_rest_at_four_levels() -> None:
    levels = load_script(FOLDER / "comparisons" / "at_rest.py").losses_at_rest(RELU_NETS.problem(2))
    assert list(levels) == ["good minimum", "one dead unit", "a line", "a constant"]
    assert list(levels.values()) == sorted(levels.values())


# Stationary points of the MSE.


@pytest.fixture(scope="module")
def logistic_mse() -> Problem:
    return Problem(models.logistic(2, dtype="float64"), losses.mse, datasets.bernoulli_line(200))


def test_the_gradient_is_as_far_from_zero_as_the_bound_says(logistic_mse: Problem) -> None:
    """Within the radius of a center that is free of stationary points, the Taylor bounds hold at random points."""
    random = np.random.default_rng(0)
    centers, radius = random.uniform((-6, -1), (3, 8), (20, 2)), 0.2
    third = STATIONARY.third_derivative_bound(logistic_mse, centers, np.full(20, radius))
    for center, bound in zip(centers, third, strict=True):
        steps = random.normal(size=(50, 2))
        steps *= radius * random.uniform(size=(50, 1)) / np.linalg.norm(steps, axis=1, keepdims=True)
        linear = logistic_mse.gradient_at(center) + steps @ logistic_mse.hessian_at(center)
        off = np.linalg.norm(logistic_mse.gradient_at(center + steps) - linear, axis=1)
        assert (off <= bound * np.sum(steps**2, axis=1) / 2 + 1e-15).all()


def test_cells_prove_one_minimum_and_find_what_is_no_minimum(logistic_mse: Problem) -> None:
    minimum = surfaces.minimum_weights(logistic_mse, (-1, 5))
    around = tuple((float(np.floor(w)) - 1, float(np.floor(w)) + 2) for w in minimum)
    assert not STATIONARY.without_stationary_point(logistic_mse, minimum[np.newaxis], 0.1)[0]
    assert STATIONARY.proven_cells(logistic_mse, minimum, around) is not None
    # A stationary point that is not where it is said to be proves nothing.
    assert STATIONARY.proven_cells(logistic_mse, minimum + 0.4, around, halvings=6) is None


def test_nearby_starts_stall_apart_in_float32() -> None:
    scatter = {}
    for dtype in ("float32", "float64"):
        problem = Problem(models.relu_net(2, dtype), losses.mse, datasets.piecewise())
        start = (1.0, 0.6, 0.0, 0.0, 0.5, 0.3, 0.0)
        scatter[dtype] = ROUNDING.start_scatter(problem, keras.optimizers.SGD(0.1), 20, start, shift=1e-9)
    assert scatter["float32"].max() < 1e-5
    assert 0 < scatter["float64"].max() < 1e-7
