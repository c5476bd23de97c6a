"""The overview of ``dlx look``: dev errors by confusion, and the pixels that the worst answers rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx.pipeline.look_labels import label_of

if TYPE_CHECKING:
    from dlx.pipeline.work import Work
    from dlx.run import Run
    from dlx.seeing.graph import Graph

__all__ = ["confusions", "look"]

#: confusions shown, and examples of each
_KINDS, _EACH = 10, 6
#: answers whose pixels are shown: errors with the largest loss, and right ones drawn by their hash
_WRONG, _RIGHT = 8, 4


def look(
    graph: Graph, work: Work, run: Run, description: dict[str, Any], *, quiet: bool
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Draw the errors by confusion, and what the worst errors and some right answers rest on.

    Args:
        graph: the flat model.
        work: the run's data and split.
        run: with predictions.
        description: what stands in ``targets.json``.
        quiet: no progress.

    Returns:
        JSON data, and the pictures by file name.
    """
    from dlx import predictions
    from dlx.pipeline.progress import Steps
    from dlx.reports import _mosaic
    from dlx.reports._seen import answer_lines, confusion_lines, errors_head

    rows = predictions.read(run.predictions).rows("model", "dev").reset_index(drop=True)
    place = {str(name): i for i, name in enumerate(work.data.examples["id"])}
    rows = rows[rows["id"].astype(str).isin(place)]
    wrong = rows[rows["error"] > 0]

    def pictures(ids: list[str]) -> list[np.ndarray]:
        taken = work.data.payload.take(np.array([place[name] for name in ids], np.int64))
        return [_mosaic.picture(image) for image in next(iter(taken.values()))]

    told: dict[str, Any] = {"task": description["task"]["name"], "n": len(rows), "n_errors": len(wrong)}
    told |= {"confusions": [], "answers": []}
    made, panels = {}, []
    for one in confusions(wrong, description)[:_KINDS]:
        drawn = _mosaic.row(pictures(one["examples"]), side=68)
        told["confusions"].append(one | {"picture": _mosaic.data_uri(drawn)})
        panels.append((drawn, confusion_lines(one, len(wrong))))
    if panels:
        made["errors.png"] = _mosaic.png(_mosaic.sheet(errors_head(told), panels, columns=2, wide=_EACH * 71))
    answers = [*_worst(wrong).to_dict("records"), *_some_right(rows).to_dict("records")]
    panels = []
    with Steps(max(len(answers), 1), show=not quiet) as steps:
        for row, seen in zip(answers, _salient(graph, work, place, answers, description, steps), strict=True):
            image = pictures([str(row["id"])])[0]
            tiles = [image, _mosaic.heat(image, np.abs(seen.gradient).max(axis=-1))]
            tiles += [] if seen.map is None else [_mosaic.heat(image, seen.map)]
            one = _answer(row, description)
            drawn = _mosaic.row(tiles, side=128)
            told["answers"].append(one | {"maps": len(tiles) - 1, "picture": _mosaic.data_uri(drawn)})
            panels.append((drawn, answer_lines(one)))
    if panels:
        title = "What the worst errors and some right answers rest on: the image, SmoothGrad, Grad-CAM"
        made["saliency.png"] = _mosaic.png(_mosaic.sheet(title, panels, columns=3))
    return told, made


def _salient(graph: Graph, work: Work, place: dict[str, int], answers: list[dict], description, steps) -> list:
    from dlx.seeing.saliency import saliency

    if not answers:
        return []
    rows = np.array([place[str(row["id"])] for row in answers], np.int64)
    images = next(iter(work.data.payload.take(rows).values()))
    asked = [_score(row, description) for row in answers]
    return saliency(
        graph, images, [output for output, _ in asked], signs=[sign for _, sign in asked],
        on_image=lambda n: steps.step(n, f"gradients of {len(answers)} answers"),
    )  # fmt: skip


def _score(row: dict[str, Any], description: dict[str, Any]) -> tuple[int, float]:
    """Which score the answer is, and −1 where it means that this score is low."""
    task = description["task"]["name"]
    if task == "classification":
        classes = [str(name) for name in description["targets"]["classes"]]
        said = classes.index(str(row["y_pred"]))
        return (0, 1.0 if said else -1.0) if len(classes) == 2 else (said, 1.0)
    if task == "multilabel":
        label = _judged(row)
        return label, 1.0 if list(row["y_pred"])[label] else -1.0
    return 0, 1.0


def _judged(row: dict[str, Any]) -> int:
    """Of several labels the one that is looked at: the first wrong one, else the first that was said."""
    both = list(zip(row["y_true"], row["y_pred"], strict=True))
    wrong = [i for i, (true, said) in enumerate(both) if true in (0, 1) and true != said]
    on = [i for i, (_, said) in enumerate(both) if said]
    return next(iter([*wrong, *on]), 0)


def _answer(row: dict[str, Any], description: dict[str, Any]) -> dict[str, Any]:
    true, said = (label_of(row[name], description) for name in ("y_true", "y_pred"))
    told = {"id": str(row["id"]), "true": true, "said": said, "error": float(row["error"])}
    told["loss"] = float(row["loss"]) if row.get("loss") is not None else None
    if description["task"]["name"] == "multilabel":
        told["label"] = description["label_names"][_judged(row)]
    return told


def _worst(wrong: pd.DataFrame) -> pd.DataFrame:
    return wrong.sort_values("loss" if "loss" in wrong else "error", ascending=False, kind="stable").head(_WRONG)


def _some_right(rows: pd.DataFrame) -> pd.DataFrame:
    """The same ones each time: those whose ids have the smallest hashes; of numbers, those with small errors."""
    if (rows["error"] == 0).any():
        right = rows[rows["error"] == 0]
    else:
        right = rows[rows["error"] <= rows["error"].quantile(0.1)]
    keys = pd.util.hash_array(right["id"].astype(str).to_numpy(object), categorize=False)
    return right.iloc[np.argsort(keys, kind="stable")[:_RIGHT]]


def confusions(wrong: pd.DataFrame, description: dict[str, Any]) -> list[dict[str, Any]]:
    """Errors by what was said instead of what, the commonest first, each with its worst examples.

    Args:
        wrong: rows of the predictions table with an error.
        description: what stands in ``targets.json``.

    Returns:
        ``true`` and ``said`` (for several labels: the label and ``missed`` or ``false alarm``; for numbers: "" and
        ``too high`` or ``too low``), ``count`` and ``examples`` (ids, the largest loss first).
    """
    pairs = []
    for row in wrong.to_dict("records"):
        loss = row.get("loss")
        size = float(row["error"] if loss is None else loss)
        pairs += [(*pair, size, str(row["id"])) for pair in _confused(row, description)]
    table = pd.DataFrame(pairs, columns=["true", "said", "size", "id"])
    found = []
    for (true, said), part in table.groupby(["true", "said"], sort=True):
        worst = part.sort_values("size", ascending=False, kind="stable")["id"].head(_EACH).tolist()
        found.append({"true": true, "said": said, "count": len(part), "examples": worst, "size": part["size"].sum()})
    found.sort(key=lambda one: (-one["count"], -one["size"]))
    return [{key: value for key, value in one.items() if key != "size"} for one in found]


def _confused(row: dict[str, Any], description: dict[str, Any]) -> list[tuple[str, str]]:
    task = description["task"]["name"]
    if task == "multilabel":
        both = zip(description["label_names"], row["y_true"], row["y_pred"], strict=True)
        return [(name, "missed" if y else "false alarm") for name, y, said in both if y in (0, 1) and y != said]
    if task == "regression":
        return [("", "too high" if float(row["y_pred"]) > float(row["y_true"]) else "too low")]
    return [(str(row["y_true"]), str(row["y_pred"]))]
