"""What has been traced for a problem goes with it. XLA's own machine code stays until the process ends."""

import gc

import pytest

from tfreg import losses, models
from tfreg.datasets import bernoulli_line
from tfreg.problem.problem import Problem
from tfreg.training.train import train


def graphs_after(n_problems: int) -> int:
    for _ in range(n_problems):
        train(Problem(models.logistic(2), losses.mse, bernoulli_line(20)), "adam:0.1", 2)
    gc.collect()
    return sum("FuncGraph" in type(one).__name__ for one in gc.get_objects())


@pytest.mark.slow
def test_no_graph_of_a_problem_outlives_it() -> None:
    before = graphs_after(2)
    assert graphs_after(3) <= before
