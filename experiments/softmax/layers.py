"""Keras layers for what a source does and no layer of Keras's own does."""

from tfreg.backend import keras, tf
from tfreg.checks.errors import InputError


def with_divided_gradient(values: tf.Tensor, divisor: float) -> tf.Tensor:
    """`values` as they are; the gradient that flows back through them is divided by `divisor`.

    Example:
        >>> x = tf.Variable([1.0, 2.0])
        >>> with tf.GradientTape() as tape:
        ...     total = tf.reduce_sum(3 * with_divided_gradient(x, 2))
        >>> tape.gradient(total, x).numpy().tolist()
        [1.5, 1.5]
    """
    pass_through = tf.custom_gradient(lambda inner: (tf.identity(inner), lambda upstream: upstream / divisor))
    return pass_through(tf.convert_to_tensor(values))


@keras.saving.register_keras_serializable("tfreg")
class Bias(keras.layers.Layer):
    """Adds a bias to inputs (n_samples, units), with a gradient that is divided by a number.

    Behind a `Dense(units, use_bias=False)` it is that layer's bias. With a loss summed over the samples, a division by
    their number gives the sum as gradient of the kernel and the mean as gradient of the bias.

    Raises:
        InputError: a divisor of 0 or less.

    Example:
        >>> keras.Sequential([keras.Input((4,)), Dense(3, use_bias=False), Bias(divide_gradient_by=150)])
    """

    def __init__(self, divide_gradient_by: float = 1, **kwargs: object) -> None:
        super().__init__(**kwargs)
        if not divide_gradient_by > 0:
            raise InputError(f"Bias: expected to divide the gradient by a number above 0, got {divide_gradient_by!r}")
        self.divide_gradient_by = divide_gradient_by

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the bias, one number per unit, from zeros."""
        self.bias = self.add_weight(shape=input_shape[-1:], initializer="zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The inputs plus the bias."""
        return inputs + with_divided_gradient(self.bias, self.divide_gradient_by)

    def get_config(self) -> dict:
        """The layer's arguments."""
        return super().get_config() | {"divide_gradient_by": self.divide_gradient_by}
