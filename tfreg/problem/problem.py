"""A problem: a model, a loss and data, bundled so that a path and the surface under it cannot disagree.

Conventions: a weight vector is flat, in the order of the model's trainable variables, each raveled in C order; many
weight vectors are the rows of an array (S, n_weights). Computation is in the model's own dtype (float32 or float64).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from tfreg.backend import keras, tf
from tfreg.datasets import Dataset
from tfreg.errors import InputError
from tfreg.losses import Loss
from tfreg.problem import evaluate as derivatives
from tfreg.problem import forward as stacked


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be minimised: `loss(targets, model(inputs))` as a function of the model's weights.

    Attributes:
        model: any built `keras.Sequential` whose output depends on its weights and inputs alone.
        loss: function (y_true, y_pred) -> scalar, of tensors (n_samples, n_outputs).
        dataset: the inputs and targets.

    Raises:
        InputError: the model is not built, keeps state (dropout, batch normalisation), or does not fit the data; or
            the loss is no scalar.

    Example:
        >>> problem = Problem(models.logistic(2), losses.bce, datasets.bernoulli_line())
        >>> round(float(problem.loss_at([-1, 5])), 3)
        0.413
    """

    model: keras.Sequential
    loss: Loss
    dataset: Dataset

    def __post_init__(self) -> None:
        _check_model(self.model)
        inputs, targets = self.dataset.inputs, self.dataset.targets
        expected = tuple(self.model.input_shape[1:])
        if inputs.shape[1:] != expected:
            raise InputError(
                f"the model expects inputs of shape (samples, {', '.join(map(str, expected))}), "
                f"data set {self.dataset.name!r} has {inputs.shape}"
            )
        # Two rows tell the shapes without the cost of all, unless the model is built for a fixed number of rows.
        n_rows = self.model.input_shape[0] or 2
        x, y = (tf.constant(array[:n_rows], self.dtype) for array in (inputs, targets))
        weights = [variable.value for variable in self.model.trainable_variables]
        frozen = [variable.value for variable in self.model.non_trainable_variables]
        outputs, _ = self.model.stateless_call(weights, frozen, x)
        if outputs.shape != y.shape and not _is_label_column(outputs, y):
            raise InputError(
                f"the model gives outputs of shape (samples, {', '.join(map(str, outputs.shape[1:]))}), "
                f"the targets have {targets.shape}; give them one column per output"
            )
        if not callable(self.loss):
            raise InputError(f"expected the loss as a function such as losses.bce, got {self.loss!r:.60}")
        value = self.loss(y, outputs)
        shape = getattr(value, "shape", None)
        if shape != ():
            got = type(value).__name__ if shape is None else f"shape {tuple(shape)}"
            raise InputError(f"the loss must return a scalar, got {got}; take the mean or the sum over the samples")

    @cached_property
    def dtype(self) -> str:
        """The precision of the weights, `float32` or `float64`."""
        return str(self.model.trainable_variables[0].dtype)

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each trainable variable, in the order of the weight vector."""
        return tuple(tuple(variable.shape) for variable in self.model.trainable_variables)

    @cached_property
    def n_weights(self) -> int:
        """The length of a weight vector."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each weight: w0, w1, … of a single kernel with one output, else such as `hidden/kernel[0,1]`."""
        if len(self.shapes) == 1 and self.shapes[0][-1] == 1:
            return tuple(f"w{i}" for i in range(self.n_weights))
        return tuple(
            f"{'/'.join(variable.path.split('/')[-2:])}[{','.join(map(str, index))}]"
            for variable in self.model.trainable_variables
            for index in np.ndindex(*variable.shape)
        )

    @property
    def initial_weights(self) -> np.ndarray:
        """The weight vector that the model holds, shape (n_weights,)."""
        return np.concatenate([np.ravel(variable) for variable in self.model.trainable_variables])

    @cached_property
    def can_stack(self) -> bool:
        """Whether many weight vectors can be computed at once (`tfreg.problem.forward`)."""
        targets = self.dataset.targets
        if not stacked.can_stack(self.model) or targets.ndim != 2:
            return False
        shapes = targets.shape, (len(targets), *self.model.output_shape[1:])
        return not stacked.has_hand_written_gradient(self.loss, *(tf.TensorSpec(shape, self.dtype) for shape in shapes))

    @cached_property
    def tensors(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Inputs and targets in the problem's precision, samples last where the problem can be stacked."""
        pair = (self.dataset.inputs, self.dataset.targets)
        return tuple(tf.constant(array.T if self.can_stack else array, self.dtype) for array in pair)  # type: ignore[return-value]

    @cached_property
    def programs(self) -> dict[Hashable, Any]:
        """The programs compiled for this problem so far; they live as long as it does."""
        return {}

    def on(self, dataset: Dataset) -> "Problem":
        """The same model and loss on other data; data of the same shape share the compiled programs.

        Example:
            >>> problem.on(datasets.bernoulli_line(seed=1)).programs is problem.programs
            True
        """
        other = replace(self, dataset=dataset)
        if (dataset.inputs.shape, dataset.targets.shape) == (self.dataset.inputs.shape, self.dataset.targets.shape):
            other.__dict__.update(programs=self.programs, can_stack=self.can_stack)
        return other

    def losses(self, weights: Sequence[tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """The loss (S,) of S weight vectors given as variables with a leading axis S; for use inside programs."""
        if self.can_stack:
            return stacked.losses(self.model, self.loss, weights, inputs, targets)
        one = partial(stacked.single_loss, self.model, self.loss, inputs=inputs, targets=targets)
        if weights[0].shape[0] == 1:
            return one([variable[0] for variable in weights])[tf.newaxis]
        return tf.map_fn(one, list(weights), fn_output_signature=tf.as_dtype(self.dtype))

    def predictions(self, weights: Sequence[tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
        """The model's outputs (S, n_samples, n_outputs) for S weight vectors; for use inside programs."""
        if self.can_stack:
            return tf.transpose(stacked.predictions(self.model, weights, inputs), (0, 2, 1))
        one = partial(stacked.single_predictions, self.model, inputs=inputs)
        return tf.map_fn(one, list(weights), fn_output_signature=tf.as_dtype(self.dtype))

    def unflatten(self, vectors: tf.Tensor) -> list[tf.Tensor]:
        """Weight vectors (S, n_weights) as one tensor per variable, each with a leading axis S."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        parts = tf.split(vectors, sizes, axis=1)
        return [tf.reshape(part, (-1, *shape)) for part, shape in zip(parts, self.shapes, strict=True)]

    def check_weights(self, weights: object, what: str = "weights") -> np.ndarray:
        """`weights` as an array (n_weights,) or (S, n_weights) in the problem's precision.

        Raises:
            InputError: another length, or values that are not finite numbers.
        """
        try:
            array = np.asarray(weights, dtype=self.dtype)
        except (TypeError, ValueError):
            raise InputError(f"{what}: expected {self.n_weights} numbers, got {weights!r:.60}") from None
        if array.ndim not in (1, 2) or array.shape[-1] != self.n_weights or array.size == 0:
            raise InputError(
                f"{what}: expected {self.n_weights} numbers ({', '.join(self.labels[:4])}"
                f"{', …' if self.n_weights > 4 else ''}) or rows of so many, got shape {array.shape}"
            )
        if not np.isfinite(array).all():
            raise InputError(f"{what}: expected finite numbers, got NaN or infinite values")
        return array

    def predictions_at(self, weights: object) -> np.ndarray:
        """The model's outputs at one weight vector, (n_samples, n_outputs), or at many, with a leading S."""
        return self._at(weights, "predictions")

    def layer_outputs_at(self, weights: object) -> dict[str, np.ndarray]:
        """What comes out of each layer at one weight vector, (n_samples, units), by the layer's name."""
        rows = self.check_weights(weights)[np.newaxis]
        variables = iter([variable[0] for variable in self.unflatten(tf.constant(rows))])
        values, outputs = tf.constant(self.dataset.inputs, self.dtype), {}
        for layer in self.model.layers:
            own = [next(variables) for _ in layer.trainable_variables]
            frozen = [variable.value for variable in layer.non_trainable_variables]
            values, _ = layer.stateless_call(own, frozen, values)
            outputs[layer.name] = values.numpy()
        return outputs

    def loss_at(self, weights: object) -> np.ndarray:
        """The loss at one weight vector, a scalar array, or at many, shape (S,)."""
        return self._at(weights, "loss")

    def gradient_at(self, weights: object) -> np.ndarray:
        """The gradient of the loss at one weight vector, shape (n_weights,), or at many, (S, n_weights)."""
        return self._at(weights, "gradient")

    def hessian_at(self, weights: object) -> np.ndarray:
        """The Hessian of the loss at one weight vector, (n_weights, n_weights), or at many, with a leading S."""
        return self._at(weights, "hessian")

    def _at(self, weights: object, what: str) -> np.ndarray:
        try:
            array = np.asarray(weights, dtype=self.dtype)
        except (TypeError, ValueError):
            raise InputError(f"weights: expected {self.n_weights} numbers, got {weights!r:.60}") from None
        if array.ndim not in (1, 2) or array.shape[-1] != self.n_weights or array.size == 0:
            raise InputError(f"weights: expected {self.n_weights} numbers or rows of so many, got shape {array.shape}")
        values = derivatives.evaluate(self, np.atleast_2d(array), what)
        return values[0] if array.ndim == 1 else values


def _is_label_column(outputs: tf.Tensor, targets: tf.Tensor) -> bool:
    """Class labels in one column, as the sparse cross-entropies take them."""
    return targets.shape[1:] == (1,) and outputs.shape.rank == 2


def _check_model(model: object) -> None:
    if not isinstance(model, keras.Sequential):
        raise InputError(f"expected a keras.Sequential, got {type(model).__name__}")
    if not model.built:
        raise InputError("the model is not built; begin it with keras.Input((n_features,)) or call it on data once")
    if not model.trainable_variables:
        raise InputError("the model has no trainable weights")
    dtypes = {str(variable.dtype) for variable in model.trainable_variables}
    if len(dtypes) > 1 or not dtypes <= {"float32", "float64"}:
        raise InputError(f"expected weights all float32 or all float64, got {', '.join(sorted(dtypes))}")
    for layer in model.layers:
        if layer.trainable and layer.non_trainable_variables:
            raise InputError(
                f"layer {layer.name!r} ({type(layer).__name__}) keeps state beside its weights; a loss surface needs "
                "a model that depends on weights and inputs alone"
            )
