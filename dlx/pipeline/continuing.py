"""``dlx train --continue``: babysit one model, with a knob changed on the way (rule P37)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.recipe import Recipe
    from dlx.training.start import Start

__all__ = ["Continuation", "continuation", "start_of"]

#: What may change in the model on the way: what regularises it and has no weights.
_REGULARISERS = ("dropout", "l1", "l2")
#: Of a trained network that was begun from: what has no weights.
_TUNING = ("learning_rate", "layer_decay", "dropout")
_FREE = ("train", "augment", "goal", "human", "search", "name", "resolved_by")


@dataclass(frozen=True)
class Continuation:
    """How a run goes on from an earlier one.

    Attributes:
        run: the earlier run.
        changes: recipe key → [value before, value from now on].
        stages: for ``run.json``: each run that this one goes on from, the epochs done by then, and what changed there.
    """

    run: Run
    changes: dict[str, list[Any]]
    stages: list[dict[str, Any]]


def continuation(earlier: Run, loaded: Recipe) -> Continuation:
    """Check that the recipe can go on from that run.

    Raises:
        UserError: the run is still at work, kept no checkpoint, is one of folds, or its model, task or data differ.
    """
    from dlx.comparison._recipes import flat
    from dlx.recipe import load

    where = f"--continue {earlier.id}"
    if earlier.info.get("folds"):
        raise UserError("a run of folds has several models, none of which can be gone on with", where=where)
    if earlier.state() == "running":
        raise UserError("this run is still running", where=where)
    if not earlier.has("recipe.yaml") or not _state(earlier).exists():
        hint = "It was trained with train.checkpoint: false, or on another machine. Train anew."
        raise UserError("this run kept no checkpoint to go on from", where=where, hint=hint)
    before, after = (dict(flat(each.to_dict())) for each in (load(earlier.file("recipe.yaml")), loaded))
    keys = dict.fromkeys([*before, *after])
    changes = {key: [before.get(key), after.get(key)] for key in keys if before.get(key) != after.get(key)}
    other = {key: values for key, values in changes.items() if not _may_change(key)}
    if other:
        key, (old, new) = next(iter(other.items()))
        part = {"model": "model", "task": "task", "transfer": "trained network"}.get(key.partition(".")[0], "data")
        raise UserError(
            f"the {part} differs from that run's, so its weights do not fit: {key} was {old}, is {new}",
            where=where,
            hint="Change train:, augment:, dropout or l2; for another model train anew without --continue.",
        )
    epochs = len(earlier.read_lines("history.jsonl"))
    named = ("train", "model", "augment", "transfer")
    told = {key: values for key, values in changes.items() if key.partition(".")[0] in named}
    stage = {"run": earlier.id, "epoch": epochs, "changes": told}
    return Continuation(earlier, told, [*(earlier.info.get("stages") or []), stage])


def start_of(run: Run) -> Start | None:
    """Where this run's fit begins; None for one that begins from scratch.

    Raises:
        UserError: the run that it goes on from is gone.
    """
    from dlx import runs
    from dlx.training.start import Start

    stages = run.info.get("stages")
    if not stages:
        return None
    earlier = runs.find(stages[-1]["run"])
    epochs = stages[-1]["epoch"]
    same = "train.optimizer" not in stages[-1]["changes"]
    return Start(_state(earlier), earlier.read_lines("history.jsonl")[:epochs], same)


def _state(earlier: Run):
    """The state that the run's model has: of the best epoch after early stopping, else of the last."""
    best = earlier.file("best.npz")
    return best if earlier.info.get("stopped_early") and best.exists() else earlier.file("checkpoint.npz")


def _may_change(key: str) -> bool:
    section, _, knob = key.partition(".")
    if section == "transfer":
        return knob in _TUNING
    return section in _FREE or (section == "model" and knob.startswith(_REGULARISERS))
