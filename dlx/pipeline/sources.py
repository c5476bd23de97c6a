"""What ``transfer.from`` stands for today, written into the recipe: ``last`` and aliases move, a run's recipe stays."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from dlx.errors import DlxError, UserError

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["pinned"]


def pinned(recipe: Recipe) -> tuple[Recipe, str | None]:
    """The recipe with the run or file that its source is, and the registered model that was asked for, if any.

    A registered model that is not here is fetched: it is the run that it came from, or a .keras file.

    Raises:
        UserError: no such run or registered model.
        DlxError: MLflow does not answer.
    """
    from dlx import runs
    from dlx.recipe import load

    given = recipe.transfer
    if not given:
        return recipe, None
    kind, _, name = given["from"].partition(":")
    if kind == "run":
        fixed, asked = f"run:{runs.find(name).id}", None
    elif kind == "models":
        found = _registered(given["from"])
        fixed, asked = found["from"], found["asked"]
    else:
        return recipe, None
    if fixed == given["from"]:
        return recipe, asked
    return load(recipe.to_dict() | {"transfer": given | {"from": fixed}}), asked


def _registered(uri: str) -> dict[str, str]:
    """Ask MLflow in a process of its own: the one that trains never imports it."""
    from dlx.runs import runs_folder

    order = [sys.executable, "-m", "dlx.tracking", "registered", uri, "--root", str(runs_folder())]
    answer = subprocess.run(order, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return json.loads(answer.stdout)
    said = answer.stderr.strip().splitlines()
    kind = UserError if answer.returncode == 2 else DlxError
    raise kind(said[-1] if said else "MLflow gave no answer", where="transfer.from")
