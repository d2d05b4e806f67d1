"""What surrounds a computation in its process: locks, progress bars, workers' parents, errors in a user's own code."""
