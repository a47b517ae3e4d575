"""A folder of a model gives back the same scores, and one changed byte is noticed."""

import json
from pathlib import Path

import numpy as np
import pytest

from crm.errors import FeatureError, ModelError
from models import check
from models.bundle import Bundle

from .conftest import make_bundle, make_rows


def test_a_folder_gives_back_the_same_scores(bundle: Bundle, tmp_path: Path) -> None:
    written = bundle.write(tmp_path / "model")
    opened = Bundle.open(tmp_path / "model")
    rows, _ = make_rows(300, seed=5)
    np.testing.assert_array_equal(opened.predict(rows), bundle.predict(rows))
    np.testing.assert_array_equal(opened.contributions(rows), bundle.contributions(rows))
    assert (opened.kind, opened.version, opened.about) == (bundle.kind, written.version, bundle.about)
    assert opened.spec == bundle.spec
    assert opened.manifest_sha256 == written.manifest_sha256


def test_contributions_sum_to_the_raw_score(bundle: Bundle) -> None:
    rows, _ = make_rows(300, seed=6)
    np.testing.assert_allclose(bundle.contributions(rows).sum(axis=1), bundle.raw(rows), atol=1e-6)


def test_one_row_scores_as_in_a_batch(bundle: Bundle) -> None:
    rows, _ = make_rows(40, seed=7)
    single = [bundle.predict(rows[i : i + 1])[0] for i in range(len(rows))]
    np.testing.assert_array_equal(single, bundle.predict(rows))


def test_old_subjects_are_scored_by_the_rule(bundle: Bundle) -> None:
    rows, _ = make_rows(4, seed=8)
    mixed = bundle.predict(rows, np.array([True, False, True, False]))
    plain = bundle.predict(rows)
    assert (mixed != plain).tolist() == [True, False, True, False]


@pytest.mark.parametrize("kind", ["trunk", "rule"])
def test_any_changed_byte_is_noticed(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    make_bundle(kind).write(folder)
    Bundle.open(folder)
    for file in sorted(folder.iterdir()):
        if file.name == "manifest.json":
            continue
        content = file.read_bytes()
        file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        with pytest.raises(ModelError, match="changed after training"):
            Bundle.open(folder)
        file.write_bytes(content)
    Bundle.open(folder)


def test_a_missing_folder_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a complete model folder"):
        Bundle.open(tmp_path / "nothing")


def test_other_features_are_refused(tmp_path: Path) -> None:
    files = dict(make_bundle("trunk")._files())
    data = json.loads(files["spec.json"])
    data["features"]["features"][3]["name"] = "renamed"
    files["spec.json"] = json.dumps(data).encode()
    with pytest.raises(ModelError, match="other features"):
        Bundle.read(files)


def test_another_score_of_the_sample_is_refused() -> None:
    files = dict(make_bundle("lightgbm")._files())
    data = json.loads(files["calibration.json"])
    data["shift"] += 0.5
    files["calibration.json"] = json.dumps(data).encode()
    with pytest.raises(ModelError, match="stored sample"):
        Bundle.read(files)


def test_a_file_that_kills_lightgbm_only_kills_the_child(tmp_path: Path) -> None:
    bundle = make_bundle("lightgbm")
    text = bundle._files()["model.txt"].decode().replace("tree_sizes=", "tree_sizes=9")
    object.__setattr__(bundle.scorer, "text", text)
    bundle.write(tmp_path / "model")
    with pytest.raises(ModelError, match="does not load"):
        Bundle.open(tmp_path / "model")


def test_the_verdict_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = make_bundle("lightgbm", seed=3).write(tmp_path / "model")
    Bundle.open(tmp_path / "model")
    assert (tmp_path / ".model.checked").read_text().startswith(written.manifest_sha256)
    monkeypatch.setattr(check, "_checked", set())
    monkeypatch.setattr("sys.executable", "/no/such/python")
    Bundle.open(tmp_path / "model")


def test_infinite_values_are_refused() -> None:
    rows, _ = make_rows(5)
    rows[3, 1] = np.inf
    with pytest.raises(FeatureError, match="row 3, feature since_chat"):
        make_bundle("logistic").predict(rows)
