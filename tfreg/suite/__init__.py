"""The experiments as a suite: finding the scripts, running them, saving and reporting what they found."""
