"""Figures, animations and network diagrams of records. Nothing here trains, and nothing loads TensorFlow."""

from tfreg.draw.animation import descent_animation
from tfreg.draw.charts import bars, loss_curves, profile, ranks, sensitivity, shares
from tfreg.draw.data import curves, data, points
from tfreg.draw.descent import descent
from tfreg.draw.frames import Animation
from tfreg.draw.maps import atlas, trainability
from tfreg.draw.network import layers, network
from tfreg.draw.path_maps import paths, spreads
from tfreg.draw.style import LOSSES, OPTIMIZERS, PALETTE, STATES, Style, save
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
