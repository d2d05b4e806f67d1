"""Experiment scripts on disk: finding them by name, and loading them.

Conventions: a script `experiments/exam/1_exam_zero.py` is the experiment `exam_zero` of the group `exam`; the number
orders it, and `experiments/groups.txt` orders the groups, one a line. The first line of the script's docstring is its
title. A module without a number beside it holds what the scripts of that folder share. Nothing heavy is imported before
a script is loaded.
"""

import ast
import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tfreg.checks.errors import InputError, unknown
from tfreg.process.own_code import own_code

ON_REQUEST = "comparisons"  # the group that takes longer, and is run when it is named
PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Experiment:
    """A script that defines `main(...) -> Findings`."""

    name: str
    group: str
    title: str
    path: Path

    def record_path(self, runs: Path) -> Path:
        """The file that records a run of this experiment."""
        return runs / self.group / self.name / "findings.json"


def folder() -> Path:
    """The folder of the suite's experiments: below the current directory, or else the one that came with the package.

    That is a part of the package if it was installed from a wheel, and beside it in a checkout. A folder of that name
    without an experiment is somebody else's.

    Raises:
        InputError: there is none.
    """
    for where in (Path.cwd(), PACKAGE, PACKAGE.parent):
        if _scripts(where / "experiments"):
            return where / "experiments"
    raise InputError("no folder 'experiments' here; run tfreg in a checkout, or name the path of a script")


def discover(where: Path) -> list[Experiment]:
    """The experiments in a folder and its subfolders, in the order of its `groups.txt`, then other groups by name."""
    order = where / "groups.txt"
    groups = order.read_text(encoding="utf-8").split() if order.is_file() else []
    found = [from_script(path) for path in _scripts(where)]
    return sorted(found, key=lambda one: groups.index(one.group) if one.group in groups else len(groups))


def _scripts(where: Path) -> list[Path]:
    return sorted([*where.glob("[0-9]*_*.py"), *where.glob("*/[0-9]*_*.py")])


def from_script(path: Path) -> Experiment:
    """The experiment that a script holds, which is read and not run.

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
    """The experiments of these names, script paths, groups or folders; without names all but the group on request.

    Raises:
        InputError: a name that is no experiment.
    """
    chosen = [] if names else [one for one in discover(folder()) if one.group != ON_REQUEST]
    for name in names:
        chosen += _named(name)
    return list({experiment.path.resolve(): experiment for experiment in chosen}.values())


def _named(name: str) -> list[Experiment]:
    if name.endswith(".py"):
        return [from_script(Path(name))]
    if "/" in name or Path(name).is_dir():
        if found := discover(Path(name)):
            return found
        raise InputError(f"no experiments in {name}; expected scripts such as 07_logistic_bce.py")
    known = discover(folder())
    if found := [experiment for experiment in known if name in (experiment.name, experiment.group)]:
        return found
    groups = dict.fromkeys(experiment.group for experiment in known)
    raise unknown("experiment", name, [*(experiment.name for experiment in known), *groups])


def command_line_name(experiment: Experiment) -> str:
    """The name of the experiment on a command line, or its path if it is not in the suite."""
    try:
        suite = {known.path.resolve() for known in discover(folder())}
    except InputError:
        suite = set()
    return experiment.name if experiment.path.resolve() in suite else str(experiment.path)


def published_path(experiment: Experiment) -> Path:
    """The file of printed numbers that belongs to an experiment: in its folder or the one above."""
    own = experiment.path.parent / "published.json"
    return own if own.exists() else experiment.path.parent.parent / "published.json"


def modules_beside(path: Path) -> list[Path]:
    """The modules that a script can import from its folder: those without a leading number."""
    return [beside for beside in sorted(path.parent.glob("*.py")) if beside.stem.isidentifier() and beside != path]


def load_script(path: Path) -> ModuleType:
    """Run a script as a module, and return it.

    It can import the modules beside it, as with `python script.py`; modules of the same names in other folders stay
    apart. Workers on other machines receive the script and these modules by value, since they cannot import them.

    Raises:
        InputError: the script is missing, or something goes wrong in it; see `tfreg.process.own_code`.
    """
    import cloudpickle

    # The script may import Keras before it imports tfreg: TensorFlow has to be set up, and loaded quietly, before.
    importlib.import_module("tfreg.backend")
    if not path.is_file():
        raise InputError(f"no such script: {path}")
    # Scripts of the same name in two folders are two modules.
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()
    spec = importlib.util.spec_from_file_location(f"tfreg_script_{path.stem}_{digest[:8]}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    with _fresh_modules_beside(path), first_on_path(path.parent), own_code(path):
        spec.loader.exec_module(module)
    for loaded in (module, *_loaded_from(path)):
        cloudpickle.register_pickle_by_value(loaded)
    return module


@contextmanager
def first_on_path(where: Path) -> Iterator[None]:
    """Import a folder's modules before all others within the block."""
    entry = str(where.resolve())
    sys.path.insert(0, entry)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(entry)


@contextmanager
def _fresh_modules_beside(path: Path) -> Iterator[None]:
    """Forget modules that have the names of those beside a script, and bring back those it has not replaced."""
    names = [beside.stem for beside in modules_beside(path)]
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.setdefault(name, module)


def _loaded_from(path: Path) -> list[ModuleType]:
    """The loaded modules of the script's folder."""
    beside = {str(module.resolve()) for module in modules_beside(path)}
    names = [module.stem for module in modules_beside(path) if module.stem in sys.modules]
    return [sys.modules[name] for name in names if getattr(sys.modules[name], "__file__", None) in beside]
