"""Losses by name, each a function (y_true, y_pred) -> scalar on the model's output.

Conventions: `y_true` and `y_pred` have shape (n_samples, n_outputs); `y_pred` holds probabilities where the formula
takes logarithms. `bce` and `mse` are unclipped, as their formulas are: BCE is infinite or NaN once a
probability rounds to 0 or 1 (logits beyond 16.6 in float32, 36.7 in float64). Clipping changes the surface (by up to
3e-4 for logits up to 20), so the clipped loss has its own name.
"""

import ast
import inspect
from collections.abc import Callable

from tfreg.backend import keras, tf
from tfreg.errors import unknown
from tfreg.kinds import checked

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def bce(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy, -mean(y log p + (1 - y) log(1 - p))."""
    return -tf.reduce_mean(y_true * tf.math.log(y_pred) + (1 - y_true) * tf.math.log(1 - y_pred))


def mse(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Mean squared error, mean((y - p)^2)."""
    return tf.reduce_mean((y_true - y_pred) ** 2)


def bce_clipped(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of probabilities clipped to [1e-7, 1 - 1e-7], as Keras's own: finite everywhere."""
    return tf.reduce_mean(keras.losses.binary_crossentropy(y_true, y_pred))


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


def describe(loss: Loss) -> str:
    """The name of a loss, or the source text of a lambda, as records keep it.

    Example:
        >>> describe(lambda y, p: tf.reduce_mean((y - p) ** 2))
        'lambda y, p: tf.reduce_mean((y - p) ** 2)'
    """
    name = getattr(loss, "__name__", type(loss).__name__)
    return (_lambda_source(loss) or "lambda") if name == "<lambda>" else name


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
