"""Animations of hand-made records: the frames, the GIF, and the page in a real browser."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from conftest import Refused
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.proj3d import proj_transform
from PIL import Image
from test_figures import LABELS, TRUE, overlapping, tiny_run, tiny_scenes, tiny_surface

from tfreg import draw
from tfreg.datasets import Dataset, bernoulli_line, sigmoid
from tfreg.draw import Animation
from tfreg.draw.figure import Picture, new_figure
from tfreg.draw.moving import moving_on_surface
from tfreg.draw.scene import scenes
from tfreg.draw.style import STATES, TRUE_WEIGHTS, styles_for

TITLE = "Adam(0.1) from (-10, -1): <b> & $title"
CHROMIUM = shutil.which("chromium")
COLOURS = {label: STATES[label].colour for label in LABELS}


@dataclass(frozen=True)
class Scene:
    """Surfaces, paths and fits by loss, and what was fitted."""

    surfaces: dict[str, xr.Dataset]
    paths: dict[str, dict[str, xr.Dataset]]
    fits: dict[str, dict[str, np.ndarray]]
    dataset: Dataset


def tiny_scene(epochs: int = 435, labels: tuple[str, ...] = LABELS) -> Scene:
    surfaces, paths = tiny_scenes(epochs, labels)
    dataset = bernoulli_line(50)
    fits = {
        loss: {label: sigmoid(run.weights.values @ dataset.inputs.T) for label, run in runs.items()}
        for loss, runs in paths.items()
    }
    return Scene(surfaces, paths, fits, dataset)


def animate(scene: Scene, title: str = "", n_frames: int = 30) -> tuple[Animation, Figure]:
    """An animation and the figure that it was drawn with."""
    made: list[Picture] = []

    def remember(width: float, height: float) -> Picture:
        made.append(new_figure(width, height))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["tfreg.draw.animation"], "new_figure", remember)
        animation = draw.descent_animation(
            scene.surfaces, scene.paths, title=title, styles=STATES, data=scene.dataset, fits=scene.fits,
            n_frames=n_frames,
        )  # fmt: skip
    return animation, made[0]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return tiny_scene()


@pytest.fixture(scope="module")
def drawn(scene: Scene) -> tuple[Animation, Figure]:
    """An animation of 435 epochs, and the figure that it was drawn with."""
    return animate(scene, TITLE)


@pytest.fixture(scope="module")
def animation(drawn: tuple[Animation, Figure]) -> Animation:
    return drawn[0]


@pytest.fixture(scope="module")
def figure(drawn: tuple[Animation, Figure]) -> Figure:
    return drawn[1]


@pytest.fixture(scope="module")
def page(animation: Animation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "descent.html"
    animation.save(path)
    return path


def pixels(frame: Image.Image) -> np.ndarray:
    """Colours (height, width, 3), as whole numbers that differences do not wrap."""
    return np.asarray(frame.convert("RGB")).astype(int)


def differ(frame: Image.Image, other: Image.Image) -> np.ndarray:
    """Where two frames differ, (height, width)."""
    return (pixels(frame) != pixels(other)).any(axis=2)


def place(axes: Axes, weights: np.ndarray, loss: float) -> tuple[float, float]:
    """The pixel (row, column) of a point on 3-D axes."""
    assert isinstance(axes, Axes3D)
    x, y, _ = proj_transform(*weights, loss, axes.get_proj())
    column, row = axes.transData.transform((x, y))
    return axes.figure.bbox.height - row, column


def solid(figure: Figure, loss: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_title() == loss)


def near(shape: tuple[int, ...], centre: tuple[float, float], radius: float) -> np.ndarray:
    """The pixels (height, width) around a place."""
    rows, columns = np.indices(shape)
    return (rows + 0.5 - centre[0]) ** 2 + (columns + 0.5 - centre[1]) ** 2 <= radius**2


@pytest.mark.parametrize(
    ("epochs", "n_frames", "shown"),
    [(0, 30, [0]), (1, 30, [0, 1]), (9, 4, [0, 3, 6, 9]), (10, 3, [0, 5, 10]), (10, 1, [0])],
)
def test_frames_are_spread_evenly_over_the_recorded_epochs(epochs: int, n_frames: int, shown: list[int]) -> None:
    animation = draw.descent_animation(tiny_surface(), tiny_run(epochs), n_frames=n_frames)
    assert list(animation.captions) == [f"epoch {epoch}" for epoch in shown]
    assert len(animation.frames) == len(shown)


def test_435_epochs_make_thirty_frames(animation: Animation) -> None:
    assert list(animation.captions) == [f"epoch {epoch}" for epoch in range(0, 436, 15)]
    assert len(animation.frames) == 30
    assert {frame.size for frame in animation.frames} == {(832, 608)}


def test_texts_do_not_overlap_and_the_lower_panels_are_named(figure: Figure) -> None:
    assert overlapping(figure) == []
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["MSE", "MSE, data and fits", "BCE", "BCE, data and fits"]
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {*LABELS, "true weights", "minimum", "start", "end", "data", "true probability"} == set(named)


def test_each_frame_says_its_epoch(animation: Animation) -> None:
    corners = [pixels(frame.crop((frame.width - 120, 0, frame.width, 30))) for frame in animation.frames]
    assert all((corner < 128).any() for corner in corners)
    assert len({corner.tobytes() for corner in corners}) == 30


def test_every_frame_differs_from_the_one_before_while_the_weights_move(animation: Animation) -> None:
    for frame, following in zip(animation.frames, animation.frames[1:], strict=False):
        assert differ(frame, following).any()


def test_nothing_but_paths_and_epoch_changes_while_the_fit_rests() -> None:
    scene = tiny_scene(45, LABELS[:1])
    for fit in (fits[LABELS[0]] for fits in scene.fits.values()):
        fit[:] = fit[0]
    first, *others = animate(scene, n_frames=4)[0].frames
    below = round(0.65 * first.height)  # of the 3-D views
    assert len(others) == 3
    assert all(differ(first, other)[:below].any() for other in others)
    assert not any(differ(first, other)[below:].any() for other in others)


def test_nothing_changes_away_from_paths_fits_and_epoch(animation: Animation, figure: Figure, scene: Scene) -> None:
    changed = np.any([differ(animation.frames[0], frame) for frame in animation.frames[1:]], axis=0)
    height = changed.shape[0]
    allowed = np.zeros_like(changed)
    allowed[:30, -120:] = True
    for axes in figure.axes:
        if isinstance(axes, Axes3D):
            for run in scene.paths[axes.get_title()].values():
                for weights, loss in zip(run.weights.values[::7], run.loss.values[::7], strict=True):
                    allowed |= near(changed.shape, place(axes, weights, float(loss)), radius=9)
        else:
            box = axes.bbox
            allowed[int(height - box.y1) : int(np.ceil(height - box.y0)), int(box.x0) : int(np.ceil(box.x1))] = True
    assert changed.any()
    assert not (changed & ~allowed).any()


@pytest.mark.parametrize("loss", ["MSE", "BCE"])
@pytest.mark.parametrize("number", [2, 3, 7])
def test_dots_stand_at_the_weights_of_their_epoch_in_the_colour_of_their_path(
    loss: str, number: int, animation: Animation, figure: Figure, scene: Scene
) -> None:
    run = scene.paths[loss][LABELS[1]]
    row, column = place(solid(figure, loss), run.weights.values[15 * number], float(run.loss[15 * number]))
    colour = [round(255 * channel) for channel in to_rgb(COLOURS[LABELS[1]])]
    for k, frame in enumerate(animation.frames):
        assert (pixels(frame)[int(row), int(column)].tolist() == colour) == (k >= number)


def test_the_star_of_the_true_weights_lies_over_the_dots() -> None:
    scene = tiny_scene(15, LABELS[:1])
    for loss, runs in scene.paths.items():
        first, second = TRUE
        runs[LABELS[0]].weights[-1] = np.array(TRUE)
        runs[LABELS[0]].loss[-1] = scene.surfaces[loss].loss.sel(w0=first, w1=second, method="nearest").item()
    red = [round(255 * channel) for channel in to_rgb(TRUE_WEIGHTS.colour)]
    before, after = ((pixels(frame) == red).all(axis=2) for frame in animate(scene, n_frames=2)[0].frames)
    assert before.sum() > 50
    np.testing.assert_array_equal(after, before)


def test_the_first_path_shows_where_the_second_runs_over_it() -> None:
    scene = tiny_scene(45)
    for runs in scene.paths.values():
        for name in ("weights", "loss"):
            runs[LABELS[1]][name][:] = runs[LABELS[0]][name]
    last = pixels(animate(scene, n_frames=4)[0].frames[-1])[:300]  # the 3-D views
    for label in LABELS:
        colour = np.array([round(255 * channel) for channel in to_rgb(COLOURS[label])])
        assert (last == colour).all(axis=2).sum() > 50


def test_the_background_is_white(animation: Animation) -> None:
    corners = pixels(animation.frames[0])[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 255).all()


def test_the_fit_is_that_of_the_epoch_shown(figure: Figure, scene: Scene) -> None:
    (axes,) = (axes for axes in figure.axes if axes.get_title() == "MSE, data and fits")
    (curve,) = (line for line in axes.lines if line.get_color() == COLOURS[LABELS[1]])
    np.testing.assert_array_equal(curve.get_ydata(), scene.fits["MSE"][LABELS[1]][435])
    np.testing.assert_array_equal(curve.get_xdata(), scene.dataset.inputs[:, 1])


def test_the_gif_has_the_frames_repeats_and_holds_the_last(animation: Animation, tmp_path: Path) -> None:
    path = tmp_path / "descent.gif"
    animation.save(path)
    with Image.open(path) as gif:
        assert gif.n_frames == 30
        assert gif.info["loop"] == 0
        durations = []
        for k, frame in enumerate(animation.frames):
            gif.seek(k)
            durations.append(gif.info["duration"])
            assert not differ(gif, frame).any()
    assert durations == [200] * 29 + [2000]


@pytest.mark.parametrize("suffix", [".gif", ".HTML"])
def test_the_same_runs_give_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw.descent_animation(*tiny_scenes(30), title="twice", n_frames=3).save(tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_another_suffix_is_refused(animation: Animation, tmp_path: Path, refused: Refused) -> None:
    with refused("cannot save an animation as 'descent.mp4'; expected a name that ends in .gif or .html"):
        animation.save(tmp_path / "descent.mp4")
    assert not list(tmp_path.iterdir())


def test_a_notebook_plays_the_gif(tmp_path: Path) -> None:
    animation = draw.descent_animation(tiny_surface(), tiny_run(4), title=TITLE)
    animation.save(tmp_path / "descent.gif")
    shown = animation._repr_html_()
    (embedded,) = re.findall(r'src="data:image/gif;base64,([^"]*)"', shown)
    assert base64.b64decode(embedded) == (tmp_path / "descent.gif").read_bytes()
    assert 'alt="Adam(0.1) from (-10, -1): &lt;b&gt; &amp; $title"' in shown


def test_without_fits_the_view_from_above_stands_beside_the_surface() -> None:
    runs = xr.concat([tiny_run(50, bend) for bend in (-4, 0, 4)], "start")
    first, last = draw.descent_animation(tiny_surface(), runs, n_frames=2).frames
    changed = differ(first, last)
    half = changed.shape[1] // 2
    assert changed[40:, :half].any()
    assert changed[40:, half:].any()


def test_a_run_that_diverges_and_one_of_fewer_epochs_are_animated() -> None:
    wild = tiny_run(20)
    wild.weights[10:] = np.nan
    wild.loss[10:] = np.inf
    animation = draw.descent_animation(tiny_surface(), {"wild": wild, "short": tiny_run(5)}, n_frames=5)
    assert animation.captions[-1] == "epoch 20"


@pytest.mark.parametrize(
    ("data", "fits", "message"),
    [
        (True, None, "expected both data and fits, or neither"),
        (False, {"path": np.zeros((6, 50))}, "expected both data and fits, or neither"),
        (True, {"other": np.zeros((6, 50))}, "expected fits for the runs, 'path'; got 'other'"),
        (True, {"path": np.zeros((5, 50))}, "expected fits (n_epochs, n_samples) = (6, 50) of one run for 'path'"),
    ],
)
def test_data_and_fits_that_do_not_belong_together_are_refused(
    data: bool, fits: dict | None, message: str, refused: Refused
) -> None:
    with refused(message):
        draw.descent_animation(tiny_surface(), tiny_run(5), data=bernoulli_line(50) if data else None, fits=fits)


def test_the_end_of_each_path_is_marked_from_its_last_epoch_on() -> None:
    wild = tiny_run(20)
    wild.weights[15:] = np.nan
    (paths,) = scenes(tiny_surface(), {"long": tiny_run(40), "short": tiny_run(20, 4), "wild": wild})
    axes = Figure().subplots()
    parts = [*moving_on_surface(axes, paths, styles_for(paths.paths), np.arange(0, 41, 10))]
    shown = []
    for epoch in (0, 10, 20, 40):
        for _, move in parts:
            move(epoch)
        ends = {marker: [line for line in axes.lines if line.get_marker() == marker] for marker in "sx"}
        shown.append([[len(line.get_xdata()) for line in lines] for lines in ends.values()])
    assert shown == [[[0, 0], [0]], [[0, 0], [0]], [[0, 1], [1]], [[1, 1], [1]]]


@pytest.mark.parametrize("path", [None, b"descent.gif", 3])
def test_what_is_no_path_is_refused(animation: Animation, path: object, refused: Refused) -> None:
    with refused(f"path: expected a path as text, got {path!r}"):
        animation.save(path)


@pytest.mark.parametrize("n_frames", [0, 2.5])
def test_a_number_of_frames_that_is_none_is_refused(n_frames: object, refused: Refused) -> None:
    with refused("n_frames: expected a whole number of 1 or more"):
        draw.descent_animation(tiny_surface(), tiny_run(5), n_frames=n_frames)


def from_url(url: str) -> Image.Image:
    data = base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)
    return Image.open(io.BytesIO(data))


def test_the_page_holds_every_frame_to_the_pixel(animation: Animation, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (base,) = re.findall(r'base = "([^"]+)"', text)
    changes, captions = (json.loads(found) for found in re.findall(r"(?:changes|captions) = (\[.*?\])[,;]", text))
    assert captions == list(animation.captions)
    assert len(changes) == 30
    for change, frame in zip(changes, animation.frames, strict=True):
        shown = from_url(base).convert("RGBA")
        shown.alpha_composite(from_url(change).convert("RGBA"))
        assert not differ(shown, frame).any()


def test_the_page_needs_nothing_but_itself(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"https?:|//[a-z]|<link|@import|url\(", re.sub(r"base64,[A-Za-z0-9+/=]*", "", text))
    assert "Adam(0.1) from (-10, -1): &lt;b&gt; &amp; $title" in text
    assert "<b>" not in text


def chromium(page: Path, *options: str, milliseconds: int = 3000) -> subprocess.CompletedProcess[str]:
    """What headless Chromium says of a page, so many (virtual) milliseconds after it was opened."""
    assert CHROMIUM is not None
    command: list[Any] = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--no-first-run", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
    command += ["--force-device-scale-factor=1", "--force-color-profile=srgb", "--enable-logging=stderr"]
    command += [f"--user-data-dir={page.parent / 'profile'}", f"--virtual-time-budget={milliseconds}"]
    return subprocess.run(
        [*command, *options, page.as_uri()], capture_output=True, text=True, check=True, timeout=60, encoding="utf-8"
    )


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium in PATH to open the page with")


@needs_chromium
def test_the_script_of_the_page_runs_and_plays(page: Path, animation: Animation) -> None:
    opened = chromium(page, "--dump-dom")
    assert "CONSOLE" not in opened.stderr
    (caption,) = re.findall(r'<output id="caption">([^<]*)</output>', opened.stdout)
    assert caption in animation.captions[5:]  # three seconds are fifteen frames of 0.2 s


@needs_chromium
def test_errors_of_the_script_would_be_seen(page: Path) -> None:
    broken = page.with_name("broken.html")
    broken.write_text(page.read_text(encoding="utf-8").replace("show(0);", "shw(0);"), encoding="utf-8")
    assert "Uncaught ReferenceError: shw" in chromium(broken, "--dump-dom").stderr


@needs_chromium
def test_keys_button_and_slider_control_the_page(page: Path) -> None:
    steps = {
        "press(' ')": ["epoch 0", "Play"],
        "press('ArrowRight')": ["epoch 15", "Play"],
        "press('ArrowRight'), press('ArrowLeft'), press('ArrowLeft')": ["epoch 0", "Play"],
        "press('ArrowLeft')": ["epoch 435", "Play"],
        "press('ArrowRight')  /* around */": ["epoch 0", "Play"],
        "press('x')": ["epoch 0", "Play"],
        "slider.value = 3, slider.dispatchEvent(new Event('input'))": ["epoch 45", "Play"],
        "play.click()": ["epoch 45", "Pause"],
        "slider.value = 4, slider.dispatchEvent(new Event('input'))": ["epoch 60", "Play"],
    }
    script = "\n".join(f"{step}; seen.push([caption.textContent, play.textContent]);" for step in steps)
    driven = page.with_name("driven.html")
    driven.write_text(
        page.read_text(encoding="utf-8").replace(
            "</html>",
            "<script>const seen = [];"
            "const press = key => document.dispatchEvent(new KeyboardEvent('keydown', {key, cancelable: true}));"
            f"addEventListener('load', () => {{ {script}\ndocument.body.dataset.seen = JSON.stringify(seen); }});"
            "</script></html>",
        ),
        encoding="utf-8",
    )
    (seen,) = re.findall(r'data-seen="([^"]*)"', chromium(driven, "--dump-dom", milliseconds=100).stdout)
    assert json.loads(seen.replace("&quot;", '"')) == list(steps.values())


@needs_chromium
def test_a_screenshot_shows_a_frame_to_the_pixel(page: Path, animation: Animation, tmp_path: Path) -> None:
    path = tmp_path / "screen.png"
    chromium(page, f"--screenshot={path}", "--window-size=900,900")
    with Image.open(path) as shot:
        screen = pixels(shot)
    assert screen.shape == (900, 900, 3)
    left = (900 - 832) // 2
    # Where the frame begins depends on the height of the heading, and which it is on the timer: one column tells.
    column = screen[:, left + 200]
    columns = [pixels(frame)[:, 200] for frame in animation.frames]
    found = [
        (int(np.abs(column[top : top + 608] - shown).sum()), top, k)
        for top in range(20, 120)
        for k, shown in enumerate(columns)
    ]
    _, top, k = min(found)
    assert k > 0
    np.testing.assert_array_equal(screen[top : top + 608, left : left + 832], pixels(animation.frames[k]))
    # Heading above; slider and hint below, over the same width.
    dark = (screen < 128).any(axis=2)
    assert dark[:top].any()
    assert dark[top + 608 :].any()
    assert not dark[:, : left - 1].any()
    assert not dark[:, left + 833 :].any()


@needs_chromium
def test_scaled_to_a_narrow_window_no_trace_of_the_first_frame_shines_through(
    page: Path, animation: Animation, tmp_path: Path
) -> None:
    # The same page whose every frame is the last one, so that there is nothing to cover.
    plain = tmp_path / "plain.html"
    Animation(animation.title, [animation.frames[-1]] * 30, animation.captions).save(plain)
    screens = []
    for path in (page, plain):
        shot = path.with_suffix(".png")
        chromium(path, f"--screenshot={shot}", "--window-size=500,700", milliseconds=5900)
        screens.append(pixels(Image.open(shot)))
    assert (screens[0] != 255).any()
    np.testing.assert_array_equal(*screens)
