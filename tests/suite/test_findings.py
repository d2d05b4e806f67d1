"""Printed numbers beside reproduced ones, and the file that holds them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Refused

from tfreg.suite.findings import Claim, Comparison, compare, load_published

GOOD: dict[str, Any] = {"printed": [4.3, -0.8], "tolerance": 0.05, "reproducible": "exact"}


def entry(without: str = "", **changed: Any) -> dict[str, Any]:
    """A good entry but for one thing."""
    return {key: value for key, value in (GOOD | changed).items() if key != without}


def published(folder: Path, content: str) -> Path:
    path = folder / "published.json"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "good",
    [
        GOOD,
        entry(printed=3.5),
        entry(tolerance=0),
        entry(tolerance=[0.05, 0.005]),
        entry(reproducible="within rounding", rounding=[0.1, 0.2], why="float32"),
        entry(reproducible="not reproducible", why="no seed was set"),
        entry(printed=[[1, 2], [3, 4]], tolerance=[[1, 2], [3, 4]]),
    ],
)
def test_good_entries_are_taken_as_they_are(good: dict[str, Any], tmp_path: Path) -> None:
    entries = {"fit.weights": good}
    assert load_published(published(tmp_path, json.dumps(entries))) == entries


def test_no_file_holds_no_numbers(tmp_path: Path) -> None:
    assert load_published(tmp_path / "published.json") == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "expected JSON"),
        ("", "expected JSON"),
        ('{"a": 1,}', "expected JSON"),
        ("\udcff", "expected JSON"),
        ("[1, 2]", "an entry for each number, got list"),
        ("3", "an entry for each number, got int"),
    ],
)
def test_a_file_that_is_no_json_object_is_refused(content: str, says: str, tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "published.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with refused(says):
        load_published(path)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (entry(without="printed"), "lacks printed"),
        (entry(without="tolerance"), "lacks tolerance"),
        (entry(without="reproducible"), "lacks reproducible"),
        ([1.0], "lacks printed, reproducible, tolerance"),
        (None, "lacks printed, reproducible, tolerance"),
        (entry(digits=3), "unknown keys digits"),
        (entry(Printed=3, Why="?"), "unknown keys Printed, Why"),
        (entry(reproducible="yes"), "got 'yes'"),
        (entry(reproducible=True), "got True"),
        (entry(printed=["4.3", "about 1"]), "expected numbers"),
        (entry(printed=[[1, 2], [3]]), "expected numbers"),
        (entry(tolerance="small"), "expected numbers"),
        (entry(tolerance=[0.1]), "one or (2,), got [0.1]"),
        (entry(tolerance=[0.1, 0.1, 0.1]), "one or (2,)"),
        (entry(tolerance=[[0.1, 0.1]]), "one or (2,)"),
        (entry(printed=1.0, tolerance=[0.1]), "one or (), got [0.1]"),
        (entry(tolerance=-0.1), "0 or more"),
        (entry(tolerance=[0.1, -0.1]), "0 or more"),
        (entry(tolerance=None), "0 or more"),
        (entry(rounding=-1e-7), "0 or more"),
        (entry(rounding=[1e-7] * 3), "one or (2,)"),
        (entry(reproducible="within rounding"), "say why"),
        (entry(reproducible="not reproducible", why=""), "say why"),
    ],
)
def test_a_bad_entry_is_refused_by_name(bad: Any, says: str, tmp_path: Path, refused: Refused) -> None:
    with refused(says):
        load_published(published(tmp_path, json.dumps({"fit.loss": GOOD, "fit.weights": bad})))
    with refused(f"{tmp_path / 'published.json'}: fit.weights"):
        load_published(tmp_path / "published.json")


def one(printed: Any, reproduced: Any, **how: Any) -> Comparison:
    """The comparison of one number with one published entry."""
    published = {"fit.x": {"printed": printed, "tolerance": 0.0, "reproducible": "exact"} | how}
    (comparison,) = compare("fit", {"x": reproduced}, published)
    return comparison


# 0.5 and 0.25 are exact in binary, so that the boundary itself is meant and not its neighbourhood.
@pytest.mark.parametrize(
    ("reproduced", "tolerance", "rounding", "digits_match", "came_back"),
    [
        (1.0, 0.0, 0.0, True, True),
        (np.nextafter(1.0, 2), 0.0, 0.0, False, False),
        (1.25, 0.25, 0.0, True, True),
        (0.75, 0.25, 0.0, True, True),
        (np.nextafter(1.25, 2), 0.25, 0.0, False, False),
        (1.5, 0.25, 0.5, False, True),
        (0.5, 0.25, 0.5, False, True),
        (np.nextafter(1.5, 2), 0.25, 0.5, False, False),
        (1.25, 0.25, 0.125, True, True),
        (float("nan"), 0.25, 0.5, False, False),
        (float("inf"), 0.25, 0.5, False, False),
    ],
)
def test_digits_and_rounding_count_up_to_their_limit(
    reproduced: float, tolerance: float, rounding: float, digits_match: bool, came_back: bool
) -> None:
    comparison = one(1.0, reproduced, tolerance=tolerance, rounding=rounding)
    assert comparison.digits_match.tolist() == [digits_match]
    assert comparison.came_back.tolist() == [came_back]


def test_each_value_has_its_own_limits() -> None:
    comparison = one([1.0, 1.0, 1.0], [1.25, 1.25, 1.25], tolerance=[0.25, 0.125, 0.125], rounding=[0.0, 0.5, 0.125])
    assert comparison.digits_match.tolist() == [True, False, False]
    assert comparison.came_back.tolist() == [True, True, False]


def test_tables_are_compared_value_by_value() -> None:
    comparison = one([[1.0, 2.0], [3.0, 4.0]], np.array([[1.0, 2.0], [3.5, 4.0]]), tolerance=[[0, 0], [0.25, 0]])
    assert comparison.printed.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert comparison.came_back.tolist() == [True, True, False, True]


def test_only_numbers_with_a_published_counterpart_of_that_experiment_are_compared() -> None:
    published = {"fit.a": GOOD | {"why": "because"}, "other.b": GOOD, "fit.c": GOOD}
    (comparison,) = compare("fit", {"a": [4.3, -0.8], "b": [1, 2], "d": 3}, published)
    assert (comparison.name, comparison.reproducible, comparison.why) == ("fit.a", "exact", "because")


@pytest.mark.parametrize(("printed", "reproduced"), [([1.0, 2.0], [1.0]), ([1.0, 2.0], 1.0), (1.0, [1.0, 1.0])])
def test_another_number_of_values_is_refused(printed: Any, reproduced: Any, refused: Refused) -> None:
    with refused(f"fit.x: expected {np.size(printed)} values as published, got {np.size(reproduced)}"):
        one(printed, reproduced)


@pytest.mark.parametrize("verdict", ["holds", "fails", "depends"])
def test_a_claim_has_one_of_three_verdicts(verdict: str) -> None:
    assert Claim("the sun rises", verdict, "it did").verdict == verdict


@pytest.mark.parametrize("verdict", ["true", "Holds", "", None, True])
def test_another_verdict_is_refused(verdict: Any, refused: Refused) -> None:
    with refused(f"expected 'holds', 'fails' or 'depends', got {verdict!r}"):
        Claim("the sun rises", verdict, "it did")
