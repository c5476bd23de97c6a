"""What happens around each epoch: learning rate, seeds, records, divergence, early stopping, checkpoints, health."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import DlxError
from dlx.files import append_line, lines, replacing
from dlx.training import checkpoint, health

if TYPE_CHECKING:
    import keras

__all__ = ["DivergenceError", "Loop", "early_stop", "read_history"]

#: a loss this many times the first epoch's is called exploding
EXPLOSION = 1e4
#: checkpoints may take this share of the fit's time
CHECKPOINT_SHARE = 0.03


class DivergenceError(DlxError):
    """The loss became NaN, infinite or exploded; exit code 1."""


class Loop:
    """State of one fit; its methods are Keras callbacks.

    Args:
        model: the compiled model.
        body: the builder's model, looked at for dead units.
        train: the recipe's ``train`` block, resolved.
        factor: the schedule: epoch → factor of the learning rate.
        epoch_variable: read by the input pipeline at each pass.
        sample: gives one batch for the health measurement.
        folder: where history, checkpoints and health are written, or None for a fit without a run.
        history: records of the epochs already done.
        before: how many of these belong to an earlier fit that this one goes on from; schedule, early stopping and the
            best epoch count from there.
        on_epoch: called with each record.
        on_batch: called with (epoch, batches done, loss) a few times a second in long epochs.
    """

    def __init__(
        self,
        model: keras.Model,
        body: keras.Model,
        train: dict[str, Any],
        *,
        factor: Callable[[int], float],
        epoch_variable,
        sample: Callable[[], tuple],
        folder: Path | None = None,
        history: list[dict[str, Any]] | None = None,
        before: int = 0,
        on_epoch: Callable[[dict], None] | None = None,
        on_batch: Callable[[int, int, float], None] | None = None,
    ):
        self.model, self.body, self.train, self.factor, self.folder = model, body, train, factor, folder
        self.epoch_variable, self.sample = epoch_variable, sample
        self.history, self.before = list(history or []), before
        self.health: dict[str, Any] = {}
        self.on_epoch, self.on_batch = on_epoch, on_batch
        # a run killed after it had stopped early does not train on when it is resumed
        self.stopped_early = early_stop(self.history[before:], train.get("early_stopping"))
        self._began = self._saved = self._shown = time.monotonic()
        self._saving = 0.0

    def epoch_begin(self, epoch: int, logs=None) -> None:
        self._began = time.monotonic()
        self.epoch_variable.assign(epoch)
        self.model.optimizer.learning_rate.assign(self._rate(epoch))
        checkpoint.reseed(self.model, self.train["seed"], epoch)

    def batch_end(self, batch: int, logs=None) -> None:
        now = time.monotonic()
        if now - self._shown < 0.25:
            return
        self._shown = now
        loss = float(np.asarray(logs["loss"]))
        if not math.isfinite(loss):
            raise self._diverged(int(self.epoch_variable.numpy()), loss)
        if self.on_batch:
            self.on_batch(int(self.epoch_variable.numpy()), batch + 1, loss)

    def epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        record = {"epoch": epoch + 1, "time": time.time(), "seconds": time.monotonic() - self._began}
        record |= {name: float(value) for name, value in logs.items()}
        record["learning_rate"] = self._rate(epoch)
        first = self.history[0]["loss"] if self.history else record["loss"]
        if not math.isfinite(record["loss"]) or record["loss"] > EXPLOSION * max(first, 1e-6):
            raise self._diverged(epoch, record["loss"])
        self.history.append(record)
        if self.folder:
            append_line(self.folder / "history.jsonl", record)
        last = epoch + 1 == self.before + self.train["epochs"]
        if early_stop(self.history[self.before :], self.train.get("early_stopping")):
            self.stopped_early = self.model.stop_training = last = True
        # half-way: at the end a decayed learning rate would make every update look small
        if epoch + 1 == self.before - (-self.train["epochs"] // 2):
            self.health = health.measure(self.model, self.body, self.sample(), epoch=epoch + 1)
            if self.folder:  # now, so that a run that is killed and resumed later still has it
                with replacing(self.folder / "health.json") as temporary:
                    temporary.write_text(json.dumps(self.health, indent=1) + "\n", encoding="utf-8")
        self._keep_best()
        self._checkpoint(epoch + 1, last)
        if self.on_epoch:
            self.on_epoch(record)

    def restore_best(self) -> None:
        """After early stopping: the weights of the best epoch."""
        if self.stopped_early and self.folder and (self.folder / "best.npz").exists():
            checkpoint.restore(self.model, self.folder / "best.npz")

    def _rate(self, epoch: int) -> float:
        return float(self.train["learning_rate"]) * self.factor(epoch - self.before)

    def _checkpoint(self, done: int, last: bool) -> None:
        """Every epoch, unless epochs are so short that saving would cost more than its share of the time."""
        if self.folder is None or not self.train.get("checkpoint", True):
            return
        now = time.monotonic()
        if not last and now - self._saved < self._saving / CHECKPOINT_SHARE:
            return
        checkpoint.save(self.model, self.folder / "checkpoint.npz", epochs_done=done)
        self._saved = time.monotonic()
        self._saving = self._saved - now

    def _keep_best(self) -> None:
        rule = self.train.get("early_stopping")
        if not rule or self.folder is None:
            return
        monitor = rule.get("monitor", "val_loss")
        if self.history[-1][monitor] <= min(record[monitor] for record in self.history[self.before :]):
            checkpoint.save(self.model, self.folder / "best.npz", epochs_done=self.history[-1]["epoch"])

    def _diverged(self, epoch: int, loss: float) -> DivergenceError:
        rate = self._rate(epoch)
        what = "is not a number" if math.isnan(loss) else f"exploded to {loss:.3g}"
        clip = "" if self.train.get("clip_norm") else ", or clip the gradients: -s train.clip_norm=1"
        return DivergenceError(
            f"the training loss {what} in epoch {epoch + 1}, at learning rate {rate:g}",
            where=str(self.folder) if self.folder else None,
            hint=f"Try a smaller step: -s train.learning_rate={rate / 10:.3g}{clip}. "
            "Check the inputs too: dlx data shows missing and extreme values.",
        )


def early_stop(history: list[dict[str, Any]], rule: dict[str, Any] | None) -> bool:
    """Whether the monitored figure has not improved by ``min_delta`` for ``patience`` epochs; lower is better.

    >>> early_stop([{"val_error": e} for e in (0.5, 0.3, 0.31, 0.32)], {"patience": 2, "monitor": "val_error"})
    True
    """
    if not rule:
        return False
    monitor, patience, delta = rule.get("monitor", "val_loss"), rule["patience"], rule.get("min_delta", 0.0)
    best, since = math.inf, 0
    for record in history:
        if record[monitor] < best - delta:
            best, since = record[monitor], 0
        else:
            since += 1
    return since >= patience


def read_history(folder: Path, epochs_done: int) -> list[dict[str, Any]]:
    """Records of the first ``epochs_done`` epochs; later ones, and a line cut off by a kill, leave the file."""
    path = folder / "history.jsonl"
    records = [record for record in lines(path) if record["epoch"] <= epochs_done]
    with replacing(path) as temporary:
        temporary.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return records
