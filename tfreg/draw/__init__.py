"""Figures, animations and network diagrams of records.

Conventions: nothing here trains, and nothing loads TensorFlow. Some modules bear the name of a function that they hold,
which `tfreg.draw` exports: `tfreg.draw.data` and `import tfreg.draw.data as m` give the function. Import from such a
module by name, `from tfreg.draw.data import draw_data`.
"""

from tfreg.draw.animation import descent_animation
from tfreg.draw.bars import bars, shares
from tfreg.draw.comparison_curves import loss_curves, profile, ranks, sensitivity
from tfreg.draw.data import curves, data, points
from tfreg.draw.descent import descent
from tfreg.draw.figure import save
from tfreg.draw.frames import Animation
from tfreg.draw.maps import atlas, trainability
from tfreg.draw.network import layers, network
from tfreg.draw.path_maps import paths, spreads
from tfreg.draw.style import LOSSES, OPTIMIZERS, PALETTE, STATES, Style
from tfreg.draw.surfaces import curvature, surfaces
from tfreg.draw.table import predictions_table

__all__ = [
    "LOSSES",
    "OPTIMIZERS",
    "PALETTE",
    "STATES",
    "Animation",
    "Style",
    "atlas",
    "bars",
    "curvature",
    "curves",
    "data",
    "descent",
    "descent_animation",
    "layers",
    "loss_curves",
    "network",
    "paths",
    "points",
    "predictions_table",
    "profile",
    "ranks",
    "save",
    "sensitivity",
    "shares",
    "spreads",
    "surfaces",
    "trainability",
]
