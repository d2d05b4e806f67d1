"""Printed numbers beside reproduced ones, and the file that holds them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Refused

from tfreg.suite.findings import Number
from tfreg.suite.published import check_numbers, load_published
from tfreg.suite.record import CheckedNumber

One = Callable[..., CheckedNumber]
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
        entry(rests_on="solved start"),
        entry(rests_on="itself"),
    ],
)
def test_good_entries_are_taken_as_they_are(good: dict[str, Any], tmp_path: Path) -> None:
    (number,) = load_published(published(tmp_path, json.dumps({"fit.weights": good}))).values()
    assert number.printed.tolist() == np.ravel(good["printed"]).tolist()
    for key in ("tolerance", "rounding"):
        given = np.broadcast_to(good.get(key, 0.0), np.shape(good["printed"]))
        assert getattr(number, key).tolist() == given.ravel().tolist()
    assert (number.reproducible, number.why) == (good["reproducible"], good.get("why", ""))
    assert number.rests_on == good.get("rests_on", "source")


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
        (entry(rests_on="luck"), "rests_on: expected one of ('source', 'solved start', 'itself'), got 'luck'"),
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


def check(numbers: dict[str, Any], entries: dict[str, Any], folder: Path) -> tuple[CheckedNumber, ...]:
    """Numbers of the experiment `fit` beside published entries."""
    found = {name: Number(np.asarray(values)) for name, values in numbers.items()}
    return check_numbers("fit", found, load_published(published(folder, json.dumps(entries))))


@pytest.fixture
def one(tmp_path: Path) -> One:
    """One number beside one published entry."""

    def beside(printed: Any, reproduced: Any, **how: Any) -> CheckedNumber:
        entry = {"printed": printed, "tolerance": 0.0, "reproducible": "exact"} | how
        (number,) = check({"x": reproduced}, {"fit.x": entry}, tmp_path)
        return number

    return beside


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
    reproduced: float, tolerance: float, rounding: float, digits_match: bool, came_back: bool, one: One
) -> None:
    number = one(1.0, reproduced, tolerance=tolerance, rounding=rounding)
    assert (number.digits_match, number.came_back) == ((digits_match,), (came_back,))
    verdict = "digits match" if digits_match else "within float rounding" if came_back else "does not come back"
    assert number.verdict == verdict


def test_each_value_has_its_own_limits(one: One) -> None:
    number = one([1.0, 1.0, 1.0], [1.25, 1.25, 1.25], tolerance=[0.25, 0.125, 0.125], rounding=[0.0, 0.5, 0.125])
    assert number.digits_match == (True, False, False)
    assert number.came_back == (True, True, False)


def test_tables_are_compared_value_by_value(one: One) -> None:
    number = one([[1.0, 2.0], [3.0, 4.0]], np.array([[1.0, 2.0], [3.5, 4.0]]), tolerance=[[0, 0], [0.25, 0]])
    assert number.printed == (1.0, 2.0, 3.0, 4.0)
    assert number.came_back == (True, True, False, True)


def test_what_cannot_come_back_is_no_loss(one: One) -> None:
    number = one(1.0, 2.0, reproducible="not reproducible", why="no seed")
    assert (number.verdict, number.expected, number.differences) == ("not reproducible", False, (1.0,))


def test_only_numbers_with_a_published_counterpart_of_that_experiment_are_compared(tmp_path: Path) -> None:
    entries = {"fit.a": GOOD | {"why": "because", "rests_on": "itself"}, "other.b": GOOD, "fit.c": GOOD}
    (number,) = check({"a": [4.3, -0.8], "b": [1, 2], "d": 3}, entries, tmp_path)
    assert (number.name, number.reproducible, number.why, number.rests_on) == ("fit.a", "exact", "because", "itself")


def test_a_computed_reason_comes_before_that_of_the_file(tmp_path: Path) -> None:
    path = published(tmp_path, json.dumps({"fit.a": entry(why="of the file")}))
    number = Number(np.array([4.3, -0.8]), "computed")
    assert check_numbers("fit", {"a": number}, load_published(path))[0].why == "computed"


@pytest.mark.parametrize(("printed", "reproduced"), [([1.0, 2.0], [1.0]), ([1.0, 2.0], 1.0), (1.0, [1.0, 1.0])])
def test_another_number_of_values_is_refused(printed: Any, reproduced: Any, refused: Refused, one: One) -> None:
    with refused(f"fit.x: expected {np.size(printed)} values as published, got {np.size(reproduced)}"):
        one(printed, reproduced)
