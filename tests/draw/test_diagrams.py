import subprocess
import sys
from collections import Counter
from itertools import combinations, pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import graphviz
import numpy as np
import pygraphviz
import pytest

from tfreg import models
from tfreg.backend import keras
from tfreg.draw import network as diagrams
from tfreg.errors import InputError

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


def parsed(diagram):
    return pygraphviz.AGraph(string=diagram.source)


def label(graph, name):
    return graph.get_node(name).attr["label"]


def units(graph):
    """The nodes that are units, biases or ellipses, not the texts on arrows: name to place."""
    texts = {f"{tail} {head}" for tail, head in graph.edges()}
    return {str(node): place(node) for node in graph.nodes() if node not in texts}


def place(node):
    x, y = node.attr["pos"].rstrip("!").split(",")
    return float(x), float(y)


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
        rows = [*tails, f"{tails[0]} bias"] if biased else tails
        expected |= {(rows[i], heads[j]): weights[i, j] for i, j in np.ndindex(*weights.shape)}
        tails = [f"v{first + n}" for n in range(weights.shape[1])] if activated else heads
        first += weights.shape[1]
    return expected


def weight_arrows(graph):
    return {(str(tail), str(head)): (tail, head) for tail, head in graph.edges() if str(head).startswith("u")}


def test_every_arrow_of_a_dense_layer_bears_its_weight(model):
    graph = parsed(diagrams.detailed(model))
    expected = expected_weights(model)
    assert weight_arrows(graph).keys() == expected.keys()
    assert len(expected) == model.count_params()
    for (tail, head), weight in expected.items():
        text = label(graph, f"{tail} {head}")
        assert text == f"{weight:.3g}"
        assert float(text) == pytest.approx(float(weight), rel=5e-3)
        assert graph.get_edge(tail, head).attr["tooltip"] == text


def test_a_negative_zero_is_written_as_zero():
    model = net(1, Dense(1))
    model.set_weights([np.array([[-0.0]]), np.array([-0.25])])
    graph = parsed(diagrams.detailed(model))
    assert (label(graph, "x u1"), label(graph, "x bias u1")) == ("0", "-0.25")


def test_weights_are_those_of_the_moment():
    model = net(1, Dense(1))
    before = diagrams.detailed(model).source
    model.set_weights([np.array([[1234.5]]), np.array([0.000012345])])
    graph = parsed(diagrams.detailed(model))
    assert before != diagrams.detailed(model).source
    assert (label(graph, "x u1"), label(graph, "x bias u1")) == ("1.23e+03", "1.23e-05")


def test_units_before_and_after_each_activation(model):
    names = units(parsed(diagrams.detailed(model)))
    layers = dense_layers(model)
    total = sum(weights.shape[1] for weights, _, _ in layers)
    activated = sum(weights.shape[1] for weights, _, activated in layers if activated)
    kinds = Counter("1" if name.endswith("bias") else name[0] for name in names)
    assert (kinds["x"], kinds["u"], kinds["v"]) == (model.input_shape[-1], total, activated)
    assert kinds["1"] == sum(biased for _, biased, _ in layers)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activation_arrows_lead_from_unit_to_unit(name):
    graph = parsed(diagrams.detailed(net(2, Dense(3, activation=name), Dense(1))))
    arrows = {(str(tail), str(head)) for tail, head in graph.edges() if str(tail).startswith("u")}
    assert arrows == {("u1", "v1"), ("u2", "v2"), ("u3", "v3")}
    assert {label(graph, f"{tail} {head}") for tail, head in arrows} == {name}
    assert all(graph.get_edge(*arrow).attr["tooltip"] == name for arrow in arrows)


@pytest.mark.parametrize("separate", [keras.layers.ReLU, lambda: keras.layers.Activation("relu")])
@pytest.mark.parametrize("draw", [diagrams.detailed, diagrams.compact])
def test_separate_activation_layers_belong_to_the_dense_layer_before(draw, separate):
    inside = net(2, Dense(3, activation="relu"), Dense(1))
    outside = net(2, Dense(3), separate(), Dense(1), keras.layers.Activation("linear"))
    outside.set_weights(inside.get_weights())
    assert draw(outside).source == draw(inside).source


def test_two_activations_are_drawn_one_after_the_other():
    model = net(1, Dense(1, activation="relu"), keras.layers.Activation("sigmoid"))
    graph = parsed(diagrams.detailed(model))
    assert (label(graph, "u1 v1"), label(graph, "v1 w1")) == ("relu", "sigmoid")
    assert "Layer 1: relu, sigmoid" in diagrams.compact(model).source


def test_softmax_joins_all_units_in_one_box():
    graph = parsed(diagrams.detailed(net(4, Dense(3, activation="softmax"))))
    (box,) = (node for node in graph.nodes() if node.attr["label"] == "softmax")
    assert graph.predecessors(box) == ["u1", "u2", "u3"]
    assert [label(graph, name) for name in graph.successors(box)] == ["ŷ1", "ŷ2", "ŷ3"]


def test_inputs_and_output_bear_the_names_given():
    graph = parsed(diagrams.detailed(models.logistic(2), inputs=["1", "<b> & \\n"], output="p"))
    assert label(graph, "x1") == "1"
    assert label(graph, "x2") == "<b> & \\\\n"  # DOT's way to write one backslash
    assert label(graph, "v1") == "p"
    assert label(parsed(diagrams.compact(models.logistic(2), output="p")), "1.1") == "p"


@pytest.mark.parametrize("names", [[], ["x"], ["a", "b", "c"]])
def test_a_wrong_number_of_names_is_an_input_error(names):
    with pytest.raises(InputError, match=f"each of the 2 inputs, got {len(names)}$"):
        diagrams.detailed(models.logistic(2), inputs=names)


def test_units_stand_in_order_and_arrows_lead_to_the_right(any_model):
    graph = parsed(diagrams.detailed(any_model))
    places = units(graph)
    columns = {}
    for x, y in places.values():  # in the order of their creation, which is that of the units
        columns.setdefault(x, []).append(y)
    assert all(above - below >= 36 for column in columns.values() for above, below in pairwise(column))
    assert all(places[tail][0] + 72 < places[head][0] for tail, head in graph.edges() if "max" not in tail + head)


def test_texts_on_arrows_keep_clear_of_each_other_and_of_the_circles(any_model):
    graph = parsed(diagrams.detailed(any_model))
    places = units(graph)
    texts = {}
    for tail, head in graph.edges():
        if not graph.has_node(f"{tail} {head}"):
            continue
        x, y = texts[tail, head] = place(graph.get_node(f"{tail} {head}"))
        (x0, y0), (x1, y1) = places[tail], places[head]
        assert x0 + 36 <= x <= x1 - 36
        assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0), abs=0.05)  # it lies on its arrow
    assert all(abs(y0 - y1) >= 13 for (x0, y0), (x1, y1) in combinations(texts.values(), 2) if abs(x0 - x1) < 30)


def test_a_wide_layer_shows_its_first_two_units_and_its_last():
    graph = parsed(diagrams.detailed(WIDE["512 units"]()))
    assert [label(graph, name) for name in units(graph)] == [
        *("x", "1", "u1", "u2", "…", "u512", "v1", "v2", "…", "v512", "1", "ŷ")
    ]
    ellipses = {"u1 …", "v1 …"}
    unlabelled = [edge for edge in graph.edges() if not edge.attr["tooltip"]]
    assert {frozenset(edge) & ellipses for edge in unlabelled} == {frozenset({n}) for n in ellipses} | {
        frozenset(ellipses)
    }
    assert len(unlabelled) == 4  # from x, from its bias, through the activation, to the output
    assert not any(graph.has_node(f"{tail} {head}") for tail, head in unlabelled)


def test_the_weights_of_a_wide_layer_are_those_of_the_units_shown():
    model = WIDE["512 units"]()
    kernel, bias, following, _ = model.get_weights()
    graph = parsed(diagrams.detailed(model))
    assert label(graph, "x u512") == f"{kernel[0, 511]:.3g}"
    assert label(graph, "x bias u512") == f"{bias[511]:.3g}"
    assert label(graph, "v512 u513") == f"{following[511, 0]:.3g}"


@pytest.mark.parametrize(
    ("width", "shown"),
    [(7, [f"x{n}" for n in range(1, 8)]), (8, ["x1", "x2", "…", "x8"]), (9, ["x1", "x2", "…", "x9"])],
)
def test_many_arrows_abbreviate_narrower_layers(width, shown):
    # With the bias, 7 inputs to 7 units take 56 arrows, 8 of them take 63; from 9 inputs on the layer itself is wide.
    graph = parsed(diagrams.compact(net(width, Dense(7))))
    assert [label(graph, name) for name in graph.nodes() if str(name).startswith("0.")] == shown


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("logistic", ["Layer 0: input", "Layer 1: sigmoid"]),
        ("one hidden layer", ["Layer 0: input", "Layer 1: relu", "Layer 2: linear"]),
        ("two hidden layers", ["Layer 0: input", "Layer 1: relu", "Layer 2: tanh", "Layer 3: linear"]),
        ("512 units", ["Layer 0: input", "Layer 1: relu", "Layer 2: linear"]),
    ],
)
def test_compact_has_a_titled_box_for_each_layer(name, titles):
    graph = parsed(diagrams.compact((NETS | WIDE)[name]()))
    assert [box.name for box in graph.subgraphs()] == [f"cluster_{number}" for number in range(len(titles))]
    assert [box.graph_attr["label"] for box in graph.subgraphs()] == titles


def test_compact_joins_every_unit_with_every_unit_of_the_next_layer(model):
    graph = parsed(diagrams.compact(model))
    widths = [model.input_shape[-1], *(weights.shape[1] for weights, _, _ in dense_layers(model))]
    assert [len(box.nodes()) for box in graph.subgraphs()] == widths
    assert len(graph.edges()) == sum(before * after for before, after in pairwise(widths))


def test_compact_abbreviates_a_wide_layer():
    graph = parsed(diagrams.compact(WIDE["512 units"]()))
    assert [[label(graph, name) for name in box.nodes()] for box in graph.subgraphs()] == [
        ["x"],
        ["1", "2", "…", "512"],
        ["ŷ"],
    ]


def test_compact_boxes_hold_their_nodes_and_do_not_touch(any_model):
    graph = parsed(diagrams.compact(any_model))
    boxes = graph.subgraphs()
    corners = [[float(n) for n in box.graph_attr["bb"].split(",")] for box in boxes]
    for box, (left, bottom, right, top) in zip(boxes, corners, strict=True):
        for x, y in map(place, box.nodes()):
            assert left + 18 < x < right - 18
            assert bottom + 18 < y < top - 18
    assert all(before[2] < after[0] for before, after in pairwise(corners))


@pytest.mark.parametrize("draw", [diagrams.detailed, diagrams.compact])
def test_svg_is_xml_with_all_texts_and_the_same_bytes_each_time(draw, any_model, tmp_path):
    diagram = draw(any_model)
    for name in ("a.svg", "b.SVG"):
        diagrams.save(diagram, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.SVG").read_bytes()
    found = Counter(e.text for e in ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}text"))
    graph = parsed(diagram)
    titles = [box.graph_attr["label"] for box in graph.subgraphs()]
    assert found == Counter([*(node.attr["label"] for node in graph.nodes()), *titles])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.svg", "b.SVG"]


@pytest.mark.parametrize("inputs", [["x"], ["Ticket & fare"]])
def test_nodes_are_as_wide_as_their_names(inputs, tmp_path):
    diagrams.save(diagrams.detailed(net(1, Dense(1)), inputs), tmp_path / "net.svg")
    ellipses = ElementTree.parse(tmp_path / "net.svg").iter("{http://www.w3.org/2000/svg}ellipse")
    widths = [2 * float(ellipse.get("rx")) for ellipse in ellipses]
    assert widths[1:] == [36, 36]
    assert widths[0] >= max(36, 5 * len(inputs[0]))


def test_png_is_one_and_is_dense_enough_to_read(tmp_path):
    diagram = diagrams.compact(NETS["line"]())
    diagrams.save(diagram, tmp_path / "new" / "net.png")
    diagrams.save(diagram, str(tmp_path / "net.svg"))
    png = (tmp_path / "new" / "net.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    points = float(ElementTree.parse(tmp_path / "net.svg").getroot().get("width").removesuffix("pt"))
    assert int.from_bytes(png[16:20]) == pytest.approx(points * 192 / 72, abs=3)


@pytest.mark.parametrize("name", ["net.pdf", "net", "net.svg.gz", ".svg"])
def test_another_suffix_is_an_input_error(name, tmp_path):
    with pytest.raises(InputError, match=r"ends in \.svg or \.png"):
        diagrams.save(diagrams.compact(NETS["line"]()), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_notebooks_are_given_the_svg_that_is_saved(tmp_path):
    diagram = diagrams.detailed(NETS["logistic"]())
    diagrams.save(diagram, tmp_path / "net.svg")
    assert isinstance(diagram, graphviz.Digraph)
    shown = diagram._repr_mimebundle_(include=None, exclude=None)
    assert shown == {"image/svg+xml": (tmp_path / "net.svg").read_text(encoding="utf-8")}


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


@pytest.mark.parametrize("draw", [diagrams.detailed, diagrams.compact])
@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_what_is_no_stack_of_dense_layers_is_an_input_error(kind, draw):
    build, reason = UNSUPPORTED[kind]
    with pytest.raises(InputError, match=reason) as error:
        draw(build())
    assert "\n" not in str(error.value)


def test_a_functional_model_is_an_input_error():
    inputs = keras.Input((2,))
    with pytest.raises(InputError, match="the InputLayer layer"):
        diagrams.detailed(keras.Model(inputs, Dense(1)(inputs)))


def test_the_module_loads_neither_keras_nor_tensorflow():
    code = "import sys, tfreg.draw.network; sys.exit(not {'keras', 'tensorflow'}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
