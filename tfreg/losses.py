"""Losses by name, each a function (y_true, y_pred) -> scalar on the model's output.

Conventions: `y_true` and `y_pred` have shape (n_samples, n_outputs); `y_pred` holds probabilities where the formula
takes logarithms. `bce` and `mse` are unclipped, as their formulas are: BCE is infinite or NaN once a
probability rounds to 0 or 1 (logits beyond 16.6 in float32, 36.7 in float64). Clipping changes the surface (by up to
3e-4 for logits up to 20), so the clipped loss has its own name. Keras's own binary cross-entropy is neither: given the
outputs of a sigmoid it computes from the logits behind them, and only other outputs are clipped.

A problem takes any loss that `compile` takes, and as `compile` takes it: a function of one value for each sample means
their mean, and a text is Keras's name, so `"bce"` there is Keras's `binary_crossentropy` and not the function here.
"""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass

from tfreg.backend import keras, tf
from tfreg.checks.errors import InputError, shown, unknown
from tfreg.checks.kinds import checked

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def bce(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy, -mean(y log p + (1 - y) log(1 - p))."""
    return -tf.reduce_mean(y_true * tf.math.log(y_pred) + (1 - y_true) * tf.math.log(1 - y_pred))


def mse(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Mean squared error, mean((y - p)^2)."""
    return tf.reduce_mean((y_true - y_pred) ** 2)


def bce_clipped(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of probabilities clipped to [1e-7, 1 - 1e-7], as Keras clips them: finite everywhere."""
    # Without the identity, Keras would find the logits that its sigmoid leaves with its outputs, and clip nothing.
    return tf.reduce_mean(keras.losses.binary_crossentropy(y_true, tf.identity(y_pred)))


BY_NAME: dict[str, Loss] = {"bce": bce, "mse": mse, "bce_clipped": bce_clipped}


@checked
def get(name: str) -> Loss:
    """The loss of that name.

    Raises:
        InputError: there is no such loss.
    """
    if name not in BY_NAME:
        raise unknown("loss", name, BY_NAME)
    return BY_NAME[name]


@dataclass(frozen=True)
class MeanOf:
    """The mean of a loss that returns a value for each sample, as Keras's `compile` takes such a loss.

    Example:
        >>> float(MeanOf(keras.losses.mean_squared_error)(tf.zeros((2, 1)), tf.constant([[1.0], [3.0]])))
        5.0
    """

    per_sample: Loss

    def __call__(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The mean, a scalar."""
        return tf.reduce_mean(self.per_sample(y_true, y_pred))


def with_logits(outputs: tf.Tensor, logits: tf.Tensor | None = None) -> tf.Tensor:
    """Outputs that carry the logits behind them, if there are any, as Keras's activations leave them."""
    if logits is not None:
        outputs._keras_logits = logits
    return outputs


def as_compiled(loss: Loss | str) -> Loss:
    """A loss as Keras's `compile` takes it: a function, an object, or Keras's name of one.

    Raises:
        InputError: there is no such loss, or it cannot be called.

    Example:
        >>> describe(as_compiled("mae"))
        'mean_absolute_error'
    """
    if isinstance(loss, str):
        return _by_keras_name(loss)
    if isinstance(loss, type) or not callable(loss):
        raise InputError(f"expected the loss as a function such as losses.bce, got {shown(loss)}")
    if isinstance(loss, keras.losses.Loss) and loss.reduction in (None, "none"):
        raise InputError(f"the loss {describe(loss)} has no reduction; leave reduction out, or give 'sum'")
    return loss


def _by_keras_name(name: str) -> Loss:
    try:
        found = keras.losses.get(name)
    except ValueError:
        found = None
    if found is None and name in BY_NAME:
        return BY_NAME[name]
    if found is None:
        raise unknown("loss", name, [*BY_NAME, "mae", *(each for each in dir(keras.losses) if "_" in each.strip("_"))])
    return found


def describe(loss: Loss) -> str:
    """The name of a loss with what it was configured with, or the source text of a lambda, as records keep it.

    Example:
        >>> describe(lambda y, p: tf.reduce_mean((y - p) ** 2))
        'lambda y, p: tf.reduce_mean((y - p) ** 2)'
    """
    if isinstance(loss, MeanOf):
        return describe(loss.per_sample)
    name = getattr(loss, "__name__", type(loss).__name__)
    settings = ", ".join(f"{key}={value!r}" for key, value in getattr(loss, "_fn_kwargs", {}).items())
    if name == "<lambda>":
        return _lambda_source(loss) or "lambda"
    return f"{name}({settings})" if settings else name


def _lambda_source(function: Callable[..., object]) -> str | None:
    """The text of a lambda on one line, or None where its file cannot be read or the text cannot be told apart."""
    code = function.__code__  # type: ignore[attr-defined]
    try:
        lines, _ = inspect.findsource(function)
        tree = ast.parse("".join(lines))
    except (OSError, SyntaxError):
        return None
    # Several lambdas may begin on one line: the instructions of this one point at its body.
    places = set(code.co_positions())
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            body = node.body
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in places:
                return ast.unparse(node)
    return None
