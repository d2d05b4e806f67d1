"""Experiment scripts on disk: finding them, and knowing which of them have to be run again.

Conventions: a script `experiments/lecture/12_descent_adam_far.py` is the experiment `descent_adam_far` of the group
`lecture`; the number orders it. The first line of its docstring is its title. What a run of it gave is recorded in
`<runs>/<group>/<name>/findings.json`, which is written last, so that an interrupted experiment has no record.
This module imports nothing heavy: `tfreg list` answers at once.
"""

import ast
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tfreg.errors import InputError, unknown

SOURCES = ("lecture", "softmax", "exam", "draft", "clusters")
ON_REQUEST = "comparisons"  # a group of questions of our own, run by name
QUICK_OPTIONS = {"epochs": 30, "grid_step": 1.0, "n_points": 32}
_PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Experiment:
    """A script that defines `main(...) -> Findings`."""

    name: str
    group: str
    title: str
    path: Path

    def record_path(self, runs: Path) -> Path:
        """Where a run of this experiment is recorded."""
        return runs / self.group / self.name / "findings.json"


def folder() -> Path:
    """The folder of the suite's experiments: below the current directory, or else beside the package.

    Raises:
        InputError: there is none.
    """
    for candidate in (Path.cwd() / "experiments", _PACKAGE.parent / "experiments"):
        if candidate.is_dir():
            return candidate
    raise InputError("no folder 'experiments' here; run tfreg in a checkout, or name the path of a script")


def discover(where: Path) -> list[Experiment]:
    """The experiments below a folder, in the order of the sources, the lecture first."""
    found = [from_script(path) for path in sorted(where.rglob("[0-9]*_*.py"))]
    return sorted(found, key=lambda one: SOURCES.index(one.group) if one.group in SOURCES else len(SOURCES))


def from_script(path: Path) -> Experiment:
    """The experiment that a script holds.

    Raises:
        InputError: the file is missing, is no Python, has no docstring or no function `main`.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{path} is no Python script: {error}") from None
    title = (ast.get_docstring(tree) or "").partition("\n")[0]
    has_main = any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)
    if not title or not has_main:
        raise InputError(f"{path}: expected a docstring that begins with a title, and a function main()")
    return Experiment(re.sub(r"^\d+_", "", path.stem), path.resolve().parent.name, title, path)


def select(names: Sequence[str]) -> list[Experiment]:
    """The experiments of these names, script paths, groups or folders; for no names all but those on request.

    Raises:
        InputError: a name that is no experiment.
    """
    chosen = [] if names else [one for one in discover(folder()) if one.group != ON_REQUEST]
    if not chosen and not names:
        raise InputError(f"no experiments in {folder()}; expected scripts such as 07_logistic_bce.py")
    for name in names:
        if name.endswith(".py"):
            chosen.append(from_script(Path(name)))
        elif "/" in name or Path(name).is_dir():
            found = discover(Path(name))
            if not found:
                raise InputError(f"no experiments in {name}; expected scripts such as 07_logistic_bce.py")
            chosen += found
        else:
            known = discover(folder())
            found = [experiment for experiment in known if name in (experiment.name, experiment.group)]
            if not found:
                groups = dict.fromkeys(experiment.group for experiment in known)
                raise unknown("experiment", name, [*(experiment.name for experiment in known), *groups])
            chosen += found
    return list({experiment.path.resolve(): experiment for experiment in chosen}.values())


def spoken_name(experiment: Experiment) -> str:
    """What a command line calls an experiment: its name, or its path if it is none of the suite's."""
    try:
        suite = {known.path.resolve() for known in discover(folder())}
    except InputError:
        suite = set()
    return experiment.name if experiment.path.resolve() in suite else str(experiment.path)


def published_path(experiment: Experiment) -> Path:
    """The file of printed numbers that belongs to an experiment: in its folder or the one above."""
    own = experiment.path.parent / "published.json"
    return own if own.exists() else experiment.path.parent.parent / "published.json"


def parameters(experiment: Experiment) -> dict[str, Any]:
    """The parameters of the script's `main` and their defaults, read without running the script.

    Raises:
        InputError: a parameter has no default, or one that is no number, text or tuple of numbers.
    """
    tree = ast.parse(experiment.path.read_text(encoding="utf-8"))
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    names = [argument.arg for argument in (*main.args.args, *main.args.kwonlyargs)]
    defaults = [*main.args.defaults, *main.args.kw_defaults]
    try:
        values = [ast.literal_eval(default) for default in defaults if default is not None]
        if not all(map(_has_text, values)):
            raise ValueError
        return dict(zip(names, values, strict=True))
    except ValueError:
        raise InputError(
            f"{experiment.path}: expected main's parameters to have numbers, texts or tuples of numbers as defaults"
        ) from None


def _has_text(value: Any) -> bool:
    """Whether a value of this type can be written on the command line."""
    if isinstance(value, tuple):
        return all(type(part) in (int, float) for part in value)
    return type(value) in (int, float, str)


def options_for(experiment: Experiment, tokens: Sequence[str], quick: bool = False) -> dict[str, Any]:
    """The arguments of the experiment's `main` that a command line sets to something else than the default.

    Options are written `--learning-rate 0.05` or `--start=-5,2`; the default gives the type. With `quick`, experiments
    that have such parameters take few epochs and a coarse grid.

    Raises:
        InputError: an unknown option, a missing value, or one of another type.
    """
    defaults = parameters(experiment)
    options = {name: value for name, value in QUICK_OPTIONS.items() if quick and name in defaults}
    remaining = list(tokens)
    while remaining:
        token, has_value, value = remaining.pop(0).partition("=")
        name = token.removeprefix("--").replace("-", "_")
        if not token.startswith("-"):
            raise InputError(f"expected an option such as --epochs, got {token!r}; names come before the options")
        if not defaults:
            raise InputError(f"{experiment.name} has no options, got {token}")
        if name not in defaults or not token.startswith("--"):
            raise unknown(f"option of {experiment.name}", token, [as_option(name) for name in defaults])
        if not has_value and not remaining:
            raise InputError(f"{token}: expected a value such as {as_text(defaults[name])}, got none")
        options[name] = _convert(token, value if has_value else remaining.pop(0), defaults[name])
    return {name: value for name, value in options.items() if value != defaults[name]}


def as_option(name: str) -> str:
    """A parameter's name as an option: `--learning-rate`."""
    return "--" + name.replace("_", "-")


def as_text(value: Any) -> str:
    """A parameter's value as it is written on the command line: `-5,2` for a tuple."""
    return ",".join(f"{part:g}" for part in value) if isinstance(value, tuple) else str(value)


def _convert(token: str, text: str, default: Any) -> Any:
    try:
        if not isinstance(default, tuple):
            return type(default)(text)
        values = tuple(float(part) for part in text.split(","))
        if len(values) == len(default):
            return values
    except ValueError:
        pass
    raise InputError(f"{token}: expected a value such as {as_text(default)}, got {text!r}")


def fingerprint(experiment: Experiment, options: Mapping[str, Any], figures: Path, quick: bool) -> str:
    """A hash of all that decides what a run leaves behind.

    That is: script, library, printed numbers, files and values of the options, versions, and the folder of figures.
    """
    digest = hashlib.sha256()
    files = [experiment.path, *sorted(_PACKAGE.rglob("*.py")), published_path(experiment)]
    files += [Path(value) for value in options.values() if isinstance(value, str)]
    for path in files:
        digest.update(path.read_bytes() if path.is_file() else b"missing")
    versions = [version(name) for name in ("tensorflow", "keras", "numpy", "matplotlib")]
    digest.update(json.dumps([sorted(options.items()), versions, str(figures.resolve()), quick]).encode())
    return digest.hexdigest()


def read_record(experiment: Experiment, runs: Path) -> dict[str, Any] | None:
    """What the last finished run of this experiment recorded, or None."""
    try:
        record = json.loads(experiment.record_path(runs).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(record, dict) and {"fingerprint", "files", "when"} <= record.keys()
    return record if ours else None


def is_current(record: Mapping[str, Any], wanted: str) -> bool:
    """Whether a record has the wanted fingerprint and all its files still exist."""
    return record["fingerprint"] == wanted and all(Path(name).exists() for name in record["files"])
