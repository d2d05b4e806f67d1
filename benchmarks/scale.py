"""How fast comparisons are, and how their time and memory grow, measured in one run.

    python benchmarks/scale.py              # everything; about half an hour
    python benchmarks/scale.py optimizers   # some of: optimizers atlas growth dask memory

`optimizers` puts every optimizer's time per start and step beside JAX's `vmap` (if it is installed) and, for those that
look at whole tensors, beside a single run; contestants have their turns in every round, and medians are compared.
`growth` fits time = a + b x to whole calls over starts, weights and samples, and draws `growth.png`; `dask` compares
two workers of one thread with one; `memory` trains a million starts and evaluates a surface of 2000 x 2000 points, each
in a process of its own, and gives the peak of its memory.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from contestants import EPOCHS, ROOT, jax_run, logistic, medians
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from tfreg import compare, datasets, grid, loss_surface, losses, models, optimizers, train
from tfreg.problem.problem import Problem
from tfreg.surfaces import grid_points
from tfreg.training import program as engine
from tfreg.training.steps import Shape

Row = tuple[str, str, str]
N_STARTS, LOOK = 512, 10


def loop(problem: Problem, name: str, n_starts: int, epochs: int = EPOCHS) -> Callable[[], object]:
    """A compiled call as `compare` makes it: the loss looked at every ten epochs, the last weights kept."""
    optimizer = optimizers.get(name)
    record_at = np.unique(np.append(np.arange(0, epochs, LOOK), epochs))
    program = engine.program(problem, optimizer, n_starts, Shape(len(record_at), all_weights=False))
    starts = np.random.default_rng(0).uniform(-1, 1, (n_starts, problem.n_weights))
    rates = np.full((n_starts, 1), 0.1)
    return lambda: program.run(problem, starts, program.fresh_states(starts), rates, record_at)


def per_optimizer() -> list[Row]:
    """Microseconds per start and step of each optimizer: many starts side by side, or one after another."""
    rows = []
    for loss in ("mse", "bce"):
        problem = logistic(loss)
        calls: dict[str, Callable[[], object]] = {}
        for name in optimizers.BY_NAME:
            many = N_STARTS if optimizers.is_elementwise(optimizers.get(name)) else 16
            calls[name] = loop(problem, name, many)
            if many == 16:
                calls[f"{name}, a single run"] = loop(problem, name, 1)
        if (jax := jax_run(loss, N_STARTS)) is not None:
            calls["JAX vmap, SGD, losses of all epochs"] = jax
        seconds = medians(calls, 3)
        for name, value in seconds.items():
            single = f"{name}, a single run"
            n_starts = 1 if "single" in name else 16 if single in seconds else N_STARTS
            each = value / n_starts / EPOCHS * 1e6
            beside = f"{each / (seconds[single] / EPOCHS * 1e6):.2f}x a single run" if single in seconds else ""
            rows.append((f"{loss.upper()}, {name}", f"{each:.2f} µs", beside))
    return rows


def atlas() -> list[Row]:
    """`compare` from the 65 x 55 starts of the lecture's grid, 435 epochs, everything included but compiling."""
    starts = grid_points(grid(w0=(-10, 3, 0.2), w1=(-1, 10, 0.2)))
    rows = []
    for loss in ("mse", "bce"):
        for name in ("sgd:0.1", "adam:0.1"):
            problem = logistic(loss)
            ask = lambda problem=problem, name=name: compare({"p": problem}, [name], starts, EPOCHS)  # noqa: E731
            began = time.perf_counter()
            ask()
            first = time.perf_counter() - began
            seconds = medians({"atlas": ask}, 2)["atlas"]
            each = seconds / len(starts) / EPOCHS * 1e6
            rows.append((f"atlas, {loss.upper()}, {name}", f"{seconds:.2f} s", f"{each:.2f} µs; first {first:.2f} s"))
    return rows


def growth() -> list[Row]:
    """How the time of a whole `train` call grows: a constant and a slope, and how far the largest is off the line."""

    def call(problem: Problem, n_starts: int) -> Callable[[], object]:
        starts = np.random.default_rng(0).uniform(-1, 1, (n_starts, problem.n_weights))
        return lambda: train(problem, "sgd:0.1", 100, starts, record_every=10)

    series = {
        "starts (logistic MSE, 2000 samples)": {n: call(logistic("mse"), n) for n in (1, 10, 100, 1000, 10_000)},
        "samples (logistic MSE, 16 starts)": {
            n: call(logistic("mse", n), 16) for n in (100, 1000, 10_000, 100_000, 1_000_000)
        },
        "weights (ReLU net, 100 samples, 16 starts)": {
            problem.n_weights: call(problem, 16)
            for problem in (
                Problem(models.relu_net(units), losses.mse, datasets.piecewise()) for units in (1, 8, 64, 512, 4096)
            )
        },
    }
    rows = []
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    for axes, (what, calls) in zip(figure.subplots(1, 3), series.items(), strict=True):
        seconds = medians({str(size): one for size, one in calls.items()}, 3)
        sizes, times = np.array(list(calls)), np.array(list(seconds.values()))
        slope, constant = np.polyfit(sizes, times, 1, w=1 / times)
        line = f"{constant * 1e3:.1f} ms + {slope * 1e6:.3g} µs each"
        axes.loglog(sizes, times * 1e3, "o", label="measured")
        axes.loglog(sizes, (constant + slope * sizes) * 1e3, label=line)
        axes.set(xlabel=what, ylabel="milliseconds, 100 epochs")
        axes.legend(frameon=False)
        listed = ", ".join(f"{size:,}: {value * 1e3:.1f} ms" for size, value in zip(sizes, times, strict=True))
        off = times[-1] / (constant + slope * sizes[-1])
        rows.append((what, listed, f"{line}; largest {off:.2f}x of it"))
    figure.savefig(Path(__file__).with_name("growth.png"), dpi=110, metadata={"Software": None})
    return rows


def dask() -> list[Row]:
    """The same comparison on one worker of one thread and on two."""
    from distributed import Client, LocalCluster

    problem = logistic("bce")
    starts = np.random.default_rng(0).uniform(-3, 3, (80_000, 2))
    seconds = {}
    for n_workers in (1, 2):
        with (
            LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster) as client,
        ):
            for count in (5000, len(starts)):  # the first to import and compile in the workers
                began = time.perf_counter()
                compare({"p": problem}, ["adam:0.1"], starts[:count], EPOCHS, executor=client.get_executor())
                seconds[n_workers] = time.perf_counter() - began
    return [
        ("Dask, one worker of one thread", f"{seconds[1]:.1f} s", ""),
        ("Dask, two workers of one thread", f"{seconds[2]:.1f} s", f"{seconds[1] / seconds[2]:.2f}x as fast"),
    ]


def memory() -> list[Row]:
    """A million starts of 435 epochs with results in Zarr, and a surface of 2000 x 2000 points on 2000 samples."""
    rows = []
    for what, call in {"a million starts, 435 epochs": "million", "a surface of 2000 x 2000 points": "wide"}.items():
        code = f"import sys; sys.path.insert(0, 'benchmarks'); import scale; scale.{call}(sys.argv[1])"
        with TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", code, folder], cwd=ROOT, check=True, capture_output=True, text=True
            )
        seconds, peak = map(float, done.stdout.split())
        rows.append((what, f"{seconds:.0f} s", f"peak memory {peak:.2f} GiB"))
    return rows


def million(folder: str) -> None:
    starts = np.random.default_rng(0).uniform((-10, -1), (3, 10), (10**6, 2)).astype("float32")
    began = time.perf_counter()
    compare({"p": logistic("mse")}, ["adam:0.1"], starts, EPOCHS, record_every=15, store=Path(folder) / "million.zarr")
    print(time.perf_counter() - began, _peak())


def wide(_: str) -> None:
    over = {"w0": np.linspace(-10, 3, 2000), "w1": np.linspace(-1, 10, 2000)}
    began = time.perf_counter()
    loss_surface(logistic("bce"), over)
    print(time.perf_counter() - began, _peak())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


PARTS = {"optimizers": per_optimizer, "atlas": atlas, "growth": growth, "dask": dask, "memory": memory}


def main() -> None:
    """Measure the parts named on the command line, or all."""
    table = Table("what", "measured", "")
    for name in sys.argv[1:] or PARTS:
        for row in PARTS[name]():
            table.add_row(*row)
        table.add_section()
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
