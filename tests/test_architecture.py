"""Data flow one way: the imports of the package are read and held to the order of its folders.

The modules beside the folders come first; then problem -> training, surfaces -> comparison -> draw -> suite -> cli.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import tfreg

# From left to right: a folder imports only itself and what stands before it; "" is the package's own folder.
FOLDERS = ["checks", "process", "", "problem", "training", "surfaces", "comparison", "draw", "suite", "cli"]
# Neither of these imports the other: a surface needs no run, and a run no surface.
APART = {("surfaces", "training"), ("draw", "training"), ("draw", "problem")}
# These answer without TensorFlow: they read, draw or keep records that others have computed.
WITHOUT_TENSORFLOW = ("tfreg", "tfreg.draw", "tfreg.suite", "tfreg.cli.main", "tfreg.files", "tfreg.datasets")

PACKAGE = Path(tfreg.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def folder(module: str) -> str:
    """The folder of `tfreg` that a module lies in, "" for the package's own."""
    path = MODULES[module].relative_to(PACKAGE)
    return path.parts[0] if len(path.parts) > 1 else ""


def imports(module: str, at_load: bool = False) -> set[str]:
    """The modules that `module` imports while it runs, or only those that it imports when it is loaded.

    What is imported for type checkers alone does not count.
    """
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
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
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "tfreg imports itself by its full name"
    for alias in node.names:
        whole = f"{node.module}.{alias.name}"
        yield whole if whole in MODULES else node.module or ""


def test_the_reader_of_imports_sees_what_is_there() -> None:
    """The tests below would hold of anything if it saw nothing."""
    assert {"numpy", "tfreg.backend", "tfreg.problem.problem"} <= imports("tfreg.training.program")
    assert {"tensorflow", "keras"} <= imports("tfreg.backend")
    assert {folder(module) for module in MODULES} == set(FOLDERS), (
        "add a new folder to FOLDERS, right of what it imports"
    )


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"tfreg.__main__"}))
def test_nothing_is_imported_from_a_folder_to_the_right(module: str) -> None:
    here = folder(module)
    allowed = FOLDERS[: FOLDERS.index(here) + 1]
    for name in imports(module) & set(MODULES):
        there = folder(name)
        assert there in allowed, f"{module} imports {name}, which stands to the right of it"
        assert (here, there) not in APART, f"{module} imports {name}"


@pytest.mark.parametrize("here", FOLDERS)
def test_no_folder_has_a_circle(here: str) -> None:
    inside = {module for module in MODULES if folder(module) == here}
    TopologicalSorter({module: imports(module) & inside - {module} for module in inside}).prepare()


def test_a_newcomer_finds_few_doors() -> None:
    assert len([entry for entry in PACKAGE.glob("*.py") if not entry.stem.startswith("__")]) < 10


@pytest.mark.parametrize("module", WITHOUT_TENSORFLOW)
def test_what_draws_or_keeps_records_loads_no_tensorflow(module: str) -> None:
    """Every module of the folder is loaded in a fresh process, but for the one that loads all there is."""
    inside = [name for name in MODULES if name == module or (module != "tfreg" and name.startswith(f"{module}."))]
    modules = [name for name in inside if name != "tfreg.suite.preload"]
    program = f"import sys, {', '.join(modules)}; print(sorted({{'tensorflow', 'keras'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_had() -> None:
    for name in tfreg.__all__:
        assert getattr(tfreg, name) is not None
    assert set(dir(tfreg)) == set(tfreg.__all__)
    with pytest.raises(AttributeError, match="module 'tfreg' has no attribute 'trian'"):
        tfreg.trian  # noqa: B018
