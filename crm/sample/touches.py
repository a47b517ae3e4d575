"""A growing table of contacts with people: calls, chats, e-mails, meetings, visits, forms, notes and callbacks."""

from typing import Any, Final

import numpy as np
import pandas as pd

from crm.clock import UNKNOWN

COLUMNS: Final[dict[str, Any]] = {
    "kind": "", "direction": "", "channel": "", "outcome": "", "topic": "", "time": UNKNOWN,
    "entered": UNKNOWN,
    "duration": -1, "actor": -1, "lead": -1, "contact": -1, "due": UNKNOWN, "done": UNKNOWN,
}  # fmt: skip
"""Column and what it holds where nothing is said. Times are UTC microseconds, durations seconds."""


class Touches:
    """Collects batches of rows; columns not named in a batch are blank."""

    def __init__(self) -> None:
        self.batches: list[pd.DataFrame] = []

    def add(self, **columns: Any) -> None:
        """One batch: arrays of one length, or single values for all of its rows."""
        count = len(columns["time"])
        whole = {**COLUMNS, **columns}
        self.batches.append(
            pd.DataFrame({k: v if np.ndim(v) else np.full(count, v,
                                                          object if isinstance(v, str) else np.int64)
                          for k, v in whole.items()})
        )  # fmt: skip

    def table(self) -> pd.DataFrame:
        """All rows in order of time."""
        rows = pd.concat(self.batches, ignore_index=True)
        rows["entered"] = rows["entered"].where(rows["entered"] != UNKNOWN, rows["time"])
        return rows.sort_values(["time", "lead", "contact"], kind="stable", ignore_index=True)


def pick(rng: np.random.Generator, words: tuple[str, ...], count: int, shares: tuple[float, ...] = ()) -> Any:
    """``count`` words drawn from ``words``, equally likely unless shares are given."""
    chosen = rng.choice(len(words), count, p=np.array(shares) / sum(shares) if shares else None)
    return np.array(words, object)[chosen]
