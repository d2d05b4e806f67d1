"""Figures of data: that they show what the records say, and that readers can tell it apart; and what tests share."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from conftest import Refused
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from mpl_toolkits.mplot3d import Axes3D

from tfreg import draw
from tfreg.datasets import Dataset, bernoulli_line
from tfreg.draw.style import (
    CLASSES,
    DIVERGED,
    MINIMUM,
    NOT_REACHED,
    PALETTE,
    RIGHT,
    STATES,
    TRUE_WEIGHTS,
    WRONG,
)

TRUE, LOWEST = (-1.0, 5.0), (-1.2, 5.4)
LABELS = ("carried over", "fresh")

# Severe red-green blindness: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
# Vision Deficiency", IEEE TVCG 15(6), 2009, the matrices of severity 1.0; they work on linear RGB.
VISION = {
    "usual": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
# In CIELAB a distance of 2.3 is just noticeable; thin lines need several times that.
DISTINCT = 15.0


def height(first: np.ndarray, second: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """The loss of the hand-made problem: a bowl with its lowest point at LOWEST."""
    return scale * (0.1 + 0.02 * (first - LOWEST[0]) ** 2 + 0.01 * (second - LOWEST[1]) ** 2)


def tiny_surface(scale: float = 1.0, step: float = 0.5) -> xr.Dataset:
    w0, w1 = np.arange(-12, 3, step), np.arange(-2, 10, step)
    loss = height(*np.meshgrid(w0, w1, indexing="ij"), scale)
    return xr.Dataset({"loss": (("w0", "w1"), loss)}, coords={"w0": w0, "w1": w1})


def tiny_run(epochs: int, bend: float = 0.0, scale: float = 1.0) -> xr.Dataset:
    """A run from (-10, -1) towards the minimum, recorded at every epoch."""
    left = np.exp(-np.arange(epochs + 1) / 100)
    weights = np.stack([LOWEST[0] - 8.8 * left + bend * left * (1 - left), LOWEST[1] - 6.4 * left], axis=1)
    return xr.Dataset(
        {"weights": (("epoch", "weight"), weights), "loss": ("epoch", height(*weights.T, scale))},
        coords={"epoch": np.arange(epochs + 1), "weight": ["w0", "w1"]},
    )


def tiny_scenes(epochs: int = 435, labels: tuple[str, ...] = LABELS) -> tuple[dict, dict]:
    """Surfaces of two losses with marked points, and runs on them by loss and label; each bends its own way."""
    scales = {"MSE": 1.0, "BCE": 9.0}
    marks = {"mark": ["minimum", "true weights"]}
    surfaces = {
        loss: tiny_surface(scale).assign(marked=(("mark", "axis"), [LOWEST, TRUE])).assign_coords(marks)
        for loss, scale in scales.items()
    }
    runs = {
        loss: {label: tiny_run(epochs, 4.0 * n, scale) for n, label in enumerate(labels)}
        for loss, scale in scales.items()
    }
    return surfaces, runs


def drawn(axes: Axes, label: str) -> Line2D:
    """The line of that label."""
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return line


def coordinates(line: Line2D) -> np.ndarray:
    """The points of a line, (n_points, 2) or (n_points, 3)."""
    return np.stack(line.get_data_3d() if hasattr(line, "get_data_3d") else line.get_data(), axis=1)


def test_data_shows_the_points_their_probability_and_the_fits() -> None:
    dataset = bernoulli_line(50)
    fit = np.linspace(0, 1, 50)
    figure = draw.data(dataset, {"BCE fit": fit}, title="A fit")
    (axes,) = figure.axes
    x = dataset.inputs[:, 1]
    np.testing.assert_array_equal(coordinates(axes.lines[0]), np.column_stack([x, dataset.targets]))
    np.testing.assert_array_equal(coordinates(drawn(axes, "true probability")), np.column_stack([x, dataset.expected]))
    np.testing.assert_array_equal(coordinates(drawn(axes, "BCE fit")), np.column_stack([x, fit]))
    assert axes.get_title() == "A fit"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["data", "true probability", "BCE fit"]


def test_data_without_a_known_expectation_shows_none() -> None:
    figure = draw.data(Dataset("mine", [[0.0], [1.0]], [0.0, 1.0]))
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "data" in labels
    assert "true probability" not in labels


def test_a_curve_of_another_length_is_refused(refused: Refused) -> None:
    with refused("expected 50 values for the curve 'fit', got (7,)"):
        draw.data(bernoulli_line(50), {"fit": np.zeros(7)})


def test_the_first_of_several_curves_shows_where_another_runs_over_it() -> None:
    figure = draw.data(bernoulli_line(50), {"one": np.zeros(50), "two": np.zeros(50)})
    widths = [drawn(figure.axes[0], label).get_linewidth() for label in ("one", "two")]
    assert widths[0] > widths[1] + 1
    alone = draw.data(bernoulli_line(50), {"one": np.zeros(50)})
    assert drawn(alone.axes[0], "one").get_linewidth() == widths[1]


def test_a_style_decides_colour_line_and_width() -> None:
    style = draw.Style("#123456", line=":", width=0.7)
    figure = draw.curves(np.arange(3), {"loss": {"BCE": np.ones(3)}}, styles={"BCE": style})
    line = drawn(figure.axes[0], "BCE")
    assert (line.get_color(), line.get_linestyle(), line.get_linewidth()) == ("#123456", ":", 0.7)


def test_curves_have_data_behind_them_and_a_logarithmic_x_that_shows_epoch_0() -> None:
    losses = {"BCE": np.array([3.0, 2.0, 1.0])}
    figure = draw.curves(np.arange(3), {"u": losses, "v": losses}, behind=np.zeros(3), log_x=True)
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert axes.get_xscale() == "symlog"
        assert axes.get_xlim()[0] == 0
        assert drawn(axes, "data").get_zorder() <= drawn(axes, "BCE").get_zorder()
        np.testing.assert_array_equal(coordinates(drawn(axes, "BCE"))[:, 1], losses["BCE"])


def test_points_of_two_classes_differ_in_colour_and_marker() -> None:
    groups = np.array(["fail", "pass", "fail"])
    (axes,) = draw.points(np.arange(3), np.zeros(3), groups).axes
    shown = [(line.get_color(), line.get_marker()) for line in axes.lines if len(line.get_xdata())]
    assert shown == [(style.colour, style.marker) for style in CLASSES]
    assert len({marker for _, marker in shown}) == 2
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [0, 2])


def cells(figure: Figure) -> dict[tuple[int, int], tuple[str, str]]:
    """Text and background of each cell of a table."""
    (table,) = figure.axes[0].tables
    return {
        place: (cell.get_text().get_text(), to_hex(cell.get_facecolor())) for place, cell in table.get_celld().items()
    }


def test_a_table_of_predictions_numbers_its_rows_and_shades_right_wrong_and_undecided() -> None:
    dataset = Dataset("mine", [[1.0], [2.5], [3.0]], [1.0, 0.0, 1.0])
    shown = cells(draw.predictions_table(dataset, ["x", "y"], {"p": np.array([0.9, 1.2e-5, 0.52])}))
    assert [shown[0, column][0] for column in range(4)] == ["", "x", "y", "p"]
    assert [shown[row, 0][0] for row in (1, 2, 3)] == ["1", "2", "3"]
    assert [shown[row, 1][0] for row in (1, 2, 3)] == ["1", "2.5", "3"]
    assert [shown[row, 3][0] for row in (1, 2, 3)] == ["0.9000", "1.2e-05", "0.5200"]
    wrong = cells(draw.predictions_table(dataset, ["x", "y"], {"p": np.array([0.1, 0.9, 0.0])}))
    right, undecided = shown[1, 3][1], shown[3, 3][1]
    assert shown[2, 3][1] == right
    assert {wrong[row, 3][1] for row in (1, 2, 3)}.isdisjoint({right, undecided})
    assert wrong[3, 3][0] == "0.0000"  # exactly


@pytest.mark.parametrize(
    ("names", "values", "message"), [(["x"], [0, 0], "each of the 2 inputs and"), (["x", "y"], [0], "2 probabilities")]
)
def test_a_table_of_another_size_is_refused(
    names: list[str], values: list[float], message: str, refused: Refused
) -> None:
    with refused(message):
        draw.predictions_table(Dataset("mine", [[0.0], [1.0]], [0.0, 1.0]), names, {"p": np.array(values)})


def lab(linear: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of linear sRGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (to_xyz @ np.clip(linear, 0, 1)) / to_xyz.sum(axis=1)
    fx, fy, fz = (np.cbrt(t) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def seen(colour: str, vision: str) -> np.ndarray:
    """A colour as seen with that kind of vision, in CIELAB."""
    encoded = np.array(to_rgb(colour))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return lab(VISION[vision] @ linear)


def nearest(colours: Mapping[str, str], vision: str) -> tuple[float, str]:
    """The smallest distance between two colours, and whose it is."""
    return min(
        (float(np.linalg.norm(seen(a, vision) - seen(b, vision))), f"{one} and {other}")
        for (one, a), (other, b) in combinations(colours.items(), 2)
    )


def test_the_simulated_vision_confuses_what_the_colour_blind_confuse() -> None:
    red_and_green = {"red": "#C00000", "green": "#507000"}
    assert nearest(red_and_green, "usual")[0] > 60
    assert nearest(red_and_green, "deuteranopia")[0] < 20


@pytest.mark.parametrize("vision", VISION)
def test_the_palette_can_be_told_apart(vision: str) -> None:
    distance, whose = nearest({colour: colour for colour in PALETTE}, vision)
    assert distance > DISTINCT, whose


CONCEPTS = {
    "losses": [style.colour for style in draw.LOSSES.values()],
    "states": [style.colour for style in STATES.values()],
    "right and wrong": [RIGHT.colour, WRONG.colour],
    "classes": [style.colour for style in CLASSES],
    "outcomes": [NOT_REACHED.colour, DIVERGED.colour],
    "marks": [MINIMUM.colour, TRUE_WEIGHTS.colour],
}


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("concept", CONCEPTS)
def test_styles_of_one_concept_can_be_told_apart(concept: str, vision: str) -> None:
    distance, whose = nearest({colour: colour for colour in CONCEPTS[concept]}, vision)
    assert distance > DISTINCT, whose


def test_no_two_concepts_share_their_colours() -> None:
    sets = [frozenset(colours) for colours in CONCEPTS.values()]
    assert all(not (one & other) for one, other in combinations(sets, 2))


def test_optimizers_have_colours_of_their_own() -> None:
    colours = [style.colour for style in draw.OPTIMIZERS.values()]
    assert len(set(colours)) == len(colours) == 17


def texts(figure: Figure) -> list[Text]:
    """Titles, axis labels and all texts of legends."""
    found = [figure._suptitle] if figure._suptitle is not None else []
    legends = [*figure.legends]
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label]
        found += [axes.zaxis.label] if isinstance(axes, Axes3D) else []
        legends += [legend for legend in [axes.get_legend()] if legend is not None]
    for legend in legends:
        found += [legend.get_title(), *legend.get_texts()]
    return [text for text in found if text.get_text()]


def overlapping(figure: Figure) -> list[str]:
    """Pairs of texts that overlap, and texts that leave the figure; it has to be drawn before."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    pairs = [f"{a} on {b}" for (a, box), (b, other) in combinations(boxes, 2) if box.overlaps(other)]
    inside = figure.bbox
    outside = [f"{a} outside" for a, box in boxes if not (inside.contains(*box.min) and inside.contains(*box.max))]
    return pairs + outside


def test_overlaps_would_be_found() -> None:
    figure = draw.data(bernoulli_line(50), title="a title much wider than the figure " * 4)
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        axis.set_label_coords(0.5, 0.5)
    figure.canvas.draw()
    found = overlapping(figure)
    assert "x on y" in found
    assert any(text.startswith("a title") and text.endswith("outside") for text in found)
