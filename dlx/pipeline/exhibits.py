"""Examples made visible: of a run or a recipe from its data, of predictions from elsewhere by their files."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx.desk import Exhibit, Exhibits, NoExhibits
from dlx.errors import DlxError
from dlx.pipeline import viewing
from dlx.run import Run
from dlx.tagging.thumbnails import COLUMNS

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.recipe import Recipe

__all__ = ["of_files", "of_recipe", "of_run"]

#: Columns of foreign tables that hold what is to be read.
_TEXTS = ("meta_text", "meta_sentence", "meta_content", "meta_transcript")


def of_run(run: Run) -> Exhibits:
    """Exhibits of a run: its recipe's data, read in the background at the first question, and its ``features.npz``."""
    from dlx.recipe import load

    def read() -> tuple[Dataset, Any]:
        return _read(load(run.file("recipe.yaml")))

    return _OfData(read, Neighbours(run.file("features.npz")))


def of_recipe(recipe: Recipe) -> Exhibits:
    """Exhibits of a recipe's data; without a model there is no nearest neighbour."""
    return _OfData(lambda: _read(recipe), None)


def of_files(table: pd.DataFrame, folder: str | Path | None = None) -> Exhibits:
    """Exhibits of predictions that come without their data.

    Args:
        table: rows with ``id`` (``example``, where a sample is given) and perhaps ``meta_path``, ``meta_text`` …
        folder: where pictures and sounds lie; default: the working directory, for ``meta_path`` and the like only.

    Returns:
        exhibits; files are looked for only when they are asked for.
    """
    names = [c for c in (*COLUMNS, *_TEXTS) if c in table]
    if folder is None and not names:
        return NoExhibits()
    key = "example" if "example" in table else "id"
    return _OfFiles({str(row[key]): row for row in table[[key, *names]].to_dict("records")}, Path(folder or "."))


def _read(recipe: Recipe) -> tuple[Dataset, Any]:
    from dlx import loading, parts

    arguments = dict(recipe.to_dict()["task"])
    task = parts.load("tasks", arguments.pop("name"))(**arguments)
    return loading.load(recipe), task


class _OfData:
    """Exhibits of a data set that is read once, in a thread of its own."""

    def __init__(self, read: Callable[[], tuple[Dataset, Any]], neighbours: Neighbours | None):
        self._read, self._neighbours = read, neighbours
        self._lock, self._done = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._dataset: Dataset | None = None
        self._task: Any = None
        self._place: dict[str, int] = {}
        self._fault = ""

    def ready(self) -> bool:
        self._begin()
        return self._done.is_set()

    def example(self, example: str) -> Exhibit:
        self._begin()
        self._done.wait()
        if self._dataset is None:
            return Exhibit("none", text=self._fault)
        position = self._place.get(example)
        if position is None:
            return Exhibit("none", text="This example is no longer among the data of the recipe.")
        return viewing.of_example(self._dataset, self._task, position)

    def neighbour(self, example: str) -> Exhibit | None:
        found = self._neighbours.nearest(example) if self._neighbours is not None else None
        if found is None:
            return None
        name, label = found
        shown = self.example(name)
        return None if shown.kind == "none" else viewing.labelled(shown, label)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load, name="exhibits", daemon=True)
                self._thread.start()

    def _load(self) -> None:
        try:
            dataset, self._task = self._read()
            self._place = {str(name): i for i, name in enumerate(dataset.examples["id"])}
            self._dataset = dataset
        except DlxError as error:
            self._fault = f"The data cannot be read: {error}"
        except MemoryError:
            self._fault = "The data cannot be read: there is not enough memory."
        except Exception as error:
            self._fault = f"The data cannot be read: {type(error).__name__}: {error}"
            raise  # a bug keeps its traceback; the page says that there is nothing to see
        finally:
            self._done.set()


class _OfFiles:
    """Exhibits of single files, found by a path in the table or by the id."""

    def __init__(self, rows: Mapping[str, Mapping[str, Any]], folder: Path):
        self._rows, self._folder = rows, folder

    def ready(self) -> bool:
        return True

    def example(self, example: str) -> Exhibit:
        row = self._rows.get(example, {})
        paths = [str(row[c]) for c in COLUMNS if isinstance(row.get(c), str)]
        tried = [path for path in (*paths, example) if viewing.is_media(path)]
        for path in tried:
            file = self._folder / path
            if viewing.exists(file):
                return viewing.of_file(file)
        text = next((str(row[c]) for c in _TEXTS if isinstance(row.get(c), str)), "")
        if text:
            return Exhibit("text", text=text)
        if tried:
            return Exhibit("none", text=f"There is no file {tried[0]} in {self._folder}.")
        return Exhibit("none", text="Neither the id nor a column meta_path names a picture, a sound or a text.")

    def neighbour(self, example: str) -> Exhibit | None:
        return None


class Neighbours:
    """The nearest training example in the model's own features, from a run's ``features.npz``.

    The file holds ``ids``, ``split``, ``y`` (text) and ``features`` (n, d); it is read at the first question, and a run
    without it has no neighbours.
    """

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        self._known: tuple[dict[str, int], np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None
        self._tried = False

    def nearest(self, example: str) -> tuple[str, str] | None:
        """Id and label of the nearest example of train other than itself, by Euclidean distance."""
        known = self._load()
        if known is None or example not in known[0]:
            return None
        place, ids, labels, features, train = known
        rows = train[ids[train] != example]
        if not len(rows):
            return None
        # |a - b|² without |a|², which is the same for all b: one product instead of a copy of the table
        near = features[rows]
        distance = (near**2).sum(axis=1) - 2 * near @ features[place[example]]
        best = rows[int(np.argmin(distance))]
        return str(ids[best]), str(labels[best])

    def _load(self):
        with self._lock:
            if not self._tried:
                self._tried = True
                self._known = self._from_file()
            return self._known

    def _from_file(self):
        if not self._path.is_file():
            return None
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                ids, split, labels = (stored[name].astype(str) for name in ("ids", "split", "y"))
                features = stored["features"].astype("float32")
        except (
            OSError,
            ValueError,
            KeyError,
            EOFError,
            zipfile.BadZipFile,
        ):  # damaged, or of another version: the same as none
            return None
        return {str(name): i for i, name in enumerate(ids)}, ids, labels, features, np.flatnonzero(split == "train")
