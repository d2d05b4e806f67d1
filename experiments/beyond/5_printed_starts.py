"""Where the starts of the lecture come from

The lecture prints some of its starts; others were solved for. Keras draws kernels with its Glorot-uniform initialiser,
whose values in float32 lie on a lattice that is coarser than the numbers are. So a start can be tested: a value off the
lattice was not drawn, and many values on it are no accident. The lecture sets a seed before each net; it is tested, too,
if that seed decides the start.
"""

import numpy as np
import pandas as pd
from glorot import nearest_drawable
from lecture_values import GOOD_START, LOGISTIC_KERNEL, ONE_RELU_KERNEL, STUCK_START, WARM_UP_STARTS

from tfreg import Findings, models, script

import keras

SEED = 43053


def main() -> Findings:
    kernels = {
        "one_relu": ((ONE_RELU_KERNEL,),),
    }
    return Findings("")


if __name__ == "__main__":
    script(main)
