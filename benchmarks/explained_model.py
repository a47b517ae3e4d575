"""The same booster as a user of MLflow would serve it: a row of features in, a probability and five reasons out.

Logged by ``mlflow.pyfunc`` as code, so that nothing is pickled. Calibration and words are the bundle's own; trees
and contributions are LightGBM's.
"""

from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext

from models.bundle import Bundle


class Explained(PythonModel):  # type: ignore[misc]
    """LightGBM's predictions and contributions of one bundle."""

    def load_context(self, context: PythonModelContext) -> None:
        """Opens the bundle, and its trees with LightGBM."""
        folder = Path(context.artifacts["bundle"])
        self.bundle = Bundle.open(folder)
        self.booster = lightgbm.Booster(model_file=folder / "model.txt")

        topics = [feature.topic for feature in self.bundle.spec.features]
        self.topics, self.topic_of = np.unique(topics, return_inverse=True)

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame) -> list[dict[str, Any]]:
        """One answer a row."""
        rows = model_input.to_numpy(dtype=np.float32)
        added = np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=1))
        probability = self.bundle.calibration.predict(added.sum(axis=1))
        return [
            {"probability": float(p), "reasons": self._reasons(row, parts[:-1])}
            for p, row, parts in zip(probability, rows, added, strict=True)
        ]

    def _reasons(self, row: np.ndarray, added: np.ndarray) -> list[dict[str, Any]]:
        """The five topics that add most, each in the words of its strongest feature."""
        sums = np.bincount(self.topic_of, weights=added)
        said = []
        for topic in np.argsort(-np.abs(sums), kind="stable")[:5]:
            pushes = np.where(self.topic_of == topic, added * np.sign(sums[topic]), -np.inf)
            column = int(np.argmax(pushes))
            text = self.bundle.spec.sentence(column, float(row[column]), "vi")
            said.append({"topic": str(self.topics[topic]), "text": text, "contribution": float(sums[topic])})
        return said


mlflow.models.set_model(Explained())
