"""The experiments as a suite: finding the scripts, running them, keeping what they found, and telling it."""
