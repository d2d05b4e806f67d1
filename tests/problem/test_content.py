"""The hash of a value's content: every kind of change is another hash, and what is made again is the same."""

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfreg import datasets, losses, models, optimizers
from tfreg.comparison import fingerprint as fingerprints
from tfreg.comparison.fingerprint import fingerprint
from tfreg.comparison.run_grid import RunGrid, Schedule
from tfreg.problem.content import content_hash
from tfreg.problem.problem import Problem

FACTOR = 2.0


class Scaled:
    """A loss that is an object."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
        return self.factor * losses.mse(y, p)


class ScaledLoss(keras.losses.Loss):
    """A Keras loss whose configuration says nothing of its factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return self._factor * (y_true - y_pred) ** 2


def closure(factor: float) -> Callable[..., object]:
    return lambda y, p: factor * losses.mse(y, p)


def default(factor: float) -> Callable[..., object]:
    return lambda y, p, factor=factor: factor * losses.mse(y, p)


def attribute(factor: float) -> Callable[..., object]:
    def loss(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
        return loss.factor * losses.mse(y, p)  # type: ignore[attr-defined]

    loss.factor = factor  # type: ignore[attr-defined]
    return loss


def constant(factor: float) -> Callable[..., object]:
    return eval(f"lambda y, p: {factor} * (y - p) ** 2")


def nested(factor: float) -> Callable[..., object]:
    inner = closure(factor)
    return lambda y, p: inner(y, p) + 1


def traced(factor: float) -> Callable[..., object]:
    return tf.function(closure(factor))


def partial(factor: float) -> Callable[..., object]:
    return functools.partial(lambda y, p, k: k * (y - p), k=factor)


KINDS: list[Callable[[float], object]] = [
    *(closure, default, attribute, constant, nested, traced, partial, Scaled, ScaledLoss, keras.losses.Huber),
    lambda factor: Scaled(factor).__call__,
    lambda factor: tf.constant(factor),
    lambda factor: np.array([1.0, factor]),
    lambda factor: {"a": (1, [factor])},
    lambda factor: {"a", "b", factor},
    lambda factor: type("Own", (keras.layers.Layer,), {"call": lambda self, x: x * factor}),
    lambda factor: keras.layers.Dense(2, activation=attribute(factor)),
    lambda factor: keras.optimizers.schedules.ExponentialDecay(factor, 3, 0.5),
]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_another_number_inside_is_another_hash_and_the_same_number_the_same(make: Callable[[float], object]) -> None:
    assert content_hash(make(2.0)) == content_hash(make(2.0))
    assert content_hash(make(2.0)) != content_hash(make(3.0))


MODULE = """import math
from math import sqrt
FACTOR = {number}
OTHER = {other}
def inner(y): return FACTOR * y
def loss(y, p):  {comment}
    return sqrt(4) * inner(y - p) + even(3)
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
"""


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A function that loads the loss of a module, written with these values."""
    numbers = iter(range(9))

    def loaded(number: float = 2, other: float = 0, comment: str = "", text: str = MODULE) -> Any:
        path = tmp_path / f"own_{next(numbers)}.py"
        path.write_text(text.format(number=number, other=other, comment=comment))
        spec = importlib.util.spec_from_file_location("own_module", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["own_module"] = module
        spec.loader.exec_module(module)
        return module

    yield loaded
    sys.modules.pop("own_module", None)


def test_globals_count_where_the_code_names_them_and_circles_end(load: Callable[..., Any]) -> None:
    first = content_hash(load().loss)
    assert content_hash(load(comment="# a comment").loss) == first
    assert content_hash(load(other=1).loss) == first
    assert content_hash(load(number=3).loss) != first
    assert content_hash(load(text=MODULE.replace("n == 0", "n == 1")).loss) != first
    assert content_hash(load(text=MODULE.replace("sqrt", "cbrt")).loss) != first


@pytest.mark.slow
def test_another_process_gives_the_same_hash() -> None:
    """Texts in sets come in an order that differs from process to process."""
    program = "from test_content import *; print(content_hash([Scaled(2), {'a', 'b', 'c', 'd'}, closure(1)]).hex())"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join([str(Path(__file__).parent), *sys.path])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


# The fingerprint of a comparison.


def own_layer(factor: float) -> type[keras.layers.Layer]:
    class Times(keras.layers.Dense):
        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            return factor * super().call(inputs)

    return Times


def own_optimizer(factor: float) -> type[keras.optimizers.Optimizer]:
    class Own(keras.optimizers.SGD):
        def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
            super().update_step(factor * gradient, variable, learning_rate)

    return Own


def asked(
    layer: type[keras.layers.Layer] = keras.layers.Dense,
    loss: Callable[..., tf.Tensor] = losses.mse,
    optimizer: object = "sgd",
    epochs: int = 2,
    start: float = 1.0,
) -> str:
    model = keras.Sequential([keras.Input((2,)), layer(1, use_bias=False)])
    problem = Problem(model, loss, datasets.bernoulli_line(20))
    return fingerprint(
        RunGrid(
            problems={"p": problem},
            optimizers={"o": optimizers.get(optimizer)},  # type: ignore[arg-type]
            varied={"learning_rate": np.array([0.1, 1])},
            seeds=None,
            starts=np.array([[start, 0]]),
            schedule=Schedule(epochs),
            tolerance=None,
            minimum={},
        )
    )


def test_the_same_question_has_the_same_fingerprint() -> None:
    assert asked() == asked()
    assert asked(loss=closure(2)) == asked(loss=closure(2))
    assert asked(own_layer(2), optimizer=own_optimizer(2)(0.1)) == asked(own_layer(2), optimizer=own_optimizer(2)(0.1))


def test_each_part_of_the_question_counts() -> None:
    others = [
        asked(),
        asked(loss=losses.bce),
        asked(loss=closure(2)),
        asked(loss=closure(3)),
        asked(own_layer(2)),
        asked(own_layer(3)),
        asked(optimizer="adam"),
        asked(optimizer="sgd:0.5"),
        asked(optimizer=own_optimizer(2)(0.01)),
        asked(optimizer=own_optimizer(3)(0.01)),
        asked(optimizer=keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5))),
        asked(epochs=3),
        asked(start=2.0),
    ]
    assert len(set(others)) == len(others)


def test_changed_code_of_the_package_counts_where_it_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hashed() -> bytes:
        fingerprints._own_code.cache_clear()
        return fingerprints._own_code()

    for folder in ("training", "draw"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "some.py").write_text("1")
    with monkeypatch.context() as patch:
        patch.setattr(fingerprints, "_PACKAGE", tmp_path)
        first = hashed()
        (tmp_path / "draw" / "some.py").write_text("2")
        assert hashed() == first
        (tmp_path / "training" / "some.py").write_text("2")
        assert hashed() != first
    fingerprints._own_code.cache_clear()


def test_a_trained_model_is_the_same_question() -> None:
    problem = Problem(models.logistic(2), losses.mse, datasets.bernoulli_line(20))
    before = content_hash(tuple(fingerprints._of_problem(problem)))
    problem.model.compile("sgd", "mse")
    problem.model.fit(problem.dataset.inputs, problem.dataset.targets, epochs=2, verbose=0)
    assert content_hash(tuple(fingerprints._of_problem(problem))) == before
