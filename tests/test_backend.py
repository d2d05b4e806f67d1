"""Keras as it may be set up: another backend and Keras 2 are told in one line, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Refused

from tfreg import losses
from tfreg.datasets import bernoulli_line
from tfreg.problem.problem import Problem

USE = """import tfreg
print(tfreg.Problem(tfreg.models.logistic(2), 'mse', tfreg.datasets.bernoulli_line(9)).loss_at([0, 0]))"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess:
    paths = ":".join([str(Path(__file__).parent.parent), *sys.path])
    whole = {**os.environ, "PYTHONPATH": paths, **environment}
    return subprocess.run([sys.executable, "-c", program], env=whole, capture_output=True, text=True)


def last_line(done: subprocess.CompletedProcess) -> str:
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("backend", ["jax", "torch", "numpy"])
def test_another_backend_is_told_whether_or_not_it_is_installed(backend: str) -> None:
    done = run(USE, KERAS_BACKEND=backend)
    assert done.returncode != 0
    assert last_line(done).endswith(
        f"InputError: expected Keras on the TensorFlow backend, got '{backend}'; unset KERAS_BACKEND"
    )


def test_a_command_ends_with_one_line_where_another_backend_is_set() -> None:
    command = (
        "import sys; from tfreg.cli.main import main; sys.argv = ['tfreg', 'compare', '--optimizer', 'sgd']; main()"
    )
    done = run(command, KERAS_BACKEND="jax")
    assert done.returncode == 2
    assert done.stderr.strip() == ("tfreg: expected Keras on the TensorFlow backend, got 'jax'; unset KERAS_BACKEND")


def test_a_keras_that_was_imported_before_with_another_backend_is_told() -> None:
    """The package of another backend need not be installed for that."""
    keras_of_jax = "import sys, types; fake = types.ModuleType('keras'); sys.modules['keras'] = fake"
    done = run(f"{keras_of_jax}; fake.config = types.SimpleNamespace(backend=lambda: 'jax')\n{USE}")
    assert last_line(done).endswith("got 'jax'; import tfreg before keras, or set KERAS_BACKEND=tensorflow")


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"TF_USE_LEGACY_KERAS": "1"}, {"KERAS_BACKEND": ""}], ids=str)
def test_what_does_not_concern_keras_3_does_no_harm(environment: dict[str, str]) -> None:
    done = run(USE, **environment)
    assert done.stdout.strip() == "0.25", done.stderr


def test_a_model_of_keras_2_is_told(refused: Refused) -> None:
    """As TF_USE_LEGACY_KERAS makes it; the package itself need not be installed."""
    old = type("Sequential", (), {"__module__": "tf_keras.src.engine.sequential"})
    with refused(
        "expected a keras.Sequential, got an object of tf_keras, which is Keras 2; make it with `import keras`"
    ):
        Problem(old(), losses.mse, bernoulli_line(9))
