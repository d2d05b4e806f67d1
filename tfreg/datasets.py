"""Seeded, named data sets of the published lectures, and the record that holds any data set.

Conventions: samples are rows; `inputs` has shape (n_samples, n_features), `targets` (n_samples, n_targets), both
float64 (a problem casts them to its own precision, and refuses columns that would lose their values by it). Each
function is deterministic and leaves NumPy's global random state alone.
"""

from dataclasses import dataclass

import numpy as np

from tfreg.checks.columns import as_columns
from tfreg.checks.errors import InputError
from tfreg.checks.kinds import Array, Count, Seed, checked

LECTURE_SEED = 43052


@checked
@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets, with what is known of how they came about.

    Attributes:
        name: what figures and files call it.
        inputs: array (n_samples, n_features).
        targets: array (n_samples, n_targets); a vector becomes one column.
        expected: array (n_samples,) of E[target | input] where it is known, such as the true probabilities.
        true_weights: the weights that generated the data, in the order of the model's weight vector, if known.

    Raises:
        InputError: what is no number (text, dates, complex numbers, masked arrays), empty data, NaN or infinite values,
            or another number of inputs than of targets.

    Example:
        >>> Dataset("tiny", inputs=np.zeros((3, 1)), targets=[0, 1, 1]).targets.shape
        (3, 1)
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    expected: Array | None = None
    true_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for field in ("inputs", "targets"):
            values = as_columns(f"{field} of data set {self.name!r}", getattr(self, field))
            object.__setattr__(self, field, values)
        if self.expected is not None and np.shape(self.expected) != (len(self.targets),):
            raise InputError(
                f"data set {self.name!r}: expected a mean for each of {len(self.targets)} samples as `expected`, "
                f"got shape {np.shape(self.expected)}"
            )
        if len(self.inputs) != len(self.targets):
            raise InputError(
                f"data set {self.name!r}: expected as many targets as inputs, got {len(self.inputs)} inputs "
                f"and {len(self.targets)} targets"
            )


@checked
def sigmoid(u: Array) -> np.ndarray:
    """1 / (1 + exp(-u)), element by element."""
    return 1 / (1 + np.exp(-np.asarray(u)))


def _random(seed: int) -> np.random.RandomState:
    """The generator that the lectures use, which knows fewer seeds than others."""
    if seed >= 2**32:
        raise InputError(f"seed: expected a whole number from 0 to 2**32 - 1, got {seed}")
    return np.random.RandomState(seed)


def piecewise() -> Dataset:
    """The bent line of the lecture: slope 1 left of zero, 3.5 right of it, noise of standard deviation 0.3.

    100 points x = linspace(-1, 1); seed 43052, one normal per x in order.
    """
    random = np.random.RandomState(LECTURE_SEED)
    x = np.linspace(-1, 1, 100)
    bent = np.where(x < 0, x, 3.5 * x)
    return Dataset("piecewise", x, bent + 0.3 * random.normal(size=100), expected=bent)


def flat_noise() -> Dataset:
    """Noise around zero and nothing else: x = linspace(0, 1, 100), targets normal with standard deviation 0.001."""
    random = np.random.RandomState(LECTURE_SEED)
    x = np.linspace(0, 1, 100)
    return Dataset("flat_noise", x, random.normal(loc=0, scale=0.001, size=100), expected=np.zeros(100))


@checked
def bernoulli_line(n_samples: Count = 2000, ones: bool = True, seed: Seed = LECTURE_SEED) -> Dataset:
    """The logistic data of the lecture: x = linspace(-1, 1), P(y = 1) = sigmoid(-1 + 5 x).

    The lecture sets no seed for these draws: its generator stands where the 100 normals of `flat_noise` left it, so
    the same normals are drawn first. With the default 2000 samples, 810 targets are 1.

    Args:
        n_samples: number of points.
        ones: put a column of ones before x, for the model with weights (w0, w1) and no bias.
        seed: the lecture's, or another one for the same experiment drawn again.
    """
    random = _random(seed)
    random.normal(loc=0, scale=0.001, size=(100, 1))
    x = np.linspace(-1, 1, n_samples)
    probability = sigmoid(-1 + 5 * x)
    targets = random.binomial(1, probability)
    inputs = np.column_stack([np.ones(n_samples), x]) if ones else x
    true_weights = (-1.0, 5.0) if ones else (5.0, -1.0)
    return Dataset("bernoulli_line", inputs, targets, expected=probability, true_weights=true_weights)


def iris() -> Dataset:
    """150 flowers of three species, four lengths in cm each; a target column for each species (scikit-learn's copy)."""
    from sklearn.datasets import load_iris  # takes a second to load

    flowers = load_iris()
    return Dataset("iris", flowers.data, np.eye(3)[flowers.target])


@checked
def thresholded(seed: Seed = 0) -> Dataset:
    """1000 points with ten standard normal inputs; the target says on which side of a random plane a point lies.

    The source draws all of it unseeded. Here: inputs, then the plane's weights and its bias (uniform on [0, 1)).
    """
    random = _random(seed)
    inputs, weights, bias = random.randn(1000, 10), random.rand(10), random.rand()
    sides = sigmoid(inputs @ weights + bias) > 0.5
    return Dataset("thresholded", inputs, sides, true_weights=(*weights, bias))


@checked
def thresholded_draws(n_draws: Count) -> Dataset:
    """The draws of `thresholded` from the seeds 0 to n_draws - 1, side by side for a model with weights for each.

    Here a row is a draw, and its samples come last: inputs (n_draws, 10, 1000), targets (n_draws, 1000).
    """
    draws = [thresholded(seed) for seed in range(n_draws)]
    targets = np.stack([draw.targets[:, 0] for draw in draws])
    return Dataset("thresholded_draws", np.stack([draw.inputs.T for draw in draws]), targets)


def six_pupils() -> Dataset:
    """Two inputs for each of six pupils; the last three of them pass."""
    inputs = np.array([(1, 2), (2, 3), (3, 1), (4, 3), (5, 3), (6, 2)])
    return Dataset("six_pupils", inputs, np.array([0, 0, 0, 1, 1, 1]))


def rookies() -> Dataset:
    """Twelve NBA rookies: points, rebounds and assists as inputs, drafted or not as target."""
    table = np.array(
        [
            (12, 3, 6, 0), (13, 4, 4, 1), (13, 4, 6, 0), (12, 9, 9, 1), (14, 4, 5, 1), (14, 4, 4, 0),
            (17, 2, 2, 0), (17, 6, 5, 1), (21, 5, 7, 1), (21, 9, 3, 0), (24, 11, 11, 1), (24, 4, 5, 0),
        ]
    )  # fmt: skip
    return Dataset("rookies", table[:, :3], table[:, 3])


def clusters() -> Dataset:
    """1000 points on a line from two normal clusters of standard deviation 1: 500 around 4 (y = 1), 500 around 0.

    Seed 42, for the points and then for the shuffle. Then P(y = 1 | x) = sigmoid(-8 + 4 x).
    """
    random = np.random.RandomState(42)
    x = random.randn(1000)
    x[:500] += 4
    order = np.arange(1000)
    random.shuffle(order)
    x, targets = x[order], (order < 500)
    return Dataset("clusters", x, targets, expected=sigmoid(-8 + 4 * x), true_weights=(4.0, -8.0))
