"""The state of an optimizer as rows of numbers, and a name for each of them.

Conventions: a row is float64, one number per element of the optimizer's variables except the learning rate: float64
holds every float32 and every count of iterations exactly. In a stacked loop each variable has a leading row for each
start of a block; otherwise the block is one start. Functions are for use while tracing or eagerly alike.
"""

import re
from collections.abc import Sequence

import numpy as np

from tfreg.backend import keras, tf
from tfreg.problem.problem import Problem


def write_state(variables: Sequence[keras.Variable], rows: tf.Tensor, stacked: bool) -> None:
    """Set the variables of an optimizer to rows (block, n_state)."""
    first = 0
    for variable in variables:
        size = _row_size(variable, stacked)
        columns = rows[:, first : first + size]
        # A scalar, such as the count of iterations, is the same for all starts.
        value = columns[0, 0] if variable.shape == () else tf.reshape(columns, variable.shape)
        variable.assign(tf.cast(value, variable.dtype))
        first += size


def read_state(variables: Sequence[keras.Variable], block: int, stacked: bool) -> tf.Tensor:
    """The variables of an optimizer as rows (block, n_state)."""
    columns = []
    for variable in variables:
        value = tf.reshape(tf.cast(variable.value, tf.float64), (-1, _row_size(variable, stacked)))
        columns.append(tf.broadcast_to(value, (block, value.shape[1])))
    return tf.concat(columns, axis=1)


def _row_size(variable: keras.Variable, stacked: bool) -> int:
    return int(np.prod(variable.shape[1:] if stacked else variable.shape))


def state_labels(variables: Sequence[keras.Variable], problem: Problem, stacked: bool) -> tuple[str, ...]:
    """A name for each element of a state row, such as `weights_momentum[w0]`."""
    labels = []
    for variable in variables:
        name = _stable_name(variable.name, problem)
        if variable.shape == ():
            labels.append(name)
        elif stacked:
            labels += [f"{name}[{label}]" for label in problem.labels]
        else:
            labels += [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*variable.shape)]
    return tuple(labels)


def _stable_name(name: str, problem: Problem) -> str:
    """A variable's name without what else was built in the process: `kernel_momentum`."""
    # Keras names a variable of state after its weight's path, in which models are counted: sequential_3/dense/kernel.
    owned = [weight for weight in problem.model.trainable_variables if name.startswith(weight.path.replace("/", "_"))]
    if owned:
        weight = max(owned, key=lambda one: len(one.path))
        return weight.name + name[len(weight.path) :]
    # It counts variables without a name of their own: variable, variable_1, …
    return re.sub(r"^variable_\d+$", "variable", name)
