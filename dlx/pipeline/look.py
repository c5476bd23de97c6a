"""``dlx look``: what the units of a run's model see, what its errors are and which pixels they rest on."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError

if TYPE_CHECKING:
    from dlx.run import Run

__all__ = ["Look", "look"]

#: where pictures and their JSON go, inside the run
FOLDER = "look"
UNITS, EXAMPLES = 16, 2_000


@dataclass(frozen=True)
class Look:
    """What was seen.

    Attributes:
        run: the run's id.
        layers: the layers that can be looked at: name, kind, read_at, shape, units, field (rows and columns in pixels,
            null for the whole image), stride, gated, last_of_its_resolution.
        overview: errors by confusion, and what some answers rest on; None where layers were asked for.
        units: of each layer asked for: the units, their strongest patches and what they prefer.
        notes: what is to be known about them.
        files: the pictures.
        report: the run's report, with the chapter on them.
        tracking: what becomes of the copy in MLflow, in words.
    """

    run: str
    layers: tuple[dict[str, Any], ...]
    overview: dict[str, Any] | None
    units: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]
    report: Path
    tracking: str

    def to_dict(self) -> dict[str, Any]:
        """All but the pictures themselves, which are files."""
        return {
            "run": self.run,
            "layers": list(self.layers),
            "overview": _without_pictures(self.overview),
            "units": _without_pictures(list(self.units)),
            "notes": list(self.notes),
            "files": [str(file) for file in self.files],
            "report": str(self.report),
            "tracking": self.tracking,
        }


def look(
    run: str | Path | Run = "last",
    *,
    layer: str | Sequence[str] | None = None,
    units: int | str | Sequence[int] = UNITS,
    examples: int = EXAMPLES,
    quiet: bool = True,
) -> Look:
    """Look into a run's model: patches that excite its units, or an overview of its layers and errors.

    Pictures go to ``look/`` in the run, into a chapter of its report and into its copy in MLflow. The test set is never
    read.

    Args:
        run: a run's name (``last`` too) or path.
        layer: the layers whose units are shown; ``default`` is the last convolution of each resolution. None gives the
            overview.
        units: how many units of each layer, those whose answers vary most; or which, as numbers or ``"3,17"``.
        examples: how many examples of train and dev are searched, drawn by the hash of their content.
        quiet: no progress.

    Returns:
        what was seen, and where the pictures are.

    Raises:
        UserError: a run without a model, inputs that are no images, no such layer or unit, or data that changed.
        DlxError: out of memory, or the disk is full.
    """
    from dlx import device, predicting, reporting, runs
    from dlx.pipeline import look_errors, look_units
    from dlx.pipeline.copying import copied
    from dlx.pipeline.work import Work
    from dlx.recipe import load
    from dlx.seeing.graph import flatten
    from dlx.seeing.layers import chosen, layers

    found = runs.find(run)
    wanted = _units(units)
    if isinstance(examples, bool) or examples < 1:
        raise UserError("at least one example is looked at", value=examples, where="--examples")
    _check(found)
    predictor = predicting.load(found.path)
    graph = flatten(predictor.model)
    names = [layer] if isinstance(layer, str) else list(layer or ())
    seen = tuple(one.to_dict() for one in layers(graph))
    asked = chosen(graph, names)
    look_units.check(asked, wanted)
    work = Work.read(load(found.file("recipe.yaml")), strict=False, previous=found)
    memory = device.memory_errors("out of memory while looking into the model", "Take fewer --examples.")
    notes = _notes(found)
    with memory:
        if asked:
            batch = int(found.info.get("batch_size") or 32)
            shown, made = look_units.look(
                graph, asked, work, predictor.description, wanted, examples, batch_size=batch, quiet=quiet
            )
            overview = None
        else:
            overview, made = look_errors.look(graph, work, found, predictor.description, quiet=quiet)
            overview["layers"] = list(seen)
            shown = []
    files = _write(found, shown, overview, made, notes)
    reporting.report(found)
    return Look(
        found.id, seen, overview, tuple(shown), notes, files, found.file("report.html"), copied(found, changed=True)
    )


def _units(units: int | str | Sequence[int]) -> int | list[int]:
    """A number of units, or which.

    Raises:
        UserError: neither.
    """
    hint = "16 shows sixteen units, 3,17 the units 3 and 17, and 3, (with a comma) unit 3 alone."
    fault = UserError("units are a number, or some with commas between", value=units, where="--units", hint=hint)
    try:
        if isinstance(units, str):
            units = [int(part) for part in units.split(",") if part.strip()] if "," in units else int(units)
        if isinstance(units, int) and not isinstance(units, bool):
            if units < 1:
                raise fault
            return units
        which = list(dict.fromkeys(int(unit) for unit in units))
    except (TypeError, ValueError):
        raise fault from None
    if not which or min(which) < 0:
        raise fault
    return which


def _check(run: Run) -> None:
    """Whether the run holds a model of images; it is not loaded yet."""
    from dlx.predicting import tensor_spec

    if not run.has("model.keras") or not run.predictions.exists():
        what = "no model" if not run.has("model.keras") else "no predictions"
        raise UserError(f"this run holds {what} that could be looked into", where=run.id, hint=run.advice())
    if not os.access(run.path, os.W_OK):
        hint = "Copy the run into a folder of your own and name that."
        raise UserError("the pictures go into the run, which cannot be written to", where=str(run.path), hint=hint)
    told = run.read_json("targets.json")
    inputs, kind = [tensor_spec(one) for one in told["inputs"]], told["kind"]
    if len(inputs) == 1 and len(inputs[0].shape) == 3 and None not in inputs[0].shape:
        return
    hint = "`dlx report` shows the worst errors of any kind of data, `dlx analyze-errors` lets you go through them."
    takes = ", ".join(f"{spec.name} {spec.shape}" for spec in inputs)
    raise UserError(f"only models of images are looked into, and this one takes: {kind}", value=takes, hint=hint)


def _notes(run: Run) -> tuple[str, ...]:
    if run.info.get("folds"):
        return (
            "The run was judged by folds; the model looked into is the one trained at the end, on all of train and "
            "dev: it may answer otherwise than the rows of the report.",
        )
    return ()


def _write(
    run: Run, shown: list[dict], overview: dict | None, made: dict[str, bytes], notes: tuple[str, ...]
) -> tuple[Path, ...]:
    """Pictures first, then the JSON that the report reads: each layer has its own, so that looks add up."""
    from dlx.files import disk_errors

    with disk_errors(run.file(FOLDER)):
        run.file(FOLDER).mkdir(exist_ok=True)
    files = [run.write_bytes(f"{FOLDER}/{name}", content) for name, content in made.items()]
    if overview is not None:
        run.write_json(f"{FOLDER}/overview.json", overview | {"notes": list(notes)})
    for one in shown:
        run.write_json(f"{FOLDER}/{file_name(one['layer']['name'])}.json", one | {"notes": list(notes)})
    return tuple(files)


def file_name(layer: str) -> str:
    """What the files of a layer are called.

    >>> file_name("block/conv 1")
    'units-block-conv-1'
    """
    return "units-" + re.sub(r"[^A-Za-z0-9_.-]+", "-", layer)


def _without_pictures(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_pictures(inner) for key, inner in value.items() if key != "picture"}
    if isinstance(value, list):
        return [_without_pictures(inner) for inner in value]
    return value
