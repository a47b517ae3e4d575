"""Pages for people: one file, one template and its words each, discovered."""
