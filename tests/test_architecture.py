"""Data flow one way: the imports of the package are read and held to the order of the design.

data, models, losses -> problem -> training, surfaces -> figures -> findings -> commands
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tfreg

# From left to right: a module imports only what stands before it.
ORDER = [
    module
    for modules in (
        "errors quiet progress statistics datasets plan store chunk_store contests tables",
        "backend layers losses models optimizers stacked derivatives problem loop engine training callbacks",
        "chunks fingerprint",
        "surfaces planes minima rounding relu_nets problems dispatch comparison",
        "figures landscapes animations diagrams maps charts descents",
        "findings experiments report runner workers questions comparing cli",
    )
    for module in modules.split()
]
# These answer without TensorFlow: they read, draw or store records that others have computed.
WITHOUT_TENSORFLOW = {
    *("errors", "quiet", "statistics", "datasets", "store", "figures", "landscapes", "animations", "diagrams"),
    *("progress", "plan", "chunk_store", "contests", "tables", "maps", "charts"),
    *("findings", "experiments", "report", "runner", "workers", "cli"),
}
# What draws never trains.
DRAWING = ("figures", "landscapes", "animations", "diagrams", "maps", "charts")
TRAINING = {"loop", "engine", "training", "callbacks", "comparison"}

FOLDER = Path(tfreg.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def imports(module: str, at_load: bool = False) -> set[str]:
    """The modules that `module` imports while it runs, or only those that it imports when it is loaded.

    Modules of tfreg go by their bare names, others by their top package. What is imported for type checkers alone does
    not count.
    """
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    return {name for node in _import_statements(tree, at_load) for name in _names(node)}


def _import_statements(node: ast.AST, at_load: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            yield from (found for part in child.orelse for found in _import_statements(part, at_load))
        elif not (at_load and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            yield from _import_statements(child, at_load)


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    paths = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "tfreg imports itself by its full name"
        # `from tfreg import X`: X is a module or a name that the package takes from one.
        paths = (
            [f"tfreg.{tfreg._MODULE_OF.get(path, path)}" for path in paths]
            if node.module == "tfreg"
            else [node.module or ""]
        )
    for path in paths:
        top, _, rest = path.partition(".")
        yield rest.partition(".")[0] if top == "tfreg" and rest else top


def loaded_by(module: str) -> set[str]:
    """What loading `module` loads, by way of other modules of tfreg too."""
    seen: set[str] = set()
    left = [module]
    while left:
        for name in imports(left.pop(), at_load=True) - seen:
            seen.add(name)
            if name in MODULES:
                left.append(name)
    return seen


def test_the_reader_of_imports_sees_what_is_there() -> None:
    """The tests below would hold of anything if it saw nothing."""
    assert {"numpy", "backend", "problem", "optimizers", "dataclasses"} <= imports("engine")
    assert {"tensorflow", "keras"} <= imports("backend")
    assert "tensorflow" in loaded_by("training")
    assert "problem" not in imports("derivatives")  # only its type checker needs it


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_place(module: str) -> None:
    assert module in ORDER, f"add {module!r} to ORDER, right of everything that it imports"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_imported_from_the_right(module: str) -> None:
    left = ORDER[: ORDER.index(module)]
    from_the_right = (imports(module) & set(MODULES)) - set(left)
    assert not from_the_right, f"{module} imports {from_the_right}"


@pytest.mark.parametrize("module", sorted(WITHOUT_TENSORFLOW & set(MODULES)))
def test_modules_that_do_not_compute_load_no_tensorflow(module: str) -> None:
    assert not loaded_by(module) & {"tensorflow", "keras", "backend"}


@pytest.mark.parametrize("module", [module for module in DRAWING if module in MODULES])
def test_what_draws_never_trains(module: str) -> None:
    assert not imports(module) & TRAINING


def test_importing_tfreg_does_not_load_tensorflow() -> None:
    """Read from the source above, and seen in a fresh process here."""
    modules = ", ".join(f"tfreg.{module}" for module in sorted(WITHOUT_TENSORFLOW & set(MODULES)))
    program = f"import sys, tfreg, {modules}; print(sorted({{'tensorflow', 'keras'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_had() -> None:
    for name in tfreg.__all__:
        assert getattr(tfreg, name) is not None
    assert set(dir(tfreg)) == set(tfreg.__all__)
    with pytest.raises(AttributeError, match="module 'tfreg' has no attribute 'trian'"):
        tfreg.trian  # noqa: B018
