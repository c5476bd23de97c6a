"""The error ladder human → train → train-dev → dev → test from bare numbers.

What the ladder is made of is named here too: ``Rung``, ``Gap``, ``HumanFigure``, ``Verdict``, ``Action``, and
:func:`build`, which makes a ladder from measured rungs.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dlx import parts
from dlx.errors import UserError
from dlx.strategy.actions import Action
from dlx.strategy.build import Ladder, build
from dlx.strategy.human import figures
from dlx.strategy.intervals import rate_rung
from dlx.strategy.rates import count, rate
from dlx.strategy.rungs import Gap, HumanFigure, Rung
from dlx.strategy.verdict import Verdict

if TYPE_CHECKING:
    from dlx.findings import Finding

__all__ = ["Action", "Gap", "HumanFigure", "Ladder", "Rung", "Verdict", "build", "ladder"]


def ladder(
    human: Any = None,
    train: float | str | None = None,
    train_dev: float | str | None = None,
    dev: float | str | None = None,
    test: float | str | None = None,
    *,
    n_human: int | None = None,
    n_train: int | None = None,
    n_train_dev: int | None = None,
    n_dev: int | None = None,
    n_test: int | None = None,
    different_sources: bool = False,
    target: float | str | None = None,
    deployment: str | None = None,
    seed: int = 0,
) -> Ladder:
    """The ladder, verdict and actions from bare error rates.

    >>> ladder(human="0.5%", train="0.7%", dev="0.8%").verdict.focus
    ('avoidable_bias',)

    Args:
        human: a rate (a number in 0–1 or text like ``0.7%``), or {group: rate}; None: unknown.
        train: error on train.
        train_dev: error on held-out data from train's sources.
        dev: error on dev.
        test: error on test.
        n_human: items behind the human figure; None: it is taken as exact.
        n_train: train rows that were evaluated.
        n_train_dev: train-dev rows.
        n_dev: dev rows.
        n_test: test rows.
        different_sources: whether train and dev come from different sources.
        target: dev error that is good enough.
        deployment: the human group named for deployment, if several are given.
        seed: of posterior draws.

    Raises:
        UserError: no rate at all, a number that is no rate or no count, or a count without its rate.
    """
    given = {
        "train": (train, n_train),
        "train_dev": (train_dev, n_train_dev),
        "dev": (dev, n_dev),
        "test": (test, n_test),
    }
    rungs = [_rate_rung(name, value, n) for name, (value, n) in given.items() if not value is n is None]
    if not rungs:
        raise UserError(
            "a ladder needs at least one error of the model",
            hint="Give the train and the dev error: dlx ladder --human 0.5% --train 0.7% --dev 0.8%",
        )
    made = build(
        rungs,
        human=figures(human, None if n_human is None else count(n_human, where="n_human")),
        different_sources=different_sources,
        target=None if target is None else rate(target, where="target"),
        deployment=deployment,
        seed=seed,
    )
    return replace(made, findings=_findings(made))


def _rate_rung(name: str, value: Any, n: Any) -> Rung:
    if value is None:
        raise UserError(
            f"n_{name} goes with the {name} error", value=n, where=f"n_{name}", hint=f"Give {name} as well."
        )
    return rate_rung(name, rate(value, where=name), None if n is None else count(n, where=f"n_{name}"))


def _findings(made: Ladder) -> tuple[Finding, ...]:
    """One finding per check; loaded by name like all parts, as checks stand above the ladder that they read."""
    evidence = importlib.import_module("dlx.findings").Evidence(ladder=made, verdict=made.verdict)
    return tuple(parts.load("checks", name)(evidence) for name in parts.names("checks"))
