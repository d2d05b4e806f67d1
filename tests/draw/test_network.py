"""Network diagrams: that they show the model, keep their texts apart, and are the same on every machine."""

import os
import subprocess
import sys
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.patches import Ellipse, FancyArrowPatch
from matplotlib.transforms import Bbox

from tfreg import draw, models
from tfreg.backend import keras
from tfreg.checks.errors import InputError

Dense = keras.layers.Dense


def net(n_features, *layers):
    """A built net with weights (and biases) that all differ."""
    model = keras.Sequential([keras.Input((n_features,)), *layers])
    rng = np.random.default_rng(n_features + len(layers))
    model.set_weights([rng.normal(size=weights.shape) for weights in model.get_weights()])
    return model


NETS = {
    "logistic": lambda: models.logistic(1, bias=True),
    "logistic without bias": lambda: models.logistic(2),
    "line": lambda: net(1, Dense(1)),
    "relu": lambda: net(1, Dense(1), keras.layers.ReLU()),
    "one hidden layer": lambda: net(1, Dense(2, activation="relu"), Dense(1)),
    "linear hidden layer": lambda: net(3, Dense(2), Dense(2, use_bias=False), Dense(1, activation="sigmoid")),
    "two hidden layers": lambda: net(2, Dense(4, "relu"), Dense(3), keras.layers.Activation("tanh"), Dense(1)),
    "softmax": lambda: net(4, Dense(3, activation="softmax")),
    "eight units": lambda: net(2, Dense(8, activation="elu"), Dense(2)),
}
WIDE = {
    "512 units": lambda: net(1, Dense(512, activation="relu"), Dense(1)),
    "wide twice": lambda: net(20, Dense(64, activation="relu"), Dense(10, activation="softmax")),
}


@pytest.fixture(params=NETS)
def model(request):
    return NETS[request.param]()


@pytest.fixture(params=NETS | WIDE)
def any_model(request):
    return (NETS | WIDE)[request.param]()


def labels(diagram):
    """The texts by name: those of units by the unit, those of arrows by "tail-head"."""
    return {text.get_gid(): text.get_text() for text in diagram.axes[0].texts}


def arrows(diagram):
    """(tail, head) of each arrow; the names of units have no hyphen but those of biases and of units left out."""
    names = [patch.get_gid() for patch in diagram.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    units = {text.get_gid() for text in diagram.axes[0].texts}
    found = []
    for name in names:
        parts = name.removeprefix("arrow-").split("-")
        (cut,) = (k for k in range(1, len(parts)) if {"-".join(parts[:k]), "-".join(parts[k:])} <= units)
        found.append(("-".join(parts[:cut]), "-".join(parts[cut:])))
    return found


def units(diagram):
    """The units, biases and units left out, not the texts on arrows or boxes: name to place, in order."""
    on_arrows = {f"{tail}-{head}" for tail, head in arrows(diagram)}
    texts = (text for text in diagram.axes[0].texts if text.get_gid() not in on_arrows)
    return {text.get_gid(): text.get_position() for text in texts if not text.get_gid().startswith("box-")}


def dense_layers(model):
    """(weights with the biases as last row, has it biases, is it followed by an activation) of each Dense layer."""
    found = []
    for layer in model.layers:
        if isinstance(layer, Dense):
            weights = [array.reshape(-1, layer.units) for array in layer.get_weights()]
            found.append([np.vstack(weights), layer.use_bias, layer.activation is not keras.activations.linear])
        else:
            found[-1][2] = True
    return found


def expected_weights(model):
    """(tail, head) to weight for every arrow of the Dense layers."""
    expected, first = {}, 1
    tails = [f"x{n + 1}" for n in range(model.input_shape[-1])] if model.input_shape[-1] > 1 else ["x"]
    for weights, biased, activated in dense_layers(model):
        heads = [f"u{first + n}" for n in range(weights.shape[1])]
        rows = [*tails, f"{tails[0]}-bias"] if biased else tails
        expected |= {(rows[i], heads[j]): weights[i, j] for i, j in np.ndindex(*weights.shape)}
        tails = [f"v{first + n}" for n in range(weights.shape[1])] if activated else heads
        first += weights.shape[1]
    return expected


def weight_arrows(diagram):
    return {(tail, head) for tail, head in arrows(diagram) if head.startswith("u")}


def test_every_arrow_of_a_dense_layer_bears_its_weight(model):
    diagram = draw.network(model)
    expected = expected_weights(model)
    assert weight_arrows(diagram) == expected.keys()
    assert len(expected) == model.count_params()
    for (tail, head), weight in expected.items():
        text = labels(diagram)[f"{tail}-{head}"]
        assert text == f"{weight:.3g}"
        assert float(text) == pytest.approx(float(weight), rel=5e-3)


def test_a_negative_zero_is_written_as_zero():
    model = net(1, Dense(1))
    model.set_weights([np.array([[-0.0]]), np.array([-0.25])])
    shown = labels(draw.network(model))
    assert (shown["x-u1"], shown["x-bias-u1"]) == ("0", "-0.25")


def test_weights_are_those_of_the_moment():
    model = net(1, Dense(1))
    before = labels(draw.network(model))
    model.set_weights([np.array([[1234.5]]), np.array([0.000012345])])
    after = labels(draw.network(model))
    assert before != after
    assert (after["x-u1"], after["x-bias-u1"]) == ("1.23e+03", "1.23e-05")


def test_weights_may_be_symbols():
    shown = labels(draw.network(net(1, Dense(2, activation="relu"), Dense(1)), weights="symbols"))
    named = {name: text for name, text in shown.items() if text[0] in "wb"}
    assert named == {
        "x-u1": "w1",
        "x-u2": "w2",
        "x-bias-u1": "b1",
        "x-bias-u2": "b2",
        "v1-u3": "w3",
        "v2-u3": "w4",
        "v1-bias-u3": "b3",
    }
    assert labels(draw.network(net(1, Dense(1)), weights="symbols"))["x-u1"] == "w"
    with pytest.raises(InputError, match="expected weights='values' or 'symbols', got 'names'"):
        draw.network(net(1, Dense(1)), weights="names")


def test_the_identity_is_an_activation_where_that_is_asked_for():
    model = net(1, Dense(1))
    assert "identity" not in labels(draw.network(model)).values()
    shown = draw.network(model, identity=True)
    assert labels(shown)["u1-v1"] == "identity"
    # The same places as a net with an activation, so that the two can stand beside each other.
    assert units(shown).keys() == units(draw.network(NETS["relu"]())).keys()


def test_boxes_enclose_the_columns_of_each_layer():
    diagram = draw.network(NETS["one hidden layer"](), boxes=True)
    titles = ["Layer 0: input", "Layer 1: relu", "Layer 2: linear"]
    columns = [["x", "x-bias"], ["u1", "u2", "v1", "v2", "v1-bias"], ["u3"]]
    boxes = boxes_of(diagram)
    assert list(boxes) == titles
    for title, inside in zip(titles, columns, strict=True):
        held = [name for name, place in units(diagram).items() if boxes[title].contains(*place)]
        assert held == inside


def boxes_of(diagram):
    """The boxes by title, in points."""
    titles = [text for text in diagram.axes[0].texts if text.get_gid().startswith("box-")]
    outlines = [patch for patch in diagram.axes[0].patches if type(patch).__name__ == "FancyBboxPatch"]
    frames = [Bbox.from_bounds(p.get_x(), p.get_y(), p.get_width(), p.get_height()) for p in outlines]
    return {text.get_text(): next(f for f in frames if f.contains(*text.get_position())) for text in titles}


def test_units_before_and_after_each_activation(model):
    names = units(draw.network(model))
    layers = dense_layers(model)
    total = sum(weights.shape[1] for weights, _, _ in layers)
    activated = sum(weights.shape[1] for weights, _, activated in layers if activated)
    kinds = Counter("1" if name.endswith("-bias") else name[0] for name in names)
    assert (kinds["x"], kinds["u"], kinds["v"]) == (model.input_shape[-1], total, activated)
    assert kinds["1"] == sum(biased for _, biased, _ in layers)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activation_arrows_lead_from_unit_to_unit(name):
    diagram = draw.network(net(2, Dense(3, activation=name), Dense(1)))
    found = {(tail, head) for tail, head in arrows(diagram) if tail.startswith("u")}
    assert found == {("u1", "v1"), ("u2", "v2"), ("u3", "v3")}
    assert {labels(diagram)[f"{tail}-{head}"] for tail, head in found} == {name}


@pytest.mark.parametrize("separate", [keras.layers.ReLU, lambda: keras.layers.Activation("relu")])
@pytest.mark.parametrize("kind", [draw.network, draw.layers])
def test_separate_activation_layers_belong_to_the_dense_layer_before(kind, separate):
    inside = net(2, Dense(3, activation="relu"), Dense(1))
    outside = net(2, Dense(3), separate(), Dense(1), keras.layers.Activation("linear"))
    outside.set_weights(inside.get_weights())
    assert kind(outside)._repr_svg_() == kind(inside)._repr_svg_()


def test_two_activations_are_drawn_one_after_the_other():
    model = net(1, Dense(1, activation="relu"), keras.layers.Activation("sigmoid"))
    shown = labels(draw.network(model))
    assert (shown["u1-v1"], shown["v1-w1"]) == ("relu", "sigmoid")
    assert "Layer 1: relu, sigmoid" in labels(draw.layers(model)).values()


def test_softmax_joins_all_units_in_one_box():
    diagram = draw.network(net(4, Dense(3, activation="softmax")))
    assert labels(diagram)["softmax-u1"] == "softmax"
    joined = [arrow for arrow in arrows(diagram) if "softmax-u1" in arrow]
    assert joined == [(f"u{n}", "softmax-u1") for n in (1, 2, 3)] + [("softmax-u1", f"v{n}") for n in (1, 2, 3)]
    assert [labels(diagram)[f"v{n}"] for n in (1, 2, 3)] == ["ŷ1", "ŷ2", "ŷ3"]


def test_inputs_and_output_bear_the_names_given():
    shown = labels(draw.network(models.logistic(2), inputs=["1", "<b> & \\n $x$"], output="p"))
    assert (shown["x1"], shown["x2"], shown["v1"]) == ("1", "<b> & \\n $x$", "p")
    assert labels(draw.layers(models.logistic(2), output="p"))["1.1"] == "p"


@pytest.mark.parametrize("names", [[], ["x"], ["a", "b", "c"]])
def test_a_wrong_number_of_names_is_an_input_error(names):
    with pytest.raises(InputError, match=f"each of the 2 inputs, got {len(names)}$"):
        draw.network(models.logistic(2), inputs=names)


def test_units_stand_in_order_and_arrows_lead_to_the_right(any_model):
    diagram = draw.network(any_model)
    places = units(diagram)
    columns = {}
    for name, (x, y) in places.items():  # in the order of their creation, which is that of the units
        if "max" not in name:
            columns.setdefault(x, []).append(y)
    assert all(above - below >= 36 for column in columns.values() for above, below in pairwise(column))
    assert all(places[tail][0] + 72 < places[head][0] for tail, head in arrows(diagram) if "max" not in tail + head)


def test_texts_on_arrows_keep_clear_of_each_other_and_of_the_circles(any_model):
    diagram = draw.network(any_model)
    places = units(diagram)
    on_arrows = {text.get_gid(): text.get_position() for text in diagram.axes[0].texts}
    texts = []
    for tail, head in arrows(diagram):
        if f"{tail}-{head}" not in on_arrows:
            continue
        x, y = on_arrows[f"{tail}-{head}"]
        (x0, y0), (x1, y1) = places[tail], places[head]
        assert x0 + 36 <= x <= x1 - 36
        assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0), abs=0.05)  # it lies on its arrow
        texts.append((x, y))
    assert all(abs(y0 - y1) >= 13 for (x0, y0), (x1, y1) in combinations(texts, 2) if abs(x0 - x1) < 30)


def test_a_wide_layer_shows_its_first_two_units_and_its_last():
    diagram = draw.network(WIDE["512 units"]())
    assert [labels(diagram)[name] for name in units(diagram)] == [
        *("x", "1", "u1", "u2", "…", "u512", "v1", "v2", "…", "v512", "1", "ŷ")
    ]
    left_out = {"u1-more", "v1-more"}
    unlabelled = [arrow for arrow in arrows(diagram) if "-".join(arrow) not in labels(diagram)]
    assert {frozenset(arrow) & left_out for arrow in unlabelled} == {frozenset({n}) for n in left_out} | {
        frozenset(left_out)
    }
    assert len(unlabelled) == 4  # from x, from its bias, through the activation, to the output


def test_the_weights_of_a_wide_layer_are_those_of_the_units_shown():
    model = WIDE["512 units"]()
    kernel, bias, following, _ = model.get_weights()
    shown = labels(draw.network(model))
    assert shown["x-u512"] == f"{kernel[0, 511]:.3g}"
    assert shown["x-bias-u512"] == f"{bias[511]:.3g}"
    assert shown["v512-u513"] == f"{following[511, 0]:.3g}"


@pytest.mark.parametrize(
    ("width", "shown"),
    [(7, [f"x{n}" for n in range(1, 8)]), (8, ["x1", "x2", "…", "x8"]), (9, ["x1", "x2", "…", "x9"])],
)
def test_many_arrows_abbreviate_narrower_layers(width, shown):
    # With the bias, 7 inputs to 7 units take 56 arrows, 8 of them take 63; from 9 inputs on the layer itself is wide.
    found = labels(draw.layers(net(width, Dense(7))))
    assert [text for name, text in found.items() if name.startswith("0.")] == shown


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("logistic", ["Layer 0: input", "Layer 1: sigmoid"]),
        ("one hidden layer", ["Layer 0: input", "Layer 1: relu", "Layer 2: linear"]),
        ("two hidden layers", ["Layer 0: input", "Layer 1: relu", "Layer 2: tanh", "Layer 3: linear"]),
        ("512 units", ["Layer 0: input", "Layer 1: relu", "Layer 2: linear"]),
    ],
)
def test_layers_have_a_titled_box_each(name, titles):
    assert list(boxes_of(draw.layers((NETS | WIDE)[name]()))) == titles


def test_layers_join_every_unit_with_every_unit_of_the_next(model):
    diagram = draw.layers(model)
    widths = [model.input_shape[-1], *(weights.shape[1] for weights, _, _ in dense_layers(model))]
    assert list(Counter(name[0] for name in units(diagram)).values()) == widths
    assert len(arrows(diagram)) == sum(before * after for before, after in pairwise(widths))


def test_the_boxes_of_layers_hold_their_nodes_and_do_not_touch(any_model):
    diagram = draw.layers(any_model)
    boxes = [*boxes_of(diagram).values()]
    for name, (x, y) in units(diagram).items():
        box = boxes[int(name[0])]
        assert box.x0 + 18 < x < box.x1 - 18
        assert box.y0 + 18 < y < box.y1 - 18
    assert all(before.x1 < after.x0 for before, after in pairwise(boxes))


@pytest.mark.parametrize("kind", [draw.network, draw.layers])
def test_svg_is_xml_with_all_texts_as_text(kind, any_model):
    diagram = kind(any_model)
    root = ElementTree.fromstring(diagram._repr_svg_())
    found = Counter(e.text for e in root.iter("{http://www.w3.org/2000/svg}text"))
    assert found == Counter(text.get_text() for text in diagram.axes[0].texts)
    assert diagram._repr_svg_() == kind(any_model)._repr_svg_()
    places = [(float(e.get("x")), float(e.get("y"))) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    left, top, width, height = map(float, root.get("viewBox").split())
    assert all(left < x < left + width and top < y < top + height for x, y in places)


@pytest.mark.parametrize("inputs", [["x"], ["Ticket & fare"], ["乘客的船票"]])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_nodes_are_as_wide_as_their_names(inputs):
    diagram = draw.network(net(1, Dense(1)), inputs)
    ellipses = [patch for patch in diagram.axes[0].patches if isinstance(patch, Ellipse)]
    assert [ellipse.width for ellipse in ellipses[1:]] == [36, 36]
    assert ellipses[0].width >= max(36, 5 * len(inputs[0]))


def test_notebooks_are_given_the_svg_that_is_saved_and_png_is_dense_enough_to_read(tmp_path):
    diagram = draw.network(NETS["logistic"]())
    draw.save(diagram, tmp_path / "new" / "net.svg")
    assert (tmp_path / "new" / "net.svg").read_text(encoding="utf-8") == diagram._repr_svg_()
    draw.save(diagram, tmp_path / "net.png", dpi=192)
    png = (tmp_path / "net.png").read_bytes()
    points = float(ElementTree.parse(tmp_path / "new" / "net.svg").getroot().get("width").removesuffix("pt"))
    assert int.from_bytes(png[16:20]) == pytest.approx(points * 192 / 72, abs=3)


DRAW = """
import sys
from types import SimpleNamespace
import numpy as np
from tfreg.draw import network

class Dense(SimpleNamespace):
    pass

def relu():
    pass

layer = Dense(name="d", activation=relu, use_bias=True, units=2, kernel=np.array([[0.25, -1.5]]), bias=np.zeros(2))
print(network(SimpleNamespace(layers=[layer], input_shape=(None, 1)), ["a long name"], boxes=True)._repr_svg_())
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""


@pytest.mark.slow
def test_the_fonts_of_a_machine_change_no_byte(tmp_path):
    """Here with the fonts and settings of this machine; there without any, and with other settings of Matplotlib."""
    empty = tmp_path / "fonts.conf"
    empty.write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>", encoding="utf-8")
    (tmp_path / "matplotlibrc").write_text("font.family: serif\nfont.sans-serif: Verdana\n", encoding="utf-8")
    there = {"FONTCONFIG_FILE": str(empty), "MPLCONFIGDIR": str(tmp_path)}
    drawn = [
        subprocess.run(
            [sys.executable, "-c", DRAW], env=os.environ | more, capture_output=True, text=True, check=True
        ).stdout
        for more in ({}, there)
    ]
    assert "a long name" in drawn[0]
    assert drawn[0] == drawn[1]


def test_widths_are_those_of_the_font_that_matplotlib_brings_along():
    from tfreg.draw import diagram

    assert diagram._FONT.is_relative_to(Path(matplotlib.get_data_path()))
    assert 55 < diagram.text_width("a long name") < 75


UNSUPPORTED = {
    "Conv2D": (lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]), "input shape"),
    "Dense on sequences": (lambda: keras.Sequential([keras.Input((8, 2)), Dense(1)]), "input shape"),
    "Dropout": (lambda: net(2, Dense(2), keras.layers.Dropout(0.5, name="drop"), Dense(1)), "the Dropout layer 'drop'"),
    "no Dense layer before": (lambda: net(2, keras.layers.ReLU(name="first"), Dense(1)), "the ReLU layer 'first'"),
    "GLU": (lambda: net(2, Dense(4, activation="glu", name="gated"), Dense(1)), "the Dense layer 'gated' with glu"),
    "not built": (lambda: keras.Sequential([Dense(1)]), "Sequential without layers or without an input shape"),
    "no layers": (lambda: object(), "object without layers"),
    "empty": (lambda: SimpleNamespace(layers=[], input_shape=(None, 1)), "SimpleNamespace without layers"),
}


@pytest.mark.parametrize("drawing", [draw.network, draw.layers])
@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_what_is_no_stack_of_dense_layers_is_an_input_error(kind, drawing):
    build, reason = UNSUPPORTED[kind]
    with pytest.raises(InputError, match=reason) as error:
        drawing(build())
    assert "\n" not in str(error.value)


def test_a_functional_model_is_an_input_error():
    inputs = keras.Input((2,))
    with pytest.raises(InputError, match="the InputLayer layer"):
        draw.network(keras.Model(inputs, Dense(1)(inputs)))
