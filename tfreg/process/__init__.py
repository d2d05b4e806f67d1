"""What surrounds a computation: locks, progress bars, a worker's parent, a user's own code, programs kept on disk."""
