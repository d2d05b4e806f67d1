"""The text of the commands: within the width of any terminal, in any encoding, with nothing lost."""

import io
import re
from datetime import datetime
from pathlib import Path

import pytest
from example_records import CLAIM, RECORD, number, record
from rich.cells import cell_len
from rich.console import Console, RenderableType

from tfreg.suite import terminal
from tfreg.suite.record import Claim
from tfreg.suite.scripts import Experiment

WIDTHS = (60, 80, 200)
WHY = "float32, whose rounding decides the last digits, and the order of the samples " * 3 + "at last"


def printed(what: RenderableType, width: int) -> str:
    """The text as it is printed, after a test that it fits."""
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(what)
    assert max(cell_len(line.rstrip()) for line in stream.getvalue().splitlines()) <= width
    return stream.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_a_block_has_name_and_title_on_one_line_and_the_summary_at_full_width(width: int) -> None:
    text = printed(terminal.block(RECORD, fresh=True), width)
    first, *others = text.splitlines()
    assert first.startswith("clusters_custom_gradient  A gradient by hand")
    assert "2 of 2 printed numbers came back" in text
    assert "claims: holds 1, fails 0, depends 0" in text
    assert words(RECORD.summary) in words(text)
    assert len(others[2].rstrip()) > width * 0.8
    assert "unchanged" not in text
    assert "unchanged" in printed(terminal.block(RECORD, fresh=False), width)


def test_a_block_names_the_numbers_that_are_lost() -> None:
    lost, other = number(reproduced=(1.0, 2.0)), number(reproducible="not reproducible", name="x.seedless")
    text = printed(terminal.block(record(checked=(lost, other)), fresh=True), 80)
    assert "1 of 2 printed numbers came back; 2 others cannot\n  not clusters_custom_gradient.weights" in text
    none_expected = printed(terminal.block(record(checked=(other,)), fresh=True), 80)
    assert "\n  2 printed numbers cannot come back\n" in re.sub(r" +\n", "\n", none_expected)
    assert "no printed numbers" in printed(terminal.block(record(checked=()), fresh=True), 80)
    assert "default options only" in printed(terminal.block(record(changed_options={"epochs": 3}), fresh=True), 80)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_is_one_line_with_its_whole_name(width: int) -> None:
    values = (-1.23456789e-10, 1234567.891)
    checked = [
        number(printed=values, reproduced=values, why=WHY),
        number(name="x.loss", printed=(0.5,), reproduced=(0.75,), tolerance=(0.0,), rounding=(0.5,), why=WHY),
        number(name="x.lost", reproduced=(1.0, 3.0), rests_on="solved start"),
        number(name="x.random", reproduced=(3.0, 3.0), reproducible="not reproducible", rests_on="itself"),
    ]
    text = printed(terminal.numbers(checked, ["x.absent"], width), width)
    rows = [line.split() for line in text.splitlines()[1:6]]
    assert [row[0] for row in rows] == [*(one.name for one in checked), "x.absent"]
    assert [row[-1] for row in rows] == ["=", "~", "Xs", "-i", "X"]
    assert rows[2][1:] == ["2", "2.5", "3", "Xs"]  # the value that is lost, not the first
    assert float(rows[0][2]) == pytest.approx(values[0], rel=0.1)
    # A reason is printed once, below the names that it belongs to.
    assert words(text).count(WHY) == 1
    assert "clusters_custom_gradient.weights, x.loss" in words(text)
    assert "No experiment gives x.absent." in text


def test_the_last_line_tells_apart_what_the_numbers_rest_on() -> None:
    checked = [
        number(),
        number(rests_on="solved start", reproduced=(1.0, 3.0)),
        number(rests_on="itself"),
        number(reproducible="not reproducible", rests_on="itself"),
    ]
    last = words(printed(terminal.numbers(checked, [], 80), 80)).partition("5 of 6")[2]
    assert last == (
        " values came back: 2 follow from the source alone, 1 rest on a start that was solved for, "
        "2 are compared with themselves. 2 others cannot come back."
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_a_claim_is_a_block_with_all_its_evidence(width: int) -> None:
    other = record(name="line", claims=(Claim("a line bends", "fails", "it does not"),))
    text = printed(terminal.claims([RECORD, other]), width)
    assert "holds  clusters_custom_gradient\n" in text
    assert "fails  line\n" in text
    assert words(CLAIM.evidence) in words(text)
    assert text.rstrip().endswith("claims: holds 1, fails 1, depends 0")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_fits(width: int) -> None:
    experiment = Experiment(RECORD.name, RECORD.group, RECORD.title, Path("x.py"))
    text = printed(terminal.listing([(experiment, RECORD), (experiment, None)]), width)
    assert text.count("clusters_custom_gradient") == 2
    assert datetime.fromisoformat(RECORD.when).astimezone().strftime("%Y-%m-%d %H:%M") in text
    assert "not yet" in text


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "y^ >= 0.5 * pi ... e - ?"),
        ("cp949", "y^ ≥ 0.5 · π … e - ?"),
        ("utf-8", "ŷ ≥ 0.5 · π … é − ☃"),
    ],
)
def test_a_character_that_cannot_be_shown_is_replaced(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding=encoding, write_through=True))
    terminal.never_fail_to_print()
    print("ŷ ≥ 0.5 · π … é − ☃")
    assert raw.getvalue().decode(encoding).strip() == shown
