"""Ways in: one file per kind of source, each a reader of records."""
