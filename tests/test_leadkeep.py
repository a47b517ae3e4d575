"""The command line: documented, lazy, with errors people can act on and exit codes scripts can rely on."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import typer

import leadkeep
from crm import errors
from crm.clock import DAY
from crm.errors import LeadkeepError

README = Path(leadkeep.__file__).with_name("README.md")
HEAVY = ("duckdb", "fastapi", "lightgbm", "mlflow", "numba", "numpy", "pandas", "pyarrow", "shap", "sklearn")


def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *command: str
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    monkeypatch.setattr(sys, "argv", ["leadkeep", *command])
    with pytest.raises(SystemExit) as ended:
        leadkeep.main()
    shown = capfd.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


def commands() -> list[str]:
    return list(typer.main.get_group(leadkeep.app).commands)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADKEEP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_help_imports_nothing_heavy() -> None:
    code = "import leadkeep, sys; sys.argv = ['leadkeep', '--help']\ntry: leadkeep.main()\nexcept SystemExit: pass\n"
    code += "print('loaded', sorted(set(sys.modules) & set(sys.stdin.read().split())))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=" ".join(HEAVY), capture_output=True, text=True, check=True
    )
    assert "loaded []" in done.stdout


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme_and_says_what_it_does(command: str) -> None:
    assert f"leadkeep {command}" in README.read_text(encoding="utf-8")


def test_exit_codes_are_documented_where_people_look() -> None:
    tree = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, LeadkeepError)}
    said = {
        int(code)
        for code in re.findall(r"\b(\d{1,2}) [a-z]", (leadkeep.__doc__ or "").split("Exit codes:")[1])
    }
    assert {e.exit_code for e in tree} <= said


def test_a_wrong_command_line_is_exit_2(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, said = run(monkeypatch, capfd, "train")
    assert code == 2
    assert "target" in said.lower()


def test_an_empty_history_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, said = run(monkeypatch, capfd, "train", "churn", "--json")
    assert (code, out) == (errors.HistoryError.exit_code, "")
    assert "leadkeep import" in json.loads(said.splitlines()[-1])["todo"]


def test_an_unknown_target_names_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, said = run(monkeypatch, capfd, "features", "nothing")
    assert code == errors.NotFound.exit_code
    assert "lead_conversion" in said
    assert "churn" in said


def test_a_wrong_setting_names_the_key_and_the_file(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    home.mkdir()
    (home / "settings.toml").write_text('zone = "Asia/Saigon City"\n')
    code, _, said = run(monkeypatch, capfd, "score", "churn", "--json")
    found = json.loads(said.splitlines()[-1])
    assert code == errors.SettingsError.exit_code
    assert found["value"] == "Asia/Saigon City"
    assert "settings.toml: zone" in found["where"]


@pytest.mark.parametrize("moment", ["32/01/2026", "tomorrow", "2999-01-01"])
def test_a_wrong_or_future_time_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], moment: str
) -> None:
    code, _, said = run(monkeypatch, capfd, "score", "churn", "--as-of", moment)
    assert code == errors.SettingsError.exit_code
    assert moment in said


def test_the_catalogue_has_words_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["leadkeep", "features", "churn", "--json"])
    with pytest.raises(SystemExit):
        leadkeep.main()
    rows = json.loads(capfd.readouterr().out)
    assert len(rows) > 100
    assert all(row["vi"] and row["en"] for row in rows)


def test_a_missing_export_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'source = "x"\n[[table]]\ntable = "lead"\nfiles = ["*.csv"]\n'
        '[table.columns]\nsource_id = "Mã"\ncreated_at = "Ngày tạo"\n'
    )
    code, _, said = run(monkeypatch, capfd, "import", "--mapping", str(mapping), str(tmp_path / "none.csv"))
    assert code == errors.SourceError.exit_code
    assert "none.csv" in said


def test_people_come_and_go(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def said(*command: str) -> str:
        code, out, error = run(monkeypatch, capfd, *command)
        assert code == 0, error
        return out

    said("teams", "add", "Đội Sài Gòn", "--branch", "Quận 1", "--source", "zalo")
    assert "Quận 1" in said("teams", "list")
    made = json.loads(
        said("people", "add", "Lan", "team_lead", "--name", "Lan [x]", "--team", "Đội Sài Gòn", "--json")
    )
    assert (made["login"], len(made["password"])) == ("lan", 16)
    assert "Lan [x]" in said("people", "list")
    said("people", "change", "lan", "--capacity", "25")
    tomorrow = str(date.today() + timedelta(days=1))
    said("people", "away", "lan", tomorrow)
    said("people", "back", "lan", tomorrow)
    assert run(monkeypatch, capfd, "people", "back", "lan", tomorrow)[0] == errors.NotFound.exit_code
    assert run(monkeypatch, capfd, "people", "away", "lan", "mai")[0] == 2
    assert json.loads(said("people", "password", "lan", "--json"))["password"] != made["password"]
    said("keys", "add", "sales", "--scope", "scores", "--days", "30", "--team", "Đội Sài Gòn")
    (key,) = json.loads(said("keys", "list", "--json"))
    assert (key["scopes"], key["expires_at"] - key["created_at"]) == (["scores"], 30 * DAY)
    assert json.loads(said("people", "leave", "lan", "--json")) == [{"login": "lan", "handed_over": 0}]
    (lan,) = json.loads(said("people", "list", "--json"))
    assert (lan["team"], lan["capacity"]) == ("Đội Sài Gòn", 25)
    assert lan["left_at"] is not None
    assert not lan["password"]
    code, _, error = run(monkeypatch, capfd, "people", "leave", "lan")
    assert (code, "no such person at work" in error) == (8, True)
