"""`train` against closed forms, against plain Keras, and against itself."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import plain_keras
import pytest
from conftest import Refused

from tfreg import compare, losses, models, optimizers
from tfreg.backend import keras, tf
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.files import open_run, save_run
from tfreg.problem.problem import Problem
from tfreg.training.record import iterates
from tfreg.training.train import train

Adam, SGD, RMSprop = keras.optimizers.Adam, keras.optimizers.SGD, keras.optimizers.RMSprop
EPOCHS = 6
LIMIT = 0.02  # of clipped gradients: shorter than any of them (tested below)

# Both sides do the same float operations, but XLA may fuse and reorder them: a few units in the last place per step.
# Six steps of any optimizer here carry that to at most 1e-6 in float32 and 1e-14 in float64.
TOLERANCE = {"float32": {"rtol": 1e-5, "atol": 1e-6}, "float64": {"rtol": 1e-12, "atol": 1e-13}}


class StepOfOneLength(keras.optimizers.Optimizer):
    """A user's own optimizer: each variable moves by the learning rate along its normalised, averaged gradient."""

    def __init__(self, learning_rate: float = 0.1, memory: float = 0.5, **kwargs: object) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.memory = memory

    def build(self, variables: list) -> None:
        if not self.built:
            super().build(variables)
            (self.averages,) = self.add_optimizer_variables(variables, ["average"])

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        average = self.averages[self._get_variable_index(variable)]
        self.assign(average, self.memory * average + (1 - self.memory) * gradient)
        length = keras.ops.sqrt(keras.ops.sum(keras.ops.square(average)))
        self.assign_sub(variable, keras.ops.cast(learning_rate, variable.dtype) * average / length)

    def get_config(self) -> dict:
        return super().get_config() | {"memory": self.memory}


class TwiceAsFar(SGD):
    """A subclass of an optimizer that tfreg knows, with another update."""

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        super().update_step(gradient * 2, variable, learning_rate)


OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "sgd": lambda: SGD(0.5),
    "momentum": lambda: SGD(0.1, momentum=0.9),
    "nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: Adam(0.1),
    "rmsprop": lambda: RMSprop(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.02),
    "adamax": lambda: keras.optimizers.Adamax(0.1),
    "nadam": lambda: keras.optimizers.Nadam(0.1),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "adadelta": lambda: keras.optimizers.Adadelta(1.0),
    "ftrl": lambda: keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.01),
    "lion": lambda: keras.optimizers.Lion(0.01),
    "lamb": lambda: keras.optimizers.Lamb(0.1),
    "adafactor": lambda: keras.optimizers.Adafactor(0.1),
    "adam, clipnorm": lambda: Adam(0.1, clipnorm=LIMIT),
    "adam, global_clipnorm": lambda: Adam(0.1, global_clipnorm=LIMIT),
    "amsgrad": lambda: Adam(0.1, amsgrad=True),
    "muon": lambda: keras.optimizers.Muon(0.1),
    "schedulefreeadamw": lambda: keras.optimizers.ScheduleFreeAdamW(0.1, weight_decay=0.02, warmup_steps=3),
    "a user's own": lambda: StepOfOneLength(0.1, memory=0.8),
}
WHOLE_TENSOR = ("lamb", "adafactor", "adam, clipnorm", "adam, global_clipnorm", "a user's own", "muon")
SF = "schedulefreeadamw"  # compared with its paper below: Keras's departs from it
# In the quick loop these stand for all.
CORE = ("sgd", "momentum", "nesterov", "adam", "rmsprop", "lamb", "adafactor", "adam, clipnorm")
OPTIONS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "rmsprop centred, momentum": lambda: RMSprop(0.01, momentum=0.5, centered=True),
    "sgd, clipvalue": lambda: SGD(0.5, clipvalue=LIMIT / 2),
    "sgd, averaged weights": lambda: SGD(0.5, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3),
    "adam, gradients accumulated": lambda: Adam(0.1, gradient_accumulation_steps=2),
    "sgd, loss scaled": lambda: SGD(0.5, loss_scale_factor=128.0),
    "a user's subclass": lambda: TwiceAsFar(0.1, momentum=0.5),
}
SCHEDULES: dict[str, Callable[[], object]] = {
    "exponential": lambda: keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=3, decay_rate=0.5),
    "piecewise constant": lambda: keras.optimizers.schedules.PiecewiseConstantDecay([2, 4], [0.5, 0.1, 0.01]),
    "cosine with warm-up": lambda: keras.optimizers.schedules.CosineDecay(
        0.01, decay_steps=5, warmup_target=0.5, warmup_steps=3
    ),
}


@cache
def logistic(dtype: str = "float64") -> Problem:
    return Problem(models.logistic(2, dtype=dtype), losses.bce, bernoulli_line(40))


@cache
def net(dtype: str = "float64") -> Problem:
    """Two features and two hidden units: two weight matrices, for optimizers that look at whole tensors."""
    dense = partial(keras.layers.Dense, use_bias=False, dtype=dtype)
    layers = [dense(2, activation="tanh"), dense(1, activation="sigmoid")]
    return Problem(keras.Sequential([keras.Input((2,), dtype=dtype), *layers]), losses.bce, bernoulli_line(40))


def starts_for(problem: Problem, n_starts: int = 5) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(n_starts, problem.n_weights)).astype(problem.dtype)


def assert_same_path(actual: np.ndarray, expected: np.ndarray, dtype: str = "float64") -> None:
    np.testing.assert_allclose(actual, expected, **TOLERANCE[dtype])


# A quadratic: a linear model under MSE. The gradient is A w - b with A = 2 X'X / N and b = 2 X'y / N.


@cache
def quadratic() -> tuple[Problem, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    inputs, targets = random.normal(size=(20, 3)), random.normal(size=20)
    layers = [keras.Input((3,), dtype="float64"), keras.layers.Dense(1, use_bias=False, dtype="float64")]
    problem = Problem(keras.Sequential(layers), losses.mse, Dataset("quadratic", inputs, targets))
    return problem, 2 * inputs.T @ inputs / 20, 2 * inputs.T @ targets / 20


# Momenta that float32 holds exactly: Keras casts 0.9 to float64 by way of float32, which makes it 0.899999976.
@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.875, False), (0.875, True)])
def test_descent_on_a_quadratic_follows_its_recurrence(momentum: float, nesterov: bool) -> None:
    """v' = m v - r g, w' = w + v', or with Nesterov w' = w + m v' - r g."""
    problem, a, b = quadratic()
    rate, w, v = 0.05, np.array([3.0, -2.0, 1.0]), np.zeros(3)
    expected = [w]
    for _ in range(200):
        gradient = a @ w - b
        v = momentum * v - rate * gradient
        w = w + (momentum * v - rate * gradient if nesterov else v)
        expected.append(w)
    run = train(problem, SGD(rate, momentum=momentum, nesterov=nesterov), 200, expected[0])
    # 200 contracting steps, each with a rounding error of about 1e-16.
    np.testing.assert_allclose(run.weights, expected, rtol=0, atol=1e-12)


def test_descent_on_a_quadratic_has_a_closed_form() -> None:
    """w_k - w* = (I - r A)^k (w_0 - w*)."""
    problem, a, b = quadratic()
    rate, start = 0.05, np.array([3.0, -2.0, 1.0])
    minimum = np.linalg.solve(a, b)
    values, vectors = np.linalg.eigh(a)
    shrunk = (1 - rate * values) ** np.arange(201)[:, np.newaxis] * (vectors.T @ (start - minimum))
    expected = minimum + shrunk @ vectors.T
    run = train(problem, SGD(rate), 200, start)
    np.testing.assert_allclose(run.weights, expected, rtol=0, atol=1e-12)
    inputs, targets = problem.dataset.inputs, problem.dataset.targets
    np.testing.assert_allclose(run.loss, ((inputs @ expected.T - targets) ** 2).mean(axis=0), rtol=1e-12)


# Plain Keras.


def test_every_optimizer_by_name_is_compared_with_plain_keras() -> None:
    assert OPTIMIZERS.keys() >= optimizers.BY_NAME.keys()
    for name, make in optimizers.BY_NAME.items():
        assert type(OPTIMIZERS[name]()) is type(make())


def test_every_optimizer_that_keras_ships_has_a_name() -> None:
    shipped = {one for one in vars(keras.optimizers).values() if isinstance(one, type)}
    # These wrap others, or are what others are made from.
    names = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")
    wrappers = {getattr(keras.optimizers, name, None) for name in names}  # older versions lack some
    assert {type(make()) for make in optimizers.BY_NAME.values()} == shipped - wrappers


@pytest.mark.parametrize(
    "name",
    [
        name if name in CORE else pytest.param(name, marks=pytest.mark.slow)
        for name in OPTIMIZERS | OPTIONS
        if name != SF
    ],
)
def test_train_equals_plain_fit(name: str) -> None:
    problem = net() if name in ("lamb", "adafactor", "muon", "adam, global_clipnorm") else logistic()
    assert_equals_plain_fit(problem, (OPTIMIZERS | OPTIONS)[name])


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("sgd", "adam") else pytest.param(name, marks=pytest.mark.slow)
        for name in OPTIMIZERS
        if name != SF
    ],
)
def test_train_equals_plain_fit_in_single_precision(name: str) -> None:
    assert_equals_plain_fit(logistic("float32"), OPTIMIZERS[name])


def assert_equals_plain_fit(problem: Problem, make: Callable[[], keras.optimizers.Optimizer]) -> None:
    start = starts_for(problem)[0]
    with plain_keras.floatx(problem.dtype):
        expected = plain_keras.fit(problem, make(), start, EPOCHS)
    run = train(problem, make(), EPOCHS, start)
    assert run.weights.dtype == problem.dtype
    assert_same_path(iterates(run), expected, problem.dtype)


@pytest.mark.parametrize("excluded", ["hidden", "output", "nothing"])
def test_muon_finds_layers_by_the_names_of_the_model(excluded: str) -> None:
    """Its patterns are searched in the paths of the variables."""
    dense = partial(keras.layers.Dense, use_bias=False)
    layers = [keras.Input((2,)), dense(2, "tanh", name="hidden"), dense(1, "sigmoid", name="output")]
    problem = Problem(keras.Sequential(layers), losses.bce, bernoulli_line(40))
    assert_equals_plain_fit(problem, lambda: keras.optimizers.Muon(0.1, exclude_layers=[excluded]))


def test_names_of_the_state_do_not_depend_on_what_else_was_built() -> None:
    def labels() -> list[str]:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid", name="one")])
        problem = Problem(model, losses.bce, bernoulli_line(40))
        return train(problem, "lamb:0.1", 1, np.ones(3)).state.values.tolist()

    assert labels() == labels()
    assert "kernel_momentum[0,0]" in labels()


@pytest.mark.parametrize("warmup", [0, 3])
@pytest.mark.parametrize("n_starts", [1, 2])
def test_schedule_free_adamw_follows_its_paper(n_starts: int, warmup: int) -> None:
    """Defazio et al. 2024, algorithm 1, with weight decay 0: z takes steps, x averages z, y = 0.1 z + 0.9 x."""
    problem, rate, beta, beta2 = logistic(), 0.1, 0.9, 0.999
    start = np.array([-3.0, -1.0])
    x, z, v, path, means = start, start, np.zeros(2), [start], [start]
    for t in range(1, EPOCHS + 1):
        gradient = problem.gradient_at(path[-1])
        v = beta2 * v + (1 - beta2) * gradient**2
        step = rate * min(1, t / warmup if warmup else 1)
        z = z - step * gradient / (np.sqrt(v / (1 - beta2**t)) + 1e-8)
        x = (1 - 1 / t) * x + z / t
        path.append((1 - beta) * z + beta * x)
        means.append(x)
    optimizer = keras.optimizers.ScheduleFreeAdamW(rate, warmup_steps=warmup)
    run = train(problem, optimizer, EPOCHS, np.tile(start, (n_starts, 1)))
    # Keras takes some constants to float32 on the way to float64.
    np.testing.assert_allclose(run.weights[-1], path, rtol=1e-5)
    np.testing.assert_allclose(run.averages[-1], means, rtol=1e-5)
    np.testing.assert_allclose(run.averages_loss[-1], problem.loss_at(means), rtol=1e-5)
    assert run.attrs["weights_are"] == "iterates"
    assert run.attrs["note"].startswith("Keras's own fit differs")


def test_averaged_weights_go_on_where_they_stopped() -> None:
    problem = logistic()
    optimizer = SGD(0.5, momentum=0.5, use_ema=True, ema_momentum=0.75)
    whole = train(problem, optimizer, EPOCHS, (-3, -1))
    first = train(problem, optimizer, 2, (-3, -1))
    second = train(problem, optimizer, EPOCHS - 2, continue_from=first)
    for name in ("weights", "loss", "iterates", "iterates_loss"):
        assert_same_path(second[name], whole[name][2:])
    assert train(problem, optimizer, 1, (1, 2), continue_from=first).weights.values[0].tolist() == [1, 2]


def test_a_comparison_ends_at_the_averages_too() -> None:
    problem, optimizer = logistic(), SGD(0.5, momentum=0.5, use_ema=True, ema_momentum=0.75)
    run = train(problem, optimizer, EPOCHS, (-3, -1))
    compared = compare({"bce": problem}, {"sgd": optimizer}, [(-3, -1)], epochs=EPOCHS)
    assert_same_path(np.squeeze(compared.final_weights), run.weights[-1])
    assert_same_path(np.squeeze(compared.final_loss), run.loss[-1])


def test_clipping_matters_in_the_comparison() -> None:
    """The clipped line-up would prove nothing if its gradients were never longer than the limit."""
    for problem in (net(), logistic()):
        gradients = problem.gradient_at(train(problem, "adam:0.1", EPOCHS, starts_for(problem)[0]).weights)
        for variable in problem.unflatten(gradients):
            assert (np.linalg.norm(variable, axis=(1, 2)) > LIMIT).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_called_elementwise_are_so(name: str) -> None:
    """Three starts in one variable take the steps that each takes in a variable of its own."""
    make = OPTIMIZERS[name]
    assert optimizers.is_elementwise(make()) == (name not in WHOLE_TENSOR)
    gradients = np.random.default_rng(2).normal(size=(4, 3, 2)).astype("float32")
    together, *alone = (plain_keras.steps(make(), gradients[:, rows]) for rows in (slice(None), *np.eye(3, dtype=bool)))
    equal = np.allclose(np.concatenate(alone, axis=1), together, **TOLERANCE["float32"])
    assert equal == (name not in WHOLE_TENSOR)


def test_a_user_s_subclass_is_not_taken_for_elementwise() -> None:
    """Nobody knows what its update looks at."""
    assert optimizers.is_elementwise(SGD(0.1))
    assert not optimizers.is_elementwise(TwiceAsFar(0.1))


@pytest.mark.parametrize(
    "name", ["momentum", "adam", "nadam", pytest.param("lamb", marks=pytest.mark.slow), "a user's own"]
)
def test_many_starts_equal_each_alone(name: str) -> None:
    problem, optimizer = logistic(), OPTIMIZERS[name]()
    starts = starts_for(problem)
    runs = train(problem, optimizer, EPOCHS, starts)
    assert runs.weights.dims == ("start", "epoch", "weight")
    for i, start in enumerate(starts):
        alone = train(problem, optimizer, EPOCHS, start)
        assert alone.weights.dims == ("epoch", "weight")
        assert_same_path(runs.weights[i], alone.weights)
        assert_same_path(runs.optimizer_state[i], alone.optimizer_state)
        assert_same_path(runs.loss[i], alone.loss)


def test_many_starts_of_a_net_equal_each_alone() -> None:
    problem, starts = net(), starts_for(net())
    runs = train(problem, "adam:0.1", EPOCHS, starts)
    for i, start in enumerate(starts):
        assert_same_path(runs.weights[i], train(problem, "adam:0.1", EPOCHS, start).weights)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_learning_rate_schedules_equal_plain_fit(schedule: str) -> None:
    assert_equals_plain_fit(logistic("float32"), lambda: SGD(SCHEDULES[schedule](), momentum=0.5))


def test_a_schedule_goes_on_where_a_continued_run_stopped() -> None:
    problem, optimizer = logistic(), SGD(SCHEDULES["piecewise constant"]())
    whole = train(problem, optimizer, EPOCHS, (-3, -1))
    second = train(problem, optimizer, EPOCHS - 3, continue_from=train(problem, optimizer, 3, (-3, -1)))
    assert_same_path(second.weights, whole.weights[3:])


# Models whose starts cannot be stacked.


def unstackable(kind: str) -> Problem:
    dense = partial(keras.layers.Dense, dtype="float64")
    l2, non_negative = keras.regularizers.L2(0.1), keras.constraints.NonNeg()
    layers = {
        "softmax": [dense(2, "softmax")],
        "kernel regularizer": [dense(2, kernel_regularizer=l2)],
        "activity regularizer": [dense(2, activity_regularizer=l2)],
        "constraint": [dense(2, bias_constraint=non_negative)],
        "penalties and constraint": [
            dense(2, "sigmoid", kernel_regularizer=l2, activity_regularizer=l2, kernel_constraint=non_negative)
        ],
        "frozen layer": [dense(3, "tanh", trainable=False), dense(2, "sigmoid", use_bias=False)],
        "layer normalisation": [dense(2, "tanh"), keras.layers.LayerNormalization(dtype="float64")],
        "softmax layer": [dense(2), keras.layers.Softmax(dtype="float64")],
        "nested model": [nested(dense(2))],
        "penalised activation": [
            dense(2),
            keras.layers.Activation("sigmoid", activity_regularizer=l2, dtype="float64"),
        ],
        "penalised relu": [dense(2), keras.layers.ReLU(activity_regularizer=l2, dtype="float64")],
        "call of its own": [dense(2, "sigmoid")],
    }
    data = bernoulli_line(40)
    two_columns = Dataset("two columns", data.inputs, np.hstack([data.targets, 1 - data.targets]))
    model = Halved if kind == "call of its own" else keras.Sequential
    return Problem(model([keras.Input((2,), dtype="float64"), *layers[kind]]), losses.mse, two_columns)


def nested(layer: keras.layers.Layer) -> keras.Sequential:
    model = keras.Sequential([layer])
    model.dtype_policy = keras.dtype_policies.DTypePolicy("float64")  # a Sequential takes none when it is made
    return model


class Halved(keras.Sequential):
    """A Sequential that computes something else than its layers do."""

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        return super().call(inputs, training=training, mask=mask) / 2


LAYER_KINDS = [
    "penalised relu",
    "softmax layer",
    "kernel regularizer",
    "activity regularizer",
    "constraint",
    "layer normalisation",
]
TRAINED_KINDS = ["softmax", "penalties and constraint", "frozen layer", "penalised activation", "call of its own"]


@pytest.mark.parametrize("kind", [*TRAINED_KINDS, *LAYER_KINDS, "nested model"])
def test_models_that_look_beyond_plain_layers_are_not_stacked(kind: str) -> None:
    assert not unstackable(kind).can_stack


@pytest.mark.parametrize("kind", TRAINED_KINDS)
def test_a_model_that_cannot_be_stacked_equals_plain_fit(kind: str) -> None:
    problem = unstackable(kind)
    starts = starts_for(problem, n_starts=2)
    runs = train(problem, SGD(0.5), EPOCHS, starts)
    with plain_keras.floatx("float64"):
        expected = plain_keras.fit(problem, SGD(0.5), starts[1], EPOCHS)
    assert_same_path(runs.weights[1], expected)
    assert_same_path(runs.loss[1], problem.loss_at(expected))
    assert not np.allclose(runs.weights[0, -1], runs.weights[1, -1])


# Going on from a run.


@pytest.mark.parametrize(("name", "n_starts"), [("nadam", 3), ("adam, clipnorm", 1)])
def test_a_continued_run_equals_an_uninterrupted_one(name: str, n_starts: int) -> None:
    problem, optimizer = logistic(), OPTIMIZERS[name]()
    starts = np.squeeze(starts_for(problem, n_starts))
    whole = train(problem, optimizer, 2 * EPOCHS, starts)
    first = train(problem, optimizer, EPOCHS, starts)
    second = train(problem, optimizer, EPOCHS, continue_from=first)
    assert second.epoch.values.tolist() == list(range(EPOCHS, 2 * EPOCHS + 1))
    assert_same_path(second.weights, whole.weights.sel(epoch=second.epoch))
    assert_same_path(second.loss, whole.loss.sel(epoch=second.epoch))
    assert_same_path(second.optimizer_state, whole.optimizer_state)


def test_the_state_alone_can_be_carried_to_another_start() -> None:
    """As the lecture does it: fit, set other weights, fit on with the same optimizer."""
    problem = logistic()
    warm_up, start = (1.0, -1.0), (-3.0, -1.0)
    with plain_keras.floatx("float64"):
        model = plain_keras.copy_of_model(problem, np.array(warm_up))
        model.compile(optimizer=Adam(0.1), loss=losses.bce)
        data = {"x": problem.dataset.inputs, "y": problem.dataset.targets, "batch_size": 40, "verbose": 0}
        model.fit(**data, epochs=3)
        model.set_weights([np.reshape(start, (2, 1))])
        model.fit(**data, epochs=EPOCHS)
    warmed = train(problem, Adam(0.1), 3, warm_up)
    run = train(problem, Adam(0.1), EPOCHS, start, continue_from=warmed)
    assert run.epoch.values.tolist() == list(range(EPOCHS + 1))
    assert run.weights.values[0].tolist() == list(start)
    assert_same_path(run.weights[-1], plain_keras.flat(model))
    fresh = train(problem, Adam(0.1), EPOCHS, start)
    assert np.abs(fresh.weights[-1] - run.weights[-1]).max() > 0.01


def test_one_state_serves_many_new_starts() -> None:
    problem = logistic()
    warmed = train(problem, "adam:0.1", 3, (1, -1))
    starts = starts_for(problem, 3)
    runs = train(problem, "adam:0.1", EPOCHS, starts, continue_from=warmed)
    for i, start in enumerate(starts):
        assert_same_path(runs.weights[i], train(problem, "adam:0.1", EPOCHS, start, continue_from=warmed).weights)


def test_the_learning_rate_may_change_on_the_way() -> None:
    problem = logistic()
    first = train(problem, "sgd:0.5", EPOCHS, (-3, -1))
    second = train(problem, "sgd:0.25", 1, continue_from=first)
    last = first.weights.values[-1]
    assert_same_path(second.weights[1], last - 0.25 * problem.gradient_at(last))


# Mini-batches.


def batches(seed: int, epoch: int, n_samples: int, batch_size: int) -> list[np.ndarray]:
    order = np.random.default_rng((seed, epoch)).permutation(n_samples)
    return [order[first : first + batch_size] for first in range(0, n_samples, batch_size)]


@pytest.mark.parametrize("batch_size", [1, 16, 20])
def test_mini_batches_equal_a_loop_by_hand(batch_size: int) -> None:
    problem, rate, seed = logistic(), 0.5, 3
    inputs, targets = problem.dataset.inputs, problem.dataset.targets[:, 0]
    w = np.array([-3.0, -1.0])
    expected = [w]
    for epoch in range(4):
        for picked in batches(seed, epoch, 40, batch_size):
            x, y = inputs[picked], targets[picked]
            w = w - rate * x.T @ (1 / (1 + np.exp(-x @ w)) - y) / len(picked)
        expected.append(w)
    run = train(problem, SGD(rate), 4, expected[0], batch_size=batch_size, seed=seed)
    # Up to 160 updates by formulas that round differently: 1e-16 each.
    np.testing.assert_allclose(run.weights, expected, rtol=1e-12, atol=1e-13)
    assert run.attrs["batch_size"] == batch_size
    assert run.attrs["seed"] == seed


@pytest.mark.parametrize("name", ["adam", pytest.param("lamb", marks=pytest.mark.slow)])
def test_mini_batches_equal_train_on_batch(name: str) -> None:
    """Lamb runs start after start, and a model that cannot be stacked has its samples in the other order."""
    problem = {"adam": logistic(), "lamb": unstackable("softmax")}[name]
    start = starts_for(problem)[0]
    inputs, targets = problem.dataset.inputs, problem.dataset.targets
    with plain_keras.floatx("float64"):
        model = plain_keras.copy_of_model(problem, start)
        model.compile(optimizer=OPTIMIZERS[name](), loss=problem.loss, run_eagerly=True)
        expected = [start]
        for epoch in range(3):
            for picked in batches(0, epoch, 40, 16):
                model.train_on_batch(inputs[picked], targets[picked])
            expected.append(plain_keras.flat(model))
    assert_same_path(train(problem, OPTIMIZERS[name](), 3, start, batch_size=16).weights, expected)


@pytest.mark.parametrize("batch_size", [40, 1000, 10**15])
def test_batches_of_all_samples_equal_full_batches(batch_size: int) -> None:
    problem = logistic()
    full = train(problem, "sgd:0.5", 3, (-3, -1))
    batches_of_all = train(problem, "sgd:0.5", 3, (-3, -1), batch_size=batch_size)
    assert_same_path(batches_of_all.weights, full.weights)
    assert batches_of_all.attrs["batch_size"] == 40


def test_continued_mini_batches_equal_uninterrupted_ones() -> None:
    problem = logistic()
    go = partial(train, problem, "adam:0.1", batch_size=16, seed=5)
    whole, first = go(7, (-3, -1)), go(3, (-3, -1))
    second = go(4, continue_from=first)
    assert_same_path(second.weights, whole.weights.sel(epoch=second.epoch))


def test_the_seed_decides_the_sample_order() -> None:
    problem = logistic()
    runs = [train(problem, "sgd:0.5", 2, (-3, -1), batch_size=16, seed=seed) for seed in (0, 0, 1)]
    assert (runs[0].weights == runs[1].weights).all()
    assert (runs[0].weights[-1] != runs[2].weights[-1]).all()


def test_many_starts_see_the_same_mini_batches() -> None:
    problem, starts = logistic(), starts_for(logistic(), 3)
    runs = train(problem, "sgd:0.5", 3, starts, batch_size=16)
    for i, start in enumerate(starts):
        assert_same_path(runs.weights[i], train(problem, "sgd:0.5", 3, start, batch_size=16).weights)


# What is recorded.


@pytest.mark.parametrize(
    ("epochs", "every", "recorded"),
    [(10, 4, [0, 4, 8, 10]), (9, 3, [0, 3, 6, 9]), (3, 100, [0, 3]), (1, 1, [0, 1])],
)
def test_every_so_many_epochs_and_the_last_are_recorded(epochs: int, every: int, recorded: list[int]) -> None:
    problem = logistic()
    run = train(problem, "adam:0.1", epochs, (-3, -1), record_every=every)
    assert run.epoch.values.tolist() == recorded
    full = train(problem, "adam:0.1", 10, (-3, -1))
    assert_same_path(run.weights, full.weights.sel(epoch=recorded))


def test_the_loss_is_that_of_the_recorded_weights() -> None:
    problem = logistic()
    run = train(problem, "adam:0.1", 10, (-3, -1), record_every=3)
    assert_same_path(run.loss, [problem.loss_at(weights) for weights in run.weights.values])


def test_a_run_says_how_it_was_made() -> None:
    problem = logistic("float32")
    run = train(problem, Adam(0.1, beta_1=0.8), 2, (-3, -1))
    assert run.weight.values.tolist() == ["w0", "w1"]
    attributes = {"loss": "bce", "dataset": "bernoulli_line", "optimizer": "Adam", "dtype": "float32"}
    assert {name: run.attrs[name] for name in attributes} == attributes
    assert run.attrs["status"] == "finished"
    assert run.diverged_at == -1
    assert '"learning_rate": 0.1,' in run.attrs["optimizer_config"]
    assert '"beta_1": 0.8,' in run.attrs["optimizer_config"]
    assert "keras" in run.attrs["versions"]


def test_what_is_written_on_a_run_stays_with_it() -> None:
    """Runs of the same epochs and weights share what their labels are looked up in."""
    first, second = (train(logistic(), "sgd:0.1", 3) for _ in range(2))
    for name in ("epoch", "weight", "state"):
        first[name].attrs["note"] = "mine"
        first.coords[name].attrs["note"] = "mine"
    assert all(
        "note" not in run[name].attrs for run in (second, train(logistic(), "sgd:0.1", 3)) for name in run.coords
    )
    with pytest.raises(ValueError, match="read-only"):
        first.epoch.values[0] = 7


def test_the_optimizer_of_a_name_is_made_once_and_not_changed() -> None:
    made = optimizers.to_read("adam:0.25")
    before = made.get_config()
    run = train(logistic(), "adam:0.25", 3)
    assert optimizers.to_read("adam:0.25") is made
    assert made.get_config() == before
    assert int(made.iterations) == 0
    assert not made.built
    assert optimizers.get("adam:0.25") is not made
    assert json.loads(run.attrs["optimizer_config"])["learning_rate"] == 0.25


def test_without_a_start_the_model_s_own_weights_are_the_start() -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(40))
    for weights in ([1.0, 2.0], [3.0, 4.0]):  # the second set after the first was used
        problem.model.set_weights([np.reshape(weights, (2, 1))])
        assert train(problem, "sgd:0.5", 1).weights.values[0].tolist() == weights


# Divergence.


def test_divergence_is_recorded_not_raised() -> None:
    """On the quadratic, a rate far beyond 2 / (largest eigenvalue of A) multiplies the distance at every step."""
    problem, a, b = quadratic()
    rate, w = 1e20, np.array([3.0, -2.0, 1.0])
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(20):  # noqa: B007
            inputs, targets = problem.dataset.inputs, problem.dataset.targets[:, 0]
            if not np.isfinite(((inputs @ w - targets) ** 2).mean()):
                break
            w = w - rate * (a @ w - b)
    run = train(problem, SGD(rate), 20, (3, -2, 1))
    assert run.diverged_at == epoch
    assert run.attrs["status"] == f"diverged at epoch {epoch}"
    assert np.isfinite(run.loss.values[:epoch]).all()
    assert not np.isfinite(run.loss.values[epoch:]).any()
    every_fifth = train(problem, SGD(rate), 20, (3, -2, 1), record_every=5)
    assert every_fifth.diverged_at == 5 * -(-epoch // 5)


def test_only_the_starts_that_diverge_are_called_diverged() -> None:
    """From the minimum itself nothing moves; from elsewhere the same rate is too large."""
    inputs = np.array([[1.0], [2.0]])
    layers = [keras.Input((1,), dtype="float64"), keras.layers.Dense(1, use_bias=False, dtype="float64")]
    problem = Problem(keras.Sequential(layers), losses.mse, Dataset("exact", inputs, 3 * inputs))
    runs = train(problem, SGD(1e20), 20, [[3.0], [4.0]])
    assert runs.diverged_at[0] == -1
    assert runs.diverged_at[1] > 0
    assert runs.attrs["status"] == "1 of 2 starts diverged"
    assert (runs.weights[0] == 3).all()


# What belongs to the caller stays as it is.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_caller_s_model_and_optimizer_are_not_changed(dtype: str) -> None:
    problem, optimizer = Problem(models.logistic(2, dtype=dtype), losses.bce, bernoulli_line(40)), Adam(0.1)
    before, config = problem.model.get_weights(), optimizer.get_config()
    train(problem, optimizer, EPOCHS, (-3, -1))
    np.testing.assert_array_equal(problem.model.get_weights(), before)
    assert not optimizer.built
    assert optimizer.get_config() == config
    assert optimizer.iterations == 0
    assert keras.config.floatx() == "float32"


def test_an_optimizer_that_has_been_used_starts_afresh_and_keeps_its_state() -> None:
    problem, used = logistic("float32"), Adam(0.1)
    plain_keras.fit(problem, used, np.zeros(2, "float32"), 3)
    before = [variable.numpy() for variable in used.variables]
    run = train(problem, used, EPOCHS, (-3, -1))
    np.testing.assert_array_equal(run.weights, train(problem, Adam(0.1), EPOCHS, (-3, -1)).weights)
    for variable, value in zip(used.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


@pytest.mark.parametrize("n_starts", [1, 3])
def test_another_start_or_learning_rate_compiles_nothing(n_starts: int) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(40))
    took = []
    for rate in (0.1, 0.2, 0.3, 0.01):
        starts = np.random.default_rng(int(100 * rate)).normal(size=(n_starts, 2))
        before = time.perf_counter()
        run = train(problem, Adam(rate), EPOCHS, starts)
        took.append(time.perf_counter() - before)
    # Compiling takes 200 ms or more, a call 5 ms; the best of three is not the one that the system held up.
    assert min(took[1:]) < took[0] / 5
    # Adam's first step has the length of its learning rate in every weight, but for its epsilon of 1e-7.
    steps = run.weights.values[:, 1] - run.weights.values[:, 0]
    np.testing.assert_allclose(np.abs(steps), 0.01, rtol=1e-3)


@pytest.mark.parametrize("n_starts", [1, 2])
def test_another_seed_compiles_nothing(n_starts: int) -> None:
    problem = Problem(models.logistic(2), losses.bce, bernoulli_line(40))
    took = []
    for seed in range(4):
        before = time.perf_counter()
        train(problem, "sgd:0.5", EPOCHS, np.ones((n_starts, 2)), batch_size=16, seed=seed)
        took.append(time.perf_counter() - before)
    assert min(took[1:]) < took[0] / 5


# Bad input.


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ((1, 2, 3), "start: expected 2 numbers (w0, w1) or rows of so many, got shape (3,)"),
        ([[1, 2, 3]], "start: expected 2 numbers (w0, w1) or rows of so many, got shape (1, 3)"),
        (5, "start: expected 2 numbers (w0, w1) or rows of so many, got shape ()"),
        (np.zeros((0, 2)), "got shape (0, 2)"),
        (np.zeros((2, 2, 2)), "got shape (2, 2, 2)"),
        ((np.nan, 0), "start: expected finite numbers"),
        ((0, np.inf), "start: expected finite numbers"),
        ("ab", "start: expected 2 numbers, got 'ab'"),
        ([[1, 2], [3]], "start: expected 2 numbers, got [[1, 2], [3]]"),
    ],
)
def test_a_bad_start_is_refused(start: object, message: str, refused: Refused) -> None:
    with refused(message):
        train(logistic(), "sgd:0.5", 1, start)


@pytest.mark.parametrize("name", ["epochs", "record_every", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "3", True])
def test_counts_below_one_are_refused(name: str, value: object, refused: Refused) -> None:
    with refused(f"{name}: expected a whole number of 1 or more, got {value!r}"):
        train(logistic(), "sgd:0.5", **{"epochs": 1, "start": (0, 0), name: value})


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ("adm", "unknown optimizer 'adm'; did you mean 'adam'?"),
        ("adm:0.1", "unknown optimizer 'adm'; did you mean 'adam'?"),
        ("newton", "choose from: sgd, momentum, nesterov, rmsprop, adam"),
        ("adam:fast", "expected a number as learning rate, got 'fast'"),
        ("sgd:0", "expected a learning rate above 0, got 0"),
        ("sgd:-0.1", "expected a learning rate above 0, got -0.1"),
        ("sgd:", "expected a number as learning rate, got ''"),
        ("sgd:1e39", "expected numbers that float32 holds"),
        ("sgd:1e-50", "got 1e-50"),
        (SGD(1e39), "expected a learning rate above 0, got inf in float32"),
        (SGD(1e-50), "expected a learning rate above 0, got 0 in float32"),
        (Adam(epsilon=1e-50), "Adam, epsilon: expected numbers that float32 holds"),
        (Adam(weight_decay=1e39), "Adam, weight_decay: expected numbers that float32 holds"),
        (SGD(0.0), "expected a learning rate above 0, got 0"),
        (Adam(-0.1), "expected a learning rate above 0, got -0.1"),
        (Adam, "optimizer: expected a keras.Optimizer or a text, got the class Adam"),
        (None, "optimizer: expected a keras.Optimizer or a text, got None"),
    ],
)
def test_a_bad_optimizer_is_refused(optimizer: object, message: str, refused: Refused) -> None:
    with refused(message):
        train(logistic(), optimizer, 1, (0, 0))


def test_weights_excluded_from_decay_are_refused(refused: Refused) -> None:
    optimizer = keras.optimizers.AdamW(0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    with refused("exclude_from_weight_decay is not carried over"):
        train(logistic(), optimizer, 1, (0, 0))


def test_a_step_that_raises_is_told_with_its_line(refused: Refused) -> None:
    class Unfinished(SGD):
        def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
            raise KeyError("velocity")

    for part in ("the optimizer Unfinished cannot be traced: ", "test_training.py:", "KeyError: 'velocity'"):
        with refused(part):
            train(logistic(), Unfinished(0.1), 1, (0, 0))


@pytest.mark.parametrize("options", [{"epochs": 10**10}, {"epochs": 10**14, "record_every": 10**4}])
def test_a_record_that_does_not_fit_is_refused_before_the_work(options: dict[str, int], refused: Refused) -> None:
    with refused("of memory, and there are"):
        train(logistic(), "sgd:0.5", start=(0, 0), **options)


def test_more_epochs_than_can_be_counted_are_refused(refused: Refused) -> None:
    with refused("epochs: expected fewer than 1e+15"):
        train(logistic(), "sgd:0.5", 10**16, (0, 0), record_every=10**15)


def test_an_optimizer_that_cannot_be_copied_is_refused(refused: Refused) -> None:
    class Forgetful(StepOfOneLength):
        def get_config(self) -> dict:
            return super().get_config() | {"colour": "blue"}

    with refused("Forgetful cannot be made again from its get_config()"):
        train(logistic(), Forgetful(), 1, (0, 0))
    with refused("LossScaleOptimizer cannot be made again from its get_config()"):
        train(logistic(), keras.optimizers.LossScaleOptimizer(SGD(0.1)), 1, (0, 0))


@pytest.mark.parametrize(("name", "near"), [("bc", "bce"), ("bce_cliped", "bce_clipped"), ("rmse", "mse")])
def test_an_unknown_loss_is_refused(name: str, near: str, refused: Refused) -> None:
    assert losses.get(near) is losses.BY_NAME[near]
    with refused(f"unknown loss {name!r}; did you mean {near!r}?"):
        losses.get(name)


def test_a_run_of_another_optimizer_cannot_be_continued(refused: Refused) -> None:
    problem = logistic()
    with refused("it was made with SGD"):
        train(problem, "adam:0.1", 1, continue_from=train(problem, "sgd:0.5", 1, (0, 0)))


def test_runs_from_another_number_of_starts_cannot_be_continued(refused: Refused) -> None:
    problem = logistic()
    with refused("continue_from: expected a run from 1 or 3 starts, got 2"):
        train(problem, "adam:0.1", 1, np.zeros((3, 2)), continue_from=train(problem, "adam:0.1", 1, np.zeros((2, 2))))


def test_what_has_no_state_cannot_be_continued(refused: Refused) -> None:
    problem = logistic()
    run = train(problem, "adam:0.1", 1, (0, 0)).drop_dims("state")
    with refused("continue_from: the run holds no state"):
        train(problem, "adam:0.1", 1, continue_from=run)


def test_a_run_that_was_cut_cannot_be_continued(refused: Refused) -> None:
    problem = logistic()
    run = train(problem, "adam:0.1", 3, (0, 0))
    with refused("cut at epoch 1, its optimizer's state is that of epoch 3"):
        train(problem, "adam:0.1", 1, continue_from=run.isel(epoch=[0, 1]))


def test_a_run_of_another_activation_cannot_be_continued(refused: Refused) -> None:
    def net(activation: str) -> Problem:
        layer = keras.layers.Dense(1, use_bias=False, activation=activation)
        return Problem(keras.Sequential([keras.Input((2,)), layer]), losses.mse, bernoulli_line(20))

    run = train(net("sigmoid"), "adam:0.1", 1, (0, 0))
    train(net("sigmoid"), "adam:0.1", 1, continue_from=run)
    with refused("continue_from: the run's model had other layers or activations"):
        train(net("linear"), "adam:0.1", 1, continue_from=run)


def test_a_run_of_other_settings_cannot_be_continued(refused: Refused) -> None:
    problem = logistic()
    run = train(problem, Adam(0.1, beta_1=0.5), 1, (0, 0))
    with refused("the run's optimizer had beta_1=0.5, this one has 0.9"):
        train(problem, "adam:0.1", 1, continue_from=run)
    with refused("the run is one of other weights"):
        train(Problem(models.logistic(1, bias=True, dtype="float64"), losses.bce, bernoulli_line(20, ones=False)),
              "adam:0.1", 1, continue_from=run)  # fmt: skip


@pytest.mark.parametrize("value", [3.0, "three", (3.0, 4.0), np.float32(3), np.arange(3.0)])
@pytest.mark.parametrize("attribute", ["scale", "_scale"])
def test_an_optimizer_whose_configuration_leaves_out_a_setting_is_refused(
    attribute: str, value: object, refused: Refused
) -> None:
    class Scaled(SGD):
        def __init__(self, learning_rate: float = 0.1, scale: object = 1.0, **kwargs: object) -> None:
            super().__init__(learning_rate=learning_rate, **kwargs)
            setattr(self, attribute, scale)

    with refused(f"Scaled: its get_config() leaves out {attribute!r}, so a copy of it has 1.0 instead of "):
        train(logistic(), Scaled(0.1, scale=value), 1)
    train(logistic(), Scaled(0.1), 1)


def test_a_loss_in_double_precision_gives_the_loss_of_a_model_in_single() -> None:
    """A NumPy constant makes the loss float64 where the weights are float32."""
    doubled = Problem(
        models.logistic(2), lambda y, p: tf.cast(losses.mse(y, p), tf.float64) * np.float64(2), bernoulli_line(40)
    )
    plain = Problem(models.logistic(2), lambda y, p: 2 * losses.mse(y, p), bernoulli_line(40))
    rows = np.random.default_rng(0).normal(size=(40, 2))
    np.testing.assert_allclose(doubled.loss_at(rows), plain.loss_at(rows), rtol=1e-6)
    np.testing.assert_allclose(doubled.gradient_at(rows), plain.gradient_at(rows), rtol=1e-4, atol=1e-7)
    assert_same_path(train(doubled, "sgd:0.5", 4, rows).weights, train(plain, "sgd:0.5", 4, rows).weights, "float32")


# Continuing in another process.

_CONTINUE = """
import sys
from pathlib import Path
from tfreg import Problem, datasets, losses, open_run, save_run, train
from tfreg.backend import keras

# What a process has built before counts in the names that Keras gives.
for _ in range(int(sys.argv[2])):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    train(Problem(model, losses.mse, datasets.bernoulli_line(40)), "nadam", 1)
dense = keras.layers.Dense
layers = [keras.Input((2,)), dense(2, "tanh", name="hidden"), dense(1, "sigmoid", name="output")]
problem = Problem(keras.Sequential(layers), losses.bce, datasets.bernoulli_line(40))
for path in sorted(Path(sys.argv[1]).glob("*.first.nc")):
    second = train(problem, path.name.split(".")[0], 4, continue_from=open_run(path))
    save_run(second, path.with_name(path.name.replace("first", "second")))
"""


@pytest.mark.slow
def test_every_optimizer_goes_on_from_disk_in_another_process(tmp_path: Path) -> None:
    dense = keras.layers.Dense
    layers = [keras.Input((2,)), dense(2, "tanh", name="hidden"), dense(1, "sigmoid", name="output")]
    problem = Problem(keras.Sequential(layers), losses.bce, bernoulli_line(40))
    start = starts_for(problem)[0]
    for name in optimizers.BY_NAME:
        save_run(train(problem, name, 3, start), tmp_path / f"{name}.first.nc")
    subprocess.run([sys.executable, "-c", _CONTINUE, tmp_path, "2"], check=True)
    for name in optimizers.BY_NAME:
        whole, second = train(problem, name, 7, start), open_run(tmp_path / f"{name}.second.nc")
        np.testing.assert_array_equal(second.weights, whole.weights[3:], err_msg=name)
        np.testing.assert_array_equal(second.optimizer_state, whole.optimizer_state, err_msg=name)
        assert second.state.values.tolist() == whole.state.values.tolist()
