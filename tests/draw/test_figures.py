"""Figures of hand-made records: that they show what the records say, and that readers can tell it apart."""

import os
import subprocess
import sys
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

from tfreg.datasets import Dataset, bernoulli_line, sigmoid
from tfreg.draw import data as figures
from tfreg.draw import surfaces as landscapes
from tfreg.draw.surfaces import Scene

TRUE_WEIGHTS, MINIMUM = (-1.0, 5.0), (-1.2, 5.4)
LABELS = ("Adam, state carried over", "Adam, fresh")

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
    """The loss of the hand-made problem: a bowl with its lowest point at MINIMUM."""
    return scale * (0.1 + 0.02 * (first - MINIMUM[0]) ** 2 + 0.01 * (second - MINIMUM[1]) ** 2)


def tiny_surface(scale: float = 1.0, step: float = 0.5) -> xr.Dataset:
    w0, w1 = np.arange(-12, 3, step), np.arange(-2, 10, step)
    loss = height(*np.meshgrid(w0, w1, indexing="ij"), scale)
    return xr.Dataset({"loss": (("w0", "w1"), loss)}, coords={"w0": w0, "w1": w1})


def tiny_run(epochs: int, bend: float = 0.0, scale: float = 1.0) -> xr.Dataset:
    """A run from (-10, -1) towards the minimum, recorded at every epoch."""
    left = np.exp(-np.arange(epochs + 1) / 100)
    weights = np.stack([MINIMUM[0] - 8.8 * left + bend * left * (1 - left), MINIMUM[1] - 6.4 * left], axis=1)
    return xr.Dataset(
        {"weights": (("epoch", "weight"), weights), "loss": ("epoch", height(*weights.T, scale))},
        coords={"epoch": np.arange(epochs + 1), "weight": ["w0", "w1"]},
    )


def tiny_scene(epochs: int = 435, labels: tuple[str, ...] = LABELS) -> Scene:
    """Both losses of the lecture, with a path for each label that bends its own way."""
    scales = {"MSE": 1.0, "BCE": 9.0}
    dataset = bernoulli_line(50)
    paths = {
        loss: {label: tiny_run(epochs, 4.0 * n, scale) for n, label in enumerate(labels)}
        for loss, scale in scales.items()
    }
    return Scene(
        surfaces={loss: tiny_surface(scale) for loss, scale in scales.items()},
        paths=paths,
        fits={
            loss: {label: sigmoid(run.weights.values @ dataset.inputs.T) for label, run in runs.items()}
            for loss, runs in paths.items()
        },
        points={loss: {"true weights": TRUE_WEIGHTS, "minimum": MINIMUM} for loss in scales},
        dataset=dataset,
    )


@pytest.fixture(scope="module")
def scene() -> Scene:
    return tiny_scene()


@pytest.fixture(scope="module")
def descents(scene: Scene) -> Figure:
    """A figure with texts as long as the lecture's, drawn."""
    note = "Carried over: on MSE, Adam divides by a remembered gradient up to 11,364 times that of the start"
    figure = landscapes.descents(scene, "Adam(0.1) from (-10, -1): 435 epochs", note)
    figure.canvas.draw()
    return figure


def drawn(axes: Axes, label: str) -> Line2D:
    """The line of that label."""
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return line


def coordinates(line: Line2D) -> np.ndarray:
    """What a line runs through, (points, 2) or (points, 3)."""
    return np.stack(line.get_data_3d() if hasattr(line, "get_data_3d") else line.get_data(), axis=1)


def solid_and_flat(figure: Figure, loss: str) -> tuple[Axes3D, Axes]:
    by_title = {axes.get_title(): axes for axes in figure.axes}
    solid = by_title[loss]
    assert isinstance(solid, Axes3D)
    return solid, by_title[f"{loss}, seen from above"]


def test_data_shows_the_points_their_probability_and_the_fits() -> None:
    dataset = bernoulli_line(50)
    fit = np.linspace(0, 1, 50)
    figure = figures.data(dataset, {"BCE fit": fit}, title="A fit")
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
    figure = figures.data(Dataset("mine", [[0.0], [1.0]], [0.0, 1.0]))
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "data" in labels
    assert "true probability" not in labels


def test_surfaces_stand_side_by_side_at_the_lectures_angle() -> None:
    figure = landscapes.surfaces({"MSE": tiny_surface(), "BCE": tiny_surface(9.0)}, title="Loss over (w0, w1)")
    assert [axes.get_title() for axes in figure.axes] == ["MSE", "BCE"]
    for axes in figure.axes:
        assert isinstance(axes, Axes3D)
        assert (axes.elev, axes.azim) == (15, 75)
        assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_zlabel()) == ("w0", "w1", "loss")
    highest = [tiny_surface(scale).loss.values.max() for scale in (1.0, 9.0)]
    assert [axes.get_zlim()[1] for axes in figure.axes if isinstance(axes, Axes3D)] == pytest.approx(highest, rel=0.05)


def test_descents_have_a_solid_and_a_flat_view_of_each_loss(descents: Figure, scene: Scene) -> None:
    assert sorted(axes.get_title() for axes in descents.axes) == sorted(
        [*scene.surfaces, *(f"{loss}, seen from above" for loss in scene.surfaces)]
    )
    assert sum(isinstance(axes, Axes3D) for axes in descents.axes) == len(scene.surfaces)
    for loss in scene.surfaces:
        solid, flat = solid_and_flat(descents, loss)
        # The contour view stands below the 3-D view, in the same column.
        below, above = flat.get_position(), solid.get_position()
        assert below.y1 < above.y0 + 0.05
        assert below.x0 < (above.x0 + above.x1) / 2 < below.x1


@pytest.mark.parametrize("loss", ["MSE", "BCE"])
@pytest.mark.parametrize("label", LABELS)
def test_paths_run_through_the_weights_of_the_run_at_its_own_loss(
    loss: str, label: str, descents: Figure, scene: Scene
) -> None:
    solid, flat = solid_and_flat(descents, loss)
    run = scene.paths[loss][label]
    np.testing.assert_array_equal(coordinates(drawn(flat, label)), run.weights.values)
    expected = np.column_stack([run.weights.values, run.loss.values])
    np.testing.assert_array_equal(coordinates(drawn(solid, label)), expected)


@pytest.mark.parametrize("loss", ["MSE", "BCE"])
def test_paths_have_a_dot_at_the_lectures_thirty_points(loss: str, descents: Figure, scene: Scene) -> None:
    _, flat = solid_and_flat(descents, loss)
    for label, run in scene.paths[loss].items():
        dots = [line for line in flat.lines if line.get_marker() == "o" and line.get_color() == figures.colour(label)]
        (many,) = (line for line in dots if len(line.get_xdata()) > 1)
        np.testing.assert_array_equal(coordinates(many), run.weights.values[::15])
        assert len(coordinates(many)) == 30


@pytest.mark.parametrize("loss", ["MSE", "BCE"])
@pytest.mark.parametrize(("label", "weights"), [("true weights", TRUE_WEIGHTS), ("minimum", MINIMUM)])
def test_true_weights_and_minimum_are_marked_on_the_surface(
    loss: str, label: str, weights: tuple[float, float], descents: Figure, scene: Scene
) -> None:
    solid, flat = solid_and_flat(descents, loss)
    np.testing.assert_array_equal(coordinates(drawn(flat, label)), [weights])
    ((w0, w1, loss_there),) = coordinates(drawn(solid, label))
    assert (w0, w1) == weights
    assert loss_there == scene.surfaces[loss].loss.sel(w0=w0, w1=w1, method="nearest").item()


def test_marks_differ_in_shape_from_each_other_and_from_the_dots(descents: Figure) -> None:
    _, flat = solid_and_flat(descents, "MSE")
    markers = [drawn(flat, label).get_marker() for label in ("true weights", "minimum")]
    assert len({*markers, "o"}) == 3


def test_paths_and_marks_lie_over_the_surface(descents: Figure) -> None:
    for axes in descents.axes:
        surfaces = [collection.get_zorder() for collection in axes.collections]
        assert min(line.get_zorder() for line in axes.lines) > max(surfaces)
        if isinstance(axes, Axes3D):
            assert not axes.computed_zorder


def test_descents_name_everything_once_in_the_legend(descents: Figure, scene: Scene) -> None:
    (legend,) = descents.legends
    assert [text.get_text() for text in legend.get_texts()] == [*LABELS, "true weights", "minimum"]
    assert "remembered gradient" in legend.get_title().get_text()


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1)])
def test_a_surface_of_a_single_row_is_refused(shape: tuple[int, int], refused: Refused) -> None:
    surface = tiny_surface().isel(w0=slice(shape[0]), w1=slice(shape[1]))
    with refused(f"2 values of each weight or more, got {shape}"):
        landscapes.surfaces({"MSE": surface})


def colours_by_label(figure: Figure) -> dict[str, set[str]]:
    """The colours in which each label of a figure is drawn."""
    found: dict[str, set[str]] = {}
    for line in (line for axes in figure.axes for line in axes.lines):
        label = str(line.get_label())
        if not label.startswith("_"):
            found.setdefault(label, set()).add(to_hex(line.get_color()))
    return found


def test_a_label_has_one_colour_in_every_figure(descents: Figure, scene: Scene) -> None:
    fits = {label: fits[-1] for label, fits in scene.fits["MSE"].items()}
    both = [colours_by_label(descents), colours_by_label(figures.data(scene.dataset, fits))]
    assert set(LABELS) <= both[0].keys() & both[1].keys()
    for label in LABELS:
        (colour,) = both[0][label] | both[1][label]
        assert colour == to_hex(figures.colour(label))


def test_a_new_label_takes_its_colour_from_the_palette_and_keeps_it_in_another_process() -> None:
    labels = [f"optimizer {n}" for n in range(60)]
    colours = [figures.colour(label) for label in labels]
    assert set(colours) == set(figures.PALETTE)
    code = f"from tfreg import figures; print(*map(figures.colour, {labels}))"
    environment = os.environ | {"PYTHONHASHSEED": "1"}  # what hash() says of a text depends on it
    there = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.split() == colours


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
    distance, whose = nearest({colour: colour for colour in figures.PALETTE}, vision)
    assert distance > DISTINCT, whose


@pytest.mark.parametrize("vision", VISION)
def test_lines_of_one_figure_can_be_told_apart(vision: str, descents: Figure, scene: Scene) -> None:
    fits = {"BCE fit": np.zeros(50), "MSE fit": np.ones(50)}
    both_fits = figures.data(scene.dataset, {label: fits[-1] for label, fits in scene.fits["MSE"].items()})
    for figure in (descents, both_fits, figures.data(scene.dataset, fits)):
        # Points and marks are told apart by their shape, lines by their colour alone.
        lines = [line for axes in figure.axes for line in axes.lines if line.get_linestyle() != "None"]
        colours = {str(line.get_label()): to_hex(line.get_color()) for line in lines}
        assert len(colours) > 1
        distance, whose = nearest(colours, vision)
        assert distance > DISTINCT, whose


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


def test_no_texts_overlap_or_leave_the_figure(descents: Figure) -> None:
    # Title, two or three texts for each of four axes with their titles, and the legend of four with its note.
    assert len(texts(descents)) == 1 + 2 * (3 + 4) + 5
    assert overlapping(descents) == []


def test_overlaps_would_be_found() -> None:
    figure = figures.data(bernoulli_line(50), title="a title much wider than the figure " * 4)
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        axis.set_label_coords(0.5, 0.5)
    figure.canvas.draw()
    found = overlapping(figure)
    assert "x on y" in found
    assert any(text.startswith("a title") and text.endswith("outside") for text in found)
