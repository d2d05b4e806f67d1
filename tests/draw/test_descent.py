"""Descents of hand-made records, on two weights and on a plane through more of them."""

import numpy as np
import pytest
import xarray as xr
from conftest import Refused
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from test_figures import (
    LABELS,
    LOWEST,
    TRUE,
    coordinates,
    drawn,
    overlapping,
    texts,
    tiny_run,
    tiny_scenes,
    tiny_surface,
)

from tfreg import draw
from tfreg.draw.box import clipped
from tfreg.draw.style import STATES


def tiny_plane() -> xr.Dataset:
    """A bowl over a plane through the space of four weights, that of the second and the fourth."""
    u = v = np.linspace(-2, 2, 9)
    loss = u[:, np.newaxis] ** 2 + v**2
    return xr.Dataset(
        {
            "loss": (("u", "v"), loss),
            "origin": ("weight", [1.0, 0.0, 2.0, 0.0]),
            "directions": (("direction", "weight"), np.eye(4)[[1, 3]]),
        },
        coords={"u": ("u", u, {"long_name": "towards one end"}), "v": v, "weight": list("abcd")},
    )


def run_of_four(off: float = 0.5, n_epochs: int = 50) -> xr.Dataset:
    """A run that goes from (1, 1) to (0, 0) of the plane, as far off it as given, and less at the end."""
    left = np.linspace(1, 0, n_epochs)
    weights = np.stack([1 + off * left, left, np.full(n_epochs, 2.0), left], axis=1)
    return xr.Dataset(
        {"weights": (("epoch", "weight"), weights), "loss": ("epoch", 2 * left**2 + 0.1)},
        coords={"epoch": np.arange(n_epochs), "weight": list("abcd")},
    )


@pytest.fixture(scope="module")
def scenes() -> tuple[dict, dict]:
    return tiny_scenes()


@pytest.fixture(scope="module")
def figure(scenes: tuple[dict, dict]) -> Figure:
    """Two surfaces side by side, with texts as long as they get, drawn."""
    note = "Carried over: on MSE, Adam divides by a remembered gradient up to 11,364 times that of the start"
    figure = draw.descent(*scenes, title="Adam(0.1) from (-10, -1): 435 epochs", note=note, styles=STATES)
    figure.canvas.draw()
    return figure


def solid_and_flat(figure: Figure, loss: str = "") -> tuple[Axes3D, Axes]:
    (solid,) = (axes for axes in figure.axes if isinstance(axes, Axes3D) and axes.get_title() == loss)
    above = f"{loss}, seen from above" if loss else "seen from above"
    (flat,) = (axes for axes in figure.axes if axes.get_title() == above)
    return solid, flat


def dots(axes: Axes, colour: str, marker: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_marker() == marker and line.get_color() == colour]


@pytest.mark.parametrize("loss", ["MSE", "BCE"])
def test_each_surface_stands_over_its_view_from_above(loss: str, figure: Figure) -> None:
    solid, flat = solid_and_flat(figure, loss)
    below, above = flat.get_position(), solid.get_position()
    assert below.y1 < above.y0 + 0.05
    assert below.x0 < (above.x0 + above.x1) / 2 < below.x1
    assert sum(axes.get_label() == "<colorbar>" for axes in figure.axes) == 2


def test_one_surface_stands_beside_its_view_from_above() -> None:
    figure = draw.descent(tiny_surface(), tiny_run(30))
    figure.canvas.draw()
    solid, flat = (axes.get_position() for axes in solid_and_flat(figure))
    assert solid.x1 < flat.x1
    assert abs((solid.y0 + solid.y1) / 2 - (flat.y0 + flat.y1) / 2) < 0.1
    assert overlapping(figure) == []


@pytest.mark.parametrize("loss", ["MSE", "BCE"])
@pytest.mark.parametrize("label", LABELS)
def test_paths_run_through_the_weights_of_the_run_at_its_own_loss(
    loss: str, label: str, figure: Figure, scenes: tuple[dict, dict]
) -> None:
    solid, flat = solid_and_flat(figure, loss)
    run = scenes[1][loss][label]
    np.testing.assert_array_equal(coordinates(drawn(flat, label)), run.weights.values)
    expected = np.column_stack([run.weights.values, run.loss.values])
    np.testing.assert_array_equal(coordinates(drawn(solid, label)), expected)


def test_paths_have_about_thirty_dots_a_hollow_start_and_an_end(figure: Figure, scenes: tuple[dict, dict]) -> None:
    _, flat = solid_and_flat(figure, "MSE")
    for label, run in scenes[1]["MSE"].items():
        many, start = dots(flat, STATES[label].colour, "o")
        np.testing.assert_array_equal(coordinates(many), run.weights.values[::15])
        assert len(coordinates(many)) == 30
        np.testing.assert_array_equal(coordinates(start), run.weights.values[:1])
        assert start.get_markerfacecolor() == "white"
        (end,) = dots(flat, STATES[label].colour, "s")
        np.testing.assert_array_equal(coordinates(end), run.weights.values[-1:])


@pytest.mark.parametrize(("label", "weights"), [("true weights", TRUE), ("minimum", LOWEST)])
def test_marked_points_stand_on_the_surface(
    label: str, weights: tuple[float, float], figure: Figure, scenes: tuple[dict, dict]
) -> None:
    solid, flat = solid_and_flat(figure, "MSE")
    np.testing.assert_array_equal(coordinates(drawn(flat, label)), [weights])
    ((w0, w1, loss_there),) = coordinates(drawn(solid, label))
    assert (w0, w1) == weights
    assert loss_there == scenes[0]["MSE"].loss.sel(w0=w0, w1=w1, method="nearest").item()


def test_marks_differ_in_shape_from_each_other_and_from_what_paths_consist_of(figure: Figure) -> None:
    _, flat = solid_and_flat(figure, "MSE")
    markers = [drawn(flat, label).get_marker() for label in ("true weights", "minimum")]
    assert len({*markers, "o", "s"}) == 4


def test_paths_and_marks_lie_over_the_surface(figure: Figure) -> None:
    for axes in (axes for loss in ("MSE", "BCE") for axes in solid_and_flat(figure, loss)):
        surfaces = [collection.get_zorder() for collection in axes.collections]
        assert min(line.get_zorder() for line in axes.lines) > max(surfaces)
        if isinstance(axes, Axes3D):
            assert not axes.computed_zorder


def test_the_first_path_is_wider_and_the_second_does_not_cover_it(figure: Figure) -> None:
    _, flat = solid_and_flat(figure, "MSE")
    first, second = (drawn(flat, label) for label in LABELS)
    assert first.get_linewidth() > second.get_linewidth() + 2
    assert not second.get_path_effects()
    assert drawn(solid_and_flat(draw.descent(tiny_surface(), tiny_run(9)))[1], "path").get_linewidth() < 2


def test_everything_is_named_once_in_the_legend(figure: Figure) -> None:
    (legend,) = figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    assert sorted(named) == sorted([*LABELS, "true weights", "minimum", "start", "end"])
    assert "remembered gradient" in legend.get_title().get_text()


def test_no_texts_overlap_or_leave_the_figure(figure: Figure) -> None:
    # Title; labels of four axes with their titles and of two colour bars; the legend of six with its note.
    assert len(texts(figure)) == 1 + 2 * (4 + 3 + 1) + 7
    assert overlapping(figure) == []


@pytest.mark.parametrize("runs", [tiny_run(20), {"path": tiny_run(20)}])
def test_a_single_run_needs_no_name(runs: object) -> None:
    figure = draw.descent(tiny_surface(), runs)
    assert len(coordinates(drawn(solid_and_flat(figure)[1], "path"))) == 21


def test_many_starts_look_alike_and_have_one_entry_in_the_legend() -> None:
    runs = xr.concat([tiny_run(50, bend) for bend in np.linspace(-4, 4, 20)], "start")
    figure = draw.descent(tiny_surface(), {"adam:0.1": runs})
    _, flat = solid_and_flat(figure)
    colour = draw.OPTIMIZERS["adam"].colour
    assert len([line for line in flat.lines if line.get_linestyle() == "-"]) == 20
    assert len(dots(flat, colour, "o")) == 20  # the starts alone
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["adam:0.1", "start", "end"]


def test_a_surface_over_two_of_many_weights_shows_those_two() -> None:
    run = run_of_four()
    surface = tiny_plane().drop_vars(["origin", "directions", "weight"]).rename(u="d", v="b")
    figure = draw.descent(surface, run, points={"here": [9.0, 0.5, 9.0, -0.5]})
    _, flat = solid_and_flat(figure)
    np.testing.assert_array_equal(coordinates(drawn(flat, "path")), run.weights.sel(weight=["d", "b"]).values)
    np.testing.assert_array_equal(coordinates(drawn(flat, "here")), [[-0.5, 0.5]])


def test_on_a_plane_paths_are_projected_and_a_panel_says_how_far_off_they_are() -> None:
    runs = {"near": run_of_four(0.1), "far": run_of_four(0.8)}
    figure = draw.descent(tiny_plane(), runs, points={"end": [7.0, 0.0, 7.0, 1.5], "corner": (1.0, 1.0)})
    solid, flat = solid_and_flat(figure)
    (off,) = (axes for axes in figure.axes if axes.get_ylabel().startswith("distance"))
    expected = np.linspace(1, 0, 50)
    np.testing.assert_allclose(coordinates(drawn(flat, "far")), np.column_stack([expected, expected]), atol=1e-12)
    np.testing.assert_allclose(coordinates(drawn(solid, "far"))[:, 2], runs["far"].loss)
    np.testing.assert_allclose(coordinates(off.lines[1]), np.column_stack([np.arange(50), 0.8 * expected]), atol=1e-12)
    np.testing.assert_allclose(coordinates(drawn(flat, "end")), [[0.0, 1.5]], atol=1e-12)
    np.testing.assert_allclose(coordinates(drawn(flat, "corner")), [[1.0, 1.0]])
    assert off.get_legend() is None
    assert flat.get_xlabel() == "towards one end"
    figure.canvas.draw()
    assert overlapping(figure) == []


@pytest.mark.parametrize("wild", [np.nan, np.inf, 1e30])
def test_a_run_that_diverges_is_drawn_as_far_as_the_surface_goes(wild: float) -> None:
    run = tiny_run(20)
    run.weights[10:] = wild
    run.loss[10:] = wild
    run.weights[9] = np.array([-20.0, 0.0])  # it leaves the surface on the left
    figure = draw.descent(tiny_surface(), run)
    figure.canvas.draw()
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert ("path (diverged)" in named) == (not np.isfinite(wild))
    for axes in solid_and_flat(figure):
        points = coordinates(drawn(axes, "path"))
        points = points[~np.isnan(points).any(axis=1)]
        np.testing.assert_array_equal(points[0, :2], run.weights.values[0])
        assert points[:, 0].min() == -12
        assert not any(len(line.get_xdata()) for line in dots(axes, str(drawn(axes, "path").get_color()), "s"))


def test_a_flat_surface_and_a_single_epoch_are_drawn() -> None:
    flat = tiny_surface()
    flat["loss"] = xr.ones_like(flat.loss)
    figure = draw.descent(flat, tiny_run(0))
    figure.canvas.draw()
    assert len(coordinates(drawn(solid_and_flat(figure)[1], "path"))) == 1


def test_a_surface_with_holes_is_drawn_and_one_without_finite_losses_refused(refused: Refused) -> None:
    surface = tiny_surface()
    surface.loss[3:9] = np.inf
    surface.loss[12] = np.nan
    draw.descent(surface, tiny_run(5)).canvas.draw()
    with refused("a surface needs a finite loss somewhere"):
        draw.descent(surface.assign(loss=xr.full_like(surface.loss, np.nan)), tiny_run(5))


def test_points_may_differ_from_surface_to_surface(scenes: tuple[dict, dict]) -> None:
    figure = draw.descent(*scenes, points={"MSE": {"here": (0.0, 0.0)}, "BCE": {"here": (-4.0, 2.0)}})
    places = [coordinates(drawn(solid_and_flat(figure, loss)[1], "here")).tolist() for loss in ("MSE", "BCE")]
    assert places == [[[0.0, 0.0]], [[-4.0, 2.0]]]


@pytest.mark.parametrize("plane", [False, True])
def test_marks_outside_the_surface_are_left_out_and_stretch_no_axes(plane: bool) -> None:
    surface, run = (tiny_plane(), run_of_four()) if plane else (tiny_surface(), tiny_run(5))
    places = {"minimum": [0.5, -0.5], "true weights": [40.0, 1.0], "unknown": [np.nan, 0.0]}
    marked = surface.assign_coords(mark=[*places]).assign(marked=(("mark", "axis"), [*places.values()]))
    figure = draw.descent(marked, run, points={"far": (0.0, -30.0)})
    bare = draw.descent(surface, run)
    for axes, without in zip(solid_and_flat(figure), solid_and_flat(bare), strict=True):
        np.testing.assert_array_equal(coordinates(drawn(axes, "minimum"))[:, :2], [places["minimum"]])
        assert {line.get_label() for line in axes.lines}.isdisjoint({"true weights", "unknown", "far"})
        assert (axes.get_xlim(), axes.get_ylim()) == (without.get_xlim(), without.get_ylim())
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["path", "minimum", "start", "end"]
    assert draw.descent_animation(marked, run, n_frames=2).frames[0].size == (832, 384)


def test_runs_and_surfaces_of_one_loss_belong_together_and_unnamed_ones_are_not_compared() -> None:
    square = {"loss": "lambda y, p: tf.reduce_mean((y - p) ** 2)"}
    for surface, run in [(SURFACE.assign_attrs(square), RUN.assign_attrs(square)), (SURFACE.assign_attrs(square), RUN)]:
        assert len(solid_and_flat(draw.descent(surface, run))) == 2


SURFACE, RUN = tiny_surface(), tiny_run(5)


def moved(run: xr.Dataset, by: float) -> xr.Dataset:
    return run.assign(weights=run.weights + by)


FAR = moved(RUN, 500.0)


def comparison(n_epochs: int = 5) -> xr.Dataset:
    """A comparison of two losses and two optimizers from two starts, with trajectories."""
    run = tiny_run(n_epochs)
    whole = xr.concat([xr.concat([moved(run, 0.1 * n + m) for n in range(2)], "start") for m in range(2)], "optimizer")
    labels = {"problem": ["bce", "mse"], "optimizer": ["sgd:0.1", "adam:0.1"]}
    both = xr.concat([whole, moved(whole, 0.5)], "problem").assign_coords(labels)
    return both.assign(loss_source=("problem", ["bce", "lambda y, p: (y - p) ** 2"]))


def named_in(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_comparison_has_a_path_for_each_optimizer_on_the_surface_of_its_loss() -> None:
    result, surface = comparison(), SURFACE.assign_attrs(loss="bce")
    figure = draw.descent(surface, result.sel(problem="bce"))
    assert named_in(figure) == ["sgd:0.1", "adam:0.1", "start", "end"]
    path = drawn(solid_and_flat(figure)[1], "adam:0.1")
    np.testing.assert_array_equal(
        coordinates(path), result.weights.sel(problem="bce", optimizer="adam:0.1", start=0).values
    )
    assert path.get_color() == draw.OPTIMIZERS["adam"].colour
    assert named_in(draw.descent(surface, result.isel(problem=0, optimizer=1)))[0] == "adam:0.1"
    assert named_in(draw.descent(surface, {"mine": result.isel(problem=0)}))[:2] == ["mine, sgd:0.1", "mine, adam:0.1"]


def test_rates_seeds_and_problems_are_named_where_there_are_several() -> None:
    result = comparison()
    names = named_in(draw.descent(SURFACE, result))
    assert names[:4] == ["sgd:0.1, bce", "sgd:0.1, mse", "adam:0.1, bce", "adam:0.1, mse"]
    varied = xr.concat([result.isel(problem=[0])] * 2, "learning_rate", data_vars="all")
    varied = varied.assign_coords(learning_rate=[0.1, 0.01]).isel(optimizer=[1]).drop_vars("loss_source")
    names = named_in(draw.descent(SURFACE, varied))
    assert names[:2] == ["learning rate 0.1", "learning rate 0.01"]


def test_the_loss_of_a_comparison_is_that_of_the_surface(refused: Refused) -> None:
    result, surface = comparison(), SURFACE.assign_attrs(loss="bce")
    other = "its loss is lambda y, p: (y - p) ** 2, the surface's is bce"
    for runs in (result, result.sel(problem="mse"), {"mse": result.sel(problem="mse", optimizer="adam:0.1")}):
        with refused(other):
            draw.descent(surface, runs)
    with refused("compare with trajectories=True"):
        draw.descent(surface, result.drop_vars(["weights", "loss"]))


def test_paths_outside_the_surface_are_named_as_such() -> None:
    assert named_in(draw.descent(SURFACE, {"adam": RUN, "sgd": FAR}))[:2] == ["adam", "sgd (outside)"]


def test_a_diverging_run_leaves_the_distances_of_the_others_readable() -> None:
    wild = run_of_four()
    wild.weights[20:] *= 1e36
    wild.weights[40:] = np.nan
    figure = draw.descent(tiny_plane(), {"sgd": run_of_four(0.8), "wild": wild})
    (off,) = (axes for axes in figure.axes if axes.get_ylabel().startswith("distance"))
    assert 0.8 < off.get_ylim()[1] < 1
    assert named_in(figure)[1] == "wild (diverged)"
    figure.canvas.draw()


def test_long_names_and_titles_stay_within_the_figure() -> None:
    long = "name " * 60
    surfaces, runs = {long: SURFACE, "b": SURFACE}, {long: {long: RUN}, "b": RUN}
    figure = draw.descent(surfaces, runs, title="title " * 60, note="note " * 80)
    figure.canvas.draw()
    assert overlapping(figure) == []
    assert f"{long[:39]}…" in named_in(figure)
    draw.descent_animation(surfaces, runs, title="title " * 60, n_frames=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"view": (1, 2, 3)}, "view: expected (elevation, azimuth) in degrees, such as (25.0, 60.0), got 3 items"),
        ({"view": None}, "view: expected (elevation, azimuth)"),
        ({"view": ("a", "b")}, "view: expected (elevation, azimuth)"),
        ({"styles": {"x": 1}}, "styles: expected draw.Style by name"),
        ({"styles": {"x": draw.Style("no colour")}}, "styles: expected draw.Style by name"),
        ({"styles": 3}, "styles: expected draw.Style by name"),
        ({"points": 3}, "points: expected a dict of coordinates by name, got 3"),
    ],
)
def test_options_of_another_kind_are_refused_in_one_line(options: dict, message: str, refused: Refused) -> None:
    for function in (draw.descent, draw.descent_animation):
        with refused(message):
            function(SURFACE, RUN, **options)


@pytest.mark.parametrize(
    ("surface", "runs", "points", "message"),
    [
        (SURFACE, 7, None, "expected a run as tfreg.train returns it"),
        (SURFACE, {}, None, "expected a run as tfreg.train returns it"),
        (SURFACE, {"adam": [1, 2]}, None, "got [1, 2] for 'adam'"),
        (SURFACE, {"adam": SURFACE}, None, "got Dataset for 'adam'"),
        (SURFACE, run_of_four(), None, "a run of another problem: it has no weight 'w0'"),
        (tiny_plane(), RUN, None, "a run of another problem: it has 2 weights (w0, …), the surface's plane 4"),
        (SURFACE.assign_attrs(loss="mse"), RUN.assign_attrs(loss="bce"), None, "its loss is bce, the surface's is mse"),
        (
            SURFACE.assign_attrs(loss="lambda y, p: tf.reduce_mean((y - p) ** 2)"),
            RUN.assign_attrs(loss="lambda y, p: tf.reduce_mean(abs(y - p))"),
            None,
            "its loss is lambda y, p: tf.reduce_mean(abs(y - p)), the surface's is lambda y, p: tf.reduce_mean((y - p)",
        ),
        (
            SURFACE,
            FAR,
            None,
            "every path lies outside the surface: paths at w0 490 to 490.4, w1 499 to 499.3, surface at",
        ),
        ({"A": SURFACE}, {"A": FAR}, None, "every path lies outside the surface of A: paths at w0"),
        (SURFACE, moved(RUN, np.nan), None, "expected a run with finite weights, got none"),
        (SURFACE, RUN.isel(epoch=[]), None, "'path': expected a run with one epoch or more, got none"),
        (SURFACE, {"a": RUN.expand_dims(start=0)}, None, "'a': expected a run with one start or more, got none"),
        ({"MSE": SURFACE}, {"BCE": RUN}, None, "the same labels as the surfaces, 'MSE'; got 'BCE'"),
        ({"MSE": SURFACE}, RUN, None, "the same labels as the surfaces, 'MSE'; got Dataset"),
        ([SURFACE], RUN, None, "surface: expected a surface as tfreg.loss_surface returns it, or a dict of surfaces"),
        (RUN, RUN, None, "or a dict of surfaces by label, got a Dataset of weights, loss"),
        (SURFACE, RUN, {"here": (1, 2, 3)}, "expected 2 coordinates or 2 weights for 'here', got (1, 2, 3)"),
        (SURFACE, RUN, {"here": "there"}, "points: expected a dict of coordinates by name, got 'there' for 'here'"),
        ({"MSE": SURFACE}, {"MSE": RUN}, {"BCE": {"here": (1, 2)}}, "expected points for 'MSE', got them for 'BCE'"),
        (SURFACE.isel(w0=[0]), RUN, None, "2 values of each weight or more, got (1, 24)"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    surface: object, runs: object, points: object, message: str, refused: Refused
) -> None:
    with refused(message):
        draw.descent(surface, runs, points=points)
    if surface is not RUN:
        with refused(message):
            draw.descent_animation(surface, runs, points=points)


def test_a_line_is_cut_where_it_crosses_the_box() -> None:
    line = np.array([[0.5, 0.5], [0.5, 2.0], [2.0, 2.0], [2.0, 0.5], [-1.0, 0.5]])
    pieces = clipped(line, (0, 0), (1, 1))
    np.testing.assert_allclose(pieces[[0, 1, 3, 4]], [[0.5, 0.5], [0.5, 1.0], [1.0, 0.5], [0.0, 0.5]])
    assert np.isnan(pieces[[2, 5]]).all()
    assert len(pieces) == 6
    inside = line[:1]
    assert clipped(inside, (0, 0), (1, 1)) is inside or np.array_equal(clipped(inside, (0, 0), (1, 1)), inside)
    assert len(clipped(line[2:3], (0, 0), (1, 1))) == 0


def test_surfaces_stand_side_by_side_at_the_angle_given() -> None:
    figure = draw.surfaces({"MSE": tiny_surface(), "BCE": tiny_surface(9.0)}, title="Loss", view=(15, 75))
    assert [axes.get_title() for axes in figure.axes] == ["MSE", "BCE"]
    for axes, scale in zip(figure.axes, (1.0, 9.0), strict=True):
        assert isinstance(axes, Axes3D)
        assert (axes.elev, axes.azim) == (15, 75)
        assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_zlabel()) == ("w0", "w1", "loss")
        assert axes.get_zlim()[1] == pytest.approx(tiny_surface(scale).loss.values.max(), rel=0.05)
    figure.canvas.draw()
    assert overlapping(figure) == []


def test_a_bare_surface_is_drawn_too() -> None:
    figure = draw.surfaces(tiny_surface())
    assert len(figure.axes) == 1
    assert figure.legends == []


def test_surfaces_show_the_marks_that_they_hold(scenes: tuple[dict, dict]) -> None:
    surfaces = scenes[0] | {"far": scenes[0]["BCE"].assign(marked=scenes[0]["BCE"].marked + 100)}
    figure = draw.surfaces(surfaces)
    shown = [[line.get_label() for line in axes.lines] for axes in figure.axes]
    assert shown == [["minimum", "true weights"]] * 2 + [[]]
    np.testing.assert_array_equal(coordinates(drawn(figure.axes[0], "minimum"))[:, :2], [LOWEST])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["minimum", "true weights"]


def test_curvature_says_how_much_of_the_grid_curves_downwards(refused: Refused) -> None:
    surface = tiny_surface()
    curved = surface.assign(curvature=xr.where(surface.w0 < -9, -0.5, 0.5) * xr.ones_like(surface.loss))
    share = 100 * float((surface.w0 < -9).mean())
    figure = draw.curvature({"MSE": curved})
    assert figure.axes[0].get_title() == f"MSE: negative on {share:.0f} % of the grid"
    with refused("expected a surface as tfreg.curvature_surface returns it"):
        draw.curvature(surface)


def test_a_run_that_only_crosses_the_surface_is_drawn_where_it_does() -> None:
    run = tiny_run(2)
    run.weights[:] = np.array([[-20.0, 0.0], [-5.0, 0.0], [20.0, 0.0]])
    figure = draw.descent(tiny_surface(), run)
    figure.canvas.draw()
    np.testing.assert_allclose(
        coordinates(drawn(solid_and_flat(figure)[1], "path"))[[0, 1, 3, 4], 0], [-12, -5, -5, 2.5]
    )
    draw.descent_animation(tiny_surface(), run)
