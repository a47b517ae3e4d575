"""The history: readable and whole whatever happens to an import."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from crm import loading
from crm.clock import DAY, FOREVER
from crm.errors import HistoryError, ResourceError
from crm.events import EventStore
from crm.history import History, full_disk, schema
from crm.loading import load
from crm.loads import LoadReport
from crm.schema import STORED, TABLES
from crm.settings import Home
from tests import mortal
from tests.crm.exports import FILES, FIRST, Exports

KILLS = 50


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def leads(number: int, *rows: tuple[str, int, bool]) -> pa.Table:
    told = [
        {"source": "crm", "source_id": record, "known_at": known, "deleted": deleted, "load": number}
        for record, known, deleted in rows
    ]
    return pa.Table.from_pylist(told, schema=schema("lead"))


def append(home: Home, *rows: tuple[str, int, bool]) -> None:
    with History(home).writing() as writing:
        writing.append("lead", leads(writing.number, *rows))
        writing.finish(LoadReport(writing.number, 0, "crm", "mapping.toml", written=True))


def stands(home: Home, number: int | None = None) -> list[tuple[str, int, int]]:
    rows = History(home, number).read("lead").to_pylist()
    return [(row["source_id"], row["known_at"], row["known_until"]) for row in rows]


def test_nothing_imported_reads_as_empty_tables_with_all_columns(home: Home) -> None:
    history = History(home)
    assert (history.load_number, history.pinned(), history.loads()) == (0, {}, [])
    for table in TABLES:
        empty = history.read(table)
        assert empty.num_rows == 0
        assert set(empty.column_names) == {*TABLES[table], *STORED, "known_until"}
        assert empty.schema.field("known_at").type == empty.schema.field("known_until").type == pa.int64()


def test_a_row_stands_until_the_next_of_its_record_is_known(home: Home) -> None:
    append(home, ("L1", 10, False), ("L2", 20, False))
    append(home, ("L1", 30, False))
    append(home, ("L2", 40, True))
    assert stands(home) == [("L1", 10, 30), ("L1", 30, FOREVER), ("L2", 20, 40)]


def test_an_open_history_sees_one_load_for_ever(home: Home) -> None:
    append(home, ("L1", 10, False))
    opened = History(home)
    append(home, ("L1", 30, False))
    assert opened.read("lead").num_rows == 1
    assert stands(home, 1) == [("L1", 10, FOREVER)]
    assert [report.load for report in History(home).loads()] == [1, 2]
    assert [report.load for report in opened.loads()] == [1]


def test_a_load_that_never_finished_did_not_happen(home: Home) -> None:
    append(home, ("L1", 10, False))
    for _ in range(2):
        with History(home).writing() as writing:
            writing.append("lead", leads(2, ("L1", 99, False)))
            writing.append("actor", pa.Table.from_pylist([{"source_id": "A1"}], schema=schema("actor")))
        assert stands(home) == [("L1", 10, FOREVER)]
        assert History(home).read("actor").num_rows == 0
    append(home, ("L2", 20, False))
    assert stands(home) == [("L1", 10, FOREVER), ("L2", 20, FOREVER)]


HALF = """
import os, signal, sys
from crm.history import History
from crm.settings import Home
from tests.crm.test_history import leads
with History(Home(sys.argv[1])).writing() as writing:
    writing.append("lead", leads(writing.number, ("L1", 99, False)))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_files_of_a_killed_import_go_with_the_next_even_one_that_brings_nothing(home: Home) -> None:
    append(home, ("L1", 10, False))
    append(home, ("L1", 20, False))
    opened = History(home, 1)
    died = subprocess.run([sys.executable, "-c", HALF, home.path], check=False)
    assert died.returncode == -signal.SIGKILL
    (home.history / "lead" / "part-00000-never-committed.snappy.parquet#1").write_bytes(b"half a file")
    assert len(left_over(home)) == 2
    with History(home).writing():
        pass
    assert left_over(home) == []
    assert stands(home) == [("L1", 10, 20), ("L1", 20, FOREVER)]
    assert opened.read("lead").num_rows == 1
    append(home, ("L2", 30, False))
    assert stands(home, 1) == [("L1", 10, FOREVER)]


def test_commits_say_which_load_made_them(home: Home) -> None:
    append(home, ("L1", 10, False))
    append(home, ("L1", 20, False))
    assert DeltaTable(home.history / "lead").transaction_version("leadkeep") == 2


def test_one_import_at_a_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.history.PATIENCE", 0.05)
    with History(home).writing(), pytest.raises(HistoryError, match="another import"):
        append(home, ("L1", 10, False))


def test_a_damaged_history_says_where(home: Home) -> None:
    append(home, ("L1", 10, False))
    for file in (home.history / "lead").glob("*.parquet"):
        file.unlink()
    with pytest.raises(HistoryError, match="lead cannot be read"):
        History(home).read("lead")
    (home.history / "loads" / "000001.json").write_text("{", encoding="utf-8")
    with pytest.raises(HistoryError, match="damaged") as refused:
        History(home)
    assert "000001.json" in refused.value.where
    with pytest.raises(HistoryError, match="no such load"):
        History(home, 7)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_a_resource_error(code: int, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="disk is full"), full_disk(tmp_path):
        raise OSError(code, os.strerror(code))
    with pytest.raises(HistoryError, match="cannot be written"), full_disk(tmp_path):
        raise PermissionError(errno.EACCES, "denied")


IMPORT = """
import json, resource, sys
from crm.errors import LeadkeepError
from crm.loading import load
from crm.settings import Home
home, mapping, folder, moment, limit = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    load(Home(home), mapping, [folder], int(moment))
except LeadkeepError as error:
    print(json.dumps(error.as_dict()))
"""


def test_an_import_that_fills_the_disk_leaves_the_history_as_it_was(tmp_path: Path) -> None:
    exports = Exports(tmp_path)
    exports.load()
    before = everything(exports.home)
    heading = (exports.folder / "dau_moi.csv").read_text(encoding="utf-8").split("\n")[0]
    many = [f"M{n},Tên {n * 7919},,import,Mới,,01/01/2024 00:00:05," for n in range(2000)]
    exports.write("dau_moi.csv", "\n".join([heading, *many]))
    words = [exports.home.path, exports.mapping, exports.folder, FIRST + DAY, 20_000]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, *map(str, words)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = json.loads(done.stdout)
    assert said["error"] == "ResourceError"
    assert "disk is full" in said["what"]
    assert said["todo"]
    assert everything(exports.home) == before
    assert exports.load(FIRST + DAY).new == 2000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that holds 400 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root and mount; the limit on file sizes is tested instead")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_wherever_the_disk_fills_up_the_import_says_so_and_completes_later(
    small_disk: Path, tmp_path: Path
) -> None:
    exports = Exports(tmp_path)
    home = Home(small_disk / "home").create()
    ballast = small_disk / "ballast"
    refused = 0
    for free in range(4, 400, 16):
        ballast.write_bytes(bytes(max(0, shutil.disk_usage(small_disk).free - free * 1024)))
        try:
            load(home, exports.mapping, [exports.folder], FIRST)
        except ResourceError as error:
            refused, said = refused + 1, str(error)
            ballast.unlink()
        else:
            break
        assert History(home).load_number == int("the import is kept" in said)
    assert refused > 2
    assert EventStore.open(home).load == 1
    ballast.unlink(missing_ok=True)
    load(home, exports.mapping, [exports.folder], FIRST)
    exports.load()
    assert everything(home) == everything(exports.home)


def left_over(home: Home) -> list[Path]:
    """Files of rows that no complete load refers to."""
    found = []
    for table, version in History(home).pinned().items():
        folder = home.history / table
        referred = {Path(uri).name for uri in DeltaTable(folder, version=version).file_uris()}
        found += [file for file in folder.iterdir() if file.is_file() and file.name not in referred]
    return found


def everything(home: Home) -> dict[str, list[dict[str, Any]]]:
    """All that anyone can read of a history."""
    history = History(home)
    return {table: history.read(table).to_pylist() for table in (*TABLES, "refused")}


class Killed:
    """Imports of ever newer exports into one home, each killed at some moment, beside undisturbed ones."""

    def __init__(self, path: Path) -> None:
        self.exports = Exports(path)
        self.beside = Home(path / "undisturbed").create()
        self.version, self.after = 0, everything(self.beside)

    def words(self, home: Home) -> tuple[Home, Path, list[Path], int]:
        return home, self.exports.mapping, [self.exports.folder], FIRST + self.version * DAY

    def renew(self) -> None:
        """The company's next export: a changed lead and a new refusal."""
        self.version += 1
        heading, first, *rest = FILES["dau_moi.csv"].split("\n")
        changed = first.replace("Mới", f"Hẹn {self.version}")
        self.exports.write("dau_moi.csv", "\n".join([heading, changed, f"R{self.version},,,,,,,", *rest]))
        self.before = self.after
        loading.append(*self.words(self.beside))
        self.after = everything(self.beside)


@pytest.mark.slow
def test_an_import_killed_at_any_moment_leaves_history_whole(tmp_path: Path) -> None:
    """Readers see the state before or after an import and nothing else; a last run completes it."""
    company, chance = Killed(tmp_path), random.Random(20)
    for _ in range(2):  # the second adds to what is there, as all that follow
        company.renew()
        whole = mortal.lasts(load, *company.words(company.exports.home))
        assert everything(company.exports.home) == company.after
    kills, seen = 0, Counter[str]()
    company.renew()
    while kills < KILLS:
        lasted = mortal.attempt(load, *company.words(company.exports.home), seconds=chance.uniform(0, whole))
        killed, whole = lasted is None, lasted or whole  # quicker once the machine has less to do
        kills += killed
        found = everything(company.exports.home)
        assert found in (company.before, company.after), f"after kill {kills}"
        seen["after" if found == company.after else "before"] += killed
        if found == company.after:
            company.renew()
    assert seen["before"] > KILLS / 5
    load(*company.words(company.exports.home))
    assert everything(company.exports.home) == company.after
    assert not load(*company.words(company.exports.home)).written
    assert left_over(company.exports.home) == []
