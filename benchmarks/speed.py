"""How fast tfreg is, beside the plain ways, measured in one run.

    python benchmarks/speed.py            # everything; about three minutes
    python benchmarks/speed.py run stack  # some of: run fit first stack surface animation suite

Only ratios of times taken side by side mean something on a busy machine: contestants have their turns in every round,
and medians are compared (`fit`, `first` and `suite` are single measurements or processes of their own). The last column
says how many times as long the plain way takes. JAX is measured if it is installed (`pip install -e '.[peers]'`), with
the same XLA flags.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from tfreg import curvature_surface, datasets, draw, grid, loss_surface, losses, models, train
from tfreg.backend import keras, tf
from tfreg.problem.problem import Problem
from tfreg.training.program import program
from tfreg.training.steps import Shape

EPOCHS, START, RATE = 435, (-3.0, -1.0), 0.1
ROOT = Path(__file__).parent.parent
Row = tuple[str, float, str]


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


def compared(what: str, seconds: dict[str, float], plain: str) -> list[Row]:
    """A row for each contestant, with how many times as long the plain way takes."""
    return [
        (f"{what}, {name}", value, "" if name == plain else f"{seconds[plain] / value:.1f}x {plain}")
        for name, value in seconds.items()
    ]


def tfreg_loop(problem: Problem, optimizer: keras.optimizers.Optimizer, n_starts: int) -> Callable[[], np.ndarray]:
    """The compiled loop alone, every epoch recorded: what the JAX loop below does."""
    compiled = program(problem, optimizer, n_starts, Shape(EPOCHS + 1, each_epoch=True, losses=False))
    starts = np.tile(START, (n_starts, 1))
    states, rates = compiled.fresh_states(starts), np.full((n_starts, 1), RATE)
    record_at = np.arange(EPOCHS + 1)
    return lambda: compiled.run(problem, starts, states, rates, record_at).weights


def jax_loop(loss_name: str, n_starts: int) -> Callable[[], np.ndarray] | None:
    """Gradient descent as a jitted `lax.scan`, vmapped over starts if there are many."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return None
    data = datasets.bernoulli_line()
    x, y = jnp.asarray(data.inputs, "float32"), jnp.asarray(data.targets, "float32")
    loss = {
        "mse": lambda p: jnp.mean((y - p) ** 2),
        "bce": lambda p: -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)),
    }[loss_name]

    def step(w, _):
        w = w - RATE * jax.grad(lambda w: loss(jax.nn.sigmoid(x @ w)))(w)
        return w, w

    def run(w):
        return jax.lax.scan(step, w, None, length=EPOCHS)[1]

    starts = jnp.tile(jnp.asarray(START, "float32")[:, None], (n_starts, 1, 1))
    compiled = jax.jit(run if n_starts == 1 else jax.vmap(run))
    return lambda: np.asarray(compiled(starts[0] if n_starts == 1 else starts))


def numpy_loop() -> np.ndarray:
    """Gradient descent on BCE with the gradient written out."""
    data = datasets.bernoulli_line()
    x, y, w = data.inputs.astype("float32"), data.targets[:, 0].astype("float32"), np.array(START, "float32")
    path = [w]
    for _ in range(EPOCHS):
        w = w - np.float32(RATE / len(x)) * (x.T @ (datasets.sigmoid(x @ w) - y))
        path.append(w)
    return np.array(path)


def keras_fit() -> None:
    """Plain `model.fit` in stretches of 15 epochs."""
    data = datasets.bernoulli_line()
    model = models.logistic(2)
    model.compile(loss=losses.bce, optimizer=keras.optimizers.SGD(RATE))
    model.set_weights([np.array(START, "float32")[:, np.newaxis]])
    for _ in range(EPOCHS // 15):
        model.fit(data.inputs, data.targets, epochs=15, batch_size=len(data.inputs), verbose=0)


def run(n_starts: int = 1, rounds: int = 30) -> list[Row]:
    """One run, or many at once, with every epoch recorded."""
    rows = []
    per = EPOCHS * n_starts
    for loss in ("mse", "bce"):
        problem = Problem(models.logistic(2), losses.get(loss), datasets.bernoulli_line())
        contestants = {
            "tfreg SGD": tfreg_loop(problem, keras.optimizers.SGD(RATE), n_starts),
            "tfreg Adam": tfreg_loop(problem, keras.optimizers.Adam(RATE), n_starts),
            "JAX SGD": jax_loop(loss, n_starts),
        }
        if n_starts == 1 and loss == "bce":
            contestants["NumPy SGD"] = numpy_loop
            contestants["tfreg.train SGD, losses and labels included"] = lambda: train(
                problem, "sgd:0.1", EPOCHS, START
            )
        seconds = medians({name: call for name, call in contestants.items() if call}, rounds)
        for name, value in seconds.items():
            ratio = f"{seconds['JAX SGD'] / value:.2f}x JAX" if "JAX SGD" in seconds else ""
            rows.append((f"{loss.upper()}, {name}", value, f"{value / per * 1e6:.2f} µs per start and step  {ratio}"))
    return rows


def stack() -> list[Row]:
    """512 starts at once."""
    return run(n_starts=512, rounds=5)


def fit() -> list[Row]:
    """One run with plain `model.fit`."""
    began = time.perf_counter()
    keras_fit()
    return [("model.fit in stretches of 15 epochs", time.perf_counter() - began, "")]


def first() -> list[Row]:
    """The first run after import, tracing and compiling included, each in a process of its own."""
    ours = (
        "import sys; sys.path.insert(0, 'benchmarks'); import speed, time; from tfreg import datasets, losses, models;"
    )
    call = {
        "tfreg": "p = speed.Problem(models.logistic(2), losses.bce, datasets.bernoulli_line());"
        "f = lambda: speed.tfreg_loop(p, speed.keras.optimizers.SGD(0.1), 1)()",
        "JAX": "import jax; f = lambda: speed.jax_loop('bce', 1)()",
    }
    if jax_loop("bce", 1) is None:
        del call["JAX"]
    rows = []
    for name, make in call.items():
        code = f"{ours}{make}; t = time.perf_counter(); f(); print(time.perf_counter() - t)"
        times = [
            float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True).stdout)
            for _ in range(3)
        ]
        rows.append((f"{name}, first call", statistics.median(times), ""))
    return rows


def surface() -> list[Row]:
    """A loss surface, 65 x 55 points on 2000 samples; the plain way calls the loss point by point."""
    over = grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2))
    data = datasets.bernoulli_line()
    x, y = tf.constant(data.inputs, "float32"), tf.constant(data.targets, "float32")
    points = [(w0, w1) for w0 in over["w0"] for w1 in over["w1"]]
    rows = []
    for loss in ("mse", "bce"):
        problem = Problem(models.logistic(2), losses.get(loss), data)
        seconds = medians(
            {
                "tfreg": lambda: loss_surface(problem, over),
                "point by point": lambda: [
                    losses.get(loss)(y, tf.sigmoid(x @ tf.constant([[w0], [w1]], "float32"))) for w0, w1 in points
                ],
            },
            5,
        )
        rows += compared(f"{loss.upper()} surface", seconds, "point by point")
        curved = medians({"tfreg": lambda: curvature_surface(problem, over)}, 5)
        rows += [(f"{loss.upper()} surface with gradient and curvature", curved["tfreg"], "")]
    return rows


def animation() -> list[Row]:
    """An animation of 30 frames as GIF; Matplotlib's own way draws the whole figure for every frame."""
    data = datasets.bernoulli_line()
    problems = {name: Problem(models.logistic(2), losses.get(name.lower()), data) for name in ("MSE", "BCE")}
    runs = {name: {"SGD": train(problem, "sgd:0.1", EPOCHS, START)} for name, problem in problems.items()}
    surfaces = {name: loss_surface(problem, around=runs[name]) for name, problem in problems.items()}
    fits = {
        name: {"SGD": problem.predictions_at(runs[name]["SGD"].weights.values)[..., 0]}
        for name, problem in problems.items()
    }

    def ours(path: Path) -> None:
        draw.descent_animation(surfaces, runs, data=data, fits=fits).save(path)

    def plain(path: Path) -> None:
        figure = Figure(figsize=(10.4, 7.6))
        moving = []
        for column, (name, surface) in enumerate(surfaces.items()):
            solid = figure.add_subplot(2, 2, column + 1, projection="3d")
            x, y = np.meshgrid(surface.w0, surface.w1, indexing="ij")
            solid.plot_surface(x, y, surface.loss.values, cmap="cividis", rcount=40, ccount=40)
            flat = figure.add_subplot(2, 2, column + 3)
            flat.plot(data.inputs[:, 1], data.targets[:, 0], "o", alpha=0.06)
            moving.append((solid.plot([], [], [], "o-")[0], flat.plot([], [])[0], runs[name]["SGD"], fits[name]["SGD"]))

        def show(epoch: int) -> list[Artist]:
            for path_, curve, run, fit in moving:
                path_.set_data_3d(*run.weights.values[: epoch + 1].T, run.loss.values[: epoch + 1])
                curve.set_data(data.inputs[:, 1], fit[epoch])
            return []

        FuncAnimation(figure, show, frames=range(0, EPOCHS + 1, 15), blit=False).save(path, PillowWriter(fps=5), dpi=80)

    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            "tfreg": lambda: ours(Path(folder, "ours.gif")),
            "every frame drawn whole": lambda: plain(Path(folder, "plain.gif")),
        }
        return compared("30 frames as GIF", medians(contestants, 2), "every frame drawn whole")


def suite() -> list[Row]:
    """`tfreg run --force` without compiled programs on disk, and again; a single experiment, and again."""
    one = ["descent_adam", "--learning-rate", "0.2"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TFREG_PROGRAM_CACHE": f"{folder}/programs"}
        places = ["--force", "--figures", f"{folder}/f", "--runs", f"{folder}/r"]
        for words in ([], one):
            for what in ("first", "again"):
                command = [Path(sys.executable).with_name("tfreg"), "run", *words, *places]
                began = time.perf_counter()
                subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
                rows.append((f"tfreg run --force {' '.join(words)}, {what}", time.perf_counter() - began, ""))
    return rows


PARTS = {part.__name__: part for part in (run, fit, first, stack, surface, animation, suite)}


def main() -> None:
    """Measure the parts named on the command line, or all."""
    table = Table("what", "milliseconds", "")
    for name in sys.argv[1:] or PARTS:
        for what, seconds, note in PARTS[name]():
            table.add_row(what, f"{seconds * 1000:,.2f}", note)
        table.add_section()
    Console().print(table)


if __name__ == "__main__":
    main()
