"""Reads Parquet files, whose cells carry their own types."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crm.errors import SourceError
from crm.sheets import Options, Sheet, from_arrow, headings

SUFFIXES: Final = (".parquet", ".pq")


def read(path: Path, options: Options) -> Sheet:
    """The rows of a Parquet file; line 1 is the first row. Nested columns are left out.

    Raises SourceError for a damaged or empty file.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            "the Parquet file cannot be read", value=str(error), where=str(path), todo="export it again"
        ) from error
    if not table.num_columns:
        raise SourceError("the file is empty", where=str(path), todo="export it again, or leave it out")
    names, repeated = headings(table.column_names)
    columns = {
        name: from_arrow(_plain(column))
        for name, column in zip(names, table.columns, strict=True)
        if not pa.types.is_nested(column.type)
    }
    return Sheet(path.name, columns, np.arange(1, len(table) + 1), repeated=repeated)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times to the microsecond, as far as Python counts; not-a-number as blank."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_floating(column.type):
        return pa.compute.if_else(pa.compute.is_nan(column), None, column)
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column
