"""From a recipe to its data: every source read by its reader, combined, and divided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import parts
from dlx.dataset import Dataset, combine
from dlx.errors import UserError
from dlx.split import Split, read, split

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["earlier_split", "load", "load_and_split"]


def load(recipe: Recipe, *, strict: bool = False) -> Dataset:
    """Read all sources of a recipe.

    Args:
        recipe: a loaded recipe; its paths are absolute.
        strict: an unreadable example is an error; the same as the recipe's ``data.strict``.

    Raises:
        UserError: missing files (with where they can be had), or sources that do not fit together.
    """
    recipe.require_files()
    data = recipe.data
    found = {}
    for source, given in data["sources"].items():
        arguments = dict(given)
        name = arguments.pop("reader")
        where = f"data.sources.{source}"
        if "strict" in parts.signature("readers", name, where=where):
            arguments["strict"] = bool(strict or data.get("strict") or arguments.get("strict"))
        found[source] = _read(parts.load("readers", name, where=where), arguments, where)
    if data.get("split_by") == "time" and all(part.examples["time"].isna().all() for part in found.values()):
        raise UserError(
            "split_by: time needs a time for every example",
            where="data.split_by",
            hint="Name its column in the reader (time: column), or use split_by: hash.",
        )
    return combine(recipe.name, found)


def load_and_split(recipe: Recipe, *, strict: bool = False) -> tuple[Dataset, Split]:
    """Read and divide; ``split: from:RUN`` keeps that run's split, else the recipe's last run is compared with.

    Raises:
        UserError: as in :func:`load` and :func:`dlx.split.split`.
    """
    dataset = load(recipe, strict=strict)
    data = recipe.data
    asked = data["split"]
    previous = None
    if isinstance(asked, str) and asked.startswith("from:"):
        from dlx import runs

        previous = read(runs.find(asked.removeprefix("from:")).file("split.parquet"))
    compare = None if previous else earlier_split(recipe.name)
    return dataset, split(dataset, data, previous=previous, compare=compare)


def earlier_split(name: str) -> Split | None:
    """The split of the latest run of a recipe of that name, to count which examples moved; None where there is none."""
    from dlx import runs

    for run in reversed(runs.all_runs()):
        file = Path(run.file("split.parquet"))
        if run.info.get("recipe") == name and file.exists():
            return read(file)
    return None


def _read(reader, arguments: dict[str, Any], where: str) -> Dataset:
    try:
        return reader(**arguments)
    except UserError as error:
        if error.where is None:
            raise UserError(error.rule, value=error.value, where=where, hint=error.hint) from error
        raise
