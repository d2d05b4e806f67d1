"""The commands `tfreg list`, `run`, `check` and `compare`."""
