"""The checks of a problem's parts: a model that is a function of weights and inputs, data that fit it, and a loss.

Conventions: a loss is looked at with all samples, as it will be computed.
"""

import numpy as np

from tfreg.backend import keras, tf
from tfreg.checks.columns import check_held
from tfreg.checks.errors import InputError, shown
from tfreg.datasets import Dataset
from tfreg.losses import Loss, MeanOf, describe
from tfreg.problem.loss_graph import check_broadcasts, check_compilable, takes_labels, trace
from tfreg.process.own_code import cause

# These take probabilities unless they are told that they get logits.
_CROSS_ENTROPIES = tuple(
    getattr(keras.losses, name)
    for name in (
        *("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"),
        *("binary_focal_crossentropy", "categorical_focal_crossentropy"),
    )
)


def check_model(model: object) -> None:
    """Refuse what is not a built `keras.Sequential` whose output depends on its weights and inputs alone.

    Raises:
        InputError: names what is wrong with the model.
    """
    if not isinstance(model, keras.Sequential):
        raise InputError(f"expected a keras.Sequential, got {shown(model)}")
    if not model.built:
        raise InputError("the model is not built; begin it with keras.Input((n_features,)) or call it on data once")
    if not model.trainable_variables:
        raise InputError("the model has no trainable weights")
    dtypes = {str(variable.dtype) for variable in model.trainable_variables}
    if len(dtypes) > 1 or not dtypes <= {"float32", "float64"}:
        raise InputError(f"expected weights all float32 or all float64, got {', '.join(sorted(dtypes))}")
    for layer in model._flatten_layers(include_self=False):
        _check_layer(layer, *dtypes)


def _check_layer(layer: keras.layers.Layer, dtype: str) -> None:
    name = f"layer {layer.name!r} ({type(layer).__name__})"
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()  # what it computes with is then what its weights hold, in a copy too
    # Dropout and noise draw in `model.fit` even where a layer is frozen.
    elif layer._seed_generators or (layer.trainable and layer._non_trainable_variables):
        raise InputError(
            f"{name} keeps state beside its weights; a loss surface needs a model that depends on weights and inputs "
            "alone"
        )
    is_input = isinstance(layer, keras.layers.InputLayer)
    computes_in = layer.dtype if is_input else layer.compute_dtype
    if computes_in != dtype and not (is_input and "float" not in computes_in):
        raise InputError(
            f"{name} computes in {computes_in}, the model's weights are {dtype}; give every layer, and keras.Input, "
            f"dtype={dtype!r}"
        )


def check_fit(model: keras.Sequential, loss: Loss, dataset: Dataset) -> Loss:
    """The loss as a scalar, once data fit the model, targets its outputs, and the loss both.

    Raises:
        InputError: names what does not fit.
    """
    inputs, targets = dataset.inputs, dataset.targets
    expected = tuple(model.input_shape[1:])
    if inputs.shape[1:] != expected:
        raise InputError(
            f"the model expects inputs of shape (samples, {', '.join(map(str, expected))}), "
            f"data set {dataset.name!r} has {inputs.shape}"
        )
    if model.input_shape[0] not in (None, len(inputs)):
        raise InputError(f"the model is built for {model.input_shape[0]} samples, the data have {len(inputs)}")
    dtype = str(model.trainable_variables[0].dtype)
    x, y = (
        tf.constant(check_held(f"{part} of data set {dataset.name!r}", getattr(dataset, part), dtype))
        for part in ("inputs", "targets")
    )
    outputs = _outputs(model, x)
    # Class labels may stand in one column, as the sparse cross-entropies take them.
    labels = outputs.shape != y.shape and targets.shape[1:] == (1,) and outputs.shape.rank == 2
    if outputs.shape != y.shape and not labels:
        raise _unlike(outputs, targets, "give them one column per output")
    graph = trace(loss, y, outputs)
    if labels and not takes_labels(graph, outputs.shape[1]):
        raise _unlike(outputs, targets, "give them one column per output, or a loss that takes labels in one column")
    if labels and not (targets == np.round(targets)).all():
        raise InputError(f"data set {dataset.name!r}: expected whole numbers as labels, got others; round them")
    check_compilable("the loss", graph)
    check_broadcasts(graph, len(y))
    _check_outputs_of(model, loss)
    return _scalar(loss, y, outputs)


def _outputs(model: keras.Sequential, x: tf.Tensor) -> tf.Tensor:
    """The model's outputs for its own weights.

    Raises:
        InputError: the model's own code raises, or holds an operation that cannot be compiled.
    """
    states = [[one.value for one in part] for part in (model.trainable_variables, model.non_trainable_variables)]
    try:
        graph = (
            tf.function(lambda x: model.stateless_call(*states, x)[0], autograph=False).get_concrete_function(x).graph
        )
        check_compilable("the model", graph)
        return model.stateless_call(*states, x)[0]
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"the model raises {cause(error)}; it is called with inputs of shape {x.shape}") from error


def _unlike(outputs: tf.Tensor, targets: np.ndarray, cure: str) -> InputError:
    return InputError(
        f"the model gives outputs of shape (samples, {', '.join(map(str, outputs.shape[1:]))}), "
        f"the targets have {targets.shape}; {cure}"
    )


def _check_outputs_of(model: keras.Sequential, loss: Loss) -> None:
    """Refuse Keras's cross-entropies of probabilities on a model that ends without an activation.

    Raises:
        InputError: says what to use instead.
    """
    takes_logits = getattr(loss, "_fn_kwargs", {}).get("from_logits", False)
    ends_linear = getattr(model.layers[-1], "activation", None) is keras.activations.linear
    if getattr(loss, "fn", loss) in _CROSS_ENTROPIES and ends_linear and not takes_logits:
        name = describe(loss).partition("(")[0]
        class_name = "".join(word.title() for word in name.split("_")) if "_" in name else name
        raise InputError(
            f"{name} takes probabilities, but the model ends without an activation; use "
            f"keras.losses.{class_name}(from_logits=True), or end the model in a sigmoid or softmax"
        )


def _scalar(loss: Loss, y: tf.Tensor, outputs: tf.Tensor) -> Loss:
    """The loss itself if it returns a scalar, its mean if it returns a value for each sample or output.

    Raises:
        InputError: it raises on these data, or returns something else.
    """
    try:
        value = loss(y, outputs)
    except Exception as error:
        raise InputError(f"the loss raises {cause(error)}") from error
    shape = getattr(value, "shape", None)
    if shape == () and value.dtype.is_floating:
        return loss
    if shape is not None and tuple(shape) in ((len(y),), tuple(outputs.shape)):
        return MeanOf(loss)
    got = type(value).__name__ if shape is None else f"shape {tuple(shape)}"
    raise InputError(f"the loss must return a scalar, got {got}; take the mean or the sum over the samples")
