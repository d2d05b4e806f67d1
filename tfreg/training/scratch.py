"""Variables of each thread's own for a compiled function, so that several threads can call it at the same time.

Conventions: TensorFlow lets one call at a time use a variable. A training loop needs variables only while it runs: it
finds zeros in them and leaves zeros.
"""

from collections.abc import Callable, Sequence
from threading import local

from tfreg.backend import tf


def use_own_variables(function: tf.types.experimental.ConcreteFunction, variables: Sequence[tf.Variable]) -> None:
    """Let each thread that calls a traced function find variables of its own in the place of `variables`."""
    own = local()

    def handle(number: int) -> Callable[[], tf.Tensor]:
        def of_this_thread() -> tf.Tensor:
            if not hasattr(own, "variables"):
                own.variables = [tf.Variable(tf.zeros(one.shape, one.dtype)) for one in variables]
            return own.variables[number].handle

        return of_this_thread

    numbers = {id(variable.handle): number for number, variable in enumerate(variables)}
    function.set_external_captures(
        [handle(numbers[id(one)]) if id(one) in numbers else one for one in function.captured_inputs]
    )
