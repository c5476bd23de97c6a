"""What people see while a model trains: epoch, loss, dev error and the time left, on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

__all__ = ["Progress"]


class Progress:
    """A Rich progress bar; silent with ``show=False``, a line now and then where stderr is no terminal.

    Args:
        epochs: all epochs of the fit.
        done: epochs already done (a resumed run).
        show: whether to print at all.
        unit: the unit of the error; empty for rates, which are shown in per cent.
        bounded: whether errors are rates.
        name: what is trained, where a command trains several models.
    """

    def __init__(
        self, epochs: int, *, done: int = 0, show: bool = True, unit: str = "", bounded: bool = True, name: str = ""
    ):
        self.epochs, self.done, self.show, self.unit, self.bounded = epochs, done, show, unit, bounded
        self.name = f"{name}  " if name else ""
        self._bar = None
        self._said = time.monotonic()

    def __enter__(self) -> Progress:
        if self.show and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
            self._bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(f"{self.name}epoch 0", total=self.epochs, completed=self.done)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def epoch(self, record: dict[str, Any]) -> None:
        """Show one finished epoch."""
        text = f"{self.name}epoch {record['epoch']}/{self.epochs}  loss {record['loss']:.4g}"
        for name, key in (("train", "error"), ("dev", "val_error")):
            if key in record:
                text += f"  {name} {self._error(record[key])}"
        if self._bar is not None:
            self._bar.update(self._task, completed=record["epoch"], description=text)
        elif self.show and (time.monotonic() - self._said > 10 or record["epoch"] == self.epochs):
            self._said = time.monotonic()
            left = record["seconds"] * (self.epochs - record["epoch"])
            print(text + (f"  about {left:.0f} s left" if left >= 1 else ""), file=sys.stderr)

    def batch(self, epoch: int, batches: int, loss: float) -> None:
        """Show where a long epoch stands."""
        if self._bar is not None:
            self._bar.update(
                self._task, description=f"{self.name}epoch {epoch + 1}/{self.epochs}  batch {batches}  loss {loss:.4g}"
            )

    def _error(self, value: float) -> str:
        return f"{value:.2%}" if self.bounded else f"{value:.4g}{' ' + self.unit if self.unit else ''}"
