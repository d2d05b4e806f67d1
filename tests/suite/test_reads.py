"""What a script reads from its folder is seen, and what it writes or takes from elsewhere is not."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfreg.suite.reads import files_read

READERS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.read_text(),
    "bytes": lambda path: path.read_bytes(),
    "descriptor": lambda path: os.close(os.open(path, os.O_RDONLY)),
    "pandas": pd.read_csv,
    "numpy": lambda path: np.loadtxt(path, skiprows=1),
    "json": lambda path: json.loads(path.read_text()),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_read_is_seen(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "data").write_text("1" if reader == "json" else "a\n1\n2\n")
    monkeypatch.chdir(tmp_path)
    with files_read(tmp_path) as read:
        READERS[reader](Path("below/data"))
    assert read == [tmp_path.resolve() / "below" / "data"]


def test_what_is_written_gone_code_or_elsewhere_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "elsewhere").write_text("")
    (folder / "module.py").write_text("")
    (folder / "before").write_text("")
    (folder / "before").read_text()
    with files_read(folder) as read:
        (folder / "own").write_text("a")
        (folder / "own").read_text()
        (tmp_path / "elsewhere").read_text()
        (folder / "module.py").read_text()
        (folder / "before").open("a").close()
        (folder / "before").open("r+").close()
        assert not (folder / "never").exists()
    (folder / "before").read_text()
    assert read == []
