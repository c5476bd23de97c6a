"""``dlx transfer``: does it make sense to begin from that network here? Then both ways, side by side."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.run import Run

if TYPE_CHECKING:
    import numpy as np

    from dlx.comparison import Comparison
    from dlx.dataset import Dataset
    from dlx.pipeline.curve import CurveResult
    from dlx.pipeline.work import Work
    from dlx.recipe import Recipe
    from dlx.strategy.transfer_sense import Condition

__all__ = ["FILE", "SCRATCH", "TRANSFER", "TransferResult", "transfer"]

#: What the two candidates are called.
SCRATCH, TRANSFER = "from scratch", "transfer"
#: Kept in the folder of the run that was begun from the source.
FILE = "transfer.json"
#: Wider inputs of the linear models go by so many principal components.
_WIDEST = 512


@dataclass(frozen=True)
class TransferResult:
    """What came out.

    Attributes:
        source: the trained network, in words.
        conditions: whether it makes sense here, each with its evidence.
        sensible: whether all hold; None where one is not known.
        runs: ``from scratch`` and ``transfer``; empty where it made no sense and nothing was trained.
        comparison: the two on the same dev examples.
        curves: the learning curve of both, where asked for.
    """

    source: str
    conditions: tuple[Condition, ...]
    sensible: bool | None
    runs: dict[str, Run]
    comparison: Comparison | None = None
    curves: dict[str, CurveResult] | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON data: source, sensible, conditions, runs with errors and seconds, comparison, curves."""
        return {
            "source": self.source,
            "sensible": self.sensible,
            "conditions": [condition.to_dict() for condition in self.conditions],
            "runs": {name: facts_of(run) for name, run in self.runs.items()},
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
            "curves": {name: found.to_dict() for name, found in (self.curves or {}).items()},
        }


def facts_of(run: Run) -> dict[str, Any]:
    """What stands beside a run in the table: errors, weights, seconds."""
    info, rungs = run.info, run.read_json("diagnosis.json", default={}).get("rungs") or []
    errors = {rung["name"]: rung["error"] for rung in rungs if rung["name"] in ("train", "train_dev", "dev")}
    return {"run": run.id, "errors": errors, "parameters": info.get("parameters"), "seconds": info.get("seconds"),
            "fit_seconds": info.get("fit_seconds"), "transfer": info.get("transfer")}  # fmt: skip


def transfer(
    recipe: str | Path | Recipe,
    overrides: Sequence[str] = (),
    *,
    source: str | None = None,
    curves: bool = False,
    sizes: Sequence[int | float] | None = None,
    repeats: int = 5,
    fresh: bool = False,
    anyway: bool = False,
    track: bool = True,
    quiet: bool = True,
) -> TransferResult:
    """Ask whether a trained network helps here; train the recipe from scratch and from it; compare.

    A run that was trained by the same recipe on the same data before is taken as it is: an interrupted command goes on.

    Args:
        recipe: a name, a path, or a loaded recipe.
        overrides: ``"transfer.depth=head"`` …; those of ``transfer.`` are for the one way only.
        source: as ``transfer.from``; None takes the recipe's.
        curves: also measure the learning curve of both.
        sizes: of the curves; see :func:`dlx.curve`.
        repeats: of each size of the curves.
        fresh: train anew, whatever was trained before.
        anyway: train although it makes no sense.
        track: copy runs to MLflow.
        quiet: nothing on stderr.

    Raises:
        UserError: no source, or one that does not fit these data.
    """
    from dlx import comparison
    from dlx import transfer as networks
    from dlx.pipeline import sources
    from dlx.pipeline.copying import copied
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    own = [o for o in overrides if not o.startswith("transfer.")]
    mine = [o for o in overrides if o.startswith("transfer.")]
    if source is not None:
        mine = [f"transfer.from={source}", *mine]
    to, _ = sources.pinned(load(recipe, [*own, *mine]))
    if to.transfer is None:
        hint = "For example --from imagenet:MobileNetV2, or --from run:RUN."
        raise UserError("which network shall it begin from?", where="--from", hint=hint)
    scratch = load(recipe, [*own, "transfer=null"])
    work = Work.read(to, strict=False)
    found = networks.source(to.transfer, work.data.payload.inputs)
    conditions = _conditions(work, found, quiet=quiet)
    from dlx.strategy.transfer_sense import makes_sense

    sensible = makes_sense(conditions)
    if sensible is False and not anyway:
        return TransferResult(found.name, conditions, sensible, {})
    runs = {}
    ways = ((SCRATCH, scratch, [*own]), (TRANSFER, to, [*own, *mine]))
    for number, (name, loaded, typed) in enumerate(ways, start=1):
        runs[name] = _run(loaded, work, recipe, typed, f"{number}/{len(ways)} {name}", fresh, track, quiet)
    compared = comparison.compare(runs[TRANSFER], runs[SCRATCH], names=[TRANSFER, SCRATCH])
    measured = None
    if curves:
        measured = {name: _curve(loaded, name, sizes, repeats, track, quiet) for name, loaded, _ in ways}
    result = TransferResult(found.name, conditions, sensible, runs, compared, measured)
    runs[TRANSFER].write_json(FILE, result.to_dict())
    compared.save(runs[TRANSFER].file("transfer.html"))
    if track:
        copied(runs[TRANSFER], True)  # the run itself was sent when it ended
    return result


def _conditions(work: Work, source, *, quiet: bool) -> tuple[Condition, ...]:
    from dlx.strategy.transfer_sense import Condition, probed, sense

    train = work.part("train")
    targets = work.task.targets(train)
    first = sense(source.learned.kind, work.data.kind, source.learned.examples, len(train))
    if work.recipe["transfer"]["depth"] == "scratch" or first[0].holds == "no":
        return first
    if work.recipe["task"]["name"] != "classification":
        return (*first, Condition("its features help here", "unknown", "measured for classification only"))
    if not quiet:
        print("Does it make sense here? A linear model on its features, one on raw inputs …", file=sys.stderr)
    from dlx import transfer as networks
    from dlx.strategy.paired import tango

    dev, features = work.part("dev"), networks.Features(source, quiet=quiet)
    on_features = _wrong(features.of(train), features.of(dev))
    on_raw = _wrong(train, dev)
    low, high = tango(int((on_features & ~on_raw).sum()), int((on_raw & ~on_features).sum()), len(dev))
    constant = work.task.baseline(train, work.task.units(dev, targets), targets)["error"].mean()
    return (*first, probed(on_features.mean(), on_raw.mean(), low, high, float(constant)))


def _wrong(train: Dataset, dev: Dataset) -> np.ndarray:
    """Which dev examples a logistic regression on the inputs gets wrong; wide inputs by their principal components."""
    import warnings

    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    seen, asked = (np.nan_to_num(_flat(part)) for part in (train, dev))
    steps = [StandardScaler()]
    if seen.shape[1] > _WIDEST:
        steps.append(PCA(min(_WIDEST, len(seen) - 1), svd_solver="randomized", random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near its optimum it tells features apart as well
        classifier = make_pipeline(*steps, LogisticRegression(C=0.1, max_iter=200))
        classifier.fit(seen, train.examples["y"].astype(str))
    return classifier.predict(asked) != dev.examples["y"].astype(str).to_numpy()


def _flat(dataset: Dataset) -> np.ndarray:
    """Numeric inputs, one row per example; columns of text are left out."""
    import numpy as np

    raw = dataset.payload.take(np.arange(len(dataset)))
    numeric = [raw[spec.name] for spec in dataset.payload.inputs if spec.dtype != "string"]
    return np.concatenate([values.reshape(len(dataset), -1).astype("float32") for values in numeric], axis=1)


def _run(
    loaded: Recipe, work: Work, name: str | Path | Recipe, typed: Sequence[str], told: str, fresh: bool, track, quiet
) -> Run:
    """The run of that recipe: one that is there, else a new one."""
    from dlx import device, runs
    from dlx.pipeline.train import train

    wanted = {"recipe_hash": loaded.hash(), "data_digest": work.given_digest, "label_overlay": work.label_overlay}
    for run in () if fresh else reversed(runs.all_runs()):
        same = all(run.info.get(key) == value for key, value in wanted.items()) and run.state() == "complete"
        # a run of folds is no one model, and one that was gone on with trained longer than its recipe says
        if same and not any(run.info.get(key) for key in ("kind", "folds", "continues")):
            if not quiet:
                print(f"{told}: {run.id} was trained by this recipe on these data", file=sys.stderr)
            return run
    if not quiet:
        print(f"{told}", file=sys.stderr)
    device.fresh()
    word = str(name) if isinstance(name, (str, Path)) else loaded.name
    command = shlex.join(["dlx", "train", word, *[w for o in typed for w in ("-s", o)]])
    return train(loaded, track=track, quiet=quiet, arguments=command).run


def _curve(loaded: Recipe, name: str, sizes, repeats: int, track: bool, quiet: bool) -> CurveResult:
    from dlx.pipeline.curve import curve

    if not quiet:
        print(f"learning curve, {name}", file=sys.stderr)
    return curve(loaded, sizes=sizes, repeats=repeats, track=track, quiet=quiet)
