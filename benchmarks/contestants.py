"""The same training in several ways, and how to time them in turns: 435 epochs of the lecture's problem from one start
or many, every epoch recorded with its loss.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfreg import datasets, losses, models
from tfreg.backend import keras
from tfreg.problem.problem import Problem
from tfreg.training.program import program
from tfreg.training.steps import Shape

EPOCHS, START, RATE = 435, (-3.0, -1.0), 0.1
ROOT = Path(__file__).parent.parent


def medians(contestants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds per call of each contestant: the median over rounds in which each has its turn; one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for round_ in range(rounds + 1):
        for name, call in contestants.items():
            began = time.perf_counter()
            call()
            if round_:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def logistic(loss: str, n_samples: int = 2000) -> Problem:
    """The lecture's problem, or more or fewer samples of it."""
    return Problem(models.logistic(2), losses.get(loss), datasets.bernoulli_line(n_samples))


def tfreg_loop(problem: Problem, optimizer: keras.optimizers.Optimizer) -> Callable[[], object]:
    """The compiled loop alone, without losses, checks and labels."""
    compiled = program(problem, optimizer, 1, Shape(EPOCHS + 1, each_epoch=True, losses=False))
    starts, rates, record_at = np.array([START]), np.array([[RATE]]), np.arange(EPOCHS + 1)
    states = compiled.fresh_states(starts)
    return lambda: compiled.run(problem, starts, states, rates, record_at)


def jax_run(loss_name: str, n_starts: int) -> Callable[[], list[np.ndarray]] | None:
    """Gradient descent as a jitted `lax.scan` of `value_and_grad`, vmapped over starts if there are many."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return None
    data = datasets.bernoulli_line()
    x, y = jnp.asarray(data.inputs, "float32"), jnp.asarray(data.targets, "float32")
    of_outputs = {
        "mse": lambda p: jnp.mean((y - p) ** 2),
        "bce": lambda p: -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)),
    }[loss_name]

    def loss(w):
        return of_outputs(jax.nn.sigmoid(x @ w))

    def step(w, _):
        value, gradient = jax.value_and_grad(loss)(w)
        return w - RATE * gradient, (w, value)

    def run(w):
        end, (weights, values) = jax.lax.scan(step, w, None, length=EPOCHS)
        return weights, values, end, loss(end)

    starts = jnp.tile(jnp.asarray(START, "float32")[:, None], (n_starts, 1, 1))
    compiled = jax.jit(run if n_starts == 1 else jax.vmap(run))
    return lambda: [np.asarray(part) for part in compiled(starts[0] if n_starts == 1 else starts)]


def numpy_run() -> tuple[list[np.ndarray], list[float]]:
    """Gradient descent on BCE with the gradient written out."""
    data = datasets.bernoulli_line()
    x, y, w = data.inputs.astype("float32"), data.targets[:, 0].astype("float32"), np.array(START, "float32")
    path, values = [], []
    for epoch in range(EPOCHS + 1):
        p = datasets.sigmoid(x @ w)
        path.append(w)
        values.append(float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))))
        if epoch < EPOCHS:
            w = w - np.float32(RATE / len(x)) * (x.T @ (p - y))
    return path, values


def keras_fit() -> None:
    """Plain `model.fit` in stretches of 15 epochs."""
    data = datasets.bernoulli_line()
    model = models.logistic(2)
    model.compile(loss=losses.bce, optimizer=keras.optimizers.SGD(RATE))
    model.set_weights([np.array(START, "float32")[:, np.newaxis]])
    for _ in range(EPOCHS // 15):
        model.fit(data.inputs, data.targets, epochs=15, batch_size=len(data.inputs), verbose=0)
