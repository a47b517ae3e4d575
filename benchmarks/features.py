"""Feature computation at scale: CPU seconds and memory beside a floor, DuckDB's best SQL and pandas.

    python -m benchmarks.features [--events 10_000_000] [--subjects 200_000]

Makes a customer history of that size (seeded), then runs every contender in a process of its own: the
floor (DuckDB's bare ``GROUP BY subject, kind`` over one Parquet file in order of time), Leadkeep from event
files sorted by subject, DuckDB with one ``SUM(CASE ...)`` a feature, and pandas. CPU seconds are those of
the work itself, without imports and compilation; peak memory is the whole process's. DuckDB and pandas
are asked only for the features they can give in one pass (no gaps, waits, distinct counts), so the comparison
favours them. Sorting, which an import does once, is timed apart.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from crm import eventarrays
from crm.clock import DAY, FOREVER, HOUR, SECOND, UNKNOWN
from crm.events import Events, EventStore, Signature
from features import catalogue, engine
from features.expressions import ALL_TIME, Expression, Moment, Number, Op, Reading, Window
from features.selectors import Selector
from features.spec import FeatureSpec, expand

START, DAYS, FEATURES, ZONE = 1_640_995_200 * SECOND, 1095, 120, "Asia/Ho_Chi_Minh"
WORDS: tuple[tuple[Signature, float], ...] = (
    (Signature("created", channel="facebook"), 0.4), (Signature("created", channel="zalo"), 0.4),
    *((Signature("change", "industry", code), 0.2) for code in ("retail", "food", "factory", "school")),
    (Signature("call", "", "answered", "hotline", "out"), 5),
    (Signature("call", "", "no_answer", "hotline", "out"), 5),
    (Signature("call", "", "answered", "hotline", "in"), 2), (Signature("chat", "", "", "zalo", "in"), 6),
    (Signature("chat", "", "", "zalo", "out"), 6), (Signature("email", "", "", "email", "out"), 5),
    (Signature("meeting", "", "", "", "out"), 1), (Signature("callback_planned"), 1),
    (Signature("callback_overdue"), 0.2), (Signature("callback_done", "", "on_time"), 0.7),
    (Signature("callback_done", "", "late"), 0.2), (Signature("quote"), 2),
    (Signature("order", channel="shop"), 4), (Signature("order", channel="web"), 4), (Signature("return"), 0.5),
    *((Signature("item", "order", f"product {i}"), 0.4) for i in range(60)),
    (Signature("invoice"), 5), (Signature("invoice_overdue"), 0.5), (Signature("payment", "", "on_time"), 5),
    (Signature("payment", "", "late"), 1), (Signature("subscription", "new", "basic"), 0.2),
    (Signature("subscription", "renewal", "basic"), 0.5), (Signature("subscription_active"), 0.5),
    (Signature("subscription_term"), 0.5),
    (Signature("subscription_ended", "", "cancelled"), 0.1),
    (Signature("ticket", "high", "repair", "zalo"), 0.7), (Signature("ticket", "low", "question", "hotline"), 1),
    (Signature("ticket_open"), 0.1), (Signature("ticket_replied"), 1.5), (Signature("ticket_resolved"), 1.5),
    (Signature("csat"), 1),
)  # fmt: skip
SIGNATURES = tuple(words for words, _ in WORDS)


def main() -> None:
    """Makes the history, runs the contenders one after another, prints the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--subjects", type=int, default=200_000)
    options.add_argument("--skip-slow", action="store_true", help="leave out DuckDB's and pandas' features")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="leadkeep-features-"))
    console = Console()
    try:
        console.print(f"{asked.events:,} events of {asked.subjects:,} subjects")
        made = apart(make, folder, asked.events, asked.subjects)
        console.print(
            f"sorted by subject and written once: {made['sort_cpu']:.1f} CPU s, {made['sort_wall']:.1f} s"
        )
        show(console, list(contenders(folder, asked.skip_slow)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def contenders(folder: Path, skip_slow: bool) -> Iterator[dict[str, float | str]]:
    """Every contender's figures; the floor is taken before and after the rest, the better one counts."""
    yield {"way": "floor", "cutoffs": 1} | apart(floor, folder)
    for cutoffs in (1, 12):
        yield {"way": "Leadkeep", "cutoffs": cutoffs} | apart(leadkeep, folder, cutoffs)
    if not skip_slow:
        for cutoffs in (1, 12):
            yield {"way": "DuckDB SUM(CASE)", "cutoffs": cutoffs} | apart(duckdb_case, folder, cutoffs)
        yield {"way": "pandas", "cutoffs": 1} | apart(pandas_groups, folder)
    yield {"way": "floor", "cutoffs": 1} | apart(floor, folder)


def show(console: Console, rows: list[dict[str, float | str]]) -> None:
    """The figures as a table, with the ratio to the floor."""
    base = min(float(r["cpu"]) for r in rows if r["way"] == "floor")
    table = Table("way", "cutoffs", "features", "CPU s", "times the floor", "wall s", "peak GB")
    for r in rows:
        numbers = f"{r['cpu']:.2f}", f"{float(r['cpu']) / base:.1f}", f"{r['wall']:.2f}", f"{r['peak']:.2f}"
        table.add_row(str(r["way"]), str(r["cutoffs"]), f"{r['features']:.0f}", *numbers)
    console.print(table)
    print(json.dumps(rows))


def apart(work: Callable[..., dict[str, float]], *args: object) -> dict[str, float]:
    """Runs ``work`` in a fresh process and adds its peak memory in GB."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_report, args=(theirs, work, args))
    process.start()
    theirs.close()
    figures: dict[str, float] = ours.recv()
    process.join()
    return figures


def _report(pipe: object, work: Callable[..., dict[str, float]], args: tuple[object, ...]) -> None:
    figures = work(*args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    pipe.send(figures | {"peak": peak})  # type: ignore[attr-defined]


class Timed:
    """CPU and wall seconds of a block."""

    def __enter__(self) -> "Timed":
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu, self.wall = time.process_time() - self._cpu, time.perf_counter() - self._wall


def make(folder: Path, events: int, subjects: int) -> dict[str, float]:
    """One Parquet file in order of time, and the event files sorted by subject."""
    rng = np.random.default_rng(7)
    share = rng.pareto(1.6, subjects) + 0.3
    odds = np.array([odd for _, odd in WORDS])
    occurred = np.sort(START + rng.integers(0, DAYS * DAY, events))
    signature = rng.choice(len(WORDS), events, p=odds / odds.sum()).astype(np.int32)
    kinds = np.array([words.kind for words in SIGNATURES])
    due = np.isin(kinds, ["callback_planned", "subscription_term"])[signature]
    state = np.isin(kinds, ["callback_overdue", "invoice_overdue", "subscription_active", "ticket_open"])[
        signature
    ]
    columns = {
        "subject": rng.choice(subjects, events, p=share / share.sum()).astype(np.int32),
        "occurred_at": occurred,
        "known_at": occurred + rng.integers(0, HOUR, events),
        "known_until": np.where(state, occurred + rng.integers(DAY, 90 * DAY, events), FOREVER),
        "signature": signature,
        "value": np.where(
            due, occurred // SECOND + rng.integers(0, 90 * 86_400, events), rng.integers(1, 10**7, events)
        ),
        "duration": np.where(kinds[signature] == "item", UNKNOWN, rng.integers(0, 10**5, events)),
        "actor": rng.integers(-1, 30, events).astype(np.int32),
        "day": ((occurred + 7 * HOUR) // DAY).astype(np.int32),
    }
    later = occurred // SECOND + rng.integers(0, 90 * 86_400, events)
    columns["value"] = np.where(due, later, columns["value"])
    columns["value"] = np.where(kinds[signature] == "csat", rng.integers(1, 6, events), columns["value"])
    flat = pa.table(columns)
    named = flat.append_column("kind", pa.array(kinds[signature]).dictionary_encode())
    pq.write_table(named, folder / "flat.parquet")
    with Timed() as timed:
        _sorted_store(folder / "store", flat, subjects)
    return {"sort_cpu": timed.cpu, "sort_wall": timed.wall}


def _sorted_store(folder: Path, flat: pa.Table, subjects: int) -> None:
    """Event files as an import leaves them: sorted by subject and time."""
    columns = {name: flat[name].to_numpy() for name in flat.column_names}
    order = np.lexsort((columns["occurred_at"], columns["subject"]))
    offsets = np.zeros(subjects + 1, dtype=np.int64)
    np.cumsum(np.bincount(columns["subject"], minlength=subjects), out=offsets[1:])
    names = ("occurred_at", "known_at", "known_until", "signature", "value", "duration", "actor", "day")
    events = Events(
        subjects=[f"customer:bench:{i:07d}" for i in range(subjects)],
        offsets=offsets,
        signatures=SIGNATURES,
        **{name: columns[name][order] for name in names},
    )
    eventarrays.write(folder, {"customer": events}, zone=ZONE)


def moments(cutoffs: int) -> np.ndarray:
    """Month by month, the last one at the end of the history."""
    return START + (DAYS - 30 * np.arange(cutoffs)[::-1]) * DAY


def spec_of(store: EventStore) -> FeatureSpec:
    """The first 120 features of customers, expanded over a sample of the training rows."""
    block = next(iter(store.blocks("customer")))
    subject = np.arange(len(block.subjects), dtype=np.int32)
    cutoff = np.full(len(subject), moments(1)[0])
    spec = expand(catalogue.for_subject("customer"), block, subject, cutoff, zone=ZONE)
    plain = [f.name for f in spec.features if not f.name.endswith("other")]
    return spec.select(plain[:FEATURES])


def leadkeep(folder: Path, cutoffs: int) -> dict[str, float]:
    """Reads the sorted files block by block and fills one float32 matrix."""
    store = EventStore(folder / "store")
    spec = spec_of(store)
    at = moments(cutoffs)
    warm = store.one("customer:bench:0000001")
    engine.compute(spec, warm, np.zeros(1, dtype=np.int32), at[:1])
    subjects = len(store.subjects("customer"))
    with Timed() as timed:
        matrix = np.empty((subjects * cutoffs, len(spec.features)), dtype=np.float32)
        done = 0
        for block in store.blocks("customer"):
            n = len(block.subjects)
            rows = np.repeat(np.arange(n, dtype=np.int32), cutoffs)
            engine.compute(spec, block, rows, np.tile(at, n), matrix[done : done + n * cutoffs])
            done += n * cutoffs
    assert done == len(matrix)
    return {"cpu": timed.cpu, "wall": timed.wall, "features": len(spec.features)}


def floor(folder: Path) -> dict[str, float]:
    """The least any way must do: read every event once and group it."""
    with Timed() as timed:
        quietly().sql(
            "SELECT subject, kind, count(*), sum(value), max(occurred_at) FROM "
            f"read_parquet('{folder / 'flat.parquet'}') GROUP BY 1, 2"
        ).to_arrow_table()
    return {"cpu": timed.cpu, "wall": timed.wall, "features": 3}


def quietly() -> duckdb.DuckDBPyConnection:
    """DuckDB without its progress bar, which would mix with the table, and with 10 GB of memory."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false; SET memory_limit = '10GB'")
    connection.execute("SET temp_directory = ?", [tempfile.gettempdir() + "/leadkeep-spill"])
    return connection


def duckdb_case(folder: Path, cutoffs: int) -> dict[str, float]:
    """One SUM(CASE ...) or MAX(CASE ...) a reading, ratios outside; a query a cutoff, which beats one join."""
    spec = spec_of(EventStore(folder / "store"))
    columns = [f"({sql})::FLOAT" for f in spec.features if (sql := as_sql(f.expression)) is not None]
    connection = quietly()
    with Timed() as timed:
        for cutoff in moments(cutoffs).tolist():
            connection.sql(
                f"SELECT subject, {', '.join(columns)} FROM "
                f"(SELECT *, {cutoff} - occurred_at AS age, {cutoff} AS cutoff "
                f"FROM read_parquet('{folder / 'flat.parquet'}') WHERE occurred_at < {cutoff} "
                f"AND known_at < {cutoff} AND {cutoff} <= known_until) GROUP BY subject"
            ).to_arrow_table()
    return {"cpu": timed.cpu, "wall": timed.wall, "features": len(columns)}


def as_sql(node: Expression) -> str | None:
    """The expression over one grouped scan, or None where that cannot be."""
    if isinstance(node, Number):
        return str(node.value)
    if isinstance(node, Op) and node.name in ("add", "subtract", "multiply", "divide", "least"):
        parts = [as_sql(child) for child in node.of]
        if None in parts:
            return None
        if node.name == "least":
            return f"least({parts[0]}, {parts[1]})"
        sign = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}[node.name]
        return f"({parts[0]} {sign} {f'nullif({parts[1]}, 0)' if sign == '/' else parts[1]})"
    if isinstance(node, Window) and node.aggregate in (
        "count",
        "value",
        "duration",
        "valued",
        "timed",
        "highest",
    ):
        column = {"value": "value", "duration": "duration", "highest": "value"}.get(node.aggregate, "1")
        ages = f"{taken(node.selector)} AND age > {node.newest}" + (
            f" AND age <= {node.oldest}" if node.oldest < ALL_TIME else ""
        )
        return f"{'max' if node.aggregate == 'highest' else 'sum'}(CASE WHEN {ages} THEN {column} END)"
    if isinstance(node, Moment) and not node.quiet:
        pick = "max" if node.which == "last" else "min"
        return (
            f"(any_value(cutoff) - {pick}(CASE WHEN {taken(node.selector)} THEN occurred_at END)) / {DAY}.0"
        )
    if isinstance(node, Reading) and node.what in ("value", "duration"):
        pick = "arg_max" if node.which == "last" else "arg_min"
        return f"{pick}({node.what}, CASE WHEN {taken(node.selector)} THEN occurred_at END)"
    return None


def taken(selector: Selector) -> str:
    """The selector as a list of signatures."""
    numbers = [str(i) for i, words in enumerate(SIGNATURES) if selector.takes(words)]
    return f"signature IN ({', '.join(numbers or ['-1'])})"


def pandas_groups(folder: Path) -> dict[str, float]:
    """One mask and one groupby a reading, as a notebook would."""
    spec = spec_of(EventStore(folder / "store"))
    wanted = [f.expression for f in spec.features if as_sql(f.expression) is not None]
    with Timed() as timed:
        frame = pd.read_parquet(folder / "flat.parquet").drop(columns="kind")
        cutoff = int(moments(1)[0])
        seen = (frame.occurred_at < cutoff) & (frame.known_at < cutoff) & (frame.known_until >= cutoff)
        frame = frame[seen]
        age = cutoff - frame.occurred_at
        kept: dict[Expression, pd.Series] = {}
        columns = [_pandas(e, frame, age, kept).astype(np.float32) for e in wanted]
        pd.concat(columns, axis=1).to_numpy(dtype=np.float32)
    return {"cpu": timed.cpu, "wall": timed.wall, "features": len(wanted)}


def _pandas(
    node: Expression, frame: pd.DataFrame, age: pd.Series, kept: dict[Expression, pd.Series]
) -> pd.Series:
    if node in kept:
        return kept[node]
    if isinstance(node, Op):
        a, b = (c.value if isinstance(c, Number) else _pandas(c, frame, age, kept) for c in node.of)
        by = {"add": "__add__", "subtract": "__sub__", "multiply": "__mul__", "divide": "__truediv__"}
        found = np.minimum(a, b) if node.name == "least" else getattr(a, by[node.name])(b)
    else:
        mask = frame.signature.isin([i for i, words in enumerate(SIGNATURES) if node.selector.takes(words)])
        if isinstance(node, Window):
            mask &= (age > node.newest) & (age <= node.oldest)
            column = frame["duration" if node.aggregate == "duration" else "value"][mask]
            groups = column.groupby(frame.subject[mask])
            found = {
                "count": groups.size,
                "valued": groups.size,
                "timed": groups.size,
                "highest": groups.max,
            }.get(node.aggregate, groups.sum)()
        else:
            column = frame["occurred_at" if isinstance(node, Moment) else node.what][mask]
            groups = column.groupby(frame.subject[mask])
            found = groups.last() if node.which == "last" else groups.first()
    kept[node] = found
    return found


if __name__ == "__main__":
    main()
