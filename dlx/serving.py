"""The code file of a run's MLflow model: ``mlflow models serve`` and ``mlflow.pyfunc.load_model`` answer through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model  # noqa: TID253  MLflow runs this file itself, and nobody else does
from mlflow.pyfunc import PythonModel, PythonModelContext  # noqa: TID253


class Served(PythonModel):
    """A run's model: raw inputs in, a table with ``prediction`` and ``proba_<class>`` out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model of the folder that was logged with it."""
        from dlx import predicting

        self.predictor = predicting.load(Path(context.artifacts["run"]))

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None):
        """Answers, one row each, for a DataFrame with the raw columns, an array (n, \\*shape), or arrays by input name.

        The annotation of ``model_input`` keeps MLflow from deriving a signature of its own; the logged one counts.
        """
        return self.predictor.predict(model_input)


set_model(Served())
