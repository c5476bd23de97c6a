"""dlx: what to do next when a deep-learning model is not good enough.

Every command of the command line is one call of a function here, which works the same in a notebook::

    import dlx
    run = dlx.train("digits", seed=0)
    dlx.diagnose("predictions.csv", human=0.01)
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

#: name → module that defines it (``module:attribute`` where it has another name there); imported on first use, so that
#: ``import dlx`` stays light.
_EXPORTS = {
    "DlxError": "dlx.errors",
    "Recipe": "dlx.recipe",
    "UserError": "dlx.errors",
    "analyze_errors": "dlx.pipeline.annotate",
    "augmented": "dlx.pipeline.augmented",
    "annotate": "dlx.housekeeping",
    "annotate_errors": "dlx.pipeline.annotate",
    "catalogue": "dlx.listing",
    "check": "dlx.recipe",
    "compare": "dlx.comparison",
    "curve": "dlx.pipeline.curve",
    "data": "dlx.datareport",
    "diagnose": "dlx.diagnosis",
    "doctor": "dlx.machine",
    "evaluate": "dlx.pipeline.evaluate",
    "export": "dlx.pipeline.predict",
    "human": "dlx.pipeline.human",
    "init": "dlx.starting",
    "labels": "dlx.pipeline.labels",
    "ladder": "dlx.strategy.ladder",
    "list_runs": "dlx.housekeeping",
    "load_recipe": "dlx.recipe:load",
    "look": "dlx.pipeline.look",
    "multitask": "dlx.pipeline.multitask",
    "new": "dlx.recipe",
    "predict": "dlx.pipeline.predict",
    "prune": "dlx.housekeeping",
    "recipe_schema": "dlx.recipe.editor:json_schema",
    "rename": "dlx.housekeeping",
    "report": "dlx.reporting",
    "show": "dlx.listing",
    "sync": "dlx.tracking",
    "train": "dlx.pipeline.train",
    "transfer_learning": "dlx.pipeline.transfer:transfer",
    "tune": "dlx.pipeline.tune",
    "ui": "dlx.tracking",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str):
    if name not in _EXPORTS:
        raise AttributeError(f"module 'dlx' has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    return getattr(importlib.import_module(module), attribute or name)


def __dir__() -> list[str]:
    return __all__
