"""Styles by label, and figures that are saved and shown."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Refused
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_figures import tiny_run, tiny_surface

from tfreg import draw
from tfreg.datasets import bernoulli_line
from tfreg.draw import fonts
from tfreg.draw.figure import rendered
from tfreg.draw.style import Style, styles_for


def colours(*labels: str, styles: dict[str, Style] | None = None) -> list[str]:
    return [style.colour for style in styles_for(labels, styles).values()]


def test_a_label_that_is_the_name_of_a_loss_or_optimizer_has_its_style() -> None:
    expected = [draw.LOSSES["bce"], draw.LOSSES["mse"], draw.OPTIMIZERS["sgd"]]
    assert colours("BCE", "mse", "SGD:0.1") == [style.colour for style in expected]
    assert colours("adam:0.1:0.9") == [draw.OPTIMIZERS["adam"].colour]
    # BCE's blue is that of Adam, which is taken here.
    assert colours("adam", "BCE") == [draw.OPTIMIZERS["adam"].colour, draw.PALETTE[0]]


@pytest.mark.parametrize("label", ["BCE fit", "momentum of the MSE", "lion tamers", "fit: bce", "", ":adam"])
def test_a_label_that_only_mentions_a_name_has_a_style_of_the_palette(label: str) -> None:
    assert colours(label) == [draw.PALETTE[0]]


def test_a_given_style_wins_and_nothing_else_takes_its_colour() -> None:
    mine = Style(draw.PALETTE[0])
    assert colours("other", "BCE", styles={"BCE": mine, "absent": Style("#123456")}) == [draw.PALETTE[1], mine.colour]


def test_names_come_before_the_palette_whatever_the_order() -> None:
    assert colours(*(f"label {n}" for n in range(6)), "BCE")[-1] == draw.LOSSES["bce"].colour


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


@pytest.mark.slow
def test_a_notebook_shows_a_bare_figure_without_pyplot() -> None:
    assert draw.data(bernoulli_line(50))._repr_png_().startswith(b"\x89PNG")
    code = "import sys, tfreg.draw; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_script_without_a_font_is_said_once_and_one_with_a_font_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts._warn_of.cache_clear()
    with pytest.warns(UserWarning, match="no font of this machine shows Yi characters") as caught:
        for _ in range(2):
            rendered(draw.data(bernoulli_line(5), {"ꀀꀁ": np.ones(5), "ꀂ": np.ones(5)}, title="ꀃ"), "png")
    assert len(caught) == 1
    # STIX, which Matplotlib brings too, stands for an installed font.
    monkeypatch.setattr(fonts, "_OTHERS", ("STIXGeneral",))
    figure = draw.descent(tiny_surface(), tiny_run(3), title="a\u20dd")
    rendered(figure, "png")
    families = {text.get_text(): text.get_fontfamily() for text in figure.findobj(Text)}
    assert families["a\u20dd"] == ["DejaVu Sans", "STIXGeneral"]
    assert families["seen from above"] == ["sans-serif"]


def test_what_is_no_path_is_refused(refused: Refused) -> None:
    for path in (None, b"data.png"):
        with refused(f"path: expected a path as text, got {path!r}"):
            draw.save(Figure(), path)
