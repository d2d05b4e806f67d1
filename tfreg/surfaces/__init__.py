"""The loss over two weights or over a plane through weight space: its values, gradient, curvature and minimum."""

from tfreg.surfaces.surface import curvature_surface, grid, loss_surface, minimum, points

__all__ = ["curvature_surface", "grid", "loss_surface", "minimum", "points"]
