"""Every public function, each argument replaced by what it is not: one clear line, or a proper result.

The functions, their parameters and the kinds of these are read from the package, so that a new one is covered by
itself; a parameter of a new name needs a good value in `GOOD`.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

import tfreg
from tfreg import comparison, draw, files
from tfreg.checks.errors import InputError
from tfreg.checks.kinds import ANYTHING, Kind, kinds_of

# Formulas of tensors that run inside compiled programs, as Keras's own losses do.
FORMULAS = {"losses.bce", "losses.mse", "losses.bce_clipped"}
PROGRAMS = {"Problem.losses", "Problem.predictions", "Problem.unflatten"}
# What other modules of the package use, without an underscore for that reason.
INTERNAL = {"losses.MeanOf", "losses.MeanOf.get_config", "losses.as_compiled", "losses.with_logits"}
CALLBACKS = {"RecordWeights.on_train_begin", "RecordWeights.on_epoch_end", "RecordWeights.on_train_end"}


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function, class and method of a class, by its name."""
    for name in tfreg.__all__:
        found = getattr(tfreg, name)
        if inspect.ismodule(found):
            names = getattr(found, "__all__", [one for one in vars(found) if not one.startswith("_")])
            own = {one: getattr(found, one) for one in names}
            for inner, one in own.items():
                if getattr(one, "__module__", "").startswith(found.__name__):
                    yield from _with_methods(f"{name}.{inner}", one)
        else:
            yield from _with_methods(name, found)


def _with_methods(name: str, found: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    if not inspect.isclass(found):
        if inspect.isfunction(found):
            yield name, found
    elif not issubclass(found, Exception):
        yield name, found
        for method, function in vars(found).items():
            if inspect.isfunction(function) and not method.startswith("_"):
                yield f"{name}.{method}", function


PUBLIC = {name: one for name, one in public() if name not in FORMULAS | PROGRAMS | CALLBACKS | INTERNAL}


def test_the_reader_of_public_functions_sees_what_is_there() -> None:
    assert {"train", "Problem.on", "draw.descent", "surfaces.Plane", "comparison.race", "datasets.iris"} <= set(PUBLIC)


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The named parameters, without the object of a method."""
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        name: one
        for name, one in inspect.signature(function).parameters.items()
        if one.kind not in several and name != "self"
    }


def kinds(name: str) -> dict[str, Kind]:
    function = PUBLIC[name]
    return kinds_of(function.__init__ if inspect.isclass(function) else function)  # type: ignore[misc]


# Parameters of which a hint does not tell: the function itself says what they have to be.
UNTOLD = {
    *("loss", "start", "weights", "near", "model", "holds", "values", "figure", "main_of_script"),
    *("inputs", "targets"),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_kinds_of_all_arguments_are_checked(name: str) -> None:
    function = PUBLIC[name]
    told = kinds(name)
    is_checked = hasattr(function.__init__ if inspect.isclass(function) else function, "__wrapped__")
    assert is_checked or set(told.values()) <= {ANYTHING}, f"{name}: put `@checked` before it"
    untold = {one for one in parameters(function) if told[one] is ANYTHING}
    assert untold <= UNTOLD, f"{name}: give {untold - UNTOLD} a type hint that says what it is"


class Odd:
    """An object that is nothing that anyone asks for."""


@cache
def wrong() -> dict[str, Any]:
    """Values of many kinds, each of which is something else than most parameters want."""
    data = tfreg.datasets.bernoulli_line(20)
    model = tfreg.models.logistic(2)
    problem = tfreg.Problem(model, tfreg.losses.bce, data)
    over = {"epoch": [0, 1], "weight": ["w0", "w1"]}
    run = xr.Dataset({"weights": (("epoch", "weight"), np.eye(2)), "loss": ("epoch", [1.0, 0.5])}, over)
    surface = xr.Dataset({"loss": (("w0", "w1"), np.eye(3))}, {"w0": [0, 1, 2], "w1": [0, 1, 2]})
    return {
        "None": None,
        "True": True,
        "text": "a",
        "empty text": "",
        "long text": "x" * 5000,
        "NUL": "a\0b",
        "bytes": b"x",
        "3": 3,
        "-1": -1,
        "0": 0,
        "1.5": 1.5,
        "nan": np.nan,
        "inf": np.inf,
        "huge": 10**400,
        "complex": 1j,
        "[]": [],
        "{}": {},
        "[None]": [None],
        "['a']": ["a"],
        "ragged": [[1.0], [1.0, 2.0]],
        "{'a': None}": {"a": None},
        "{5: 1}": {5: 1.0},
        "{'a': 'b'}": {"a": "b"},
        "set": {1, 2},
        "path": Path("x"),
        "model": model,
        "problem": problem,
        "[problem]": [problem],
        "dataset": data,
        "run": run,
        "surface": surface,
        "{'a': run}": {"a": run},
        "empty record": xr.Dataset(),
        "figure": Figure(),
        "frame": pd.DataFrame({"a": [1]}),
        "function": print,
        "class": Odd,
        "object": Odd(),
        "0-d": np.array(1.0),
        "3-d": np.zeros((2, 3, 4)),
        "texts": np.array(["a", "b"]),
        "NaNs": np.full((3, 2), np.nan),
        "no rows": np.zeros((0, 2)),
        "objects": np.array([None, Odd()]),
        "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    }


def is_clear(message: str) -> bool:
    """True for one line of bearable length that says what was expected, or what there is not."""
    told = any(
        word in message
        for word in ("expected", "unknown", "cannot", "no such", "nothing recorded", "outside", "raises", "must")
    )
    return told and "\n" not in message and len(message) < 600 and " at 0x" not in message


@pytest.mark.parametrize("name", PUBLIC)
def test_a_wrong_kind_is_refused_before_anything_else(name: str) -> None:
    """Nothing but the wrong argument is given: if something looked at the others first, they would be missed."""
    function, told = PUBLIC[name], kinds(name)
    owner = [object()] if "self" in inspect.signature(function).parameters else []
    for parameter in parameters(function):
        for what, value in wrong().items():
            if told[parameter].fault(value) is not None:
                with pytest.raises(InputError, match=f"^{parameter}: expected ") as caught:
                    function(*owner, **{parameter: value})
                assert is_clear(str(caught.value)), (parameter, what, str(caught.value))


@cache
def records() -> dict[str, Any]:
    """What has to be computed for good calls."""
    data = tfreg.datasets.bernoulli_line(20)
    problem = tfreg.Problem(tfreg.models.logistic(2), tfreg.losses.bce, data)
    run = tfreg.train(problem, "adam:0.1", 4, (-3, -1))
    over = tfreg.grid(w0=(-4, 4, 2), w1=(-4, 4, 2))
    starts = {"w0": np.array([-1.0, 1.0]), "w1": np.array([0.0, 2.0])}
    rates = {"learning_rate": [0.1, 1.0]}
    one = {"a": problem}
    result = tfreg.compare(one | {"b": problem}, ["sgd", "adam"], starts, 4, vary=rates, trajectories=True)
    seeds = tfreg.compare(one, ["sgd"], (0, 1), 4, seeds=range(3), batch_size=5, trajectories=True)
    surface = tfreg.curvature_surface(problem, over)
    return {
        "problem": problem,
        "problems": one,
        "model": problem.model,
        "dataset": data,
        "data": data,
        "run": run,
        "inputs": data.inputs,
        "targets": data.targets,
        "around": run,
        "runs": run,
        "continue_from": run,
        "over": over,
        "surface": surface,
        "result": result,
        "vary": rates,
        "by_label": {"5": one_start(seeds)},
        "raced": comparison.race(result, {"problem": ["a"], "start": [0]}),
        "plain": tfreg.compare(one, ["sgd", "adam"], starts, 4, trajectories=True),
        "maps": {"a": tfreg.compare(one, ["sgd"], (0, 1), 4, vary=rates | {"momentum": [0.0, 0.9]})},
        "frames": draw.descent_animation(surface, run, n_frames=2).frames,
        "adam": tfreg.optimizers.get("adam"),
        "table": pd.DataFrame(
            {"optimizer": ["sgd", "adam"], "epochs": [3.0, 4.0], "loss": ["a", "b"], "share": [0, 1]}
        ),
    }


def one_start(result: xr.Dataset) -> xr.Dataset:
    return result.isel(problem=0, optimizer=0, start=0)


@cache
def good() -> dict[str, Any]:
    """A good value for each parameter, by its name, or by the function's and its own."""
    made, line = records(), np.linspace(0, 1, 20)
    return {
        **made,
        "loss": tfreg.losses.mse,
        "name": "mine",
        "count": 3,
        "seed": 0,
        "weights": np.zeros(2),
        "optimizer": "sgd",
        "epochs": 3,
        "steps": 5,
        "optimizers": ["sgd"],
        "starts": np.zeros((2, 2)),
        "path": "run.nc",
        "near": (0, 0),
        "summary": "All is well.",
        "figure": draw.data(made["data"]),
        "caption": "A figure.",
        "values": [1.0],
        "because": "so it is",
        "sentence": "ours: it holds",
        "holds": True,
        "colour": "#000000",
        "n_units": 2,
        "tuning": {"problem": ["a"], "start": [0]},
        "successes": 2,
        "trials": 3,
        "kinds": {"a": line > 0.5},
        "u": line,
        "x": line,
        "y": line,
        "groups": line > 0.5,
        "n_draws": 2,
        "title": "",
        "captions": ["a", "b"],
        "value": "epochs",
        "by": "loss",
        "xlabel": "x",
        "panels": {"loss": {"a": line}},
        "columns": {"a": line},
        "names": ["1", "x", "y"],
        "n_features": 2,
        "text": "sgd,adam",
        "origin": np.zeros(2),
        "center": np.ones(2),
        "directions": np.eye(2),
        "coordinates": (0.0, 1.0),
        "p": (0.0, 1.0),
        "q": (1.0, 1.0),
        "r": (1.0, 3.0),
        "points": np.zeros((3, 2)),
        "minimum_weights": (-1, 5),
        "draw.shares.kinds": ["share"],
        "draw.paths.runs": made["plain"],
        "draw.atlas.result": made["plain"],
        "draw.atlas.problem": "a",
        "draw.loss_curves.result": made["plain"],
        "comparison.by_start.result": made["plain"],
        **{
            f"optimizers.{name}.optimizer": made["adam"] for name in ("learning_rate", "plain_config", "is_elementwise")
        },
        "draw.save.path": "a.png",
        "draw.Animation.save.path": "a.gif",
        "open_run.path": "good.nc",
        "losses.get.name": "bce",
        "optimizers.as_number.text": "0.1",
    }


# Arguments with a default that have to be given, or not to be given, for a call to be a good one.
AS_WELL = {"loss_surface": ("around", "steps"), "curvature_surface": ("around", "steps")}
TOGETHER = {"compare.seeds": {"batch_size": 5}}


def good_arguments(name: str) -> dict[str, Any]:
    """Good arguments for a call: those that have no default, and a few others."""
    plain = name.removeprefix("surfaces.")
    return {
        one: good_value(name, one)
        for one, parameter in parameters(PUBLIC[name]).items()
        if parameter.default is parameter.empty or one in AS_WELL.get(plain, ())
    }


def good_value(name: str, parameter: str) -> Any:
    return good().get(f"{name}.{parameter}", good().get(parameter))


def callable_of(name: str) -> Callable[..., Any]:
    """The function, bound to a good object if it is a method."""
    function = PUBLIC[name]
    if "self" not in inspect.signature(function).parameters:
        return function
    owners: dict[str, Callable[[], Any]] = {
        "Problem": lambda: good()["problem"],
        "RecordWeights": tfreg.RecordWeights,
        "Findings": lambda: tfreg.Findings("All is well."),
        "surfaces.Plane": lambda: tfreg.surfaces.Plane(np.zeros(2), np.eye(2)),
        "draw.Animation": lambda: draw.Animation("", good()["frames"], ["a", "b"]),
    }
    owner, _, method = name.rpartition(".")
    return getattr(owners[owner](), method)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(PUBLIC) - {"script", "grid", "surfaces.grid"}))
def test_any_argument_gives_a_result_or_one_clear_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = good_arguments(name)
    if name != "RecordWeights.run":  # which has to be given to a fit first
        files.save_run(good()["run"], "good.nc")
        callable_of(name)(**arguments)
    unclear = []
    for parameter in parameters(PUBLIC[name]):
        for what, value in wrong().items():
            changed = {**arguments, **TOGETHER.get(f"{name}.{parameter}", {}), parameter: value}
            try:
                callable_of(name)(**changed)
            except InputError as error:
                unclear += [] if is_clear(str(error)) else [(parameter, what, str(error))]
            except Exception as error:
                unclear.append((parameter, what, f"{type(error).__name__}: {error}"))
    assert not unclear
    assert not list(tmp_path.rglob(".*")), "a half-written file"
