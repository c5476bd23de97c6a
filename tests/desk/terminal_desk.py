"""A desk of three pictures in the terminal, for a test to press keys on: ``python terminal_desk.py FOLDER``."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pandas as pd
from PIL import Image

from dlx.desk import Exhibit, TagDesk, terminal
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog


class Red:
    """A red picture for every id."""

    def ready(self):
        return True

    def example(self, example):
        out = io.BytesIO()
        Image.new("RGB", (4, 4), (255, 0, 0)).save(out, "PNG")
        return Exhibit("image", out.getvalue(), "image/png")

    def neighbour(self, example):
        return None


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "pid").write_text(str(os.getpid()))
    ids = ["a", "b", "c"]
    table = pd.DataFrame({"id": ids, "example": ids, "kind": "error", "stratum": "errors", "p_inclusion": 0.1})
    sample = Sample(table.assign(y_true="cat", y_pred="dog"), 30, 300, {"errors": 30}, classes=("cat", "dog"))
    terminal.run(TagDesk(sample, TagLog(folder / "tags.jsonl"), "ann", exhibits=Red()))
