"""What people see while a command trains many models: steps done, the latest result and the time left, on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType

__all__ = ["Steps"]


class Steps:
    """A Rich progress bar over work of unequal sizes; a line now and then where stderr is no terminal.

    Args:
        total: work in all, in any unit.
        done: work already done.
        show: whether to print at all.
    """

    def __init__(self, total: float, *, done: float = 0, show: bool = True):
        self.total, self.done, self.show = total, done, show
        self._bar = None
        self._first = done
        self._began = self._said = time.monotonic()

    def __enter__(self) -> Steps:
        if self.show and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
            # the estimate looks back over a minute of steps, which are few and long
            self._bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True,
                                 speed_estimate_period=600)  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("starting", total=self.total, completed=self.done)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, work: float, text: str) -> None:
        """Show that some work is done."""
        self.done += work
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, description=text)
        elif self.show and (time.monotonic() - self._said > 10 or self.done >= self.total):
            now = time.monotonic()
            self._said = now
            left = (now - self._began) / max(self.done - self._first, 1e-9) * (self.total - self.done)
            print(text + (f"  about {left:.0f} s left" if left >= 1 else ""), file=sys.stderr)
