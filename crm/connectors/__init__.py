"""Ways in: one file per kind of source, each a reader of records.

A connector of files defines ``SUFFIXES``, the endings of the file names it reads, and
``read(path, options) -> Sheet``, which raises SourceError for a file it cannot read.
"""
