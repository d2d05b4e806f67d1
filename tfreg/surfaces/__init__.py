"""The loss over two weights or over a plane through weight space: its values, gradient, curvature and minimum.

`grid.py` holds grids, `plane.py` planes, `surface.py` evaluates the loss over either, and `minimum.py` finds minima.
Nothing here loads TensorFlow: problems bring their own computation along.
"""

from tfreg.surfaces.grid import grid, grid_around, grid_points
from tfreg.surfaces.minimum import ARRIVED, goals, lowest_loss, minimum_weights, targets
from tfreg.surfaces.plane import Plane, plane_through, principal_plane, project, random_plane
from tfreg.surfaces.surface import curvature_surface, loss_surface

__all__ = [
    "ARRIVED",
    "Plane",
    "curvature_surface",
    "goals",
    "grid",
    "grid_around",
    "grid_points",
    "loss_surface",
    "lowest_loss",
    "minimum_weights",
    "plane_through",
    "principal_plane",
    "project",
    "random_plane",
    "targets",
]
