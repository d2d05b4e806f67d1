"""How fast tfreg is, beside the plain ways, measured in one run.

    python benchmarks/speed.py            # everything; about five minutes
    python benchmarks/speed.py run stack  # some of: run fit first stack cores surface animation suite

Calls are those that a user makes, with checks, losses and labels. Only ratios of times taken side by side mean
something on a busy machine: contestants have their turns in every round, and medians are compared (`fit`, `first` and
`suite` are single measurements or processes of their own). The last column says how many times as long the plain way
takes. JAX is measured if it is installed (`pip install -e '.[peers]'`), with the same XLA flags.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from contestants import EPOCHS, ROOT, START, jax_run, keras_fit, logistic, medians, numpy_run, tfreg_loop
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from tfreg import compare, curvature_surface, datasets, draw, grid, loss_surface, losses, models, train
from tfreg.backend import keras, tf
from tfreg.problem.problem import Problem
from tfreg.process.threads import cores as available_cores

Row = tuple[str, float, str]


def compared(what: str, seconds: dict[str, float], plain: str) -> list[Row]:
    """A row for each contestant, with how many times as long the plain way takes."""
    return [
        (f"{what}, {name}", value, "" if name == plain else f"{seconds[plain] / value:.1f}x {plain}")
        for name, value in seconds.items()
    ]


def run() -> list[Row]:
    """One run, every epoch recorded with its loss."""
    rows = []
    for loss in ("mse", "bce"):
        problem = logistic(loss)
        contestants = {
            "tfreg.train SGD": lambda problem=problem: train(problem, "sgd:0.1", EPOCHS, START),
            "tfreg.train Adam": lambda problem=problem: train(problem, "adam:0.1", EPOCHS, START),
            "JAX SGD, no labels": jax_run(loss, 1),
            "the compiled loop alone, no losses": tfreg_loop(problem, keras.optimizers.SGD(0.1)),
            "NumPy SGD": numpy_run if loss == "bce" else None,
        }
        seconds = medians({name: call for name, call in contestants.items() if call}, 30)
        for name, value in seconds.items():
            jax = seconds.get("JAX SGD, no labels")
            rows.append((f"{loss.upper()}, {name}", value, f"{jax / value:.2f}x JAX" if jax else ""))
    return rows


def stack() -> list[Row]:
    """512 starts at once, every epoch recorded with its loss."""
    rows = []
    for loss in ("mse", "bce"):
        problem, starts = logistic(loss), np.tile(START, (512, 1))
        contestants = {
            "tfreg.train SGD": lambda problem=problem, starts=starts: train(problem, "sgd:0.1", EPOCHS, starts),
            "JAX vmap": jax_run(loss, 512),
        }
        for name, value in medians({name: call for name, call in contestants.items() if call}, 5).items():
            each = value / EPOCHS / 512 * 1e6
            rows.append((f"{loss.upper()}, 512 starts, {name}", value, f"{each:.2f} µs per start and step"))
    return rows


def cores() -> list[Row]:
    """Many starts on all cores against one, each in a process of its own, in turns."""
    rows = []
    for loss in ("mse", "bce"):
        for what in ("train", "compare", "surface"):
            times: dict[int, list[float]] = {1: [], available_cores(): []}
            for n in [*times] * 3:
                code = f"import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{n}]);"
                times[n].append(_in_process(f"{code} import speed; print(speed.many_starts({what!r}, {loss!r}))"))
            one, several = (statistics.median(times[n]) for n in times)
            rows.append(
                (f"{loss.upper()}, {what}, {available_cores()} cores", several, f"{one / several:.2f}x one core")
            )
    return rows


def many_starts(what: str, loss: str) -> float:
    """Seconds of a call from 4096 starts, once compiled; the comparison's minimum is known."""
    problem = logistic(loss)
    starts = np.random.default_rng(0).uniform(-5, 5, (4096, 2))
    fine = grid(w0=(-10, 3, 0.05), w1=(-1, 10, 0.05))
    calls = {
        "train": lambda: train(problem, "sgd:0.1", EPOCHS, starts, record_every=15),
        "compare": lambda: compare({"p": problem}, ["sgd:0.1"], starts, EPOCHS, minimum={"p": 0.0923}),
        "surface": lambda: loss_surface(problem, fine),
    }
    return medians({what: calls[what]}, 3)[what]


def _in_process(code: str, **environment: str) -> float:
    """The number that Python code prints in a process of its own, `benchmarks/` on its path."""
    path = {"PYTHONPATH": f"{ROOT / 'benchmarks'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, env=os.environ | path | environment
    )
    return float(done.stdout)


def fit() -> list[Row]:
    """One run with plain `model.fit`."""
    began = time.perf_counter()
    keras_fit()
    return [("model.fit in stretches of 15 epochs", time.perf_counter() - began, "")]


def first() -> list[Row]:
    """The first call after import, tracing and compiling included, in processes of their own: nothing kept, or all."""
    calls = {
        "tfreg.train": "f = lambda: speed.train(p, 'sgd:0.1', 435, (-3, -1))",
        "loss_surface": "f = lambda: speed.loss_surface(p, g)",
        "curvature_surface": "f = lambda: speed.curvature_surface(p, g)",
        "JAX": "f = speed.jax_run('bce', 1)",
    }
    if jax_run("bce", 1) is None:
        del calls["JAX"]
    ours = "import speed, time; p, g = speed.logistic('bce'), speed.grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2));"
    rows = []
    for name, make in calls.items():
        code = f"{ours}{make}; t = time.perf_counter(); f(); print(time.perf_counter() - t)"
        with tempfile.TemporaryDirectory() as kept:
            cold = statistics.median(_in_process(code, TFREG_PROGRAM_CACHE="off") for _ in range(3))
            rows.append((f"{name}, first call", cold, ""))
            if name != "JAX":
                _in_process(code, TFREG_PROGRAM_CACHE=kept)
                warm = statistics.median(_in_process(code, TFREG_PROGRAM_CACHE=kept) for _ in range(3))
                rows.append((f"{name}, first call, compiled by an earlier process", warm, ""))
    return rows


def surface() -> list[Row]:
    """A loss surface, 65 x 55 points on 2000 samples; the plain way calls the loss point by point."""
    over = grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2))
    data = datasets.bernoulli_line()
    x, y = tf.constant(data.inputs, "float32"), tf.constant(data.targets, "float32")
    points = [(w0, w1) for w0 in over["w0"] for w1 in over["w1"]]
    rows = []
    for loss in ("mse", "bce"):
        problem = logistic(loss)
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


PARTS = {part.__name__: part for part in (run, fit, first, stack, cores, surface, animation, suite)}


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
