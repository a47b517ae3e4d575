"""The worked examples of the docs, on the real data they are about."""

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from crm import mapping
from crm.clock import iso
from crm.history import History
from crm.loading import load
from crm.loads import LoadReport
from crm.settings import Home

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
DATA = ROOT.parent / "shared" / "data"
OUTCOMES = {
    "A_APPROVED", "A_ACTIVATED", "A_REGISTERED", "A_DECLINED", "A_CANCELLED", "O_ACCEPTED", "O_DECLINED", "O_CANCELLED"
}  # fmt: skip


def imported(name: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[History, LoadReport]:
    if not (DATA / name).exists():
        pytest.skip(f"the data set {name} is not beside the checkout in ../shared/data")
    home = Home(tmp_path_factory.mktemp(name)).create()
    report = load(home, EXAMPLES / name / "mapping.toml", [DATA / name])
    return History(home), report


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, LoadReport]:
    return imported("bpic2012", tmp_path_factory)


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, LoadReport]:
    return imported("online_retail_ii", tmp_path_factory)


@pytest.mark.parametrize("folder", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_every_example_has_a_mapping_that_fits_itself_and_a_walk(folder: Path) -> None:
    assert mapping.read(folder / "mapping.toml").source == folder.name
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"leadkeep import --mapping docs/examples/{folder.name}/mapping.toml" in text


@pytest.mark.slow
def test_loans_are_leads_with_their_outcome(loans: tuple[History, LoadReport]) -> None:
    history, report = loans
    leads = history.read("lead")
    assert len(leads) == 10_469
    assert pc.count(leads["converted_at"]).as_py() == 1_601
    assert pc.count(leads["lost_at"]).as_py() == 6_022 + 2_003
    assert report.refused == 0
    assert all(one.read == one.accepted + one.other for one in report.tables)
    first = leads.filter(pc.equal(leads["source_id"], "173688")).to_pylist()[0]
    assert iso(first["created_at"], "Europe/Amsterdam") == "2011-10-01T00:38:44.546000+02:00"
    assert iso(first["converted_at"], "Europe/Amsterdam") == "2011-10-13T10:37:29.226000+02:00"
    assert (first["amount"], first["currency"]) == (20_000_00, "EUR")


@pytest.mark.slow
def test_no_step_that_says_the_outcome_becomes_an_event(loans: tuple[History, LoadReport]) -> None:
    history, _ = loans
    words: set[Any] = set()
    for table, columns in (("change", ("field", "new")), ("activity", ("kind", "subject_code", "outcome"))):
        rows = history.rows(table, columns)
        words |= {word for column in columns for word in rows[column].unique().to_pylist()}
    assert not words & OUTCOMES
    assert {"A_PREACCEPTED", "O_SENT_BACK", "W_Nabellen offertes"} <= words


@pytest.mark.slow
def test_retail_lines_are_purchases_and_returns_of_customers(retail: tuple[History, LoadReport]) -> None:
    history, report = retail
    source = pq.read_table(DATA / "online_retail_ii" / "year_2009_2010.parquet")
    named = source.filter(pc.is_valid(source["Customer ID"]))
    lines = history.read("transaction")
    assert len(lines) == len(named) == 417_534
    assert len(history.read("party")) == len(pc.unique(named["Customer ID"]))
    returns = lines.filter(pc.equal(lines["kind"], "return"))
    assert len(returns) == 9_839
    assert pc.max(returns["quantity"]).as_py() < 0
    spent = pc.sum(pc.multiply(named["Quantity"].cast("double"), named["Price"])).as_py()
    assert pc.sum(lines["amount"]).as_py() == pytest.approx(spent * 100, abs=len(lines) / 2)
    assert report.refused == 0
    assert [one.read == one.accepted + one.other for one in report.tables] == [True] * 3


@pytest.mark.slow
def test_retail_again_changes_nothing(retail: tuple[History, LoadReport]) -> None:
    history, first = retail
    again = load(history.home, EXAMPLES / "online_retail_ii" / "mapping.toml", [DATA / "online_retail_ii"])
    assert not again.written
    assert again.unchanged == first.new
