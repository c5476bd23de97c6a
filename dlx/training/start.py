"""Where a fit goes on from: the weights, the optimiser's state and the history of an earlier one (rule P37)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.files import replacing
from dlx.training import checkpoint

if TYPE_CHECKING:
    import keras

__all__ = ["Start"]


@dataclass(frozen=True)
class Start:
    """An earlier fit.

    Attributes:
        state: its checkpoint; None where the model has its weights already.
        history: its records, one per epoch; those of the fit that goes on are numbered after them.
        optimizer: whether the optimiser is the same, so that its state (momentum, Adam's means) goes on too.
    """

    state: Path | None
    history: list[dict[str, Any]] = field(repr=False)
    optimizer: bool = True

    def begin(self, model: keras.Model, folder: Path | None) -> list[dict[str, Any]]:
        """Put the state into the compiled model and the earlier epochs into the new folder's history.

        Raises:
            DlxError: the checkpoint is damaged, or belongs to another model.
        """
        if self.state is not None:
            checkpoint.restore(model, self.state, optimizer=self.optimizer)
        if folder is not None:
            with replacing(folder / "history.jsonl") as temporary:
                text = "".join(json.dumps(record) + "\n" for record in self.history)
                temporary.write_text(text, encoding="utf-8")
        return list(self.history)
