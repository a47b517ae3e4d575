"""Loads a model folder in a child process first: a damaged LightGBM file kills the process that reads it.

Run as ``python -m models.check FOLDER``; exit code 0 says that LightGBM reads it and agrees with us.
"""

import os
import subprocess
import sys
from pathlib import Path

from crm.errors import LeadkeepError, ModelError

TIMEOUT = 120
TOLERANCE = 1e-6
_checked: set[str] = set()


def in_child(folder: Path, manifest_sha256: str) -> None:
    """Raises ModelError where a child process cannot load the folder; remembers the verdict by its hash.

    A good verdict is kept in a small file beside the folder too, so that starting again takes no seconds.
    """
    kept = folder.parent / f".{folder.name}.checked"
    if manifest_sha256 not in _checked:
        if not kept.exists() or kept.read_text() != _verdict(manifest_sha256):
            _run(folder)
        _checked.add(manifest_sha256)
    if not kept.exists():
        _keep(kept, _verdict(manifest_sha256))


def _run(folder: Path) -> None:
    """Starts the child and waits for it."""
    root = str(Path(__file__).resolve().parents[1])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "models.check", str(folder.resolve())],
            capture_output=True, encoding="utf-8", errors="replace", timeout=TIMEOUT, check=False,
            env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip
        failed = child.stderr.strip().splitlines()[-1:] or [f"exit {child.returncode}"]
    except subprocess.TimeoutExpired:
        child, failed = None, [f"no answer in {TIMEOUT} s"]
    if child is None or child.returncode != 0:
        raise ModelError(
            "the model does not load", value=failed[0], where=str(folder),
            todo="restore the folder from MLflow, or train again",
        )  # fmt: skip


def _verdict(manifest_sha256: str) -> str:
    """What is kept: the hash, and the Python that read it."""
    return f"{manifest_sha256} {sys.version_info[0]}.{sys.version_info[1]}\n"


def _keep(path: Path, verdict: str) -> None:
    try:
        path.write_text(verdict)
    except OSError:
        return  # a folder that cannot be written to is checked again at each start


def main(folder: Path) -> None:
    """In the child: our reading of the folder, and LightGBM's own of its trees, on the stored sample."""
    from models import bundle, trees  # noqa: PLC0415 - bundle imports this module
    from models.scorers.boosted import Boosted  # noqa: PLC0415

    files, _ = bundle.verified(folder)
    opened = bundle.Bundle.read(files)
    if not isinstance(opened.scorer, Boosted):
        return
    import lightgbm  # noqa: PLC0415 - takes seconds, and only the child needs it

    booster = lightgbm.Booster(model_str=opened.scorer.text)
    theirs = booster.predict(opened.sample, raw_score=True, num_threads=1)
    ours = trees.predict(opened.scorer.forest, opened.sample)
    if abs(theirs - ours).max(initial=0.0) > TOLERANCE:
        raise ModelError("LightGBM and Leadkeep read different trees", value=(theirs - ours).tolist())


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except LeadkeepError as error:
        print(error, file=sys.stderr)  # noqa: T201 - read by the parent
        sys.exit(1)
