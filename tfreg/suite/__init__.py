"""The experiments as a suite: finding the scripts, running them, saving and reporting their findings."""
