"""Styles by label, and figures that are saved and shown."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Refused
from matplotlib.figure import Figure

from tfreg import draw
from tfreg.datasets import bernoulli_line
from tfreg.draw.style import Style, styles_for


def colours(*labels: str, styles: dict[str, Style] | None = None) -> list[str]:
    return [style.colour for style in styles_for(labels, styles).values()]


def test_a_label_has_the_style_of_the_loss_or_optimizer_it_names() -> None:
    named = colours("BCE fit", "MSE", "adam:0.1", "SGD, fresh")
    expected = [draw.LOSSES["bce"], draw.LOSSES["mse"], draw.OPTIMIZERS["adam"], draw.OPTIMIZERS["sgd"]]
    # Adam's blue is that of BCE, which is taken here.
    assert named[:2] + named[3:] == [expected[0].colour, expected[1].colour, expected[3].colour]
    assert colours("adam:0.1") == [expected[2].colour]


def test_a_given_style_wins_and_nothing_else_takes_its_colour() -> None:
    mine = Style(draw.PALETTE[0])
    assert colours("other", "BCE", styles={"BCE": mine, "absent": Style("#123456")}) == [draw.PALETTE[1], mine.colour]


def test_names_come_before_the_palette_whatever_the_order() -> None:
    assert colours("something", "BCE")[1] == draw.LOSSES["bce"].colour


def test_no_two_labels_of_a_figure_share_a_colour() -> None:
    labels = ["sgd:0.1", "sgd:0.01", "BCE", "BCE fit", *(f"label {n}" for n in range(60))]
    assert len(set(colours(*labels))) == len(labels)
    assert colours(*labels) == colours(*labels)


@pytest.mark.parametrize("name", ["data.png", "data.SVG"])
def test_the_same_figure_is_saved_in_the_same_bytes(name: str, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        draw.save(draw.data(bernoulli_line(50), {"fit": np.ones(50)}, title="Fit"), tmp_path / folder / name)
    first, second = ((tmp_path / folder / name).read_bytes() for folder in ("a", "b"))
    assert first == second
    assert first.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


@pytest.mark.parametrize("name", ["data.pdf", "data", "data.svg.gz", ".svg"])
def test_another_suffix_is_refused(name: str, tmp_path: Path, refused: Refused) -> None:
    with refused(f"cannot save a figure as '{name}'; expected a name that ends in .png or .svg"):
        draw.save(Figure(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_notebook_shows_a_bare_figure_without_pyplot() -> None:
    assert draw.data(bernoulli_line(50))._repr_png_().startswith(b"\x89PNG")
    code = "import sys, tfreg.draw; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
