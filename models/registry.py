"""The models a home folder holds, and which of them is in use."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import select

from crm import operations
from crm.clock import iso
from crm.errors import ModelError, NotFound, ResourceError
from crm.loads import sync
from crm.settings import Home
from crm.tables.scores import Champion, Promotion
from models.bundle import Bundle, manifest_sha256, stated_as_of, verified

LOCK_WAIT = 60
"""Seconds a writer waits for another one."""

log = logging.getLogger("leadkeep.models")


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered model as its folder describes it; ``problem`` says why it cannot be used, else ""."""

    target: str
    version: str
    folder: Path
    kind: str = ""
    as_of: int = 0
    manifest_sha256: str = ""
    metrics: dict[str, Any] | None = None
    note: str = ""
    champion: bool = False
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for ``--json``."""
        return asdict(self) | {"folder": str(self.folder), "as_of": iso(self.as_of) if self.as_of else ""}


def register(home: Home, bundle: Bundle, *, promote: bool = True) -> Bundle:
    """Writes ``bundle`` under its version, opens it from there, and makes it the champion where asked.

    The folder appears whole or not at all; the same content again changes nothing. A model of an earlier as-of
    than the champion's never replaces it: looking back must not change what is in use. Raises ModelError
    where it does not open or another was promoted meanwhile, ResourceError where it cannot be written.
    """
    before = operations.champion(home, bundle.target)
    folder = home.models / bundle.target
    passing = folder / ".writing"
    with _alone(folder):
        shutil.rmtree(passing, ignore_errors=True)  # a run that was killed may have left one
        written = bundle.write(passing)
        opened = Bundle.open(_moved(passing, folder / written.version))
    if promote and _is_news(before, opened, folder):
        expected = None if before is None else before.manifest_sha256
        operations.promote(home, opened.target, opened.version, opened.manifest_sha256, expected=expected)
    return opened


def put_in_use(
    home: Home, target: str, version: str, *, expected: str | None, person: int | None = None, why: str = ""
) -> Champion:
    """Makes a registered model the champion in the place of the one whose manifest hash is ``expected``.

    It is opened first, as serving would. Raises NotFound for a version that is not here, ModelError where it does
    not open or another was promoted meanwhile.
    """
    found = next((entry for entry in list_models(home, target) if entry.version == version), None)
    if found is None:
        raise NotFound("no such model", value=version, where=target, todo="choose one of leadkeep models")
    opened = Bundle.open(found.folder)
    return operations.promote(
        home, target, version, opened.manifest_sha256, expected=expected, person=person, why=why[:200]
    )


def promotions(home: Home, target: str, limit: int = 20) -> list[Promotion]:
    """Which models were put in use, the newest first."""
    asked = select(Promotion).where(Promotion.target == target).order_by(Promotion.id.desc()).limit(limit)
    with operations.reading(home) as session:
        return list(session.scalars(asked))


def previous(home: Home, target: str) -> Promotion | None:
    """Where a roll-back goes: what was in use before the present champion; None where there was none."""
    now_in_use = operations.champion(home, target)
    return next(
        (
            one
            for one in promotions(home, target)
            if now_in_use and one.manifest_sha256 != now_in_use.manifest_sha256
        ),
        None,
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time in a target's folder, which is made where missing; raises ResourceError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=LOCK_WAIT)
        lock.acquire()
    except (OSError, Timeout) as error:
        raise ResourceError(
            "the models' folder cannot be written to", value=str(error), where=str(folder),
            todo="mend the folder's rights, or wait for the training run that holds it",
        ) from error  # fmt: skip
    try:
        yield
    finally:
        lock.release()


def _is_news(before: Champion | None, opened: Bundle, folder: Path) -> bool:
    if before is None:
        return True
    newer = opened.as_of >= stated_as_of(folder / before.version)
    return newer and before.manifest_sha256 != opened.manifest_sha256


def champion(home: Home, target: str, as_of: int | None = None) -> Bundle:
    """The model in use; with ``as_of``, the newest whose own as-of is not later.

    Where that one is damaged the last good one goes on, and the log says so. Raises ModelError.
    """
    if as_of is not None:
        return newest(home, target, as_of)
    row = operations.champion(home, target)
    if row is None:
        raise _none(target, f"no model of {target} was trained yet")
    folder = home.models / target / row.version
    try:
        if manifest_sha256(folder) != row.manifest_sha256:
            raise ModelError("the champion's folder is another model", value=row.version, where=str(folder))
        return Bundle.open(folder)
    except ModelError as error:
        return _last_good(home, target, error, row.version)


def newest(home: Home, target: str, as_of: int) -> Bundle:
    """The newest model of ``target`` whose own as-of is at most ``as_of``; ModelError if none opens."""
    entries = list_models(home, target)
    fitting = [entry for entry in entries if entry.as_of <= as_of]
    if not fitting:
        raise _none(target, f"no model of {target} is as old as {iso(as_of)}")
    first = fitting[0]
    try:
        return Bundle.open(first.folder)
    except ModelError as error:
        return _last_good(home, target, error, first.version, as_of)


def list_models(home: Home, target: str | None = None) -> list[Entry]:
    """Every model in the home folder, the newest as-of first; of equals the champion, then the latest."""
    found = []
    for folder in _folders(home, target):
        row = operations.champion(home, folder.parent.name)
        found.append((_described(folder, row.version if row else ""), folder.stat().st_mtime_ns))
    found.sort(key=lambda pair: (pair[0].as_of, pair[0].champion, pair[1]), reverse=True)
    return [entry for entry, _ in found]


def _folders(home: Home, target: str | None) -> Iterator[Path]:
    for manifest in sorted(home.models.glob(f"{target or '*'}/*/manifest.json")):
        if not manifest.parent.name.startswith("."):
            yield manifest.parent


def _described(folder: Path, champion_version: str) -> Entry:
    target, version = folder.parent.name, folder.name
    try:
        files, _ = verified(folder)
        problem = ""
        spec = files["spec.json"]
    except ModelError as error:
        problem = str(error)
        spec = (folder / "spec.json").read_bytes() if (folder / "spec.json").exists() else b"{}"
    try:
        data = json.loads(spec)
        about = data["about"]
    except (ValueError, KeyError, TypeError):
        as_of = stated_as_of(folder)
        return Entry(target, version, folder, as_of=as_of, problem=problem or "spec.json cannot be read")
    return Entry(
        target, version, folder, data["kind"], about["as_of"], manifest_sha256(folder), about["metrics"],
        about["note"], version == champion_version, problem,
    )  # fmt: skip


def _last_good(home: Home, target: str, error: ModelError, version: str, as_of: int | None = None) -> Bundle:
    for entry in list_models(home, target):
        if entry.version == version or entry.problem or (as_of is not None and entry.as_of > as_of):
            continue
        try:
            bundle = Bundle.open(entry.folder)
        except ModelError:
            continue
        log.warning("model %s of %s is not used: %s; %s goes on", version, target, error, bundle.version)
        return bundle
    raise error


def _moved(passing: Path, folder: Path) -> Path:
    """Gives a written folder its name; one of that name holds the same content, unless it was damaged."""
    try:
        if folder.exists():
            try:
                verified(folder)
                shutil.rmtree(passing)
                return folder
            except ModelError:
                shutil.rmtree(folder)
        passing.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise ResourceError(
            "a model cannot be moved to its place", value=error.strerror, where=str(folder),
            todo="mend the folder's rights, then train again",
        ) from error  # fmt: skip
    return folder


def _none(target: str, what: str) -> ModelError:
    return ModelError(
        what, where="the home folder's models", todo=f"run leadkeep train {target}, with --as-of if needed"
    )
