"""The layers of a model as text: what decides their outputs but for the weights.

Conventions: names and initializers are left out, so that a model built again, in any process, has the same text.
"""

import json
import re
import warnings

from tfreg.backend import keras
from tfreg.problem.content import without_names


def describe_layers(model: keras.Model) -> str:
    """The configuration of each layer in order, as records keep it and as models are compared.

    Example:
        >>> describe_layers(models.logistic(2)) == describe_layers(models.logistic(2))
        True
    """
    return "; ".join(map(_configuration, model.layers))


def _configuration(layer: keras.layers.Layer) -> str:
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # that a lambda as activation is unsafe to load, which nobody does
            config = without_names(layer.get_config())
    except NotImplementedError:  # of a layer of the user's
        config = {}
    plain = {name: value for name, value in config.items() if "initializer" not in name}
    return f"{type(layer).__name__} {json.dumps(plain, sort_keys=True, default=_as_text)}"


def _as_text(value: object) -> str:
    """A value that JSON does not know, without its address."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{type(value).__name__} {value}")
