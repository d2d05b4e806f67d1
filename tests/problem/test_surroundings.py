"""What a loss takes from around it may not change: every way in which it can is seen, and costs next to nothing."""

import functools
import time
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import Refused

from tfreg import losses, models
from tfreg.backend import keras, tf
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.problem.problem import Problem
from tfreg.training.train import train

DATA = bernoulli_line(20)
AT = [0.5, -0.5]
FACTOR = 2.0
own_module = types.ModuleType("own_module")  # as a file beside the user's script
own_module.factor = 2.0


class Scaled:
    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
        return self.factor * losses.mse(y, p)

    def method(self, y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
        return self.factor * losses.mse(y, p)


class ScaledLoss(keras.losses.Loss):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return self.factor * (y_true - y_pred) ** 2


Made = tuple[Callable[..., tf.Tensor], Callable[[], object]]  # a loss, and what changes it


def closure() -> Made:
    k = 2.0

    def change() -> None:
        nonlocal k
        k = 3.0

    return lambda y, p: k * losses.mse(y, p), change


def nested() -> Made:
    inner, change = closure()
    return lambda y, p: inner(y, p), change


def of_global() -> Made:
    space: dict[str, Any] = {"k": 2.0, "losses": losses}
    return eval("lambda y, p: k * losses.mse(y, p)", space), lambda: space.update(k=3.0)


def of_helper() -> Made:
    space: dict[str, Any] = {"k": 2.0, "losses": losses}
    exec("def helper(y, p): return k * losses.mse(y, p)\ndef loss(y, p): return helper(y, p)", space)
    return space["loss"], lambda: space.update(k=3.0)


def of_module() -> Made:
    own_module.factor = 2.0
    return lambda y, p: own_module.factor * losses.mse(y, p), lambda: setattr(own_module, "factor", 3.0)


def of_array() -> Made:
    weights = np.full(1, 2.0, np.float32)
    return lambda y, p: weights[0] * losses.mse(y, p), lambda: weights.fill(3)


def of_list() -> Made:
    factors = [2.0]
    return lambda y, p: factors[0] * losses.mse(y, p), lambda: factors.append(3)


def of_variable() -> Made:
    k = tf.Variable(2.0)
    return lambda y, p: k * losses.mse(y, p), lambda: k.assign(3)


def of_keras_variable() -> Made:
    k = keras.Variable(2.0)
    return lambda y, p: k * losses.mse(y, p), lambda: k.assign(3)


def of_layer() -> Made:
    teacher = models.logistic(1)
    return lambda y, p: losses.mse(y, p) + 0 * teacher(y)[0, 0], lambda: teacher.set_weights([np.ones((1, 1))])


def of_attribute() -> Made:
    loss = Scaled(2.0)
    return loss, lambda: setattr(loss, "factor", 3.0)


def of_method() -> Made:
    scaled = Scaled(2.0)
    return scaled.method, lambda: setattr(scaled, "factor", 3.0)


def of_keras_loss() -> Made:
    loss = ScaledLoss(2.0)
    return loss, lambda: setattr(loss, "factor", 3.0)


def of_partial() -> Made:
    factors = {"k": np.full((), 2.0)}
    loss = functools.partial(lambda y, p, k: tf.cast(k, y.dtype) * losses.mse(y, p), **factors)
    return loss, lambda: factors["k"].fill(3)


def of_defaults() -> Made:
    def loss(y: tf.Tensor, p: tf.Tensor, k: float = 2.0) -> tf.Tensor:
        return k * losses.mse(y, p)

    return loss, lambda: setattr(loss, "__defaults__", (3.0,))


def of_tf_function() -> Made:
    k = tf.Variable(2.0)
    return tf.function(lambda y, p: k * losses.mse(y, p)), lambda: k.assign(3)


def per_sample() -> Made:
    k = np.full(1, 2.0, np.float32)
    return lambda y, p: k * keras.losses.mean_squared_error(y, p), lambda: k.fill(3)


KINDS = [
    *(closure, nested, of_global, of_helper, of_module, of_array, of_list, of_variable, of_keras_variable, of_layer),
    *(of_attribute, of_method, of_keras_loss, of_partial, of_defaults, of_tf_function, per_sample),
]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_a_change_is_refused_by_name_wherever_a_problem_is_used(make: Callable[[], Made], refused: Refused) -> None:
    loss, change = make()
    problem = Problem(models.logistic(2), loss, DATA)
    problem.programs.check()
    change()
    uses: list[Callable[[], object]] = [
        lambda: problem.loss_at(AT),
        lambda: problem.gradient_at(AT),
        lambda: problem.on(bernoulli_line(20, seed=1)),
        lambda: train(problem, "sgd:0.1", 1),
    ]
    for use in uses:
        with refused("has changed since the problem was made"):
            use()


def test_the_message_says_what_has_changed_and_how(refused: Refused) -> None:
    problems = [
        Problem(models.logistic(2), lambda y, p: k * losses.mse(y, p), DATA)  # noqa: B023 - the mistake itself
        for k in (1, 2)
    ]
    assert problems[1].loss_at(AT) > 0
    with refused("k, which the loss uses, has changed since the problem was made (it was 1, it is 2)"):
        problems[0].loss_at(AT)


def test_a_number_bound_in_a_loop_is_each_problem_s_own() -> None:
    problems = [Problem(models.logistic(2), lambda y, p, k=k: k * losses.mse(y, p), DATA) for k in (1.0, 2.0)]
    first, second = (problem.loss_at(AT) for problem in problems)
    np.testing.assert_allclose(second, 2 * first, rtol=1e-6)


def test_what_was_compiled_before_a_change_is_refused_too(refused: Refused) -> None:
    loss, change = closure()
    problem = Problem(models.logistic(2), loss, DATA)
    problem.loss_at(AT)
    change()
    with refused("k, which the loss uses, has changed"):
        problem.loss_at(AT)


def test_the_weights_that_a_model_holds_still_may_not_change(refused: Refused) -> None:
    frozen = keras.layers.Dense(2, trainable=False)
    model = keras.Sequential([keras.Input((2,)), frozen, keras.layers.Dense(1)])
    problem = Problem(model, losses.mse, DATA)
    problem.model.layers[1].set_weights([np.ones((2, 1)), np.zeros(1)])  # what is trained may
    problem.loss_at(np.zeros(3))
    frozen.set_weights([np.ones((2, 2)), np.zeros(2)])
    with refused("kernel, which is not trained, has changed"):
        problem.loss_at(np.zeros(3))


def test_another_loss_or_model_in_a_copy_shares_no_programs() -> None:
    problem = Problem(models.logistic(2), losses.mse, DATA)
    mse = problem.loss_at(AT)
    other = replace(problem, loss=lambda y, p: 2 * losses.mse(y, p))
    np.testing.assert_allclose(other.loss_at(AT), 2 * mse, rtol=1e-6)


def test_looking_costs_next_to_nothing() -> None:
    """A call of `train` takes 4 ms and asks three times; a lambda of numbers and imported functions takes 2 µs."""
    k = 2.0
    problem = Problem(models.logistic(2), lambda y, p: k * tf.reduce_mean(keras.ops.abs(y - p)) * FACTOR, DATA)
    check = problem.programs.check
    seconds = []
    for _ in range(20):
        before = time.perf_counter()
        check()
        seconds.append(time.perf_counter() - before)
    assert min(seconds) < 50e-6


def test_data_of_another_shape_keep_the_loss() -> None:
    problem = Problem(models.logistic(2), "mae", DATA)
    other = problem.on(Dataset("short", DATA.inputs[:5], DATA.targets[:5]))
    assert other.programs is not problem.programs
    assert other.loss_source == problem.loss_source == "mean_absolute_error"
