"""Feature declarations: one file per group, one line per feature."""
