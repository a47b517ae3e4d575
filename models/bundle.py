"""A trained model as a folder anyone can read: no pickles, every file with its hash."""

import hashlib
import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.clock import to_datetime
from crm.errors import LeadkeepError, ModelError, ResourceError
from crm.loads import sync
from features.spec import FeatureSpec
from models import check, scorers
from models.calibration import Calibration
from models.scorers import Float, Rows, Scorer, sigmoid
from models.scorers.rule import Rule
from models.scorers.rule import load as load_rule
from models.topics import Topics

FORMAT = 1
SAMPLE_TOLERANCE = 1e-6
SAMPLES = 3
AS_IT_IS = Calibration("sigmoid")
"""A rule's log-odds are already what they say."""


@dataclass(frozen=True, slots=True)
class About:
    """What a bundle says of itself. Times and spans in UTC microseconds."""

    target: str
    as_of: int
    horizon: int
    history: dict[str, int] = field(default_factory=dict)
    """Versions of the history tables it was trained on."""
    metrics: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    """Why the rule scores, where the gate refused a better kind."""
    arrival_delay: int = 0
    label_delay: int = 0


@dataclass(frozen=True, slots=True)
class Bundle:
    """A scorer, its calibration, its features and what is said of it.

    ``later`` is the rule for subjects beyond the target's last age, where there is one. ``sample`` are rows
    whose scores are stored with it and compared when it is opened. ``usual`` and ``usual_later`` hold each
    feature's typical value among the subjects it scores, and among those of ``later``; reasons need them.
    ``simple`` is the rule the scorer is compared with at work, fitted to the same rows; older bundles have none.
    ``alone`` is the same bundle with that rule in the scorer's place, for its reasons.
    """

    about: About
    spec: FeatureSpec
    scorer: Scorer
    calibration: Calibration
    sample: Rows
    later: Rule | None = None
    usual: tuple[float, ...] = ()
    usual_later: tuple[float, ...] = ()
    simple: Rule | None = None
    manifest_sha256: str = ""
    version: str = ""
    topics: Topics = field(init=False, repr=False, compare=False)
    alone: "Bundle | None" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", Topics.of(self.spec))
        alone = self.simple and replace(self, scorer=self.simple, calibration=AS_IT_IS, simple=None)
        object.__setattr__(self, "alone", alone)
        for name in ("usual", "usual_later"):
            values = getattr(self, name) or (math.nan,) * len(self.spec.features)
            object.__setattr__(self, name, values)

    @property
    def kind(self) -> str:
        """lightgbm, logistic, rates or rule."""
        return self.scorer.kind

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.about.target

    @property
    def as_of(self) -> int:
        """Nothing known at or after this moment was used."""
        return self.about.as_of

    @property
    def horizon(self) -> int:
        """How far it looks ahead, microseconds."""
        return self.about.horizon

    @property
    def metrics(self) -> dict[str, Any]:
        """What training measured."""
        return self.about.metrics

    def raw(self, rows: Rows) -> Float:
        """Log-odds before calibration, float64[n] of float32[n, n_features]; ranks ties of probability."""
        return self.scorer.raw(rows)

    def predict(self, rows: Rows, later: NDArray[np.bool_] | None = None) -> Float:
        """Calibrated probabilities, float64[n]; rows marked ``later`` by the rule for old subjects.

        Raises FeatureError for rows of another width or with infinite values.
        """
        found = self.calibration.predict(self.scorer.raw(rows))
        if later is None or self.later is None or not later.any():
            return found
        return np.where(later, sigmoid(self.later.raw(rows)), found)

    def by_rule(self, rows: Rows, later: NDArray[np.bool_]) -> Float | None:
        """Probabilities by the simple rule alone, float64[n]; None where the bundle has none."""
        return None if self.alone is None else self.alone.predict(rows, later)

    def contributions(self, rows: Rows) -> Float:
        """What each feature adds to ``raw``, float64[n, n_features + 1]; the last column is the base."""
        return self.scorer.contributions(rows)

    def write(self, folder: Path) -> "Bundle":
        """Writes the folder, which must not exist, and syncs it to disk; returns the bundle as named.

        The version follows from the content: the as-of day and a hash. Raises ResourceError.
        """
        files = self._files()
        manifest = _json({"format": FORMAT, "as_of": self.as_of, "files": _hashes(files)})
        try:
            folder.mkdir(parents=True)
            for name, content in {**files, "manifest.json": manifest}.items():
                _write(folder / name, content)
            sync(folder)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ResourceError(
                "a model cannot be written", value=error.strerror, where=str(folder),
                todo="free space, or mend the folder's rights, then train again",
            ) from error  # fmt: skip
        return replace(self, manifest_sha256=_sha256(manifest), version=_version(self.as_of, manifest))

    @classmethod
    def open(cls, folder: Path) -> "Bundle":
        """Reads a folder, and believes nothing it says before checking.

        Hashes first; then, once for each manifest, a child process loads trees, so that a file that kills
        LightGBM kills only that; then feature names and the stored sample's scores. Raises ModelError.
        """
        files, manifest = verified(folder)
        if "model.txt" in files:
            check.in_child(folder, _sha256(manifest))
        bundle = cls.read(files)
        return replace(bundle, manifest_sha256=_sha256(manifest), version=_version(bundle.as_of, manifest))

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> "Bundle":
        """The bundle of these files; raises ModelError where they do not fit each other."""
        try:
            data = json.loads(files["spec.json"])
            spec = FeatureSpec.from_json(data["features"])
            calibration = Calibration.from_json(json.loads(files["calibration.json"]))
            later, simple = (_rule(files, name, spec) for name in ("later.json", "simple.json"))
            bundle = cls(
                About(**data["about"]), spec, scorers.load(data["kind"], files, spec), calibration,
                _rows(data["sample"]["rows"], len(spec.features)), later,
                usual=_usual(data, "now"), usual_later=_usual(data, "later"), simple=simple,
            )  # fmt: skip
            stored = np.array(data["sample"]["probabilities"], dtype=np.float64)
        except (KeyError, ValueError, TypeError) as error:
            said = f"{type(error).__name__}: {error}"
            raise _damaged("a model's files do not fit each other", said) from error
        found = bundle.predict(bundle.sample)
        if found.shape != stored.shape or not np.allclose(found, stored, rtol=0, atol=SAMPLE_TOLERANCE):
            raise _damaged("the model no longer gives its stored sample's scores", found.tolist())
        return bundle

    def _files(self) -> dict[str, bytes]:
        rows = self.sample[:SAMPLES]
        data = {
            "kind": self.kind,
            "about": {name: getattr(self.about, name) for name in About.__slots__},
            "features": self.spec.to_json(),
            "sample": {"rows": _plain(rows), "probabilities": self.predict(rows).tolist()},
            "usual": {"now": _known(self.usual), "later": _known(self.usual_later)},
        }
        files = self.scorer.files()
        files["calibration.json"] = _json(self.calibration.to_json())
        files["spec.json"] = _json(data)
        for name, rule in (("later.json", self.later), ("simple.json", self.simple)):
            if rule is not None:
                files[name] = rule.files()["rule.json"]
        return files


def verified(folder: Path) -> tuple[dict[str, bytes], bytes]:
    """The files of a bundle whose hashes are those of its manifest, and the manifest; raises ModelError."""
    try:
        manifest = (folder / "manifest.json").read_bytes()
        expected = json.loads(manifest)["files"]
        files = {name: (folder / Path(name).name).read_bytes() for name in expected}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged("not a complete model folder", str(error), folder) from error
    for name, content in files.items():
        if _sha256(content) != expected[name]:
            raise _damaged("a model file was changed after training", name, folder / name)
    return files, manifest


def manifest_sha256(folder: Path) -> str:
    """SHA-256 of a folder's manifest, which names every file's own; raises ModelError where there is none."""
    try:
        return _sha256((folder / "manifest.json").read_bytes())
    except OSError as error:
        raise _damaged("not a complete model folder", error.strerror, folder) from error


def stated_as_of(folder: Path) -> int:
    """The as-of in a manifest, to place a model whose other files are damaged; 0 where unreadable."""
    try:
        return int(json.loads((folder / "manifest.json").read_bytes())["as_of"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _damaged(what: str, value: object, where: Path | str = "") -> LeadkeepError:
    todo = "restore the folder from MLflow, or train again"
    return ModelError(what, value=value, where=str(where), todo=todo)


def _version(as_of: int, manifest: bytes) -> str:
    """The name its content gives a model, such as ``20260301-1f3a9c04``."""
    return f"{to_datetime(as_of):%Y%m%d}-{_sha256(manifest)[:8]}"


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: _sha256(content) for name, content in files.items()}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(data: Any) -> bytes:
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _plain(rows: Rows) -> list[list[float | None]]:
    return [[None if math.isnan(value) else value for value in row] for row in rows.astype(float).tolist()]


def _known(values: tuple[float, ...]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


def _rule(files: Mapping[str, bytes], name: str, spec: FeatureSpec) -> Rule | None:
    return load_rule({"rule.json": files[name]}, spec) if name in files else None


def _usual(data: Mapping[str, Any], name: str) -> tuple[float, ...]:
    """Typical values; a bundle from before they were kept has none."""
    stored = data.get("usual", {}).get(name, [])
    return tuple(math.nan if value is None else float(value) for value in stored)


def _rows(data: list[list[float | None]], width: int) -> Rows:
    rows = [[math.nan if value is None else value for value in row] for row in data]
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
