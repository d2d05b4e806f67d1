"""What a loss does, read from its graph: operations that XLA cannot compile, broadcasts by mistake, labels.

A loss is traced with the targets of all samples, since it may hold a weight for each of them.

Conventions: targets are (N, targets), outputs (N, outputs). A broadcast by mistake is one of N rows against N columns
that the loss did not ask for: an operation of two operands of unlike rank, such as (N,) and (N, 1), with N × N values
as its result. Whoever compares all pairs writes an axis of length 1 into both operands, or into one that is made from
the other, as in `p[:, None] - p`. Where N is also the number of outputs the two cannot be told apart, and nothing is
said.
"""

import warnings
from collections.abc import Iterator

from tfreg.backend import tf
from tfreg.checks.errors import InputError
from tfreg.losses import Loss, with_logits
from tfreg.process.own_code import cause

_BROADCASTING_NAMES = (
    "Add AddV2 Sub Mul Div RealDiv DivNoNan FloorDiv FloorMod Pow SquaredDifference Maximum Minimum Xdivy Xlogy "
    "Xlog1py Atan2 Equal NotEqual Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr SelectV2"
)
_BROADCASTING = frozenset(_BROADCASTING_NAMES.split())
_NOT_COMPILED = {
    "EagerPyFunc": "tf.py_function",
    "PyFunc": "tf.numpy_function",
    "PyFuncStateless": "tf.numpy_function",
    "StringFormat": "tf.print or tf.strings.format",
    "PrintV2": "tf.print",
    "Print": "tf.print",
}
_BRANCHES = frozenset(("If", "StatelessIf", "While", "StatelessWhile", "Case"))
_CALLS = _BRANCHES | {"PartitionedCall", "StatefulPartitionedCall"}
_NEW_AXIS = frozenset({"ExpandDims", "StridedSlice", "Reshape"})


def trace(loss: Loss, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Graph:
    """The graph of a loss on targets and outputs like these.

    Raises:
        InputError: the loss raises, or takes the outputs of a sigmoid or softmax for logits.
    """
    logits = getattr(y_pred, "_keras_logits", None)
    arguments = (y_true, y_pred) if logits is None else (y_true, y_pred, logits)

    @tf.function(autograph=False)
    def traced(y_true: tf.Tensor, y_pred: tf.Tensor, *behind: tf.Tensor) -> tf.Tensor:
        return loss(y_true, with_logits(y_pred, *behind))

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", ".*received `from_logits=True`")
            return traced.get_concrete_function(*(tf.TensorSpec(one.shape, one.dtype) for one in arguments)).graph
    except UserWarning as warning:
        if "from_logits" not in str(warning):
            raise
        raise InputError(
            "the loss takes logits (from_logits=True), but the model ends in a sigmoid or softmax; leave from_logits "
            "out, or end the model without an activation"
        ) from None
    except Exception as error:
        raise InputError(f"the loss raises {cause(error)}; {_cure(loss, y_true, y_pred)}") from error


def _cure(loss: Loss, y_true: tf.Tensor, y_pred: tf.Tensor) -> str:
    """What to do about a loss that raises in a graph: it may work when called by itself, as NumPy does."""
    try:
        loss(y_true, y_pred)
    except Exception:
        return f"it is called with targets of shape {tuple(y_true.shape)} and outputs of shape {tuple(y_pred.shape)}"
    return "it is compiled: compute with tf or keras.ops alone, without NumPy, .numpy() or if on tensors"


def operations(graph: tf.Graph) -> Iterator[tf.Operation]:
    """The operations of a graph and of the functions that it calls."""
    for operation in graph.get_operations():
        yield operation
        if operation.type in _CALLS:
            for value in operation.node_def.attr.values():
                if value.func.name:
                    yield from operations(graph._get_function(value.func.name).graph)


def check_compilable(what: str, graph: tf.Graph) -> None:
    """Refuse operations that XLA does not compile.

    Raises:
        InputError: names the first of them.
    """
    for operation in operations(graph):
        if operation.type in _NOT_COMPILED:
            raise InputError(
                f"{what} holds {_NOT_COMPILED[operation.type]}, which cannot be compiled; leave it out, or compute the "
                "same with tf or keras.ops"
            )


def check_broadcasts(graph: tf.Graph, n_samples: int) -> None:
    """Refuse a loss that pairs every sample with every other by mistake.

    Raises:
        InputError: names the shapes.
    """
    for operation in operations(graph):
        if operation.type in _BROADCASTING and _is_mistaken(operation, n_samples):
            shapes = " against ".join(str(tuple(one.shape)) for one in operation.inputs)
            raise InputError(
                f"the loss broadcasts {shapes} to {n_samples} × {n_samples} values ({operation.type}); "
                "give all one shape, such as by keepdims=True or without tf.squeeze"
            )


def _is_mistaken(operation: tf.Operation, n_samples: int) -> bool:
    operands = list(operation.inputs)
    if n_samples == 1 or any(one.shape.rank is None for one in (*operands, *operation.outputs)):
        return False
    result, *given = (one.shape.as_list().count(n_samples) for one in (*operation.outputs, *operands))
    shortest, longest = (choose(operands, key=lambda one: one.shape.rank) for choose in (min, max))
    if result < 2 or max(given) > 1 or shortest.shape.rank == longest.shape.rank:
        return False
    return longest.op.type not in _NEW_AXIS or _origins(shortest) != _origins(longest)


def _origins(tensor: tf.Tensor) -> set[str]:
    """The names of what a tensor is computed from: arguments of the loss, and constants larger than one number."""
    waiting, seen, origins = [tensor.op], set(), set()
    while waiting:
        operation = waiting.pop()
        if operation.name in seen:
            continue
        seen.add(operation.name)
        if not operation.inputs and (operation.type != "Const" or operation.outputs[0].shape.rank > 1):
            origins.add(operation.name)
        waiting += [one.op for one in operation.inputs]
    return origins


def can_vectorize(graph: tf.Graph) -> bool:
    """True if `tf.vectorized_map` takes a loss: it holds no `tf.custom_gradient` and no loop or branch."""
    branches = any(operation.type in _BRANCHES for operation in operations(graph))
    return not branches and b"CustomGradient" not in graph.as_graph_def().SerializeToString()


def takes_labels(graph: tf.Graph, n_outputs: int) -> bool:
    """True if a loss makes integers of its targets, or compares them with the numbers of the outputs."""
    return any(_reads_labels(operation, n_outputs) for operation in operations(graph))


def _reads_labels(operation: tf.Operation, n_outputs: int) -> bool:
    if operation.type == "Cast":
        return operation.inputs[0].dtype.is_floating and operation.outputs[0].dtype.is_integer
    if operation.type != "Equal":
        return False
    ends = [one.shape[-1] for one in operation.inputs if one.shape.rank]
    return sorted(ends) == [1, n_outputs]
