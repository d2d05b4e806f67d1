"""Whatever a user's own code raises becomes one line with the place in that code."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from tfreg.checks.errors import InputError
from tfreg.process.own_code import own_code
from tfreg.suite.scripts import load_script


def said(path: Path, name: str = "act") -> InputError:
    """The mistake that a function of a script becomes."""
    with pytest.raises(InputError) as caught, own_code(path):
        getattr(load_script(path), name)()
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.chdir(tmp_path)

    def script(text: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return path

    return script


KINDS = {
    "x = 1 / 0": "mine.py:1: ZeroDivisionError: division by zero",
    "\nimport no_such": "mine.py:2: ModuleNotFoundError: No module named 'no_such'",
    "def act(:": "mine.py:1: SyntaxError: invalid syntax",
    "def act():\n  raise KeyError('a\\nb')": "mine.py:2: KeyError: 'a\\nb'",
    "def act():\n  raise ValueError('a\\n\\n b')": "mine.py:2: ValueError: a b",
    "def act():\n  assert False": "mine.py:2: AssertionError",
    "def act():\n  raise ValueError('long ' * 999)": "mine.py:2: ValueError: long long",
    "def act(): act()": "mine.py:1: RecursionError",
    "import sys\nsys.exit(0)": "mine.py:2: expected the script to go on, got sys.exit(0)",
    "def act():\n  raise SystemExit('enough')": "mine.py:2: expected the script to go on, got sys.exit('enough')",
    "def act():\n  raise SystemExit": "mine.py:2: expected the script to go on, got sys.exit()",
    "class Odd(BaseException): ...\ndef act():\n  raise Odd": "mine.py:3: Odd",
    # The place is in the user's code, however far inside a library it goes wrong.
    "import json\n\ndef act():\n  return json.loads('{')": "mine.py:4: JSONDecodeError: Expecting property name",
    "import tfreg\ndef act():\n  tfreg.Findings('')": "mine.py:3: the summary: expected a sentence, got ''",
    # What the script reports itself is said as it stands.
    "import tfreg\ndef act():\n  raise tfreg.InputError('too few')": "too few",
}


@pytest.mark.parametrize("text", KINDS)
def test_the_line_says_where_and_what(text: str, write: Callable[[str], Path]) -> None:
    mistake = said(write(text))
    assert str(mistake).startswith(KINDS[text])
    assert len(str(mistake)) < 400


def test_the_whole_traceback_goes_with_it_from_process_to_process(write: Callable[[str], Path]) -> None:
    mistake = said(write("def inner():\n    return [][3]\n\ndef act():\n    inner()\n"))
    (note,) = pickle.loads(pickle.dumps(mistake)).__notes__
    assert "in act" in note
    assert "return [][3]" in note


def test_a_module_beside_the_script_is_own_code_too(write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "helper_of_mine.py").write_text("\ndef help_out():\n    return {}['a']\n")
    mistake = said(write("import helper_of_mine\n\ndef act():\n    helper_of_mine.help_out()\n"))
    assert str(mistake) == "helper_of_mine.py:3: KeyError: 'a'"


def test_ctrl_c_passes(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), own_code(tmp_path / "mine.py"):
        raise KeyboardInterrupt
