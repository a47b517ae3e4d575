"""How long a list of 10,000 takes: the server's work for a page of it, and until a real browser has painted it.

    python -m benchmarks.pages [--rows 10_000] [--rounds 9]

Makes the sample company, copies its open leads with their calls until the list is that long, imports and scores them,
and serves them from another process. CPU seconds are the server's own, a request. "Painted" is what the browser calls
its first contentful paint, from asking for the page on; "all" is when nothing of the page is left to load. A page is
opened from another one of Leadkeep, as by the menu, but for the one in a new tab, for which the browser starts a
process. "First" is the first request of a process that has just been started. Chromium is needed.
"""

import argparse
import csv
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import psutil
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from benchmarks.serving import TARGET, leadkeep, people, prepare
from crm.loading import load
from crm.operations import reading
from crm.settings import Home
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.rights.audit import COMMAND_LINE
from serving.scores.scoring import score
from serving.work.listing import LONG
from serving.work.worklists import ranked

NEW_TAB: Final = "today's, in a new tab"
VIEWS: Final = {
    "today's": "",
    NEW_TAB: "",
    "everybody, first page": "?xem=tat-ca",
    "everybody, last page": "?xem=tat-ca&trang={last}",
}
BLANK: Final = "about:blank"
ID: Final = "Mã đầu mối"
STAMPS: Final = """() => new Promise(done => new PerformanceObserver(seen => {
  const [paint] = seen.getEntriesByName("first-contentful-paint");
  const [page] = performance.getEntriesByType("navigation");
  if (paint) done([page.responseStart, paint.startTime, page.loadEventEnd].map(each => each / 1000));
}).observe({ type: "paint", buffered: true }))"""


class Seen(NamedTuple):
    """Seconds: the server's CPU, the wait for its first byte, until painted, until all is there; and bytes."""

    cpu: float
    waited: float
    painted: float
    all: float
    size: int


def main() -> None:
    """Measures and prints."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=9)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = long_list(Path(folder), chosen.rows)
        with reading(home) as session:
            length = len(ranked(session, home, TARGET, COMMAND_LINE)[1])
        with leadkeep(home, []) as served, _page(home, f"http://127.0.0.1:{served.port}") as page:
            address = f"http://127.0.0.1:{served.port}/hom-nay"
            first = _look(page, address, served.process, BLANK)
            seen = {
                view: [_look(page, address + query.format(last=-(-length // LONG)), served.process,
                             BLANK if view == NEW_TAB else f"http://127.0.0.1:{served.port}/tai-khoan")
                       for _ in range(chosen.rounds)]
                for view, query in VIEWS.items()
            }  # fmt: skip
    _print(length, first, seen)


def long_list(folder: Path, rows: int) -> Home:
    """A home whose list of leads is at least ``rows`` long."""
    home, sample, more = Home(folder / "home").create(), folder / "sample", folder / "more"
    subjects, _ = people(home, prepare(home, sample, 400, 200))
    more.mkdir()
    copies = _copies(
        sample / "export" / "dau_moi_2.csv", more, {one.rpartition(":")[2] for one in subjects}, rows
    )
    _calls(sample / "export" / "cuoc_goi.csv", more, copies)
    load(home, sample / "mapping.toml", [more])
    score(home, TARGET)
    return home


def _copies(file: Path, more: Path, ids: set[str], rows: int) -> dict[str, list[str]]:
    """Writes copies of these leads, each with an id and a number of its own; returns the ids of each one's."""
    header, leads = _read(file, ";")
    open_ones = [one for one in leads if one[ID] in ids]
    numbers, copies = count(), dict[str, list[str]]()
    made = []
    while len(made) < rows:
        for one in open_ones:
            number = next(numbers)
            made.append(one | {ID: f"COPY{number}", "Số điện thoại": f"09{number:08}", "Email": ""})
            copies.setdefault(one[ID], []).append(f"COPY{number}")
    _write(more / file.name, header, made, ";")
    return copies


def _calls(file: Path, more: Path, copies: dict[str, list[str]]) -> None:
    header, calls = _read(file, ",")
    made = [
        call | {ID: copy, header[0]: f"{call[header[0]]}-{copy}", "Số khách hàng": ""}
        for call in calls for copy in copies.get(call[ID], [])
    ]  # fmt: skip
    _write(more / file.name, header, made, ",")


def _read(file: Path, delimiter: str) -> tuple[list[str], list[dict[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text, delimiter=delimiter)
        return list(rows.fieldnames or []), list(rows)


def _write(file: Path, header: Sequence[str], rows: Sequence[dict[str, str]], delimiter: str) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        out = csv.DictWriter(text, header, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        out.writeheader()
        out.writerows(rows)


@contextmanager
def _page(home: Home, url: str) -> Iterator[Page]:
    """A browser's page, signed in as an administrator, at a desk's width."""
    cookie = keys.session_by_key(home, keys.create(home, "admin"))
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
        yield context.new_page()
        browser.close()


def _look(page: Page, address: str, server: psutil.Process, start: str) -> Seen:
    page.goto(start)
    before = sum(server.cpu_times()[:2])
    answer = page.goto(address)
    page.locator("li.person").first.wait_for()
    assert answer is not None
    assert page.locator("li.person").count(), "an empty list is quick"
    waited, painted, all_there = page.evaluate(STAMPS)
    cpu = sum(server.cpu_times()[:2]) - before
    return Seen(cpu, waited, painted, all_there, len(answer.body()))


def _print(length: int, first: Seen, seen: dict[str, list[Seen]]) -> None:
    table = Table(title=f"A list of {length:,} leads, {LONG} a page; seconds (median, slowest)")
    for heading in ("view", "server's CPU", "first byte", "painted", "all", "KB"):
        table.add_column(heading)
    for view, rounds in ({"first of all": [first]} | seen).items():
        columns = list(zip(*rounds, strict=True))
        spans = [f"{statistics.median(one):.3f}, {max(one):.3f}" for one in columns[:4]]
        table.add_row(view, *spans, f"{statistics.median(columns[4]) / 1000:.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
