"""The data and the hand-written gradients of the four sources beside the lecture, against NumPy."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Refused

from tfreg import datasets, losses, models
from tfreg.backend import keras, tf
from tfreg.datasets import Dataset, sigmoid
from tfreg.problem.loss_graph import can_vectorize, trace
from tfreg.problem.problem import Problem
from tfreg.suite.scripts import load_script
from tfreg.training.train import train

SGD, Dense = keras.optimizers.SGD, keras.layers.Dense
EXPERIMENTS = Path(__file__).parent.parent.parent / "experiments"
PUBLISHED = json.loads((EXPERIMENTS / "published.json").read_text(encoding="utf-8"))
STEPS = 5
ROUNDING = {"rtol": 1e-12, "atol": 1e-14}  # float64, the same few sums in another order


@cache
def names_of(script: str) -> dict[str, Any]:
    """What a script, or a module beside it, defines."""
    return vars(load_script(EXPERIMENTS / script))


def bias_layer() -> type:
    """The layer of `softmax/layers.py`."""
    return names_of("softmax/layers.py")["Bias"]


def logit_model(n_features: int, *more: keras.layers.Layer) -> keras.Sequential:
    return keras.Sequential([keras.Input((n_features,), dtype="float64"), Dense(1, dtype="float64"), *more])


# Data.


def test_iris_has_a_column_for_each_species() -> None:
    iris = datasets.iris()
    assert iris.inputs.shape == (150, 4)
    np.testing.assert_array_equal(iris.targets.sum(axis=0), [50, 50, 50])
    np.testing.assert_array_equal(iris.targets.sum(axis=1), 1)
    np.testing.assert_array_equal(iris.inputs[0], [5.1, 3.5, 1.4, 0.2])


def test_thresholded_points_lie_on_two_sides_of_the_plane_that_labels_them() -> None:
    data = datasets.thresholded(3)
    assert data.inputs.shape == (1000, 10)
    weights = np.array(data.true_weights)
    np.testing.assert_array_equal(data.targets[:, 0], data.inputs @ weights[:10] + weights[10] > 0)


def test_draws_side_by_side_are_the_single_draws() -> None:
    draws = datasets.thresholded_draws(3)
    assert draws.inputs.shape == (3, 10, 1000)
    for seed in range(3):
        one = datasets.thresholded(seed)
        np.testing.assert_array_equal(draws.inputs[seed].T, one.inputs)
        np.testing.assert_array_equal(draws.targets[seed], one.targets[:, 0])


def test_the_shapes_of_the_six_pupils_are_the_printed_ones() -> None:
    pupils = datasets.six_pupils()
    assert [*pupils.inputs.shape, *pupils.targets.shape] == PUBLISHED["exam_zero.shapes"]["printed"]


def test_six_of_twelve_rookies_were_drafted() -> None:
    rookies = datasets.rookies()
    assert rookies.inputs.shape == (12, 3)
    assert rookies.targets.sum() == 6
    np.testing.assert_array_equal(rookies.inputs[-2], [24, 11, 11])


def test_the_rookies_start_is_the_printed_one() -> None:
    entry = PUBLISHED["draft_sum.start"]
    start = names_of("draft/1_draft_sum.py")["START"]
    np.testing.assert_allclose(start, entry["printed"], rtol=0, atol=entry["tolerance"])


def test_the_clusters_are_drawn_and_shuffled_as_the_source_does() -> None:
    data = datasets.clusters()
    state = np.random.get_state()
    np.random.seed(42)
    x = np.random.randn(1000)
    x[:500] += 4
    y = np.array([1] * 500 + [0] * 500)
    ids = np.arange(1000)
    np.random.shuffle(ids)
    np.random.set_state(state)
    np.testing.assert_array_equal(data.inputs[:, 0], x[ids])
    np.testing.assert_array_equal(data.targets[:, 0], y[ids])
    # The ratio of the two normal densities.
    np.testing.assert_allclose(
        data.expected, 1 / (1 + np.exp(-((x[ids]) ** 2) / 2 + (x[ids] - 4) ** 2 / 2)), rtol=1e-12
    )


# A gradient that is divided by a number.


def test_a_divided_gradient_is_divided_exactly_and_the_value_stays() -> None:
    x = tf.constant([1.0, -2.0, 3.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = names_of("softmax/layers.py")["with_divided_gradient"](x, 3)
        total = tf.reduce_sum(value**2)
    np.testing.assert_array_equal(value, x)
    np.testing.assert_array_equal(tape.gradient(total, x), 2 * x.numpy() / 3)


def test_the_kernel_follows_the_sum_and_the_bias_the_mean() -> None:
    random = np.random.RandomState(0)
    x, y = random.randn(7, 2), np.eye(3)[random.randint(3, size=7)]
    model = keras.Sequential(
        [
            keras.Input((2,), dtype="float64"),
            Dense(3, use_bias=False, dtype="float64"),
            bias_layer()(7, dtype="float64"),
            keras.layers.Activation("softmax", dtype="float64"),
        ]
    )
    problem = Problem(model, lambda y, p: -tf.reduce_sum(y * tf.math.log(p)), Dataset("seven", x, y))
    kernel, bias = random.randn(2, 3), random.randn(3)
    run = train(problem, SGD(0.1), STEPS, [*kernel.ravel(), *bias])
    for weights in run.weights.values:
        np.testing.assert_allclose(weights, [*kernel.ravel(), *bias], **ROUNDING)
        exponentials = np.exp(x @ kernel + bias)
        error = exponentials / exponentials.sum(axis=1, keepdims=True) - y
        kernel, bias = kernel - 0.1 * x.T @ error, bias - 0.1 * error.mean(axis=0)


def test_a_bias_layer_can_be_made_again_from_its_configuration() -> None:
    layer = bias_layer()(150, dtype="float64", name="bias")
    assert bias_layer().from_config(layer.get_config()).divide_gradient_by == 150


@pytest.mark.parametrize("divisor", [0, -1, float("nan")])
def test_a_divisor_that_is_not_above_zero_is_refused(divisor: float, refused: Refused) -> None:
    with refused("expected to divide the gradient by a number above 0"):
        bias_layer()(divisor)


# Hand-written gradients.


@cache
def perceptron() -> Problem:
    return Problem(logit_model(10), names_of("softmax/2_threshold_gradient.py")["thresholded"], datasets.thresholded())


def perceptron_in_numpy(data: Dataset, weights: np.ndarray) -> np.ndarray:
    x, y = np.column_stack([data.inputs, np.ones(1000)]), data.targets[:, 0]
    path = [weights]
    for _ in range(STEPS):
        path.append(path[-1] - 0.01 * x.T @ ((x @ path[-1] > 0) - y) / 1000)
    return np.array(path)


def test_a_thresholded_prediction_in_the_gradient_is_the_perceptron_rule() -> None:
    start = np.array(names_of("softmax/2_threshold_gradient.py")["START"])
    run = train(perceptron(), SGD(0.01), STEPS, start)
    path = perceptron_in_numpy(datasets.thresholded(), start)
    assert abs(path[-1] - start).max() > 0.001
    np.testing.assert_allclose(run.weights, path, **ROUNDING)


def test_the_printed_loss_of_the_perceptron_counts_its_errors() -> None:
    problem = perceptron()
    start = names_of("softmax/2_threshold_gradient.py")["START"]
    n_errors = np.sum((problem.predictions_at(start) > 0) != problem.dataset.targets)
    exact = -(n_errors * np.log(1e-10) + (1000 - n_errors) * np.log(1 + 1e-10)) / 1000
    # XLA takes (1 - p) + 1e-10 for (1 + 1e-10) - p, which rounds to 8e-8 beside 1e-10; its logarithm is -23.
    assert problem.loss_at(start) == pytest.approx(exact, rel=4e-9)


def test_a_hand_written_gradient_of_a_loss_reaches_every_one_of_many_starts() -> None:
    # `tf.vectorized_map`, which applies other losses start by start, would lose it and stand still.
    starts = np.random.RandomState(1).randn(3, 11)
    runs = train(perceptron(), SGD(0.01), STEPS, starts)
    paths = [perceptron_in_numpy(datasets.thresholded(), start) for start in starts]
    np.testing.assert_allclose(runs.weights, paths, **ROUNDING)
    gradients = [-(path[1] - path[0]) / 0.01 for path in paths]
    np.testing.assert_allclose(perceptron().gradient_at(starts), gradients, rtol=1e-9, atol=1e-12)


def test_many_draws_in_one_model_are_the_single_draws() -> None:
    draws = datasets.thresholded_draws(2)
    each = keras.layers.EinsumDense("dfn,df->dn", 1000, bias_axes="d", dtype="float64")
    model = keras.Sequential([keras.Input(batch_shape=draws.inputs.shape, dtype="float64"), each])
    problem = Problem(model, names_of("softmax/2_threshold_gradient.py")["thresholded"], draws)
    start = np.random.RandomState(2).randn(2, 11)
    run = train(problem, SGD(0.01), STEPS, [*start[:, :10].ravel(), *start[:, 10]])
    for seed in range(2):
        path = perceptron_in_numpy(datasets.thresholded(seed), start[seed])
        np.testing.assert_allclose(run.weights[:, 10 * seed : 10 * seed + 10], path[:, :10], **ROUNDING)
        np.testing.assert_allclose(run.weights[:, 20 + seed], path[:, 10], **ROUNDING)


@pytest.mark.parametrize("factor", [1.0, 1000.0])
def test_the_cross_entropy_by_hand_is_neither_divided_nor_scaled(factor: float) -> None:
    cross_entropy, data = names_of("clusters/by_hand.py")["cross_entropy_with_logits"], datasets.clusters()
    problem = Problem(logit_model(1), lambda y, logits: factor * cross_entropy(logits, y), data)
    start = names_of("clusters/3_clusters_custom_gradient.py")["START"]
    run = train(problem, SGD(0.001), STEPS, start)
    x, y = data.inputs[:, 0], data.targets[:, 0]
    weight, bias = start
    for recorded in run.weights.values:
        np.testing.assert_allclose(recorded, [weight, bias], rtol=1e-9)
        error = sigmoid(bias + weight * x) - y
        weight, bias = weight - 0.001 * np.sum(error * x), bias - 0.001 * np.sum(error)


def test_the_sigmoid_by_hand_ignores_what_flows_into_it() -> None:
    by_hand, logits = names_of("clusters/by_hand.py")["sigmoid"], tf.constant([-2.0, 0.0, 1.0], tf.float64)
    p = sigmoid(logits.numpy())
    for factor in (1.0, -3.0):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = by_hand(logits)
            total = factor * tf.reduce_sum(values)
        np.testing.assert_allclose(values, p, rtol=1e-15)
        np.testing.assert_allclose(tape.gradient(total, logits), p * (1 - p), rtol=1e-15)


def test_only_a_hand_written_gradient_is_taken_for_one() -> None:
    like = tf.TensorSpec((4, 1))
    by_hand = names_of("clusters/by_hand.py")["cross_entropy_with_logits"]
    assert not can_vectorize(trace(by_hand, like, like))
    assert not can_vectorize(trace(lambda y, p: 2 * tf.function(by_hand)(p, y), like, like))
    assert all(can_vectorize(trace(loss, like, like)) for loss in losses.BY_NAME.values())


# Models that are no plain stack.


def test_a_subclassed_model_trains_as_the_same_layers_in_a_row() -> None:
    names, data = names_of("exam/3_exam_subclass.py"), datasets.six_pupils()
    nested = keras.Sequential([keras.Input((2,)), names["BinaryClassifier"]()])
    problems = [Problem(model, losses.bce, data) for model in (nested, models.logistic(2, bias=True))]
    assert [problem.can_stack for problem in problems] == [False, True]
    first, second = (train(problem, SGD(1.0), STEPS, names["START"]) for problem in problems)
    np.testing.assert_allclose(first.weights, second.weights, rtol=1e-5)


# The importance of inputs.


def test_the_importance_of_inputs_depends_on_their_spread() -> None:
    names = names_of("draft/importance.py")
    inputs = np.array([[0.0, 0], [10, 2]])
    table = names["importance"](["points", "rebounds"], np.array([-0.2, 0.3]), inputs, np.diag([4.0, 25, 1]))
    np.testing.assert_allclose(table["weight x spread"], [-1, 0.3])
    np.testing.assert_allclose(table["standard error"], [0.5, 0.2])
    assert names["ranking"](table, "weight") == ["points", "rebounds"]
    assert names["ranking"](table, "weight x spread") == ["rebounds", "points"]


def test_the_corners_of_the_printed_start_round_to_the_printed_predictions() -> None:
    names, inputs = names_of("beyond/11_draft_two_models.py"), datasets.rookies().inputs
    weights = names["corners"](inputs, np.array([[1.0, 0, 0, 0], [-1.0, 0, 0, 0]]))
    predictions = sigmoid(inputs @ weights[:, :3].T + weights[:, 3]).T
    assert abs(predictions - names["PRINTED_BEFORE"]).max() < 5e-5 + 1e-9
    start = names_of("draft/2_draft_mean.py")["START"]
    assert weights[1, 0] < start[0] < weights[0, 0]
