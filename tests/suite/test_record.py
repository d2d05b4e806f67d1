"""Records to and from JSON: the same afterwards, or not taken for one."""

import json
from pathlib import Path
from typing import Any

import pytest
from example_records import RECORD, number, record

from tfreg.suite.record import from_json, read_record, to_json


def test_a_record_is_the_same_after_json() -> None:
    whole = record(checked=(number(reproduced=(float("inf"), 2.5)),), changed_options={"start": [1.0, 2.0]})
    assert from_json(to_json(whole)) == whole


def changed(**parts: Any) -> str:
    return json.dumps(json.loads(to_json(RECORD)) | parts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"when": "2026-01-01", "fingerprint": "abc", "files": []}',
        changed(more=1),
        changed(files=3),
        changed(files=[3]),
        changed(seconds="long"),
        changed(claims=[{"sentence": "it rains"}]),
        changed(claims=[{"sentence": "it rains", "verdict": "maybe", "evidence": "1"}]),
        changed(changed_options=[]),
    ],
)
def test_what_is_no_record_counts_as_not_run(text: str, tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    path.write_text(text, encoding="utf-8")
    assert read_record(path) is None


def test_a_missing_or_unreadable_file_counts_as_not_run(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    assert read_record(tmp_path / "latin.json") is None
    assert read_record(tmp_path / "none.json") is None


def test_a_record_is_current_while_its_files_exist(tmp_path: Path) -> None:
    file = tmp_path / "run.nc"
    file.touch()
    left = record(files=(str(file),))
    assert left.is_current("abc")
    assert not left.is_current("other")
    file.unlink()
    assert not left.is_current("abc")
