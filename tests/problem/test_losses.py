"""Losses as users write them: broadcasts by mistake, labels, Keras's own, and what cannot be compiled."""

import inspect
from collections.abc import Callable

import numpy as np
import plain_keras
import pytest
from conftest import Refused

from tfreg import losses, models
from tfreg.backend import keras, tf
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.losses import Loss
from tfreg.problem.problem import Problem
from tfreg.training.train import train

DATA = bernoulli_line(30)
X, Y = DATA.inputs, DATA.targets
LABELS = np.arange(30) % 3
LABELLED = Dataset("labelled", X, LABELS)
WEIGHTS = np.linspace(1, 2, 30).astype(np.float32)
AT = np.array([0.5, -0.5])
P = 1 / (1 + np.exp(-X @ AT))[:, np.newaxis]


def three_outputs(activation: str | None = "softmax") -> keras.Sequential:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation=activation)])


def linear() -> keras.Sequential:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])


# Broadcasts.

MISTAKEN: dict[str, Loss] = {
    "targets squeezed": lambda y, p: tf.reduce_mean((tf.squeeze(y) - p) ** 2),
    "outputs squeezed": lambda y, p: tf.reduce_mean(tf.abs(y - p[:, 0])),
    "sum": lambda y, p: tf.reduce_sum((y[:, 0] - p) ** 2),
    "within tf.function": tf.function(lambda y, p: tf.reduce_mean((tf.squeeze(y) - p) ** 2)),
    "weights of samples": lambda y, p: tf.reduce_mean(WEIGHTS * (y - p) ** 2),
    "a mean without keepdims": lambda y, p: tf.reduce_mean((p - tf.reduce_mean(y, axis=1)) ** 2),
    "per sample": lambda y, p: tf.reduce_mean((tf.squeeze(y) - p) ** 2, axis=1),
    "a mask": lambda y, p: tf.reduce_mean(tf.where(y[:, 0] > 0, p, 1 - p)),
}


@pytest.mark.parametrize("loss", MISTAKEN.values(), ids=MISTAKEN)
def test_rows_against_columns_by_mistake_are_refused(loss: Loss, refused: Refused) -> None:
    with refused("to 30 × 30 values"):
        Problem(models.logistic(2), loss, DATA)


def pairs(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    """Of all pairs with one target 1 and the other 0, the outputs in the wrong order."""
    return tf.reduce_mean((y - tf.transpose(y)) * tf.nn.softplus(tf.transpose(p) - p))


def pairs_by_one_new_axis(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    z, q = y[:, 0], p[:, 0]
    return tf.reduce_mean((z[:, None] - z) * tf.nn.softplus(-(q[:, None] - q)))


ERROR = (Y - P) ** 2
PAIRS = np.mean((Y - Y.T) * np.log1p(np.exp(P.T - P)))
# With its value in closed form.
MEANT: dict[str, tuple[Loss, float]] = {
    "both squeezed": (lambda y, p: tf.reduce_mean((tf.squeeze(y) - tf.squeeze(p)) ** 2), ERROR.mean()),
    "maximum": (lambda y, p: tf.reduce_max((y - p) ** 2), ERROR.max()),
    "log of a sum": (lambda y, p: tf.reduce_logsumexp((y - p) ** 2), np.log(np.exp(ERROR).sum())),
    "weights as a column": (
        lambda y, p: tf.reduce_mean(WEIGHTS[:, None] * (y - p) ** 2),
        np.mean(WEIGHTS[:, None] * ERROR),
    ),
    "weights of rows": (lambda y, p: tf.reduce_mean(WEIGHTS * (y - p)[:, 0] ** 2), np.mean(WEIGHTS * ERROR[:, 0])),
    "weights by target": (lambda y, p: tf.reduce_mean((1 + y) * (y - p) ** 2), np.mean((1 + Y) * ERROR)),
    "all pairs": (pairs, PAIRS),
    "all pairs by one axis": (pairs_by_one_new_axis, PAIRS),
    "a loop": (
        lambda y, p: tf.reduce_mean(tf.map_fn(lambda z: (z[0] - z[1]) ** 2, (y, p), fn_output_signature=tf.float32)),
        ERROR.mean(),
    ),
}


@pytest.mark.parametrize(("loss", "value"), MEANT.values(), ids=MEANT)
def test_what_is_meant_is_computed_and_not_refused(loss: Loss, value: float) -> None:
    problem = Problem(models.logistic(2), loss, DATA)
    np.testing.assert_allclose(problem.loss_at([AT, AT]), [value, value], rtol=2e-5)


def test_a_single_sample_cannot_be_paired_by_mistake() -> None:
    Problem(models.logistic(2), MISTAKEN["targets squeezed"], Dataset("one", X[:1], Y[:1]))


# Labels in one column.


@pytest.mark.parametrize("name", ["mse", "mae", "hinge", "binary_crossentropy"])
def test_one_column_for_three_outputs_is_refused_by_losses_that_take_no_labels(name: str, refused: Refused) -> None:
    with refused("(30, 1)"):
        Problem(three_outputs(), name, LABELLED)


@pytest.mark.parametrize("loss", [losses.mse, losses.bce, losses.bce_clipped])
def test_our_own_losses_take_no_labels(loss: Loss, refused: Refused) -> None:
    with refused("(30, 1)"):
        Problem(three_outputs(), loss, LABELLED)


SPARSE: dict[str, Loss | str] = {
    "by name": "sparse_categorical_crossentropy",
    "by function": lambda y, p: tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, p)),
    "by one-hot columns": lambda y, p: -3 * tf.reduce_mean(tf.one_hot(tf.cast(y[:, 0], tf.int32), 3) * tf.math.log(p)),
    "by comparing": lambda y, p: -3 * tf.reduce_mean(tf.cast(tf.equal(y, tf.range(3.0)), p.dtype) * tf.math.log(p)),
}


@pytest.mark.parametrize("loss", SPARSE.values(), ids=SPARSE)
def test_losses_that_take_labels_take_them_in_one_column(loss: Loss | str) -> None:
    weights = np.random.default_rng(0).normal(size=9)
    logits = X @ weights[:6].reshape(2, 3) + weights[6:]
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(30), LABELS])
    np.testing.assert_allclose(Problem(three_outputs(), loss, LABELLED).loss_at(weights), expected, rtol=1e-5)


def test_labels_that_are_none_of_the_outputs_are_refused(refused: Refused) -> None:
    with refused("outside the valid range"):
        Problem(three_outputs(), "sparse_categorical_crossentropy", Dataset("from 1", X, LABELS + 1))
    with refused("expected whole numbers as labels"):
        Problem(three_outputs(), "sparse_categorical_crossentropy", Dataset("halves", X, LABELS / 2))
    # Of a loss that counts from 1 they are right.
    Problem(
        three_outputs(),
        lambda y, p: tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y - 1, p)),
        Dataset("from 1", X, LABELS + 1),
    )


# Keras's losses.


KERAS: list[object] = [
    *("mse", "mean_squared_error", "bce", "mae", "Huber", "log_cosh"),
    keras.losses.mean_squared_error,
    keras.losses.binary_crossentropy,
    keras.losses.Huber(delta=0.1),
    keras.losses.BinaryCrossentropy(label_smoothing=0.2),
    keras.losses.MeanSquaredError(reduction="sum"),
    lambda y, p: keras.ops.square(y - p),
]


@pytest.mark.parametrize(
    "loss", [pytest.param(loss, marks=[pytest.mark.slow] if place % 4 else []) for place, loss in enumerate(KERAS)]
)
@pytest.mark.parametrize("start", [(0.5, -0.5), pytest.param((20.0, -40.0), marks=pytest.mark.slow)])
def test_a_loss_of_keras_is_taken_as_compile_takes_it(loss: object, start: tuple[float, float]) -> None:
    """Far out, Keras computes the cross-entropy from the sigmoid's logits, and clips nothing."""
    problem = Problem(models.logistic(2), loss, DATA)
    assert problem.can_stack
    model = plain_keras.copy_of_model(problem, np.array(start))
    model.compile(keras.optimizers.SGD(0.1), loss=loss, run_eagerly=True)
    inputs, targets = X.astype(np.float32), Y.astype(np.float32)
    history = model.fit(inputs, targets, batch_size=30, epochs=2, verbose=0)
    run = train(problem, "sgd:0.1", 2, start)
    np.testing.assert_allclose(run.loss[:2], history.history["loss"], rtol=2e-5)
    np.testing.assert_allclose(run.weights[2], plain_keras.flat(model), rtol=2e-5)


def test_records_name_the_loss_that_was_taken() -> None:
    def source(loss: Loss | str) -> str:
        return Problem(models.logistic(2), loss, DATA).loss_source

    assert source("bce") == "binary_crossentropy"  # Keras's, which is not ours
    assert source(losses.bce) == "bce"
    assert source("bce_clipped") == "bce_clipped"
    assert source(keras.losses.Huber(delta=0.5)) == "Huber(delta=0.5)"


def test_the_clipped_bce_clips_on_every_path() -> None:
    """Keras's sigmoid leaves its logits with its outputs, from which Keras would compute without clipping."""

    class Plain(keras.layers.Dense):
        """Another class, so that the model is called as Keras calls it."""

    stacked = Problem(models.logistic(2), losses.bce_clipped, DATA)
    layer = Plain(1, use_bias=False, activation="sigmoid")
    called = Problem(keras.Sequential([keras.Input((2,)), layer]), losses.bce_clipped, DATA)
    assert stacked.can_stack
    assert not called.can_stack
    far = [20.0, -40.0]
    np.testing.assert_allclose(called.loss_at(far), stacked.loss_at(far), rtol=1e-6)
    assert Problem(models.logistic(2), "bce", DATA).loss_at(far) > 1.05 * stacked.loss_at(far)


LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


def test_logits_go_to_losses_of_logits(refused: Refused) -> None:
    for loss in (LOGITS, lambda y, p: tf.reduce_mean(keras.losses.binary_crossentropy(y, p, from_logits=True))):
        with refused(
            "takes logits (from_logits=True), but the model ends in a sigmoid or softmax; leave from_logits out"
        ):
            Problem(models.logistic(2), loss, DATA)
    with refused("use keras.losses.BinaryCrossentropy(from_logits=True)"):
        Problem(linear(), "bce", DATA)
    with refused("use keras.losses.SparseCategoricalCrossentropy(from_logits=True)"):
        Problem(three_outputs(None), "sparse_categorical_crossentropy", LABELLED)
    with_logits, with_sigmoid = Problem(linear(), LOGITS, DATA), Problem(models.logistic(2), "bce", DATA)
    np.testing.assert_allclose(with_logits.loss_at(AT), with_sigmoid.loss_at(AT), rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        ("msee", "unknown loss 'msee'; did you mean 'mse'?"),
        ("", "unknown loss ''"),
        (None, "expected the loss as a function such as losses.bce, got None"),
        (keras.losses.Huber, "expected the loss as a function such as losses.bce, got the class Huber"),
        (keras.losses.Huber(reduction=None), "has no reduction"),
    ],
)
def test_what_is_no_loss_is_refused(loss: object, says: str, refused: Refused) -> None:
    with refused(says):
        Problem(models.logistic(2), loss, DATA)


# Losses that raise, and operations that cannot be compiled.


def prints(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    tf.print("loss", p[0])
    return losses.mse(y, p)


def branches(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(p) if tf.reduce_mean(p) > 0 else tf.reduce_sum(y)


NOT_COMPILED: dict[str, tuple[Loss, str]] = {
    "print": (prints, "the loss holds tf.print"),
    "py_function": (lambda y, p: tf.py_function(losses.mse, (y, p), tf.float32), "the loss holds tf.py_function"),
    "numpy_function": (
        lambda y, p: tf.numpy_function(lambda a, b: np.mean((a - b) ** 2), (y, p), tf.float32),
        "the loss holds tf.numpy_function",
    ),
    "within tf.function": (tf.function(prints), "the loss holds tf.print"),
    "numpy()": (lambda y, p: tf.reduce_mean((y.numpy() - p) ** 2), "compute with tf or keras.ops alone"),
    "NumPy": (lambda y, p: np.mean((y - p) ** 2), "compute with tf or keras.ops alone"),
    "if": (branches, "compute with tf or keras.ops alone"),
}


@pytest.mark.parametrize(("loss", "says"), NOT_COMPILED.values(), ids=NOT_COMPILED)
def test_operations_that_cannot_be_compiled_are_named(loss: Loss, says: str, refused: Refused) -> None:
    with refused(says):
        Problem(models.logistic(2), loss, DATA)


def test_operations_in_a_model_and_unusual_ones_are_named_too(refused: Refused) -> None:
    class Prints(keras.layers.Dense):
        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            tf.print("layer")
            return super().call(inputs)

    with refused("the model holds tf.print"):
        Problem(keras.Sequential([keras.Input((2,)), Prints(1)]), losses.mse, DATA)

    def as_text(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(p * tf.cast(tf.strings.length(tf.strings.as_string(y)), p.dtype))

    problem = Problem(models.logistic(2), as_text, DATA)
    uses: list[Callable[[], object]] = [lambda: problem.loss_at(AT), lambda: train(problem, "sgd:0.1", 1)]
    for use in uses:
        with refused("the operation AsString, which XLA cannot compile"):
            use()


def raises(y: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    return y / (1 / 0)


def test_a_loss_that_raises_is_told_with_its_line(refused: Refused) -> None:
    line = inspect.getsourcelines(raises)[1] + 1
    with refused(f"test_losses.py:{line}: ZeroDivisionError: division by zero"):
        Problem(models.logistic(2), raises, DATA)
    with refused("TypeError"):
        Problem(models.logistic(2), lambda y: y, DATA)


def test_a_model_that_raises_is_told_with_its_line(refused: Refused) -> None:
    class Raises(keras.layers.Dense):
        broken = False

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            if self.broken:
                raise KeyError("mine")
            return super().call(inputs)

    layer = Raises(1)
    model = keras.Sequential([keras.Input((2,)), layer])
    layer.broken = True
    with refused("KeyError: "):
        Problem(model, losses.mse, DATA)
