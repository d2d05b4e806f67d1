"""Figures, animations and network diagrams of records. Nothing here trains, and nothing imports TensorFlow."""
