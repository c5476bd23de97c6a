"""dlx: what to do next when a deep-learning model is not good enough.

Every command of the command line is one call of a function here, which works the same in a notebook::

    import dlx
    run = dlx.train("digits", seed=0)
    dlx.diagnose("predictions.csv", human=0.01)
"""

from __future__ import annotations

import importlib

#: name → module that defines it; imported on first use, so that ``import dlx`` stays light.
_EXPORTS = {
    "DlxError": "dlx.errors",
    "UserError": "dlx.errors",
    "ladder": "dlx.strategy.ladder",
    "diagnose": "dlx.diagnosis",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str):
    if name not in _EXPORTS:
        raise AttributeError(f"module 'dlx' has no attribute {name!r}")
    module = importlib.import_module(_EXPORTS[name])
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
