"""The checks of a problem's parts: a model that is a function of weights and inputs, and a loss that is a scalar."""

from tfreg.backend import keras, tf
from tfreg.datasets import Dataset
from tfreg.errors import InputError, shown
from tfreg.losses import Loss


def check_model(model: object) -> None:
    """Refuse what is not a built `keras.Sequential` whose output depends on its weights and inputs alone.

    Raises:
        InputError: names what is wrong with the model.
    """
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
        # Dropout and noise draw in `model.fit` even where a layer is frozen.
        if (layer.trainable and layer.non_trainable_variables) or getattr(layer, "seed_generator", None) is not None:
            raise InputError(
                f"layer {layer.name!r} ({type(layer).__name__}) keeps state beside its weights; a loss surface needs "
                "a model that depends on weights and inputs alone"
            )


def check_fit(model: keras.Sequential, loss: Loss, dataset: Dataset) -> None:
    """Refuse data that the model does not take, targets that its outputs do not match, and a loss that is no scalar.

    Raises:
        InputError: names the shapes that do not match.
    """
    inputs, targets = dataset.inputs, dataset.targets
    expected = tuple(model.input_shape[1:])
    if inputs.shape[1:] != expected:
        raise InputError(
            f"the model expects inputs of shape (samples, {', '.join(map(str, expected))}), "
            f"data set {dataset.name!r} has {inputs.shape}"
        )
    # Two rows suffice to see the shapes, unless the model is built for a fixed number of rows.
    n_rows = model.input_shape[0] or 2
    x, y = (tf.constant(array[:n_rows], model.trainable_variables[0].dtype) for array in (inputs, targets))
    outputs = model.stateless_call(
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
        x,
    )[0]
    if outputs.shape != y.shape and not _is_label_column(outputs, y):
        raise InputError(
            f"the model gives outputs of shape (samples, {', '.join(map(str, outputs.shape[1:]))}), "
            f"the targets have {targets.shape}; give them one column per output"
        )
    if not callable(loss):
        raise InputError(f"expected the loss as a function such as losses.bce, got {shown(loss)}")
    value = loss(y, outputs)
    shape = getattr(value, "shape", None)
    if shape != ():
        got = type(value).__name__ if shape is None else f"shape {tuple(shape)}"
        raise InputError(f"the loss must return a scalar, got {got}; take the mean or the sum over the samples")


def _is_label_column(outputs: tf.Tensor, targets: tf.Tensor) -> bool:
    """Class labels in one column, as the sparse cross-entropies take them."""
    return targets.shape[1:] == (1,) and outputs.shape.rank == 2
