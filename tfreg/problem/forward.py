"""The forward pass and the loss of many weight vectors at once, samples last so that memory is read in order.

Conventions: S starts (weight vectors) lead and the N samples come last. Weights are a list of tensors, one a Keras
variable, each with a leading axis S; inputs are (features, N), targets (outputs, N), activations (S, units, N).
With samples last, the inner loops run over contiguous memory however narrow the net is: on a problem of
two weights and 2000 samples that is about three times as fast as Keras's (N, units) arrays.

Only stacks of Dense layers, Normalization and element-by-element activations can be computed in this order, and only
with a loss without a hand-written gradient; every other problem calls the model as Keras does, one weight vector at a
time (`single_loss`).
"""

from collections.abc import Sequence

import numpy as np

from tfreg.backend import keras, tf
from tfreg.losses import Loss, with_logits
from tfreg.problem.loss_graph import can_vectorize, trace

_ELEMENTWISE_NAMES = (
    "linear relu relu6 leaky_relu elu selu celu gelu sigmoid hard_sigmoid log_sigmoid tanh hard_tanh tanh_shrink "
    "silu hard_silu softplus softsign soft_shrink hard_shrink squareplus mish exponential threshold"
)
ELEMENTWISE_ACTIVATIONS = tuple(getattr(keras.activations, name) for name in _ELEMENTWISE_NAMES.split())
ELEMENTWISE_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)


def can_stack(model: keras.Sequential, loss: Loss, targets: np.ndarray) -> bool:
    """True for a stack of plain Dense, Normalization and element-by-element layers, and a loss that can be vectorized.

    Args:
        model: its layers must all be trainable.
        loss: must hold no `tf.custom_gradient`, which `tf.vectorized_map` would drop without a word, and give zeros;
            and no loop, which XLA would not compile in it.
        targets: array (n_samples, n_outputs); targets of another rank are not stacked.
    """
    # A subclass may compute anything in its own `call`.
    plain = type(model) is keras.Sequential and all(is_plain(layer) for layer in model.layers)
    if not plain or len(model.input_shape) != 2 or targets.ndim != 2:
        return False
    dtype = model.trainable_variables[0].dtype
    shapes = targets.shape, (len(targets), *model.output_shape[1:])
    return can_vectorize(trace(loss, *(tf.TensorSpec(shape, dtype) for shape in shapes)))


def is_plain(layer: keras.layers.Layer) -> bool:
    """True for a layer whose outputs can be computed with samples last."""
    if layer.activity_regularizer is not None:
        return False
    if type(layer) in (*ELEMENTWISE_LAYERS, keras.layers.Normalization):
        return True
    if type(layer) is keras.layers.Activation:
        return layer.activation in ELEMENTWISE_ACTIVATIONS
    return (
        type(layer) is keras.layers.Dense
        and layer.activation in ELEMENTWISE_ACTIVATIONS
        and len(layer.trainable_variables) == (2 if layer.use_bias else 1)
        and all(v.regularizer is None and v.constraint is None for v in layer.trainable_variables)
    )


def predictions(model: keras.Sequential, weights: Sequence[tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
    """The model's outputs (S, outputs, N) for S weight vectors, on inputs (features, N)."""
    remaining = list(weights)
    activations = inputs
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            activations = _samples_swapped(layer.call(_samples_swapped(activations)))
            continue
        if not isinstance(layer, keras.layers.Dense):
            activations = layer.activation(activations) if hasattr(layer, "activation") else layer.call(activations)
            continue
        activations = _dense(remaining.pop(0), activations)
        if layer.use_bias:
            activations += remaining.pop(0)[:, :, tf.newaxis]
        activations = layer.activation(activations)
    return activations


def _samples_swapped(activations: tf.Tensor) -> tf.Tensor:
    """Activations with samples first where they were last, and last where they were first."""
    return tf.linalg.matrix_transpose(activations)


def _dense(kernel: tf.Tensor, activations: tf.Tensor) -> tf.Tensor:
    if activations.shape.rank == 3:
        return tf.matmul(kernel, activations, transpose_a=True)
    # The first layer: all starts see the same inputs, so one flat product serves them all. XLA keeps it apart from
    # its element-by-element neighbours, which makes BCE a third faster than a batched product.
    n_starts, n_inputs, n_units = kernel.shape
    rows = tf.reshape(tf.transpose(kernel, (0, 2, 1)), (n_starts * n_units, n_inputs))
    return tf.reshape(tf.matmul(rows, activations), (n_starts, n_units, activations.shape[1]))


def losses(
    model: keras.Sequential, loss: Loss, weights: Sequence[tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    """The loss of each of S weight vectors, shape (S,): the user's loss function, applied start by start."""
    outputs = predictions(model, weights, inputs)
    y_true = tf.transpose(targets)
    # Keras's sigmoid leaves its logits with its outputs, and Keras's cross-entropies compute from them.
    logits = getattr(outputs, "_keras_logits", None)

    def of_one(parts: tuple[tf.Tensor, ...]) -> tf.Tensor:
        y_pred, *behind = map(tf.transpose, parts)
        return loss(y_true, with_logits(y_pred, *behind))

    parts = (outputs,) if logits is None else (outputs, logits)
    if outputs.shape[0] == 1:
        return of_one(tuple(part[0] for part in parts))[tf.newaxis]
    return tf.vectorized_map(of_one, parts)


def single_predictions(model: keras.Sequential, weights: Sequence[tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
    """The model's outputs (N, outputs) for one weight vector on inputs (N, features), as Keras computes them."""
    frozen = [variable.value for variable in model.non_trainable_variables]
    return model.stateless_call(weights, frozen, inputs)[0]


def single_loss(
    model: keras.Sequential, loss: Loss, weights: Sequence[tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    """The loss of one weight vector, a scalar, with the model called as Keras calls it.

    Here inputs are (N, features), targets (N, outputs), and weights have no leading axis. The penalties of
    regularizers are added, as `model.fit` does.
    """
    frozen = [variable.value for variable in model.non_trainable_variables]
    outputs, _, penalties = model.stateless_call(weights, frozen, inputs, return_losses=True)
    value = loss(targets, outputs)
    return tf.add_n([value, *(tf.cast(penalty, value.dtype) for penalty in penalties)])
