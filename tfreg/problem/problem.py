"""A problem: a model, a loss and data, bundled so that a path and the surface under it cannot disagree.

Conventions: a weight vector is flat, in the order of the model's trainable variables, each raveled in C order; many
weight vectors are the rows of an array (S, n_weights). Computation is in the model's own dtype (float32 or float64).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from tfreg.backend import keras, tf
from tfreg.checks.errors import InputError, shown
from tfreg.checks.kinds import Count, Numbers, Seed, checked
from tfreg.checks.values import check_array, check_precision
from tfreg.datasets import Dataset
from tfreg.losses import Loss, as_compiled, describe
from tfreg.problem import forward
from tfreg.problem.checks import check_fit, check_model
from tfreg.problem.evaluate import OfRows, evaluate, gradients, hessians, slopes
from tfreg.problem.layers import describe_layers
from tfreg.problem.programs import Programs, compiled_alike, programs_for
from tfreg.problem.surroundings import unchanging


@checked
@dataclass(frozen=True, eq=False)
class Problem:
    """The loss `loss(targets, model(inputs))` as a function of the model's weights.

    Attributes:
        model: any built `keras.Sequential` whose output depends on its weights and inputs alone.
        loss: function (y_true, y_pred) -> scalar, of tensors (n_samples, n_outputs); or what else `compile` takes as
            one (`tfreg.losses`). What it takes from around it may not change as long as the problem is used.
        dataset: the inputs and targets.
        programs: what has been compiled for models, losses and shapes of data like these.

    Raises:
        InputError: the model is not built, keeps state (dropout, batch normalisation), computes in mixed precision or
            does not fit the data; the data lose their values in its precision; or the loss raises, cannot be compiled,
            is no scalar, or broadcasts targets against outputs.

    Example:
        >>> problem = Problem(models.logistic(2), losses.bce, datasets.bernoulli_line())
        >>> round(float(problem.loss_at([-1, 5])), 3)
        0.301
    """

    model: keras.Sequential
    loss: Loss | str
    dataset: Dataset
    programs: Programs = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_model(self.model)
        loss = check_fit(self.model, as_compiled(self.loss), self.dataset)
        object.__setattr__(self, "loss", loss)  # from here on a function that returns a scalar
        alike = compiled_alike(self.model, loss, self.dataset, self.labels)
        object.__setattr__(self, "programs", programs_for(alike, unchanging(loss, self.model)))

    @property
    def scalar_loss(self) -> Loss:
        """The loss as a function (y_true, y_pred) -> scalar."""
        assert not isinstance(self.loss, str)
        return self.loss

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
    def row_elements(self) -> int:
        """The size of the widest array that one weight vector needs: the widest layer's outputs for all samples."""
        return max(shape[-1] for shape in self.shapes) * len(self.dataset.inputs)

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

    @cached_property
    def layers(self) -> str:
        """The model as records keep it: the configuration of its layers, without names and initializers."""
        return describe_layers(self.model)

    @cached_property
    def loss_source(self) -> str:
        """The loss as records name it: its name, or the source text of a lambda."""
        return describe(self.scalar_loss)

    @property
    def initial_weights(self) -> np.ndarray:
        """The weight vector that the model holds, shape (n_weights,)."""
        return np.concatenate([np.ravel(variable) for variable in self.model.trainable_variables])

    @checked
    def random_starts(self, count: Count, seed: Seed) -> np.ndarray:
        """Draw weight vectors (count, n_weights) as Keras draws the weights of Dense layers unless told otherwise.

        Kernels are uniform within ± sqrt(6 / (n_inputs + n_units)) (Glorot and Bengio 2010), biases zero.

        Example:
            >>> Problem(models.relu_net(2), losses.mse, datasets.piecewise()).random_starts(1000, seed=0).shape
            (1000, 7)
        """
        random = np.random.default_rng(seed)
        limits = [np.sqrt(6 / sum(shape)) if len(shape) == 2 else 0.0 for shape in self.shapes]
        drawn = [
            random.uniform(-limit, limit, (count, int(np.prod(shape))))
            for limit, shape in zip(limits, self.shapes, strict=True)
        ]
        return np.concatenate(drawn, axis=1)

    @cached_property
    def can_stack(self) -> bool:
        """True if many weight vectors can be computed at once (`tfreg.problem.forward`)."""
        return self.programs.get(
            "can_stack", lambda: forward.can_stack(self.model, self.scalar_loss, self.dataset.targets)
        )

    @cached_property
    def tensors(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Inputs and targets in the problem's precision, samples last where the problem can be stacked."""
        inputs, targets = (
            tf.constant(array.T if self.can_stack else array, self.dtype)
            for array in (self.dataset.inputs, self.dataset.targets)
        )
        return inputs, targets

    @checked
    def on(self, dataset: Dataset) -> "Problem":
        """The same model and loss on other data; data of the same shape share the compiled programs.

        Example:
            >>> problem.on(datasets.bernoulli_line(seed=1)).programs is problem.programs
            True
        """
        shapes, others = ((one.inputs.shape, one.targets.shape) for one in (self.dataset, dataset))
        self.programs.check()
        other = replace(self, dataset=dataset)
        if shapes == others:
            object.__setattr__(other, "programs", self.programs)
        return other

    def losses(self, weights: Sequence[tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """The loss (S,) of S weight vectors given as variables with a leading axis S; for use inside programs."""
        # A constant in double precision may have made a loss of weights in single precision double.
        return tf.cast(self._losses(weights, inputs, targets), self.dtype)

    def _losses(self, weights: Sequence[tf.Tensor], inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        if self.can_stack:
            return forward.losses(self.model, self.scalar_loss, weights, inputs, targets)
        one = partial(forward.single_loss, self.model, self.scalar_loss, inputs=inputs, targets=targets)
        if weights[0].shape[0] == 1:
            return one([variable[0] for variable in weights])[tf.newaxis]
        in_precision = lambda variables: tf.cast(one(variables), self.dtype)  # noqa: E731
        return tf.map_fn(in_precision, list(weights), fn_output_signature=tf.as_dtype(self.dtype))

    def predictions(self, weights: Sequence[tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
        """The model's outputs (S, n_samples, n_outputs) for S weight vectors; for use inside programs."""
        if self.can_stack:
            return tf.transpose(forward.predictions(self.model, weights, inputs), (0, 2, 1))
        one = partial(forward.single_predictions, self.model, inputs=inputs)
        return tf.map_fn(one, list(weights), fn_output_signature=tf.as_dtype(self.dtype))

    def unflatten(self, vectors: tf.Tensor) -> list[tf.Tensor]:
        """Weight vectors (S, n_weights) as one tensor per variable, each with a leading axis S."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        parts = tf.split(vectors, sizes, axis=1)
        return [tf.reshape(part, (-1, *shape)) for part, shape in zip(parts, self.shapes, strict=True)]

    @checked
    def check_weights(self, weights: object, what: str = "weights", finite: bool = True) -> np.ndarray:
        """`weights` as an array (n_weights,) or (S, n_weights) in the problem's precision.

        Raises:
            InputError: another length, values beyond the precision, or (if they have to be finite) NaN or infinite
                values, and values that are zero in it.
        """
        try:
            array = np.asarray(weights)
            array = array if array.dtype == self.dtype else np.asarray(weights, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"{what}: expected {self.n_weights} numbers, got {shown(weights)}") from None
        if array.ndim not in (1, 2) or array.shape[-1] != self.n_weights or array.size == 0:
            raise InputError(
                f"{what}: expected {self.n_weights} numbers ({', '.join(self.labels[:4])}"
                f"{', …' if self.n_weights > 4 else ''}) or rows of so many, got shape {array.shape}"
            )
        if finite and not np.isfinite(array).all():
            raise InputError(f"{what}: expected finite numbers, got NaN or infinite values")
        # What a search or a plane gives may be as small as it likes.
        return array if array.dtype == self.dtype else check_precision(what, array, self.dtype, small=finite)

    def predictions_at(self, weights: object) -> np.ndarray:
        """The model's outputs at one weight vector, (n_samples, n_outputs), or at many, with a leading S."""
        return self._at("predictions", weights, lambda rows, x, _: self.predictions(self.unflatten(rows), x))

    def layer_outputs_at(self, weights: object) -> dict[str, np.ndarray]:
        """The output of each layer at one weight vector, (n_samples, units), by the layer's name."""
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
        return self._at("loss", weights, self._losses_of_rows)

    def gradient_at(self, weights: object) -> np.ndarray:
        """The gradient of the loss at one weight vector, shape (n_weights,), or at many, (S, n_weights)."""
        return self.loss_and_gradient_at(weights)[1]

    def loss_and_gradient_at(self, weights: object) -> tuple[np.ndarray, np.ndarray]:
        """The loss and its gradient at one weight vector or at many."""
        values = self._at("gradient", weights, gradients(self._losses_of_rows))
        return values[..., 0], values[..., 1:]

    def hessian_at(self, weights: object) -> np.ndarray:
        """The Hessian of the loss at one weight vector, (n_weights, n_weights), or at many, with a leading S."""
        return self.expansion_at(weights)[2]

    def expansion_at(self, weights: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The loss, its gradient and its Hessian at one weight vector or at many."""
        n = self.n_weights
        values = self._at("hessian", weights, hessians(self._losses_of_rows), copies=n)
        return values[..., 0], values[..., 1 : n + 1], values[..., n + 1 :].reshape(*values.shape[:-1], n, n)

    @checked
    def slopes_at(self, weights: object, directions: Numbers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Loss, gradient (2,) and Hessian (2, 2) in two directions (2, n_weights), at one weight vector or at many."""
        along = tf.constant(check_array("directions", directions, 2, self.n_weights, finite=True), self.dtype)
        values = self._at("slopes", weights, slopes(self._losses_of_rows), (along,))
        return values[..., 0], values[..., 1:3], values[..., 3:].reshape(*values.shape[:-1], 2, 2)

    def _losses_of_rows(self, rows: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        return self.losses(self.unflatten(rows), inputs, targets)

    def _at(
        self, what: str, weights: object, function: OfRows, more: tuple[tf.Tensor, ...] = (), copies: int = 1
    ) -> np.ndarray:
        """Evaluate a function of rows, the data and more, that computes so many copies of each row side by side."""
        array = self.check_weights(weights, finite=False)
        row_elements = max(self.row_elements, self.n_weights) * copies
        values = evaluate(what, function, np.atleast_2d(array), (*self.tensors, *more), row_elements, self.programs)
        return values[0] if array.ndim == 1 else values
