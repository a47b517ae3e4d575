"""What a load's rows mean beside what history holds: new, changed or the same."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm.history import History, fill, put, schema
from crm.rows import Refused, Rows
from crm.schema import CREATED, TABLES

Mask = NDArray[np.bool_]
REPEATED = "the same record again in this import; its last row stands"


@dataclass
class Compared:
    """One sheet's rows of a table, told apart.

    ``new`` and ``changed`` are the rows to append, in full; ``before[i]`` is the standing row ``changed[i]``
    replaces. ``repeated`` rows are refused: a later row of the import says something else of the same record.
    """

    rows: Rows
    new: pa.Table
    changed: pa.Table
    before: pa.Table
    unchanged: int
    earlier: int
    repeated: list[Refused]


def compare(
    table: str, parts: Sequence[Rows], history: History, source: str, loaded_at: int
) -> list[Compared]:
    """Tells new, changed and unchanged rows apart; of one record's rows in one import the last stands."""
    standing = _standing(table, source, history)
    last = _last_rows(parts)
    return [_compare_one(rows, last, number, standing, loaded_at) for number, rows in enumerate(parts)]


def _standing(table: str, source: str, history: History) -> pa.Table:
    """The newest row of every record of ``source``, closed ones included."""
    rows = history.rows(table)
    rows = rows.filter(pc.equal(rows["source"], source)) if len(rows) else rows
    order = pd.DataFrame({"id": rows["source_id"].to_pandas(), "load": rows["load"].to_numpy()})
    order["known_at"], order["deleted"] = rows["known_at"].to_numpy(), rows["deleted"].to_pandas()
    newest = order.sort_values(["load", "known_at", "deleted"], kind="stable").drop_duplicates(
        "id", keep="last"
    )
    return rows.take(pa.array(np.sort(newest.index.to_numpy())))


def _last_rows(parts: Sequence[Rows]) -> pd.DataFrame:
    """The row of each record that stands at the end of the import: its part, position and content."""
    frames = [
        pd.DataFrame({
            "id": rows.data["source_id"].to_pandas(), "content": rows.data["content"].to_pandas(),
            "part": number, "position": np.arange(len(rows.data)),
        })
        for number, rows in enumerate(parts)
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True).drop_duplicates("id", keep="last").set_index("id")


def _compare_one(rows: Rows, last: pd.DataFrame, number: int, standing: pa.Table, loaded_at: int) -> Compared:
    data = rows.data
    own = last.loc[data["source_id"].to_pandas()]
    stands = ((own["part"] == number) & (own["position"] == np.arange(len(data)))).to_numpy(dtype=bool)
    content = data["content"].to_pandas().to_numpy()
    conflicting = ~stands & (own["content"].to_numpy() != content)
    at = pd.Index(standing["source_id"].to_pandas()).get_indexer(data["source_id"].to_pandas())
    known = np.array([*standing["content"].to_pylist(), None], object)[at]
    new, changed = stands & (at < 0), stands & (at >= 0) & (known != content)
    earlier = changed & _began_earlier(rows, standing, at)
    changed &= ~earlier
    before = standing.take(pa.array(at[changed]))
    return Compared(
        rows,
        _opened(data.filter(pa.array(new)), loaded_at),
        _replacing(rows, data.filter(pa.array(changed)), before, loaded_at),
        before,
        unchanged=int((~new & ~changed & ~conflicting & ~earlier).sum()),
        earlier=int(earlier.sum()),
        repeated=[
            Refused(line, "", record, REPEATED)
            for line, record in zip(
                data["line"].filter(pa.array(conflicting)).to_pylist(),
                data["source_id"].filter(pa.array(conflicting)).to_pylist(),
                strict=True,
            )
        ],
    )


def _began_earlier(rows: Rows, standing: pa.Table, at: NDArray[np.intp]) -> Mask:
    """Records that history knows from an earlier row than this file's first: it holds only their end."""
    created = CREATED.get(rows.entry.table, "")
    if not rows.entry.first or created not in rows.data.column_names:
        return np.zeros(len(at), bool)
    first = pc.fill_null(rows.data[created], 0).to_numpy()
    known = np.append(pc.fill_null(standing[created], 0).to_numpy(), 0)[at]
    return np.asarray((at >= 0) & (known < first))


def _opened(data: pa.Table, loaded_at: int) -> pa.Table:
    """New rows in full; one that arrives deleted also stood, from its record time until this load."""
    closed = data.filter(data["deleted"])
    if not len(closed):
        return data
    stood = put(closed, "deleted", pa.array(np.zeros(len(closed), bool)))
    return pa.concat_tables([data.filter(pc.invert(data["deleted"])), stood, _known(closed, loaded_at)])


def _replacing(rows: Rows, data: pa.Table, before: pa.Table, loaded_at: int) -> pa.Table:
    """Changed rows in full, known at this load; columns the entry does not map stay as they were."""
    table = rows.entry.table
    full = fill(data, schema(table))
    for name in TABLES[table]:
        if name not in data.column_names:
            full = put(full, name, before[name])
    merged = [
        _merged(old, new, set(rows.entry.custom))
        for old, new in zip(before["custom"].to_pylist(), full["custom"].to_pylist(), strict=True)
    ]
    return _known(put(full, "custom", pa.array(merged, pa.string())), loaded_at)


def _merged(old: str | None, new: str | None, mapped: set[str]) -> str | None:
    """The company's own columns, those this entry does not map as they were."""
    kept = {name: value for name, value in json.loads(old or "{}").items() if name not in mapped}
    both = kept | json.loads(new or "{}")
    return json.dumps(both, ensure_ascii=False, sort_keys=True) if both else None


def _known(data: pa.Table, moment: int) -> pa.Table:
    return put(data, "known_at", pa.array(np.full(len(data), moment)))
