"""Records that several test files look at."""

from dataclasses import replace
from typing import Any

from tfreg.suite.record import CheckedNumber, Claim, ExperimentRecord, SavedFigure, SavedTable

NUMBER = CheckedNumber(
    "clusters_custom_gradient.weights", (1.0, 2.5), (1.0, 2.5), (0.0, 0.0), (0.0, 0.0), "exact", "source", ""
)
CLAIM = Claim("the prediction ŷ is 0.5 or more, ŷ ≥ 0.5", "holds", "it is 0.7 · 1 … on average over 1000 draws " * 4)
RECORD = ExperimentRecord(
    name="clusters_custom_gradient",
    group="clusters",
    script="03_clusters_custom_gradient.py",
    title="A gradient by hand, which is neither divided by the number of samples nor scaled",
    when="2026-01-02T03:04:05+00:00",
    seconds=1.5,
    fingerprint="abc",
    changed_options={},
    summary="After 100 epochs the loss is 0.1 and ŷ ≥ 0.5 · π for half of the 1000 points, as the source prints. " * 2,
    figures=(SavedFigure("fit", "The fit.", ("clusters/3_fit.png",), 1),),
    tables=(SavedTable("t", "A table.", "clusters/3_t.csv", ("name", "loss"), (("sgd", 0.12345), ("adam", None))),),
    claims=(CLAIM,),
    checked=(NUMBER,),
    numbers={"weights": [1.0, 2.5]},
    files=(),
    read=(),
)


def record(**changed: Any) -> ExperimentRecord:
    """The example but for some of its parts."""
    return replace(RECORD, **changed)


def number(**changed: Any) -> CheckedNumber:
    """The example of a number but for some of its parts."""
    return replace(NUMBER, **changed)
