"""What people see while a search runs: how many trials, the best so far and the time left, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from dlx.search import Trial
from dlx.search.ranking import rank

__all__ = ["SearchProgress"]


class SearchProgress:
    """A Rich progress bar; silent with ``show=False``, a line now and then where stderr is no terminal.

    Args:
        total: trials that are planned.
        text: score → words.
        greater_is_better: the sense of scores.
        show: whether to print at all.
        budget: seconds after which no trial begins.
    """

    def __init__(self, total: int, text, *, greater_is_better: bool, show: bool = True, budget: float | None = None):
        self.total, self.text, self.greater_is_better, self.visible = total, text, greater_is_better, show
        self.budget, self._bar, self._began = budget, None, time.monotonic()
        self._said, self._done_before, self._shown = time.monotonic(), None, ""

    def __enter__(self) -> SearchProgress:
        if self.visible and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[left]}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting workers", total=self.total, left="")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, trials: Sequence[Trial], *, running: int) -> None:
        """Show where the search stands."""
        if not self.visible:
            return
        done = sum(trial.status != "running" for trial in trials)
        if self._done_before is None:
            self._done_before = done  # those of an earlier process tell nothing about the time left
        best = rank(trials, greater_is_better=self.greater_is_better).best
        text = f"trial {done}/{max(self.total, len(trials))}"
        text += f"  best {self.text(best.score)} (trial {best.number})" if best else ""
        left = self._left(done)
        if self._bar is not None:
            total = max(self.total, len(trials))
            self._bar.update(self._task, completed=done, total=total, description=text, left=left)
        elif text != self._shown and (time.monotonic() - self._said > 10 or done == self.total):
            self._said, self._shown = time.monotonic(), text
            print(text + (f"  {left}" if left else ""), file=sys.stderr)

    def epoch(self, trial: Trial, note: dict[str, Any]) -> None:
        """Show that a trial has come on."""
        if self._bar is not None and not trial.number:  # the first trial takes long: say that something happens
            self._bar.update(self._task, left=f"first trial: epoch {note['epoch']}")

    def say(self, text: str) -> None:
        """A sentence about something unexpected; it stays on the screen."""
        if not self.visible:
            return
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=sys.stderr)

    def _left(self, done: int) -> str:
        here = done - (self._done_before or 0)
        if here < 1:
            return ""
        spent = time.monotonic() - self._began
        left = spent / here * (self.total - done)
        if self.budget is not None:
            left = min(left, self.budget - spent)
        return f"about {left / 60:.0f} min left" if left > 90 else f"about {max(left, 0):.0f} s left"
