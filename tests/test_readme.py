"""The README keeps its word: its snippets run, its commands and options exist, its links lead somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tfreg.cli.main import app, main
from tfreg.suite.published import load_published
from tfreg.suite.scripts import discover, folder

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "benchmarks" / "README.md"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> Iterator[list[str]]:
    for line in "".join(blocks("sh")).splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] == "tfreg":
            yield words[1:]


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 120


def test_the_counts_of_printed_numbers_are_true() -> None:
    sizes: dict[bool, int] = {True: 0, False: 0}
    for number in load_published(ROOT / "experiments" / "published.json").values():
        sizes[number.reproducible != "not reproducible"] += np.size(number.printed)
    said = f"compares {sum(sizes.values())} printed values: {sizes[True]} come back and {sizes[False]} cannot"
    assert said in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_commands_options_and_experiments_exist(words: list[str]) -> None:
    command, *rest = words
    text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    known = {name for one in discover(folder()) for name in (one.name, one.group)}
    for word in rest:
        if command == "run" and not word.startswith("-") and not rest[rest.index(word) - 1].startswith("--"):
            assert word in known
        elif command != "run" and word.startswith("--"):
            assert word in text


@pytest.mark.slow
def test_the_snippets_run_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    for snippet in blocks("python"):
        if snippet.startswith('"""'):
            Path("my_experiment.py").write_text(snippet, encoding="utf-8")
        else:
            exec(snippet, known)
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".gif", ".py"}
    assert all(path.stat().st_size > 0 for path in tmp_path.iterdir())
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["run", "my_experiment.py", "--epochs", "50"])
    assert list(tmp_path.glob("runs/**/findings.json"))
