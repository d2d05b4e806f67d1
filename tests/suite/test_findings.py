"""Findings as a script builds them, and as a notebook shows them."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import Refused
from matplotlib.figure import Figure
from PIL import Image

from tfreg.draw.figure import Drawing
from tfreg.draw.frames import Animation
from tfreg.suite.findings import Findings

RUN = xr.Dataset({"loss": ("epoch", [1.0, 0.5])})
TABLE = pd.DataFrame({"a <b>": [1, 2]})


def network() -> Drawing:
    drawing = Drawing(figsize=(1, 1))
    drawing.text(0.5, 0.5, "x")
    return drawing


def animation() -> Animation:
    frames = tuple(Image.new("P", (4, 4), colour) for colour in (0, 1))
    return Animation("title", frames, ("first", "second"))


def test_each_thing_is_kept_under_its_name() -> None:
    found = Findings("Half of it.")
    figure = Figure()
    found.run("run", RUN)
    found.figure("fit", figure, "The fit.")
    found.table("table", TABLE, "The table.")
    found.number("mse.loss", [[1.0, 2.0]], because="no seed")
    assert found.runs["run"] is RUN
    assert (found.figures["fit"].content, found.figures["fit"].caption) == (figure, "The fit.")
    assert (found.tables["table"].content, found.tables["table"].caption) == (TABLE, "The table.")
    assert found.numbers["mse.loss"].values.tolist() == [[1.0, 2.0]]
    assert found.numbers["mse.loss"].because == "no seed"


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [(True, "holds"), (False, "fails"), (np.True_, "holds"), (xr.DataArray(1) > 2, "fails"), ("depends", "depends")],
)
def test_a_claim_holds_fails_or_depends(holds: Any, verdict: str) -> None:
    found = Findings("It rose.")
    found.claim("the sun rises", holds=holds, because="it did on 1 of 1 days")
    (claim,) = found.claims
    assert (claim.sentence, claim.verdict, claim.evidence) == ("the sun rises", verdict, "it did on 1 of 1 days")


@pytest.mark.parametrize("holds", ["holds", "true", "", None, 1, 0.0, np.array([True])])
def test_another_verdict_is_refused(holds: Any, refused: Refused) -> None:
    with refused("claim 'the sun rises': expected holds=True, False or 'depends', got "):
        Findings("It rose.").claim("the sun rises", holds=holds, because="it did")


@pytest.mark.parametrize(
    ("add", "says"),
    [
        (lambda found: found.run("r", {"loss": 1}), "run: expected an xarray.Dataset, got {'loss': 1}"),
        (lambda found: found.figure("f", 3, "A 3."), "figure 'f': expected a Matplotlib figure, a network diagram"),
        (lambda found: found.figure("f", Figure(), ""), "the caption of figure 'f': expected a sentence, got ''"),
        (lambda found: found.table("t", [[1]], "A 1."), "table: expected a pandas.DataFrame, got [[1]]"),
        (lambda found: found.number("n", "three"), "number 'n': expected numbers, got 'three'"),
        (lambda found: found.number("n", [[1], [1, 2]]), "number 'n': expected numbers"),
        (lambda found: found.number("n", 3, because=4), "because: expected a text, got 4"),
        (lambda found: found.claim("s", holds=True, because=""), "because of claim 's': expected a sentence, got ''"),
        (lambda found: found.number("../n", 3), "name of a number: expected letters, digits"),
        (lambda found: found.number("", 3), "name of a number: expected letters, digits"),
        (lambda found: Findings(3), "summary: expected a text, got 3"),  # type: ignore[arg-type]
    ],
)
def test_wrong_kinds_are_refused(add: Callable[[Findings], Any], says: str, refused: Refused) -> None:
    with refused(says):
        add(Findings("Found."))


@pytest.mark.parametrize(
    ("add", "says"),
    [
        (lambda found: found.run("x", RUN), "two runs are called 'x'"),
        (lambda found: found.figure("x", Figure(), "An x."), "two figures are called 'x'"),
        (lambda found: found.table("x", TABLE, "An x."), "two tables are called 'x'"),
        (lambda found: found.number("x", 1), "two numbers are called 'x'"),
        (lambda found: found.claim("x", holds=True, because="1"), "claim 'x' is judged twice"),
    ],
)
def test_a_name_is_used_once(add: Callable[[Findings], Any], says: str, refused: Refused) -> None:
    found = Findings("Found.")
    add(found)
    with refused(says):
        add(found)


def test_a_notebook_shows_pictures_and_verdicts_and_escapes_every_text() -> None:
    found = Findings("a < b & c")
    found.figure("figure", Figure(figsize=(1, 1)), "a <figure>")
    found.figure("network", network(), "a network")
    found.figure("animation", animation(), "an animation")
    found.table("table", TABLE, "a <table>")
    found.claim("a < b", holds="depends", because="1 < <2>")
    html = found._repr_html_()
    assert re.findall(r'src="data:(image/[a-z+]+);base64,', html) == ["image/png", "image/svg+xml", "image/gif"]
    for text in ("a &lt; b &amp; c", "a &lt;figure&gt;", "a &lt;table&gt;", "a &lt;b&gt;", "1 &lt; &lt;2&gt;"):
        assert text in html
    assert "<b>depends</b>" in html
