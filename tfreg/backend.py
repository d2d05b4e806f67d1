"""TensorFlow and Keras, imported once and without their log noise.

TensorFlow's C++ libraries write to the process's standard error before any logging setting reaches them, so the
descriptor itself is turned away while they load. Modules that compute import `tf` and `keras` from here.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tfreg.checks.errors import InputError
from tfreg.process.environment import prepare_tensorflow

os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "tensorflow"


def _check_backend(name: str, cure: str) -> None:
    if name != "tensorflow":
        raise InputError(f"expected Keras on the TensorFlow backend, got {name!r}; {cure}")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Turn the process's standard error away, as C code sees it, for the time of the block."""
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


# Keras would look for that backend's own package first, and fail with a traceback if there is none.
_check_backend(os.environ["KERAS_BACKEND"], "unset KERAS_BACKEND")
prepare_tensorflow()
with _silent_stderr():
    import keras
    import tensorflow as tf

_check_backend(keras.config.backend(), "import tfreg before keras, or set KERAS_BACKEND=tensorflow")

__all__ = ["keras", "tf"]
