"""The notebooks run from top to bottom on a small sample company, and hold no output."""

from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from crm.loading import load
from crm.sample import generate
from crm.settings import Home

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("sample")
    generate(folder, customers=120, seed=5, until=date(2026, 6, 1))
    home = Home(folder / "home").create()
    load(home, folder / "mapping.toml", [folder / "export"])
    return home


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_it_runs(file: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADKEEP_HOME", str(home.path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_it_is_kept_without_output(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
