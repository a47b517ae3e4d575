"""What MLflow keeps of a run: enough to judge it, and to repeat it exactly."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm import operations
from crm.errors import NotFound
from crm.settings import Home

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

LOG = logging.getLogger(__name__)
EXPERIMENT = "leadkeep"


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a model beside the history itself."""

    target: str
    as_of: int
    seed: int
    load: int
    versions: dict[str, int]
    settings: dict[str, Any]

    def params(self) -> dict[str, str]:
        """As MLflow's parameters, which are short texts."""
        return {
            "target": self.target, "as_of": str(self.as_of), "seed": str(self.seed), "load": str(self.load),
            "history_versions": json.dumps(self.versions, sort_keys=True),
            "settings": json.dumps(self.settings, sort_keys=True),
        }  # fmt: skip

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "Recipe":
        """Reads :meth:`params` back; raises KeyError where one is missing."""
        return cls(
            params["target"],
            int(params["as_of"]),
            int(params["seed"]),
            int(params["load"]),
            json.loads(params["history_versions"]),
            json.loads(params["settings"]),
        )


def client(home: Home) -> "MlflowClient":
    """MLflow at the address the settings give, by default a file in the home folder."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes seconds

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return MlflowClient(home.tracking_url, home.tracking_url)


def keep(
    home: Home,
    recipe: Recipe,
    *,
    params: Mapping[str, str],
    metrics: Mapping[str, float],
    bundle: Path,
    version: str,
    plots: Path,
    reports: Mapping[str, Any],
) -> str:
    """Logs one run, its bundle, plots and JSON reports, registers the model version; returns the run's id.

    The registered model bears the target's name; the alias ``champion`` mirrors who scores. Nothing about a
    person is logged: the bundle's stored sample rows are feature values without names.
    """
    mlflow = client(home)
    with _run(mlflow, home, f"{recipe.target} {version}") as run:
        for name, value in {**recipe.params(), **params}.items():
            mlflow.log_param(run, name, value)
        for name, number in metrics.items():
            mlflow.log_metric(run, name, number)
        mlflow.log_artifacts(run, str(bundle), "bundle")
        mlflow.log_artifacts(run, str(plots), "plots")
        for name, report in reports.items():
            mlflow.log_dict(run, report, f"{name}.json")
        mlflow.set_tag(run, "version", version)
        _register(mlflow, home, recipe.target, run, version)
    return run


def mirror(home: Home, target: str) -> None:
    """Lets the alias ``champion`` follow the operations database: a person may have put another model in use since.

    MLflow may be away: serving does not need it, and the next look tries again.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        _follow(client(home), home, target)
    except MlflowException as error:
        LOG.warning("the alias of %s in MLflow waits: %s", target, type(error).__name__)


def recipe_of(home: Home, run_id: str) -> tuple[Recipe, str]:
    """The recipe of a recorded run and the version it gave; raises NotFound."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        run = client(home).get_run(run_id)
        return Recipe.of(run.data.params), run.data.tags["version"]
    except (MlflowException, KeyError) as error:
        raise NotFound(
            "no such training run", value=run_id, where=home.tracking_url,
            todo="take a run id from leadkeep train --json, or from MLflow",
        ) from error  # fmt: skip


@contextmanager
def _run(mlflow: "MlflowClient", home: Home, name: str) -> Iterator[str]:
    """A run that ends FINISHED, or FAILED where its block raises."""
    run = mlflow.create_run(_experiment(mlflow, home), run_name=name).info.run_id
    status = "FAILED"
    try:
        yield run
        status = "FINISHED"
    finally:
        mlflow.set_terminated(run, status)


def _experiment(mlflow: "MlflowClient", home: Home) -> str:
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    location = None if home.settings.stores.tracking else home.artifacts.as_uri()
    return str(mlflow.create_experiment(EXPERIMENT, artifact_location=location))


def _register(mlflow: "MlflowClient", home: Home, target: str, run: str, version: str) -> None:
    """A new version of the registered model, which bears the target's name."""
    if not mlflow.search_registered_models(f"name = '{target}'"):
        mlflow.create_registered_model(target)
    source = mlflow.get_run(run).info.artifact_uri + "/bundle"
    mlflow.create_model_version(target, source, run, description=version)
    _follow(mlflow, home, target)


def _follow(mlflow: "MlflowClient", home: Home, target: str) -> None:
    """The alias stays where it is while MLflow does not know the model in use."""
    in_use = operations.champion(home, target)
    known = mlflow.search_model_versions(f"name = '{target}'") if in_use else []
    numbers = [int(one.version) for one in known if in_use and one.description == in_use.version]
    if numbers:
        mlflow.set_registered_model_alias(target, "champion", str(max(numbers)))
